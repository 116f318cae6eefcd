-- Fairlead has stored the row as it stands: whom it writes to, and what.
ALTER TABLE plan_row ADD COLUMN proof TEXT NOT NULL DEFAULT '';
ALTER TABLE event_write ADD COLUMN proof TEXT NOT NULL DEFAULT '';
ALTER TABLE edit_batch_row ADD COLUMN proof TEXT NOT NULL DEFAULT '';
-- What the record tells of an event or of a source of events: the newest row counts.
CREATE INDEX audit_event_end ON audit (name, seq) WHERE kind IN ('event_end', 'event_again');
CREATE INDEX audit_event_pause ON audit (name, seq) WHERE kind IN ('event_pause', 'event_resume');
