-- How many records a plan has read; `source_record_count` are those of them in the sync's source.
ALTER TABLE plan ADD COLUMN records_read INTEGER NOT NULL DEFAULT 0;
UPDATE plan SET records_read = source_record_count;
