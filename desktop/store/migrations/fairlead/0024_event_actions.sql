-- The actions of events that somebody has changed; the others are as they come with the program.
CREATE TABLE event_action (
    kind TEXT PRIMARY KEY,
    saved TEXT NOT NULL DEFAULT '',             -- JSON; '': as it comes with the program
    saved_seq INTEGER NOT NULL DEFAULT 0,       -- audit.seq that tells who saved it
    draft TEXT NOT NULL DEFAULT '',             -- JSON; '': none
    is_draft_previewed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
