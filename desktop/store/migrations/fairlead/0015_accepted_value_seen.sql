-- What the service showed after a write instead of the value: JSON, or NULL where it was not read or
-- still showed the old one. `misses` counts the writes of this value that it did not show after.
ALTER TABLE accepted_value ADD COLUMN seen TEXT;
ALTER TABLE accepted_value ADD COLUMN misses INTEGER NOT NULL DEFAULT 0;
