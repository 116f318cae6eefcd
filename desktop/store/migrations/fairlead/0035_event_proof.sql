-- Fairlead has stored the event as it stands, and may deliver it by itself or not (is_attended).
ALTER TABLE event ADD COLUMN proof TEXT NOT NULL DEFAULT '';
