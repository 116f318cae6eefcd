-- Saved segments: conditions on people of the data workspace, by the name somebody gave them.
CREATE TABLE segment (
    name TEXT PRIMARY KEY,
    expression TEXT NOT NULL,
    saved_at REAL NOT NULL,
    saved_by TEXT NOT NULL
) STRICT;
