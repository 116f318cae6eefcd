-- What the desks of a team share of their rows, and what has changed of them since it was handed in.
-- The one row is there where the workspace belongs to a team.
CREATE TABLE shared_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    is_on INTEGER NOT NULL,             -- 1: an admin has switched on that rows are shared
    is_applying INTEGER NOT NULL,       -- 1: within a transaction that takes other desks' rows in
    seen INTEGER NOT NULL               -- shared_row.seq of the team store up to which all is here
) STRICT;

CREATE TABLE shared_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,                 -- the table
    key TEXT NOT NULL,                  -- JSON array: the row's primary key
    sync TEXT NOT NULL,                 -- of a sync's memory; '' for what is the whole team's
    at REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0), -- Unix seconds
    UNIQUE (kind, key)
) STRICT;
CREATE INDEX shared_change_sync ON shared_change (sync, seq);

-- Triggers, so that a change is noted in its own transaction, whoever makes it.

CREATE TRIGGER synced_value_shared_insert AFTER INSERT ON synced_value
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('synced_value', json_array(NEW.sync, NEW.target, NEW.field), NEW.sync);
END;

CREATE TRIGGER synced_value_shared_update AFTER UPDATE ON synced_value
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('synced_value', json_array(NEW.sync, NEW.target, NEW.field), NEW.sync);
END;

CREATE TRIGGER synced_value_shared_delete AFTER DELETE ON synced_value
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('synced_value', json_array(OLD.sync, OLD.target, OLD.field), OLD.sync);
END;

CREATE TRIGGER accepted_value_shared_insert AFTER INSERT ON accepted_value
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('accepted_value', json_array(NEW.sync, NEW.target, NEW.field), NEW.sync);
END;

CREATE TRIGGER accepted_value_shared_update AFTER UPDATE ON accepted_value
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('accepted_value', json_array(NEW.sync, NEW.target, NEW.field), NEW.sync);
END;

CREATE TRIGGER accepted_value_shared_delete AFTER DELETE ON accepted_value
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('accepted_value', json_array(OLD.sync, OLD.target, OLD.field), OLD.sync);
END;

CREATE TRIGGER counted_event_shared_insert AFTER INSERT ON counted_event
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('counted_event', json_array(NEW.sync, NEW.event), NEW.sync);
END;

CREATE TRIGGER counted_event_shared_update AFTER UPDATE ON counted_event
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('counted_event', json_array(NEW.sync, NEW.event), NEW.sync);
END;

CREATE TRIGGER counted_event_shared_delete AFTER DELETE ON counted_event
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('counted_event', json_array(OLD.sync, OLD.event), OLD.sync);
END;

CREATE TRIGGER unconfirmed_increment_shared_insert AFTER INSERT ON unconfirmed_increment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('unconfirmed_increment', json_array(NEW.sync, NEW.source), NEW.sync);
END;

CREATE TRIGGER unconfirmed_increment_shared_update AFTER UPDATE ON unconfirmed_increment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('unconfirmed_increment', json_array(NEW.sync, NEW.source), NEW.sync);
END;

CREATE TRIGGER unconfirmed_increment_shared_delete AFTER DELETE ON unconfirmed_increment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('unconfirmed_increment', json_array(OLD.sync, OLD.source), OLD.sync);
END;

CREATE TRIGGER superseded_increment_shared_insert AFTER INSERT ON superseded_increment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('superseded_increment', json_array(NEW.sync, NEW.source, NEW.run, NEW.job_id), NEW.sync);
END;

CREATE TRIGGER superseded_increment_shared_update AFTER UPDATE ON superseded_increment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('superseded_increment', json_array(NEW.sync, NEW.source, NEW.run, NEW.job_id), NEW.sync);
END;

CREATE TRIGGER superseded_increment_shared_delete AFTER DELETE ON superseded_increment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('superseded_increment', json_array(OLD.sync, OLD.source, OLD.run, OLD.job_id), OLD.sync);
END;

CREATE TRIGGER sync_member_shared_insert AFTER INSERT ON sync_member
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sync_member', json_array(NEW.sync, NEW.target), NEW.sync);
END;

CREATE TRIGGER sync_member_shared_update AFTER UPDATE ON sync_member
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sync_member', json_array(NEW.sync, NEW.target), NEW.sync);
END;

CREATE TRIGGER sync_member_shared_delete AFTER DELETE ON sync_member
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sync_member', json_array(OLD.sync, OLD.target), OLD.sync);
END;

CREATE TRIGGER exchanged_profile_shared_insert AFTER INSERT ON exchanged_profile
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('exchanged_profile', json_array(NEW.sync, NEW.target), NEW.sync);
END;

