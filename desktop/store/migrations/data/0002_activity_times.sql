-- In order of time, for the list of what customers did.
CREATE INDEX ticket_by_solved ON ticket (solved_at, id) WHERE solved_at IS NOT NULL;
CREATE INDEX ticket_by_closed ON ticket (closed_at, id) WHERE closed_at IS NOT NULL;
