-- A row that was sent once without an answer: what reads as wanted later is our own doing.
ALTER TABLE plan_row ADD COLUMN maybe_sent INTEGER NOT NULL DEFAULT 0;
