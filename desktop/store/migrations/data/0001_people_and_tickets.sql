-- What Zendesk and Sailthru said of everybody, for the data workspace: it can all be read again.
-- One row for each thing that is read, with the cursor of its last page.
CREATE TABLE data_source (
    name TEXT PRIMARY KEY,      -- users, organizations, tickets, ratings, "list " and its name
    account TEXT NOT NULL,
    cursor TEXT NOT NULL DEFAULT '',
    begun_at REAL,              -- Unix seconds: of the reading under way, or of the last one
    page_at REAL,               -- when the last page was stored
    ended_at REAL,              -- when a reading last reached the end
    whole_from REAL,            -- when the last reading began that reached the end
    rows_read INTEGER NOT NULL DEFAULT 0,   -- by the reading under way, or the last one
    expected INTEGER,           -- how many the service says there are
    refused TEXT NOT NULL DEFAULT ''        -- why it could not be read, as a sentence
) STRICT;

CREATE TABLE person (
    id INTEGER PRIMARY KEY,     -- of the Zendesk user
    name TEXT NOT NULL,
    sort_name TEXT NOT NULL,    -- folded
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    external_id TEXT NOT NULL,
    organization_id INTEGER,
    organization_sort TEXT,     -- the organisation's name, folded
    role TEXT NOT NULL,
    suspended INTEGER NOT NULL,
    locale TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at REAL,
    updated_at REAL,
    archived_at REAL,           -- deleted in Zendesk; kept here
    listed INTEGER NOT NULL,    -- 1: an end user who is not archived
    -- From their tickets and ratings.
    ticket_count INTEGER NOT NULL DEFAULT 0,
    open_count INTEGER NOT NULL DEFAULT 0,
    last_ticket_id INTEGER,
    last_ticket_at REAL,
    last_ticket_status TEXT,
    last_rating TEXT,           -- good, bad
    last_rating_at REAL,
    -- From their Sailthru profile; NULL where it was not read, or does not say.
    sid TEXT,
    is_ambiguous INTEGER NOT NULL DEFAULT 0,    -- several profiles speak for them
    engagement TEXT,
    health TEXT,
    value_segment INTEGER,
    value_amount REAL,
    optout TEXT,
    last_open_at REAL,
    last_click_at REAL,
    profile_read_at REAL
) STRICT;
CREATE INDEX person_by_name ON person (sort_name, id) WHERE listed = 1;
CREATE INDEX person_by_email ON person (email, id) WHERE listed = 1;
CREATE INDEX person_by_organization ON person (organization_sort, id) WHERE listed = 1;
CREATE INDEX person_of_organization ON person (organization_id);
CREATE INDEX person_by_created ON person (created_at, id) WHERE listed = 1;
CREATE INDEX person_by_ticket_count ON person (ticket_count, id) WHERE listed = 1;
CREATE INDEX person_by_open_count ON person (open_count, id) WHERE listed = 1;
CREATE INDEX person_by_last_ticket ON person (last_ticket_at, id) WHERE listed = 1;
CREATE INDEX person_by_rating ON person (last_rating, id) WHERE listed = 1;
CREATE INDEX person_by_rated ON person (last_rating_at, id) WHERE listed = 1;
CREATE INDEX person_by_engagement ON person (engagement, id) WHERE listed = 1;
CREATE INDEX person_by_health ON person (health, id) WHERE listed = 1;
CREATE INDEX person_by_value ON person (value_segment, id) WHERE listed = 1;
CREATE INDEX person_by_amount ON person (value_amount, id) WHERE listed = 1;
CREATE INDEX person_by_optout ON person (optout, id) WHERE listed = 1;
CREATE INDEX person_by_last_open ON person (last_open_at, id) WHERE listed = 1;
CREATE INDEX person_by_last_click ON person (last_click_at, id) WHERE listed = 1;
CREATE INDEX person_by_locale ON person (locale, id) WHERE listed = 1;
CREATE INDEX person_by_sid ON person (sid, id);
CREATE INDEX person_by_external_id ON person (external_id) WHERE external_id <> '';
-- Agents and admins, by whom reports are counted.
CREATE INDEX person_staff ON person (role, id) WHERE role <> 'end-user';

CREATE TABLE person_body (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL          -- JSON of model.zendesk_user.ZendeskUser
) STRICT;

