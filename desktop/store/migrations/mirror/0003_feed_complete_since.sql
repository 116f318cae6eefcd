-- When the last reading began that reached the end (Unix seconds): all that changed before is here.
-- Where a cursor is not known any more, reading goes on from there.
ALTER TABLE feed ADD COLUMN whole_from REAL;
