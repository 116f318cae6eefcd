-- Tables, columns and values by the words that the program uses everywhere else.
ALTER TABLE goal RENAME TO sync;
ALTER TABLE sync RENAME COLUMN mark TO watermark;

ALTER TABLE plan RENAME COLUMN goal TO sync;
ALTER TABLE plan RENAME COLUMN made_at TO created_at;
ALTER TABLE plan RENAME COLUMN body TO sync_body;
ALTER TABLE plan RENAME COLUMN read TO source_record_count;
ALTER TABLE plan RENAME COLUMN breaches TO limit_breaches;
ALTER TABLE plan RENAME COLUMN allowed TO allowed_limits;
ALTER TABLE plan RENAME COLUMN mark TO watermark;
ALTER TABLE plan_noticed RENAME TO plan_consequence;
ALTER TABLE approval RENAME TO limit_approval;
ALTER TABLE limit_approval RENAME COLUMN breach TO limit_code;
ALTER TABLE limit_approval RENAME COLUMN person TO user_id;
ALTER TABLE limit_approval RENAME COLUMN at TO approved_at;

ALTER TABLE run RENAME COLUMN goal TO sync;
ALTER TABLE run RENAME COLUMN why TO trigger;
ALTER TABLE run RENAME COLUMN cancel TO cancel_requested;
UPDATE run SET stage = 'limits' WHERE stage = 'guard';
UPDATE run SET trigger = 'manual' WHERE trigger = 'hand';

ALTER TABLE batch RENAME TO write_batch;
ALTER TABLE write_batch RENAME COLUMN job TO job_id;
ALTER TABLE write_batch RENAME COLUMN at TO created_at;

ALTER TABLE synced RENAME TO synced_value;
ALTER TABLE synced_value RENAME COLUMN goal TO sync;
ALTER TABLE accepted RENAME TO accepted_value;
ALTER TABLE accepted_value RENAME COLUMN goal TO sync;
ALTER TABLE written RENAME TO written_hash;
ALTER TABLE written_hash RENAME COLUMN origin TO source_field;
ALTER TABLE pair RENAME TO matched_pair;
ALTER TABLE matched_pair RENAME COLUMN person TO user_id;
ALTER TABLE ledger RENAME TO counted_event;
ALTER TABLE counted_event RENAME COLUMN goal TO sync;
ALTER TABLE member RENAME TO sync_member;
ALTER TABLE sync_member RENAME COLUMN goal TO sync;
ALTER TABLE exchanged RENAME TO exchanged_profile;
ALTER TABLE exchanged_profile RENAME COLUMN goal TO sync;
ALTER TABLE correction RENAME TO source_correction;
ALTER TABLE source_correction RENAME COLUMN goal TO sync;
ALTER TABLE touch RENAME COLUMN goal TO sync;
ALTER TABLE again RENAME TO retry_source;
ALTER TABLE retry_source RENAME COLUMN goal TO sync;
ALTER TABLE retry_source RENAME COLUMN person TO needs_person;

ALTER TABLE sum_in_doubt RENAME TO unconfirmed_increment;
ALTER TABLE unconfirmed_increment RENAME COLUMN goal TO sync;
ALTER TABLE unconfirmed_increment RENAME COLUMN job TO job_id;
ALTER TABLE unconfirmed_increment RENAME COLUMN at TO sent_at;
ALTER TABLE unconfirmed_increment RENAME COLUMN asked TO resend_requested;
ALTER TABLE unconfirmed_increment RENAME COLUMN takes_back TO is_rollback;
ALTER TABLE sum_overtaken RENAME TO superseded_increment;
ALTER TABLE superseded_increment RENAME COLUMN goal TO sync;
ALTER TABLE superseded_increment RENAME COLUMN job TO job_id;
ALTER TABLE superseded_increment RENAME COLUMN at TO sent_at;
ALTER TABLE superseded_increment RENAME COLUMN takes_back TO is_rollback;

ALTER TABLE outbox RENAME COLUMN accepted TO accepted_at;
ALTER TABLE link RENAME TO profile_link;
ALTER TABLE profile_link RENAME COLUMN person TO user_id;

-- Indexes keep their old names through a rename of their table.
DROP INDEX plan_goal;
CREATE INDEX plan_sync ON plan (sync, id);
DROP INDEX plan_noticed_row;
CREATE INDEX plan_consequence_row ON plan_consequence (plan, row);
DROP INDEX run_goal;
CREATE INDEX run_sync ON run (sync, id);
DROP INDEX batch_open;
CREATE INDEX write_batch_open ON write_batch (plan) WHERE state <> 'closed';
DROP INDEX pair_sid;
CREATE INDEX matched_pair_sid ON matched_pair (sid);
DROP INDEX member_source;
CREATE INDEX sync_member_source ON sync_member (sync, source);

-- The accounts this workspace was set up for; one of them is the current one. `id` is random: a key
-- that is rotated, or a service that is connected later, changes the row and not what refers to it.
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    zendesk_base_url TEXT NOT NULL,     -- '' while Zendesk is not connected
    sailthru_account TEXT NOT NULL,     -- Sailthru's account id; '' where `settings` is refused
    sailthru_service_uri TEXT NOT NULL,
    is_current INTEGER NOT NULL,
    created_at REAL NOT NULL            -- Unix seconds
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_current ON account (is_current) WHERE is_current;

-- Whose it is: account.id. '' was written before accounts were kept; the first account takes it over.
ALTER TABLE outbox ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE sync ADD COLUMN account TEXT NOT NULL DEFAULT '';  -- of its watermark
ALTER TABLE plan ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE synced_value ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE accepted_value ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE written_hash ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE matched_pair ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE counted_event ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_member ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE exchanged_profile ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE source_correction ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE touch ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE retry_source ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE unconfirmed_increment ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE superseded_increment ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE profile_link ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE draft ADD COLUMN account TEXT NOT NULL DEFAULT '';

-- This computer (desk). Random, made at the first opening: a team store tells desks apart by it.
CREATE TABLE computer (
    id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO computer (id) VALUES (lower(hex(randomblob(16))));
