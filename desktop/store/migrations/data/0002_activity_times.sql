-- In order of time, for the feed of what customers did.
CREATE INDEX ticket_by_solved ON ticket (solved_at, id) WHERE solved_at IS NOT NULL;
CREATE INDEX ticket_by_closed ON ticket (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX rating_by_created ON rating (created_at, id);
