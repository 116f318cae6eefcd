-- One row for each planned time that a scheduler has claimed and no run has begun for yet. Whoever
-- begins a run hands the ticket in; without one it is a run by the person at work.
CREATE TABLE due_run (
    ticket TEXT PRIMARY KEY NOT NULL,
    sync TEXT NOT NULL,
    claimed_at REAL NOT NULL    -- Unix seconds
);
