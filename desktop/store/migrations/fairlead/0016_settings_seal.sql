-- The protected settings as Fairlead stored them last, and what proves that it was Fairlead.
CREATE TABLE settings_seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL,        -- counts the seals; 0: the settings of an earlier version, to be adopted once
    sealed_values TEXT NOT NULL,    -- JSON: setting -> value
    macs TEXT NOT NULL              -- JSON: id of a key -> HMAC-SHA256 of workspace, number and values
) STRICT;
INSERT INTO settings_seal (id, number, sealed_values, macs)
    SELECT 1, 0, '{}', '{}' WHERE EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM outbox)
        OR EXISTS (SELECT 1 FROM audit) OR EXISTS (SELECT 1 FROM sync);
