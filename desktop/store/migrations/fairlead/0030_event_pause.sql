-- Somebody holds a source's events back: they wait, whoever delivers, until somebody goes on.
ALTER TABLE event_source ADD COLUMN paused_at REAL NOT NULL DEFAULT 0;  -- Unix seconds; 0: not paused
ALTER TABLE event_source ADD COLUMN paused_by TEXT NOT NULL DEFAULT ''; -- actor
