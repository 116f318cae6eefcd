-- A change of a customer's e-mail address; its steps are rows of the outbox.
CREATE TABLE email_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    user_id INTEGER,                -- NULL: no Zendesk user
    sid TEXT NOT NULL,              -- '': no Sailthru profile
    label TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    policy TEXT NOT NULL CHECK (policy IN ('refuse', 'merge', 'keep')),
    keeps_old INTEGER NOT NULL,
    expected TEXT NOT NULL,         -- JSON: the profile as it must be found afterwards; null: none
    actor TEXT NOT NULL,
    created_at REAL NOT NULL,
    ended_at REAL,                  -- NULL while a step is left to do
    verification TEXT NOT NULL DEFAULT 'null',  -- JSON: what was found after the last step
    undoes INTEGER REFERENCES email_change (id)
) STRICT;
CREATE INDEX email_change_user ON email_change (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX email_change_sid ON email_change (sid) WHERE sid <> '';

ALTER TABLE outbox ADD COLUMN email_change INTEGER REFERENCES email_change (id);
ALTER TABLE outbox ADD COLUMN step INTEGER NOT NULL DEFAULT 0;  -- its place in the change; 0: none
CREATE INDEX outbox_email_change ON outbox (email_change, step) WHERE email_change IS NOT NULL;
