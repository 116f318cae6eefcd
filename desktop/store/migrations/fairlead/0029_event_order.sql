-- Heads of a long queue are found in the order of their numbers, without sorting all that waits.
CREATE INDEX event_unsent_order ON event (account, id) WHERE state IN ('waiting', 'open');
