-- What people wanted, and what became of it. Never thrown away.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    idem_key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    target TEXT NOT NULL,
    label TEXT NOT NULL,
    name TEXT NOT NULL,
    old TEXT NOT NULL,          -- JSON: the before-image of this one value
    new TEXT NOT NULL,          -- JSON: the wanted state
    reason TEXT NOT NULL,
    ticket INTEGER,
    actor TEXT NOT NULL,
    undoes INTEGER REFERENCES outbox (id),
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'waiting', 'sending', 'unknown', 'done', 'conflict', 'failed', 'undone')),
    not_before REAL NOT NULL,   -- Unix seconds
    tries INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,  -- Unix seconds of the service's ok; 0: none yet
    owner TEXT,                 -- the process that has claimed it
    detail TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;

CREATE INDEX outbox_open ON outbox (not_before, id)
    WHERE state IN ('queued', 'waiting', 'sending', 'unknown');
CREATE INDEX outbox_target ON outbox (service, target, id);
CREATE INDEX outbox_undoes ON outbox (undoes) WHERE undoes IS NOT NULL;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    target TEXT NOT NULL,
    label TEXT NOT NULL,
    name TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    reason TEXT NOT NULL,
    ticket INTEGER,
    edit INTEGER NOT NULL,
    result TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE INDEX audit_target ON audit (service, target, seq);
CREATE INDEX audit_edit ON audit (edit);

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;

-- Half-typed reasons: they survive a crash.
CREATE TABLE draft (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;

-- "Use this one": which profile belongs to a Zendesk person whose address has none.
CREATE TABLE link (
    person INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    actor TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;
