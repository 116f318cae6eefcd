-- A profile's opt-out level as it was read with a look-up, whenever another one was read than before.
CREATE TABLE optout_reading (
    sid TEXT NOT NULL,
    at REAL NOT NULL,           -- when it was read
    level TEXT NOT NULL,
    told_at REAL,               -- when it was opted out, as Sailthru tells; NULL: it does not
    PRIMARY KEY (sid, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX optout_reading_at ON optout_reading (at);
