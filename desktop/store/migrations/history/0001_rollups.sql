-- What cannot be read again: counts per quarter of an hour, values over time, archived people.
-- As what a ticket is counted: a page that is stored twice, or read anew into an empty data.db,
-- changes no count.
CREATE TABLE counted_ticket (
    id INTEGER PRIMARY KEY,
    agent INTEGER NOT NULL,     -- Zendesk user id of the assignee, 0: nobody
    created INTEGER,            -- quarters of an hour since 1970 in UTC; NULL: not counted
    solved INTEGER,
    closed INTEGER
) STRICT;
CREATE TABLE ticket_count (
    measure TEXT NOT NULL CHECK (measure IN ('created', 'solved', 'closed')),
    quarter INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (measure, quarter, agent)
) STRICT, WITHOUT ROWID;

CREATE TABLE counted_rating (
    id INTEGER PRIMARY KEY,
    agent INTEGER NOT NULL,
    quarter INTEGER NOT NULL,
    score TEXT NOT NULL
) STRICT;
CREATE TABLE rating_count (
    score TEXT NOT NULL,        -- good, bad, offered
    quarter INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (score, quarter, agent)
) STRICT, WITHOUT ROWID;

-- A person's health and value, whenever another one was read; NULL: not set any more.
CREATE TABLE health_reading (
    sid TEXT NOT NULL,
    at REAL NOT NULL,
    health TEXT,
    PRIMARY KEY (sid, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX health_reading_at ON health_reading (at);
CREATE TABLE value_reading (
    sid TEXT NOT NULL,
    at REAL NOT NULL,
    segment INTEGER,
    amount REAL,
    PRIMARY KEY (sid, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX value_reading_at ON value_reading (at);

-- Deleted in Zendesk: as they were known here before.
CREATE TABLE archived_person (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    external_id TEXT NOT NULL,
    ticket_count INTEGER NOT NULL
) STRICT;
