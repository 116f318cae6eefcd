-- Which profile each contact and lead of Zendesk Sell belongs to.
CREATE TABLE sell_pair (
    record TEXT PRIMARY KEY,        -- contact-2101, lead-3101
    sid TEXT NOT NULL,
    at REAL NOT NULL,               -- Unix seconds
    account TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sell_pair_sid ON sell_pair (sid);

-- Which of several contacts or leads with one address somebody chose to be synced.
CREATE TABLE sell_choice (
    kind TEXT NOT NULL,             -- contact or lead
    email_hash TEXT NOT NULL,       -- md5 of the address
    record TEXT NOT NULL,
    actor TEXT NOT NULL,
    at REAL NOT NULL,               -- Unix seconds
    account TEXT NOT NULL,
    PRIMARY KEY (kind, email_hash)
) STRICT, WITHOUT ROWID;

-- The Sell account that pairs, plans and feeds are of: one row, none before the first reading.
CREATE TABLE sell_account (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id INTEGER NOT NULL
) STRICT;
