-- An edit that somebody without the right asks somebody with it to make. It grants nothing.
CREATE TABLE lead_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    target TEXT NOT NULL,
    label TEXT NOT NULL,
    name TEXT NOT NULL,
    old TEXT NOT NULL,                  -- JSON, as the asker saw it
    new TEXT NOT NULL,                  -- JSON
    reason TEXT NOT NULL,
    ticket INTEGER,
    actor TEXT NOT NULL,
    actor_key TEXT NOT NULL,            -- as outbox.actor_key; '' while nobody was confirmed
    asked_at REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'done', 'declined', 'withdrawn')),
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at REAL,
    answer TEXT NOT NULL DEFAULT '',
    edit INTEGER                        -- outbox.id of the edit that did it
) STRICT;
CREATE INDEX lead_request_target ON lead_request (target);
CREATE INDEX lead_request_open ON lead_request (asked_at) WHERE state = 'open';
