-- Many customers at once: pasted addresses, who was found for each, and one change for all of them.
CREATE TABLE edit_batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at REAL NOT NULL,
    owner TEXT,                     -- the process that is at work on it
    stage TEXT NOT NULL DEFAULT '', -- what that process does, or did last
    done INTEGER NOT NULL DEFAULT 0,    -- how far it is: rows of the stage
    total INTEGER NOT NULL DEFAULT 0,
    begun_at REAL,                  -- Unix seconds at which the stage began
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '', -- why the last stage stopped, as sentences
    action TEXT NOT NULL DEFAULT 'null',    -- JSON: the change that is wanted of all; null: none yet
    reason TEXT NOT NULL DEFAULT '',
    ticket INTEGER,
    planned_at REAL,                -- NULL: the plan of the action is not made yet
    applied_at REAL,                -- the edits were put into the outbox
    stopped_at REAL,                -- what was not sent by then was withdrawn
    undo_asked_at REAL,
    undone_at REAL                  -- every edit was looked at for the undo
) STRICT;

CREATE TABLE edit_batch_row (
    batch INTEGER NOT NULL REFERENCES edit_batch (id) ON DELETE CASCADE,
    row INTEGER NOT NULL,
    text TEXT NOT NULL,             -- as it was pasted
    address TEXT NOT NULL,          -- '' where the text is no address
    outcome TEXT NOT NULL CHECK (outcome IN
        ('waiting', 'found', 'missing', 'ambiguous', 'failed', 'invalid', 'duplicate')),
    detail TEXT NOT NULL DEFAULT '',
    is_kept INTEGER NOT NULL DEFAULT 0, -- found on this computer, without asking the services
    read_at REAL,                   -- the age of what was found
    user_id INTEGER,
    sid TEXT NOT NULL DEFAULT '',
    label TEXT NOT NULL DEFAULT '',
    optout TEXT NOT NULL DEFAULT '',    -- the level as it was found; '': not read
    -- The plan of the batch's action for this customer; NULL: none.
    fate TEXT CHECK (fate IN ('update', 'unchanged', 'skipped')),
    old TEXT,                       -- JSON: the value before
    why TEXT NOT NULL DEFAULT '',
    consequences TEXT NOT NULL DEFAULT '[]',    -- JSON: [consequence, list] of each
    edit INTEGER,                   -- outbox.id
    not_undone TEXT NOT NULL DEFAULT '',    -- why the undo of the batch left it
    PRIMARY KEY (batch, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX edit_batch_row_sid ON edit_batch_row (sid) WHERE sid <> '';

ALTER TABLE outbox ADD COLUMN batch INTEGER REFERENCES edit_batch (id);
CREATE INDEX outbox_batch ON outbox (batch, id) WHERE batch IS NOT NULL;
