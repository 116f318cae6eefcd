-- Up to which of the whole team's rows a desk has them all, as it said last. Less than the desk
-- knows itself: this database was restored from an older backup. NULL: it has never said.
ALTER TABLE desk ADD COLUMN rows_seen bigint;
GRANT UPDATE (rows_seen) ON desk TO fairlead_desk;
