-- Contacts and leads of Zendesk Sell as its lists and its Sync API told them.
CREATE TABLE feed_sell (
    id TEXT PRIMARY KEY,        -- contact-2101, lead-3101: the two count by themselves
    kind TEXT NOT NULL,         -- contact or lead
    email_hash TEXT NOT NULL,   -- md5 of the address, as Sailthru's exports carry it
    active INTEGER NOT NULL,    -- 0: deleted in Sell
    revision INTEGER NOT NULL,  -- of the Sync API, whose items come in no order; 0 from a list
    reading TEXT NOT NULL,      -- the list's reading it was last seen in; older ones were deleted
    body TEXT NOT NULL,         -- JSON of model.sell_record.SellContact or SellLead
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_sell_seq ON feed_sell (kind, seq);
CREATE INDEX feed_sell_hash ON feed_sell (email_hash) WHERE email_hash <> '';
