-- One row always: the account that new rows belong to, '' before the first connection.
CREATE VIEW current_account AS
    SELECT coalesce((SELECT id FROM account WHERE is_current), '') AS id;

-- How many people an approval was given for; more than that needs another look.
-- NULL: given before counts were kept, for the plan as it stood then.
ALTER TABLE limit_approval ADD COLUMN people INTEGER;
