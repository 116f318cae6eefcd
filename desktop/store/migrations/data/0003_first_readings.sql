-- The first reading that reached the end: what it told is no news. Unix seconds; 0: long ago.
ALTER TABLE data_source ADD COLUMN first_from REAL;     -- when it began
ALTER TABLE data_source ADD COLUMN first_whole_at REAL; -- when it reached the end
UPDATE data_source SET first_from = 0, first_whole_at = 0 WHERE whole_from IS NOT NULL;