CREATE TABLE person_address (
    email_hash BLOB NOT NULL,   -- md5, as Sailthru's exports carry it
    person_id INTEGER NOT NULL,
    PRIMARY KEY (email_hash, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_address_person ON person_address (person_id);

CREATE VIRTUAL TABLE person_search USING fts5(
    name, email, content = 'person', content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE tag (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE person_tag (
    tag_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    PRIMARY KEY (tag_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_tag_person ON person_tag (person_id, tag_id);

-- Values of the account's own user fields, typed; one that is not set has no row.
CREATE TABLE person_field (
    field TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    text TEXT NOT NULL,         -- folded
    number REAL,                -- a date as Unix seconds, a checkbox as 1 or 0
    PRIMARY KEY (field, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_field_text ON person_field (field, text, person_id);
CREATE INDEX person_field_number ON person_field (field, number, person_id)
    WHERE number IS NOT NULL;
CREATE INDEX person_field_person ON person_field (person_id);

CREATE TABLE organization (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sort_name TEXT NOT NULL,    -- folded
    external_id TEXT NOT NULL,
    domains TEXT NOT NULL,      -- separated by blanks
    tags TEXT NOT NULL,
    created_at REAL,
    updated_at REAL,
    archived_at REAL
) STRICT;
CREATE INDEX organization_by_name ON organization (sort_name, id);

CREATE TABLE ticket (
    id INTEGER PRIMARY KEY,
    requester INTEGER NOT NULL,
    assignee INTEGER,
    organization_id INTEGER,
    group_id INTEGER,
    status TEXT NOT NULL,       -- new, open, pending, hold, solved, closed, deleted
    priority TEXT NOT NULL,
    channel TEXT NOT NULL,
    rating TEXT NOT NULL,       -- good, bad, offered or ""
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    changed_at REAL,
    solved_at REAL,
    closed_at REAL
) STRICT;
CREATE INDEX ticket_by_requester ON ticket (requester, updated_at);
CREATE INDEX ticket_by_created ON ticket (created_at, requester);
CREATE INDEX ticket_by_updated ON ticket (updated_at, requester);
CREATE INDEX ticket_by_assignee ON ticket (assignee, created_at);
CREATE INDEX ticket_by_status ON ticket (status, requester);
CREATE INDEX ticket_requester_of ON ticket (id, requester);

CREATE TABLE ticket_tag (
    tag_id INTEGER NOT NULL,
    requester INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL,
    PRIMARY KEY (tag_id, requester, ticket_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_tag_ticket ON ticket_tag (ticket_id);

-- What was written in a ticket: its first message, and the comments that were read.
CREATE TABLE ticket_text (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    tags TEXT NOT NULL,
    pairs TEXT NOT NULL         -- Chinese, Japanese and Korean cut into pairs of characters
) STRICT;
CREATE VIRTUAL TABLE ticket_search USING fts5(
    subject, body, tags, pairs, content = 'ticket_text', content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE rating (
    id INTEGER PRIMARY KEY,
    ticket_id INTEGER NOT NULL,
    requester INTEGER NOT NULL,
    assignee INTEGER,
    score TEXT NOT NULL,        -- good, bad, offered
    comment TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;
CREATE INDEX rating_by_requester ON rating (requester, updated_at);
CREATE INDEX rating_by_updated ON rating (updated_at, score);
CREATE INDEX rating_by_assignee ON rating (assignee, updated_at);

CREATE TABLE profile (
    sid TEXT PRIMARY KEY,
    email_hash BLOB NOT NULL,
    extid TEXT NOT NULL,
    engagement TEXT,
    health TEXT,
    value_segment INTEGER,
    value_amount REAL,
    last_open_at REAL,
    last_click_at REAL,
    read_at REAL NOT NULL,
    body TEXT NOT NULL          -- JSON of model.exported_profile.ExportedProfile
) STRICT, WITHOUT ROWID;
CREATE INDEX profile_by_email ON profile (email_hash);
CREATE INDEX profile_by_extid ON profile (extid) WHERE extid <> '';

-- Who is who by an earlier match or by hand, as fairlead.db knows it: decides before all else.
CREATE TABLE remembered_pair (
    person_id INTEGER PRIMARY KEY,
    sid TEXT NOT NULL
) STRICT;

CREATE TABLE mailing_list (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE list_member (
    list_id INTEGER NOT NULL,
    sid TEXT NOT NULL,
    reading TEXT NOT NULL,      -- the export they were last seen in; older ones have left the list
    PRIMARY KEY (list_id, sid)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_member_sid ON list_member (sid, list_id);
