-- Customers whose primary address was changed in Zendesk, and may not be their profile's yet.
CREATE TABLE address_difference (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    sid TEXT NOT NULL DEFAULT '',   -- the profile at the former address; '': not asked yet
    old TEXT NOT NULL,              -- the primary address before
    new TEXT NOT NULL,
    found_at REAL NOT NULL,
    checked_at REAL NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('found', 'open', 'left')),
    obstacle TEXT NOT NULL DEFAULT '',  -- why Sailthru was not changed by itself, in words
    UNIQUE (account, user_id)
) STRICT;
-- Made by Fairlead itself because the address was changed in Zendesk.
ALTER TABLE email_change ADD COLUMN is_automatic INTEGER NOT NULL DEFAULT 0;
-- The opt-out level of a customer whose mail bounced for good: setting the address Valid in Sailthru
-- takes the level away.
CREATE TABLE bounce_repair (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    sid TEXT NOT NULL,
    label TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('none', 'blast', 'basic', 'all')),
    actor TEXT NOT NULL,
    begun_at REAL NOT NULL,
    ended_at REAL,
    result TEXT NOT NULL DEFAULT ''  -- how it ended, in words
) STRICT;
CREATE UNIQUE INDEX bounce_repair_open ON bounce_repair (account, sid) WHERE ended_at IS NULL;
