-- What gives somebody a right is proven: by the row of the audit that tells it, or by an HMAC.
ALTER TABLE limit_approval ADD COLUMN audit_seq INTEGER NOT NULL DEFAULT 0;  -- audit.seq
-- The rows that were over the limit when it was given: eight bytes of each one's hash, sorted.
ALTER TABLE limit_approval ADD COLUMN rows BLOB NOT NULL DEFAULT x'';
-- Of the API token it was given with, '' for a sign-in by browser: a token signs for anybody.
ALTER TABLE limit_approval ADD COLUMN credential TEXT NOT NULL DEFAULT '';
ALTER TABLE sync ADD COLUMN switch_seq INTEGER NOT NULL DEFAULT 0;           -- audit.seq
ALTER TABLE outbox ADD COLUMN proof TEXT NOT NULL DEFAULT '';
ALTER TABLE due_run ADD COLUMN proof TEXT NOT NULL DEFAULT '';
-- Who began a run, as outbox.actor_key.
ALTER TABLE run ADD COLUMN actor_key TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN proof TEXT NOT NULL DEFAULT '';
