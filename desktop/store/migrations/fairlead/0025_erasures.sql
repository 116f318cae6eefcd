-- The erasure of one person from both services and this file; its steps are rows of the outbox.
CREATE TABLE erasure (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    subject TEXT,                   -- JSON of model.erasure.ErasureSubject; NULL once it has ended
    subject_hash TEXT NOT NULL,     -- keyed hash of the confirmed address: whose it was, for who knows it
    state TEXT NOT NULL CHECK (state IN ('requested', 'running', 'done', 'cancelled')),
    counts TEXT NOT NULL,           -- JSON: what each system held when it was requested
    actor TEXT NOT NULL,
    created_at REAL NOT NULL,
    ended_at REAL,
    ended_steps TEXT NOT NULL DEFAULT '[]',  -- JSON: what was done and when, without the person
    erased TEXT NOT NULL DEFAULT '{}'        -- JSON: rows erased from this computer's files
) STRICT;

-- Which admins approve it; the audit tells the same.
CREATE TABLE erasure_approval (
    erasure INTEGER NOT NULL REFERENCES erasure (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,          -- users/me id
    name TEXT NOT NULL,
    credential TEXT NOT NULL,       -- of the API token, '' for a sign-in by browser
    approved_at REAL NOT NULL,
    audit_seq INTEGER NOT NULL,     -- audit.seq
    PRIMARY KEY (erasure, user_id)
) STRICT, WITHOUT ROWID;

-- Who is not to be made again: keyed hashes of addresses and ids, and nothing else of anybody.
CREATE TABLE erased_person (
    hash TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,           -- which key made `hash`
    erasure INTEGER NOT NULL,       -- erasure.id
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE outbox ADD COLUMN erasure INTEGER REFERENCES erasure (id);
CREATE INDEX outbox_erasure ON outbox (erasure, step) WHERE erasure IS NOT NULL;
