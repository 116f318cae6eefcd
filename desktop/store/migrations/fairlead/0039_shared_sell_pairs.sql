-- Pairs and choices of Zendesk Sell say of which Sell account they are, so that the desks of a team
-- can share them: contacts of two accounts have the same numbers.
CREATE TABLE new_sell_pair (
    sell_account INTEGER NOT NULL,  -- 0: not known
    record TEXT NOT NULL,           -- contact-2101, lead-3101
    sid TEXT NOT NULL,
    at REAL NOT NULL,               -- Unix seconds
    account TEXT NOT NULL,
    PRIMARY KEY (sell_account, record)
) STRICT, WITHOUT ROWID;
INSERT INTO new_sell_pair (sell_account, record, sid, at, account)
    SELECT coalesce((SELECT id FROM sell_account), 0), record, sid, at, account FROM sell_pair;
DROP TABLE sell_pair;
ALTER TABLE new_sell_pair RENAME TO sell_pair;
CREATE INDEX sell_pair_sid ON sell_pair (sid);

CREATE TABLE new_sell_choice (
    sell_account INTEGER NOT NULL,  -- 0: not known
    kind TEXT NOT NULL,             -- contact or lead
    email_hash TEXT NOT NULL,       -- md5 of the address
    record TEXT NOT NULL,
    actor TEXT NOT NULL,
    at REAL NOT NULL,               -- Unix seconds
    account TEXT NOT NULL,
    PRIMARY KEY (sell_account, kind, email_hash)
) STRICT, WITHOUT ROWID;
INSERT INTO new_sell_choice (sell_account, kind, email_hash, record, actor, at, account)
    SELECT coalesce((SELECT id FROM sell_account), 0), kind, email_hash, record, actor, at, account
    FROM sell_choice;
DROP TABLE sell_choice;
ALTER TABLE new_sell_choice RENAME TO sell_choice;

CREATE TRIGGER sell_pair_shared_insert AFTER INSERT ON sell_pair
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sell_pair', json_array(NEW.sell_account, NEW.record), '');
END;

CREATE TRIGGER sell_pair_shared_update AFTER UPDATE ON sell_pair
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sell_pair', json_array(NEW.sell_account, NEW.record), '');
END;

CREATE TRIGGER sell_pair_shared_delete AFTER DELETE ON sell_pair
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sell_pair', json_array(OLD.sell_account, OLD.record), '');
END;

CREATE TRIGGER sell_choice_shared_insert AFTER INSERT ON sell_choice
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sell_choice', json_array(NEW.sell_account, NEW.kind, NEW.email_hash), '');
END;

CREATE TRIGGER sell_choice_shared_update AFTER UPDATE ON sell_choice
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sell_choice', json_array(NEW.sell_account, NEW.kind, NEW.email_hash), '');
END;

CREATE TRIGGER sell_choice_shared_delete AFTER DELETE ON sell_choice
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sell_choice', json_array(OLD.sell_account, OLD.kind, OLD.email_hash), '');
END;

-- What was there before gives way to what another desk has.
INSERT OR IGNORE INTO shared_change (kind, key, sync, at)
    SELECT 'sell_pair', json_array(sell_account, record), '', 0.0 FROM sell_pair
    WHERE (SELECT is_on FROM shared_state);
INSERT OR IGNORE INTO shared_change (kind, key, sync, at)
    SELECT 'sell_choice', json_array(sell_account, kind, email_hash), '', 0.0 FROM sell_choice
    WHERE (SELECT is_on FROM shared_state);
