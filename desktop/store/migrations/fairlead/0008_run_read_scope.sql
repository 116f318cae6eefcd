-- What a run was asked to read, for whoever goes on with it before there is a plan.
ALTER TABLE run ADD COLUMN reads_all INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN reads_only TEXT NOT NULL DEFAULT '[]';
