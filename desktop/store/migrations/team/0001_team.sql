-- One team: the desks of one Zendesk and one Sailthru account. Nothing secret stands here, and of
-- customers only keyed hashes.
CREATE TABLE team (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    id text NOT NULL,
    zendesk_base_url text NOT NULL,
    sailthru_account text NOT NULL,
    sailthru_service_uri text NOT NULL,
    key_check text NOT NULL,            -- a hash that tells whether a desk has the team's key
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON team TO fairlead_desk;

CREATE TABLE desk (
    id text PRIMARY KEY,
    name text NOT NULL,
    joined_by text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    version text NOT NULL,
    continues text NOT NULL DEFAULT '', -- the desk whose record this one goes on with
    login text NOT NULL DEFAULT session_user  -- who may write in the desk's name; set by the server
);
GRANT SELECT, INSERT, UPDATE (name, seen_at, version) ON desk TO fairlead_desk;

-- Whoever reads the team store reads all of it; each login writes in the name of its own desks
-- alone. Desks that share a login are not kept apart. The owner is exempt.
ALTER TABLE desk ENABLE ROW LEVEL SECURITY;
CREATE POLICY desk_read ON desk FOR SELECT USING (true);
CREATE POLICY desk_insert ON desk FOR INSERT WITH CHECK (login = session_user);
CREATE POLICY desk_update ON desk FOR UPDATE USING (login = session_user);

-- The record of every desk, as each of them chains it. Append-only: a desk may neither change nor
-- delete a row, and only go on where its own chain ends.
CREATE TABLE audit (
    desk text NOT NULL REFERENCES desk (id),
    seq bigint NOT NULL CHECK (seq > 0),
    at double precision NOT NULL,       -- Unix seconds
    kind text NOT NULL,
    service text NOT NULL,
    name text NOT NULL,
    edit bigint NOT NULL,
    result text NOT NULL,
    computer text NOT NULL,
    account text NOT NULL,
    actor text,                         -- null: erased before it was handed in
    actor_salt bytea,
    actor_hash text NOT NULL,
    values_hash text NOT NULL,
    key_id text NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    mac text NOT NULL,                  -- by the desk's own key
    person_hash text NOT NULL,          -- of the customer's id, under the team's key; '' for none
    team_proof text NOT NULL,           -- under the team's key
    handed_in_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (desk, seq)
);
CREATE INDEX audit_newest ON audit (at DESC, desk DESC, seq DESC);
CREATE INDEX audit_person ON audit (person_hash, at DESC) WHERE person_hash <> '';
GRANT SELECT, INSERT ON audit TO fairlead_desk;

CREATE FUNCTION require_chained() RETURNS trigger LANGUAGE plpgsql
    SET search_path = fairlead, pg_temp AS $$
DECLARE
    before text;
BEGIN
    SELECT hash INTO before FROM audit WHERE desk = NEW.desk AND seq = NEW.seq - 1;
    IF before IS NULL THEN
        -- The first row of a desk; or once more, which the insert itself leaves out.
        IF EXISTS (SELECT 1 FROM audit WHERE desk = NEW.desk)
            AND NOT EXISTS (SELECT 1 FROM audit WHERE desk = NEW.desk AND seq = NEW.seq) THEN
            RAISE EXCEPTION 'Entry % does not follow the newest one of its desk.', NEW.seq;
        END IF;
    ELSIF before <> NEW.prev_hash THEN
        RAISE EXCEPTION 'Entry % does not continue the entry before it.', NEW.seq;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_is_chained BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION require_chained();

-- What a desk asks of the admins of all others, and what they answer. Append-only.
CREATE TABLE approval_request (
    id text PRIMARY KEY,
    desk text NOT NULL REFERENCES desk (id),
    kind text NOT NULL CHECK (kind IN ('erasure', 'limit')),
    content text NOT NULL,              -- JSON: what is asked, without a customer's data
    asked_by text NOT NULL,
    asked_at double precision NOT NULL,
    proof text NOT NULL
);
CREATE TABLE approval_answer (
    request text NOT NULL REFERENCES approval_request (id),
    user_id text NOT NULL,
    desk text NOT NULL REFERENCES desk (id),
    name text NOT NULL,
    credential text NOT NULL,
    answered_at double precision NOT NULL,
    proof text NOT NULL,
    PRIMARY KEY (request, user_id)
);
CREATE TABLE approval_end (
    request text PRIMARY KEY REFERENCES approval_request (id),
    desk text NOT NULL REFERENCES desk (id),
    ended_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON approval_request, approval_answer, approval_end TO fairlead_desk;

-- Who runs a sync: the desk that it is pinned to, since what the sync remembers lies there, and the
-- number of the newest run's claim. A run with an older number writes nothing more.
CREATE TABLE sync_lease (
    sync text PRIMARY KEY,
    desk text NOT NULL REFERENCES desk (id),
    epoch bigint NOT NULL,
    owner text NOT NULL DEFAULT '',     -- the process of the run; '' between runs
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    last_due double precision,          -- Unix seconds: the newest scheduled time that was claimed
    pinned_by text NOT NULL,
    pinned_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON sync_lease TO fairlead_desk;

ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_read ON audit FOR SELECT USING (true);
CREATE POLICY audit_insert ON audit FOR INSERT
    WITH CHECK (desk IN (SELECT id FROM desk WHERE login = session_user));
ALTER TABLE approval_request ENABLE ROW LEVEL SECURITY;
CREATE POLICY request_read ON approval_request FOR SELECT USING (true);
CREATE POLICY request_insert ON approval_request FOR INSERT
    WITH CHECK (desk IN (SELECT id FROM desk WHERE login = session_user));
ALTER TABLE approval_answer ENABLE ROW LEVEL SECURITY;
CREATE POLICY answer_read ON approval_answer FOR SELECT USING (true);
CREATE POLICY answer_insert ON approval_answer FOR INSERT
    WITH CHECK (desk IN (SELECT id FROM desk WHERE login = session_user));
ALTER TABLE approval_end ENABLE ROW LEVEL SECURITY;
CREATE POLICY end_read ON approval_end FOR SELECT USING (true);
-- Whoever asked ends it.
CREATE POLICY end_insert ON approval_end FOR INSERT
    WITH CHECK (desk IN (SELECT id FROM desk WHERE login = session_user)
        AND request IN (SELECT id FROM approval_request WHERE desk = approval_end.desk));
-- Any desk may take a sync over, for itself.
ALTER TABLE sync_lease ENABLE ROW LEVEL SECURITY;
CREATE POLICY lease_read ON sync_lease FOR SELECT USING (true);
CREATE POLICY lease_insert ON sync_lease FOR INSERT
    WITH CHECK (desk IN (SELECT id FROM desk WHERE login = session_user));
CREATE POLICY lease_update ON sync_lease FOR UPDATE USING (true)
    WITH CHECK (desk IN (SELECT id FROM desk WHERE login = session_user));
