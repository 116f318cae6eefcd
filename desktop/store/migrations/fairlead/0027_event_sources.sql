-- Where events come from, under a name that somebody gave; `event_source` are the single intakes of it.
CREATE TABLE named_event_source (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,          -- account.id
    name TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL CHECK (kind IN ('file', 'folder', 'pipe', 'http')),
    folder TEXT NOT NULL DEFAULT '',
    added_at REAL NOT NULL,
    trouble TEXT NOT NULL DEFAULT '',       -- what kept its folder from being read last
    -- Delivered by itself: counts only as the audit tells it.
    is_unattended INTEGER NOT NULL DEFAULT 0,
    hourly_limit INTEGER NOT NULL DEFAULT 0,
    left_out TEXT NOT NULL DEFAULT '[]',    -- JSON: traits without a field that may be left out
    switched_by TEXT NOT NULL DEFAULT '',
    switched_by_key TEXT NOT NULL DEFAULT '',   -- Actor.key
    switch_seq INTEGER NOT NULL DEFAULT 0,      -- audit.seq
    used TEXT NOT NULL DEFAULT '[]',        -- JSON: [at, events] of the last hour
    used_proof TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX named_event_source_name ON named_event_source (account, name);

ALTER TABLE event_source ADD COLUMN named INTEGER NOT NULL DEFAULT 0;   -- named_event_source.id; 0: none
CREATE INDEX event_source_named ON event_source (named) WHERE named > 0;
ALTER TABLE event ADD COLUMN unattended_at REAL NOT NULL DEFAULT 0;     -- when it was delivered by itself
CREATE INDEX event_invalid ON event (source) WHERE state = 'invalid';
CREATE INDEX event_unattended ON event (unattended_at) WHERE unattended_at > 0;

-- The files of watched folders: how they looked last, and which were taken in.
CREATE TABLE event_file (
    named INTEGER NOT NULL REFERENCES named_event_source (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    file_id TEXT NOT NULL,          -- device and inode: a file that was renamed is known again
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    since REAL NOT NULL,            -- the first look at which it was as it is now
    state TEXT NOT NULL CHECK (state IN ('seen', 'taking', 'taken', 'failed')),
    source INTEGER NOT NULL DEFAULT 0,      -- event_source.id of its intake
    owner TEXT NOT NULL DEFAULT '',         -- the process that is taking it in
    taken_at REAL NOT NULL DEFAULT 0,
    lines INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0,      -- of them events that were new
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (named, name)
) STRICT, WITHOUT ROWID;
