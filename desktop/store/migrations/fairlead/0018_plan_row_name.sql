-- What the customer of a row is called, and the same without case and accents: rows are searched
-- and sorted by it. Empty where the source told no name, and for plans made before.
ALTER TABLE plan_row ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE plan_row ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
