-- Heads of a long queue are found in the order of their numbers, without sorting all that waits.
CREATE INDEX event_unsent_order ON event (account, id) WHERE state IN ('waiting', 'open');
-- Somebody has queued it again: it is theirs to deliver, and does not go by itself.
ALTER TABLE event ADD COLUMN is_attended INTEGER NOT NULL DEFAULT 0;
