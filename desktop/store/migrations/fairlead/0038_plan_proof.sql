-- Fairlead has stored the plan as it stands: of which sync, over how many people, taken or not.
ALTER TABLE plan ADD COLUMN proof TEXT NOT NULL DEFAULT '';
-- What the record tells of a sync's limits: the newest row counts.
CREATE INDEX audit_limits ON audit (name, seq) WHERE kind = 'limits';