CREATE TRIGGER exchanged_profile_shared_update AFTER UPDATE ON exchanged_profile
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('exchanged_profile', json_array(NEW.sync, NEW.target), NEW.sync);
END;

CREATE TRIGGER exchanged_profile_shared_delete AFTER DELETE ON exchanged_profile
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('exchanged_profile', json_array(OLD.sync, OLD.target), OLD.sync);
END;

CREATE TRIGGER retry_source_shared_insert AFTER INSERT ON retry_source
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('retry_source', json_array(NEW.sync, NEW.source), NEW.sync);
END;

CREATE TRIGGER retry_source_shared_update AFTER UPDATE ON retry_source
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('retry_source', json_array(NEW.sync, NEW.source), NEW.sync);
END;

CREATE TRIGGER retry_source_shared_delete AFTER DELETE ON retry_source
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('retry_source', json_array(OLD.sync, OLD.source), OLD.sync);
END;

CREATE TRIGGER touch_shared_insert AFTER INSERT ON touch
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('touch', json_array(NEW.sync, NEW.target, printf('%!.17g', NEW.at)), NEW.sync);
END;

CREATE TRIGGER touch_shared_update AFTER UPDATE ON touch
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('touch', json_array(NEW.sync, NEW.target, printf('%!.17g', NEW.at)), NEW.sync);
END;

CREATE TRIGGER touch_shared_delete AFTER DELETE ON touch
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('touch', json_array(OLD.sync, OLD.target, printf('%!.17g', OLD.at)), OLD.sync);
END;

CREATE TRIGGER written_hash_shared_insert AFTER INSERT ON written_hash
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('written_hash', json_array(NEW.service, NEW.target, NEW.field), '');
END;

CREATE TRIGGER written_hash_shared_update AFTER UPDATE ON written_hash
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('written_hash', json_array(NEW.service, NEW.target, NEW.field), '');
END;

CREATE TRIGGER written_hash_shared_delete AFTER DELETE ON written_hash
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('written_hash', json_array(OLD.service, OLD.target, OLD.field), '');
END;

CREATE TRIGGER matched_pair_shared_insert AFTER INSERT ON matched_pair
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('matched_pair', json_array(NEW.user_id), '');
END;

CREATE TRIGGER matched_pair_shared_update AFTER UPDATE ON matched_pair
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('matched_pair', json_array(NEW.user_id), '');
END;

CREATE TRIGGER matched_pair_shared_delete AFTER DELETE ON matched_pair
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('matched_pair', json_array(OLD.user_id), '');
END;

CREATE TRIGGER profile_link_shared_insert AFTER INSERT ON profile_link
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('profile_link', json_array(NEW.user_id), '');
END;

CREATE TRIGGER profile_link_shared_update AFTER UPDATE ON profile_link
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('profile_link', json_array(NEW.user_id), '');
END;

CREATE TRIGGER profile_link_shared_delete AFTER DELETE ON profile_link
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('profile_link', json_array(OLD.user_id), '');
END;

CREATE TRIGGER source_correction_shared_insert AFTER INSERT ON source_correction
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('source_correction', json_array(NEW.sync, NEW.source, NEW.field), '');
END;

CREATE TRIGGER source_correction_shared_update AFTER UPDATE ON source_correction
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('source_correction', json_array(NEW.sync, NEW.source, NEW.field), '');
END;

CREATE TRIGGER source_correction_shared_delete AFTER DELETE ON source_correction
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('source_correction', json_array(OLD.sync, OLD.source, OLD.field), '');
END;

CREATE TRIGGER segment_shared_insert AFTER INSERT ON segment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('segment', json_array(NEW.name), '');
END;

CREATE TRIGGER segment_shared_update AFTER UPDATE ON segment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('segment', json_array(NEW.name), '');
END;

CREATE TRIGGER segment_shared_delete AFTER DELETE ON segment
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('segment', json_array(OLD.name), '');
END;

CREATE TRIGGER sync_shared_insert AFTER INSERT ON sync
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sync', json_array(NEW.name), '');
END;

CREATE TRIGGER sync_shared_update AFTER UPDATE OF body ON sync
WHEN (SELECT is_on AND NOT is_applying FROM shared_state) BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('sync', json_array(NEW.name), '');
END;

CREATE TRIGGER erased_person_shared_insert AFTER INSERT ON erased_person
WHEN (SELECT NOT is_applying FROM shared_state) AND NEW.key_id LIKE 'team %' BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('erased_person', json_array(NEW.hash), '');
END;

CREATE TRIGGER erased_person_shared_delete AFTER DELETE ON erased_person
WHEN (SELECT NOT is_applying FROM shared_state) AND OLD.key_id LIKE 'team %' BEGIN
    INSERT OR REPLACE INTO shared_change (kind, key, sync)
        VALUES ('erased_person', json_array(OLD.hash), '');
END;
