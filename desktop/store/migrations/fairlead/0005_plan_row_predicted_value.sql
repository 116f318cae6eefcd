-- The predicted amount of the customer a row is about: previews are sorted by it.
ALTER TABLE plan_row ADD COLUMN worth REAL;
-- How many rows are ticked is counted at every look: not by reading the rows themselves.
DROP INDEX plan_row_fate;
CREATE INDEX plan_row_fate ON plan_row (plan, fate, ticked, row);
CREATE INDEX plan_row_worth ON plan_row (plan) WHERE worth IS NOT NULL;
