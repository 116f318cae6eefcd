-- The source's field that a written value came from, in the words of a mapping; '' where it came from
-- none, NULL where nobody knows any more. Only what goes back to where it came from is an echo.
ALTER TABLE written ADD COLUMN origin TEXT;

-- What was added to a number, was not seen there, and may still be done by the job it went out with.
-- Nothing is added to that number again before this is settled.
CREATE TABLE sum_in_doubt (
    goal TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    run INTEGER NOT NULL,
    job TEXT NOT NULL,          -- '' where the service did not answer
    at REAL NOT NULL,
    changes TEXT NOT NULL,      -- JSON array of model.plan.FieldChange: the sums alone
    events TEXT NOT NULL,       -- JSON array: the source events they stand for
    asked INTEGER NOT NULL DEFAULT 0,   -- 1: somebody has looked, and has it added once more
    PRIMARY KEY (goal, source)
) STRICT, WITHOUT ROWID;
