-- The number was to be taken off again: the way back of an earlier run.
ALTER TABLE sum_in_doubt ADD COLUMN takes_back INTEGER NOT NULL DEFAULT 0;

-- A sum in doubt that was gone past before its job was known to have ended: somebody had it added all
-- the same, or nobody knows of a job. Landing now, it would put its older number back.
CREATE TABLE sum_overtaken (
    goal TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    run INTEGER NOT NULL,
    job TEXT NOT NULL,
    at REAL NOT NULL,
    changes TEXT NOT NULL,
    events TEXT NOT NULL,
    takes_back INTEGER NOT NULL,
    PRIMARY KEY (goal, source, run, job)
) STRICT, WITHOUT ROWID;
