-- Rows that the desks share where an admin has switched that on: what syncs remember, who is whom,
-- who is left out, segments, syncs. Of whoever was erased there is always a keyed hash.
ALTER TABLE team ADD COLUMN shares_rows boolean NOT NULL DEFAULT false,
    ADD COLUMN shares_rows_by text NOT NULL DEFAULT '';
-- Whose run has written what the sync remembers here; null: nothing of it is here.
ALTER TABLE sync_lease ADD COLUMN memory_desk text REFERENCES desk (id);

CREATE SEQUENCE shared_row_seq;
GRANT USAGE ON SEQUENCE shared_row_seq TO fairlead_desk;
CREATE TABLE shared_row (
    kind text NOT NULL,                 -- the table of a desk's file
    key_hash text NOT NULL,             -- of the row's key, under the team's key
    sync text NOT NULL,                 -- of a sync's memory; '' for what is the whole team's
    body text,                          -- JSON array of the columns; null: the row is gone
    changed_at double precision NOT NULL,
    desk text NOT NULL REFERENCES desk (id),
    seq bigint NOT NULL DEFAULT nextval('shared_row_seq'),
    proof text NOT NULL,
    PRIMARY KEY (kind, key_hash)
);
CREATE INDEX shared_row_newest ON shared_row (seq) WHERE sync = '';
CREATE INDEX shared_row_memory ON shared_row (sync) WHERE sync <> '';
GRANT SELECT, INSERT, UPDATE, DELETE ON shared_row TO fairlead_desk;

ALTER TABLE shared_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY shared_read ON shared_row FOR SELECT USING (true);
CREATE POLICY shared_insert ON shared_row FOR INSERT WITH CHECK (desk IN (SELECT own_desks())
    AND (kind = 'erased_person' OR (SELECT shares_rows FROM team)));
CREATE POLICY shared_update ON shared_row FOR UPDATE USING (true) WITH CHECK (
    desk IN (SELECT own_desks()) AND (kind = 'erased_person' OR (SELECT shares_rows FROM team)));
-- A sync's memory is swept by whoever writes it anew.
CREATE POLICY shared_delete ON shared_row FOR DELETE USING (sync <> '' AND EXISTS (
    SELECT 1 FROM sync_lease AS lease WHERE lease.sync = shared_row.sync
        AND lease.desk IN (SELECT own_desks())));

CREATE FUNCTION share_rows(is_on boolean, by_whom text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = fairlead, pg_temp AS $$
BEGIN
    PERFORM require_admin_login();
    UPDATE team SET shares_rows = is_on, shares_rows_by = by_whom;
    IF NOT is_on THEN
        DELETE FROM shared_row WHERE kind <> 'erased_person';
        UPDATE sync_lease SET memory_desk = NULL;
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION share_rows(boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION share_rows(boolean, text) TO fairlead_desk;
