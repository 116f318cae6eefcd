-- What the services' feeds brought for syncs, with the cursor of the last page taken in.
-- `seq` counts changes of content: a goal reads what is above its mark.
CREATE TABLE feed (
    name TEXT PRIMARY KEY,
    generation TEXT NOT NULL,   -- changes when it starts anew
    cursor TEXT NOT NULL DEFAULT '',
    begun_at REAL,
    ended_at REAL,              -- Unix seconds of the last complete reading
    seq INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE feed_user (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    email_hash TEXT NOT NULL,   -- md5 of the address, as Sailthru's exports carry it
    external_id TEXT NOT NULL,
    phone TEXT NOT NULL,        -- digits
    active INTEGER NOT NULL,
    updated_at REAL,
    body TEXT NOT NULL,         -- JSON of model.person.ZendeskPerson
    seq INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_user_seq ON feed_user (seq);
CREATE INDEX feed_user_hash ON feed_user (email_hash) WHERE email_hash <> '';
CREATE INDEX feed_user_external ON feed_user (external_id) WHERE external_id <> '';
CREATE INDEX feed_user_phone ON feed_user (phone) WHERE phone <> '';

CREATE TABLE feed_ticket (
    id INTEGER PRIMARY KEY,
    requester INTEGER NOT NULL,
    open INTEGER NOT NULL,      -- not solved, closed or deleted
    created_at REAL NOT NULL,
    body TEXT NOT NULL,         -- JSON of model.exported_ticket.ExportedTicket
    seq INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_ticket_seq ON feed_ticket (seq);
CREATE INDEX feed_ticket_requester ON feed_ticket (requester, created_at);

CREATE TABLE feed_profile (
    list TEXT NOT NULL,
    sid TEXT NOT NULL,
    body TEXT NOT NULL,         -- JSON of clients.sailthru.export_csv.ExportedProfile
    reading TEXT NOT NULL,      -- the export it was last seen in; older ones have left the list
    seq INTEGER NOT NULL,
    PRIMARY KEY (list, sid)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_profile_seq ON feed_profile (list, seq);
CREATE INDEX feed_profile_sid ON feed_profile (sid);
