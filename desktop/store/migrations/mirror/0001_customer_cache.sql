-- What the services said, with the time of reading. May be rebuilt at any time.
CREATE TABLE profile (
    sid TEXT PRIMARY KEY,
    email TEXT,
    body TEXT NOT NULL,         -- JSON of model.profile.SailthruProfile
    read_at REAL NOT NULL
) STRICT;

-- sid is null where Sailthru said that it knows no such address.
CREATE TABLE profile_address (
    address TEXT PRIMARY KEY,
    sid TEXT,
    read_at REAL NOT NULL
) STRICT;
CREATE INDEX profile_address_sid ON profile_address (sid);

CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name_folded TEXT NOT NULL,
    phone TEXT,
    external_id TEXT,
    body TEXT NOT NULL,         -- JSON of model.person.ZendeskPerson
    read_at REAL NOT NULL
) STRICT;
CREATE INDEX person_name ON person (name_folded);

-- person is null where Zendesk said that it knows no such address.
CREATE TABLE person_address (
    address TEXT PRIMARY KEY,
    person INTEGER,
    read_at REAL NOT NULL
) STRICT;
CREATE INDEX person_address_person ON person_address (person);

CREATE TABLE tickets (
    person INTEGER PRIMARY KEY,
    body TEXT NOT NULL,         -- JSON of model.sheet.TicketPage
    read_at REAL NOT NULL
) STRICT;

CREATE TABLE ticket (
    id INTEGER PRIMARY KEY,
    person INTEGER,
    body TEXT NOT NULL,         -- JSON of model.ticket.Ticket
    read_at REAL NOT NULL
) STRICT;

-- Things there is one of: the account's lists, its user fields.
CREATE TABLE catalogue (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    read_at REAL NOT NULL
) STRICT;

-- When a customer was last opened here: what is kept, and for how long.
CREATE TABLE opened (
    kind TEXT NOT NULL CHECK (kind IN ('person', 'profile')),
    id TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX opened_at ON opened (at);
