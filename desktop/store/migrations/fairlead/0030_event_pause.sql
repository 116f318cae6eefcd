-- Somebody holds a source's events back: they wait, whoever delivers, until somebody goes on.
ALTER TABLE event_source ADD COLUMN paused_at REAL NOT NULL DEFAULT 0;  -- Unix seconds; 0: not paused
ALTER TABLE event_source ADD COLUMN paused_by TEXT NOT NULL DEFAULT ''; -- actor
-- The timeline of a customer's sheet asks for their events.
CREATE INDEX event_delivery_user ON event_delivery (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX event_user ON event (account, user_key);
