-- How a plan to Sailthru read its profiles: JSON of model.sync_plan.TargetReading, or null.
ALTER TABLE plan ADD COLUMN target_reading TEXT NOT NULL DEFAULT 'null';
