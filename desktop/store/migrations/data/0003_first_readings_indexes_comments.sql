-- The first reading that reached the end: what it told is no news. Unix seconds; 0: long ago.
ALTER TABLE data_source ADD COLUMN first_from REAL;     -- when it began
ALTER TABLE data_source ADD COLUMN first_whole_at REAL; -- when it reached the end
UPDATE data_source SET first_from = whole_from, first_whole_at = 0 WHERE whole_from IS NOT NULL;
-- What reports count, found without the tickets' own rows, and whether somebody is listed.
DROP INDEX ticket_by_created;
DROP INDEX ticket_by_closed;
CREATE INDEX ticket_by_created ON ticket (created_at, requester) WHERE status <> 'deleted';
CREATE INDEX ticket_by_closed ON ticket (closed_at, id, requester)
    WHERE closed_at IS NOT NULL AND status <> 'deleted';
CREATE INDEX rating_given ON rating (updated_at, requester) WHERE score IN ('good', 'bad');
-- The role, which whoever is listed has, keeps it from queries that ask more of the person.
CREATE INDEX person_listed ON person (id) WHERE listed = 1 AND role = 'end-user';

-- What was written publicly after a ticket's first message; `body` holds it behind that message.
ALTER TABLE ticket_text ADD COLUMN comments TEXT NOT NULL DEFAULT '';
-- Tickets whose comments are to be read: what has changed since the first reading began.
CREATE TABLE comment_due (
    ticket_id INTEGER PRIMARY KEY,
    changed_at REAL NOT NULL    -- Unix seconds of the change that is waited for
) STRICT;
