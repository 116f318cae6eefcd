-- The audit chains salted hashes; what they stand for lies beside it and may be erased.
DROP TRIGGER audit_is_append_only_update;
DROP TRIGGER audit_is_append_only_delete;
DROP INDEX audit_target;
DROP INDEX audit_edit;
ALTER TABLE audit RENAME TO audit_0_2_0;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    name TEXT NOT NULL,
    edit INTEGER NOT NULL,
    result TEXT NOT NULL,
    computer TEXT NOT NULL,     -- computer.id of the desk that wrote it
    account TEXT NOT NULL,      -- account.id
    actor_hash TEXT NOT NULL,   -- of audit_value.actor_salt and actor
    values_hash TEXT NOT NULL,  -- of the rest of audit_value; '' by 0.2.0, whose hash covers the values
    key_id TEXT NOT NULL,       -- which key made `mac`, '' none; rows of one key are a segment
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    mac TEXT NOT NULL           -- HMAC-SHA256 of `hash`: who has no key cannot make the chain anew
) STRICT;

-- Deleted, or set to NULL, these leave the chain verifiable: the row is an erased one.
CREATE TABLE audit_value (
    seq INTEGER PRIMARY KEY,
    actor_salt BLOB,
    actor TEXT,
    salt BLOB,
    target TEXT,
    label TEXT,
    old TEXT,
    new TEXT,
    reason TEXT,
    ticket INTEGER,
    detail TEXT
) STRICT;

INSERT INTO audit (seq, at, kind, service, name, edit, result, computer, account, actor_hash,
    values_hash, key_id, prev_hash, hash, mac)
    SELECT seq, at, kind, service, name, edit, result, '', '', '', '', '', prev_hash, hash, ''
    FROM audit_0_2_0 ORDER BY seq;
INSERT INTO audit_value (seq, actor_salt, actor, salt, target, label, old, new, reason, ticket, detail)
    SELECT seq, x'', actor, x'', target, label, old, new, reason, ticket, detail
    FROM audit_0_2_0 ORDER BY seq;
-- The counter is a witness of rows that were cut off; it goes on from where it stood.
DELETE FROM sqlite_sequence WHERE name = 'audit';
INSERT INTO sqlite_sequence (name, seq) SELECT 'audit', seq FROM sqlite_sequence WHERE name = 'audit_0_2_0';
DROP TABLE audit_0_2_0;

CREATE INDEX audit_edit ON audit (edit) WHERE edit > 0;
CREATE INDEX audit_value_target ON audit_value (target);
CREATE INDEX audit_value_label ON audit_value (lower(label));

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_value_is_kept_or_erased BEFORE UPDATE ON audit_value
WHEN NEW.seq <> OLD.seq
    OR (NEW.actor_salt IS NOT NULL AND NEW.actor_salt IS NOT OLD.actor_salt)
    OR (NEW.actor IS NOT NULL AND NEW.actor IS NOT OLD.actor)
    OR (NEW.salt IS NOT NULL AND NEW.salt IS NOT OLD.salt)
    OR (NEW.target IS NOT NULL AND NEW.target IS NOT OLD.target)
    OR (NEW.label IS NOT NULL AND NEW.label IS NOT OLD.label)
    OR (NEW.old IS NOT NULL AND NEW.old IS NOT OLD.old)
    OR (NEW.new IS NOT NULL AND NEW.new IS NOT OLD.new)
    OR (NEW.reason IS NOT NULL AND NEW.reason IS NOT OLD.reason)
    OR (NEW.ticket IS NOT NULL AND NEW.ticket IS NOT OLD.ticket)
    OR (NEW.detail IS NOT NULL AND NEW.detail IS NOT OLD.detail)
BEGIN SELECT RAISE (ABORT, 'values of the audit are kept or erased, never changed'); END;

CREATE VIEW audit_entry AS
    SELECT audit.*, actor_salt, actor, salt, target, label, old, new, reason, ticket, detail
    FROM audit LEFT JOIN audit_value ON audit_value.seq = audit.seq;
