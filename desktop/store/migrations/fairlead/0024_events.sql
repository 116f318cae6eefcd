-- The actions of events that somebody has changed; the others are as they come with the program.
CREATE TABLE event_action (
    kind TEXT PRIMARY KEY,
    saved TEXT NOT NULL DEFAULT '',             -- JSON; '': as it comes with the program
    saved_seq INTEGER NOT NULL DEFAULT 0,       -- audit.seq that tells who saved it
    draft TEXT NOT NULL DEFAULT '',             -- JSON; '': none
    is_draft_previewed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- A file, paste or intake of events, as somebody has named it.
CREATE TABLE event_source (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,          -- account.id
    name TEXT NOT NULL,
    added_at REAL NOT NULL
) STRICT;

-- Each event is stored before anything is sent; `message_id` makes it one, whatever brings it again.
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES event_source (id),
    line INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    user_key TEXT NOT NULL,         -- events of one user are sent in their order
    text TEXT NOT NULL,             -- as it was taken in
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'closed', 'invalid')),
    reason TEXT NOT NULL DEFAULT '',    -- of an invalid one
    received_at REAL NOT NULL,
    not_before REAL NOT NULL DEFAULT 0,
    owner TEXT NOT NULL DEFAULT ''  -- the process that is sending it
) STRICT;
CREATE UNIQUE INDEX event_message ON event (account, message_id);
CREATE INDEX event_unsent ON event (account, user_key, id) WHERE state IN ('waiting', 'open');
CREATE INDEX event_source_line ON event (source, line);

-- What one action makes of one event, and how far that is.
CREATE TABLE event_delivery (
    event INTEGER NOT NULL REFERENCES event (id),
    action TEXT NOT NULL,
    position INTEGER NOT NULL,      -- order of an event's actions
    state TEXT NOT NULL CHECK (state IN
        ('queued', 'sending', 'unknown', 'done', 'unchanged', 'kept', 'skipped', 'parked')),
    user_id INTEGER,                -- the Zendesk user it is about, once known
    request TEXT NOT NULL DEFAULT '',   -- JSON: method, path, body of the last one sent
    detail TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT '',    -- Zendesk's own, of the last answer
    attempts INTEGER NOT NULL DEFAULT 0,
    actor TEXT NOT NULL DEFAULT '',     -- by whose rights it was sent
    updated_at REAL NOT NULL,
    PRIMARY KEY (event, action)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_delivery_state ON event_delivery (state, event);
