-- How often an event failed for a reason that passes, and what became of it then.
ALTER TABLE event ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;   -- since somebody queued it last
ALTER TABLE event ADD COLUMN is_held INTEGER NOT NULL DEFAULT 0;    -- given up: later events of its user wait
ALTER TABLE event ADD COLUMN ignored TEXT NOT NULL DEFAULT '';      -- why it is never sent
-- An earlier request may have been applied, whatever became of the delivery since.
ALTER TABLE event_delivery ADD COLUMN is_maybe_sent INTEGER NOT NULL DEFAULT 0;
UPDATE event_delivery SET is_maybe_sent = 1 WHERE state IN ('sending', 'unknown');
-- What Zendesk answered last: a status, or its job; request_id is what its support asks for.
ALTER TABLE event_delivery ADD COLUMN answer TEXT NOT NULL DEFAULT '';
