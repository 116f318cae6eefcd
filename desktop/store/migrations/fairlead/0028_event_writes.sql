-- Each request of an event with what it changes, as it was before: to settle increments, and to roll back.
CREATE TABLE event_write (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL REFERENCES event (id),
    action TEXT NOT NULL,
    effect TEXT NOT NULL,           -- RequestEffect
    record TEXT NOT NULL,           -- user, organization, membership, ticket or event
    record_id INTEGER,              -- of a membership its organisation's; NULL of what was not made yet
    user_id INTEGER,
    who TEXT NOT NULL,
    changes TEXT NOT NULL DEFAULT '[]',     -- JSON: [field, old, new]
    sent_at REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sent', 'applied', 'undone'))
) STRICT;
CREATE INDEX event_write_event ON event_write (event, action);
