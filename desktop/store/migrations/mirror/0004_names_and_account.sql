-- Tables and columns by the words that the program uses everywhere else.
ALTER TABLE profile RENAME TO cached_profile;
ALTER TABLE person RENAME TO cached_user;
ALTER TABLE person_address RENAME TO user_address;
ALTER TABLE user_address RENAME COLUMN person TO user_id;
ALTER TABLE tickets RENAME TO user_tickets;
ALTER TABLE user_tickets RENAME COLUMN person TO user_id;
ALTER TABLE ticket RENAME TO cached_ticket;
ALTER TABLE cached_ticket RENAME COLUMN person TO user_id;

-- A CHECK cannot be altered: the table is made anew.
CREATE TABLE opened_customer (
    kind TEXT NOT NULL CHECK (kind IN ('user', 'profile')),
    id TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
INSERT INTO opened_customer (kind, id, at)
    SELECT CASE kind WHEN 'person' THEN 'user' ELSE kind END, id, at FROM opened;
DROP TABLE opened;
CREATE INDEX opened_customer_at ON opened_customer (at);

DROP INDEX person_name;
CREATE INDEX cached_user_name ON cached_user (name_folded);
DROP INDEX person_address_person;
CREATE INDEX user_address_user ON user_address (user_id);

-- Whose records and cursor these are: account.id of fairlead.db; '' before accounts were kept.
ALTER TABLE feed ADD COLUMN account TEXT NOT NULL DEFAULT '';
