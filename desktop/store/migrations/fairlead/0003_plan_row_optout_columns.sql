-- What a plan's row is judged by once more after somebody has decided about one of its fields.
ALTER TABLE plan_row ADD COLUMN optout TEXT NOT NULL DEFAULT 'none';
ALTER TABLE plan_row ADD COLUMN on_other_lists INTEGER NOT NULL DEFAULT 0;
