-- Desks without Sailthru's key hand its calls to a worker. Whose request it is, is the person whom
-- the code of the desk's login was made for, and not what the desk says.
ALTER TABLE invitation ADD COLUMN user_id text NOT NULL DEFAULT '',  -- Zendesk's; '' for nobody's
    ADD COLUMN is_worker boolean NOT NULL DEFAULT false;

DROP FUNCTION invite_desk(text, text, text, text, interval);
CREATE FUNCTION invite_desk(new_login text, verifier text, for_whom text, by_whom text,
    lasts interval, person text, worker boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fairlead, pg_temp AS $$
BEGIN
    PERFORM require_admin_login();
    -- A password in the clear would stand in the server's log.
    IF new_login !~ '^desk_[0-9a-f]{16}$' OR verifier !~ '^SCRAM-SHA-256\$' THEN
        RAISE EXCEPTION 'No login can be made of that.';
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L VALID UNTIL %L IN ROLE fairlead_desk',
        new_login, verifier, now() + lasts);
    INSERT INTO invitation (login, name, made_by, expires_at, user_id, is_worker)
        VALUES (new_login, for_whom, by_whom, now() + lasts, person, worker);
END $$;

CREATE FUNCTION own_person() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = fairlead, pg_temp AS $$
    SELECT coalesce((SELECT user_id FROM invitation
        WHERE login = session_user AND used_at IS NOT NULL), '')
$$;
CREATE FUNCTION may_answer_desks() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = fairlead, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM own_desks()) AND (
        EXISTS (SELECT 1 FROM team_admin WHERE login = session_user)
        OR EXISTS (SELECT 1 FROM invitation WHERE login = session_user AND is_worker))
$$;

-- What is asked lives seconds, and is never written to the log of the database or its backups.
CREATE UNLOGGED TABLE desk_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    desk text NOT NULL REFERENCES desk (id),
    login text NOT NULL DEFAULT session_user,
    user_id text NOT NULL DEFAULT own_person(),
    content text NOT NULL,
    proof text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    taken_by text REFERENCES desk (id),
    answer text,
    answer_proof text
);
GRANT SELECT, INSERT (desk, content, proof), UPDATE (taken_by, answer, answer_proof), DELETE
    ON desk_request TO fairlead_desk;
ALTER TABLE desk_request ENABLE ROW LEVEL SECURITY;
CREATE POLICY asked_read ON desk_request FOR SELECT
    USING (login = session_user OR may_answer_desks());
CREATE POLICY asked_insert ON desk_request FOR INSERT WITH CHECK (login = session_user
    AND desk IN (SELECT own_desks()) AND user_id <> '' AND user_id = own_person());
CREATE POLICY asked_update ON desk_request FOR UPDATE USING (may_answer_desks())
    WITH CHECK (taken_by IN (SELECT own_desks()));
CREATE POLICY asked_delete ON desk_request FOR DELETE USING (login = session_user
    OR (may_answer_desks() AND asked_at < now() - interval '10 minutes'));

CREATE TRIGGER asked_tells AFTER INSERT ON desk_request
    FOR EACH ROW EXECUTE FUNCTION tell('request');
CREATE FUNCTION tell_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fairlead', 'answer ' || NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER answer_tells AFTER UPDATE OF answer ON desk_request
    FOR EACH ROW EXECUTE FUNCTION tell_answer();

REVOKE EXECUTE ON FUNCTION own_person(), may_answer_desks(),
    invite_desk(text, text, text, text, interval, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_person(), may_answer_desks(),
    invite_desk(text, text, text, text, interval, text, boolean) TO fairlead_desk;
