-- Which profile each contact and lead of Zendesk Sell belongs to.
CREATE TABLE sell_pair (
    record TEXT PRIMARY KEY,        -- contact-2101, lead-3101
    sid TEXT NOT NULL,
    is_chosen INTEGER NOT NULL,     -- by a person, of several; a run changes no chosen one
    at REAL NOT NULL,               -- Unix seconds
    account TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sell_pair_sid ON sell_pair (sid);

-- The Sell account that pairs, plans and feeds are of: one row, none before the first reading.
CREATE TABLE sell_account (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id INTEGER NOT NULL
) STRICT;
