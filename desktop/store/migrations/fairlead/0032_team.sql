-- That this workspace belongs to a team, and how much of the audit the team store has.
CREATE TABLE team_membership (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    team TEXT NOT NULL,
    desk TEXT NOT NULL,                 -- this workspace's id in the team
    store_label TEXT NOT NULL,          -- host and database, for people
    joined_by TEXT NOT NULL,
    joined_at REAL NOT NULL,            -- Unix seconds
    handed_in_seq INTEGER NOT NULL,     -- audit.seq up to which the team store is known to have all
    proof TEXT NOT NULL                 -- HMAC of team, desk and who joined, under the audit's key
) STRICT;
