-- Who was in a saved segment when a rule looked last, so that it can tell who has come into it.
CREATE TABLE segment_presence (
    segment TEXT NOT NULL,
    person INTEGER NOT NULL,    -- Zendesk user id
    at REAL NOT NULL,           -- Unix seconds of the look that found them in it; 0: the first one
    before_at REAL NOT NULL,    -- of the look before, which did not
    PRIMARY KEY (segment, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_presence_at ON segment_presence (segment, at);
CREATE TABLE segment_look (
    segment TEXT PRIMARY KEY,
    expression TEXT NOT NULL,   -- other conditions begin anew: nobody comes in by their change
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;
