-- What an admin has confirmed of how long activity is kept in data.db, and since when it is whole.
CREATE TABLE retention (
    type TEXT PRIMARY KEY,      -- tickets, texts, ratings
    days INTEGER NOT NULL,      -- 0: without limit
    confirmed_at REAL NOT NULL, -- Unix seconds
    confirmed_by TEXT NOT NULL,
    read_from REAL,             -- the first reading asked for nothing older; NULL: none began yet
    purged_before REAL          -- what had not changed since then was deleted
) STRICT, WITHOUT ROWID;
