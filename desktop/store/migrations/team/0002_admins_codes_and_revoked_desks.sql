-- Which logins act for an admin: they invite and revoke desks, and answer approvals as that one
-- person. The first is named where the team is made; all others by the owner of the database.
CREATE TABLE team_admin (
    login text NOT NULL,
    user_id text NOT NULL,              -- the admin's Zendesk user id
    is_first boolean UNIQUE CHECK (is_first),
    named_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (login, user_id)
);
GRANT SELECT, INSERT ON team_admin TO fairlead_desk;
ALTER TABLE team_admin ENABLE ROW LEVEL SECURITY;
CREATE POLICY admin_read ON team_admin FOR SELECT USING (true);
-- now() is the beginning of the transaction: only the one that makes the team names the first.
CREATE POLICY admin_first ON team_admin FOR INSERT WITH CHECK (
    is_first AND login = session_user AND (SELECT created_at FROM team) = now());

ALTER TABLE desk ADD COLUMN revoked_at timestamptz, ADD COLUMN revoked_by text NOT NULL DEFAULT '';

-- One-time codes: each is a login with a password that its first use replaces.
CREATE TABLE invitation (
    login text PRIMARY KEY,
    name text NOT NULL,                 -- of whom or what it is for
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
GRANT SELECT ON invitation TO fairlead_desk;

-- The functions below run as the owner, who may make and end logins; session_user stays the desk's.
CREATE FUNCTION own_desks() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = fairlead, pg_temp AS $$
    SELECT id FROM desk WHERE login = session_user AND revoked_at IS NULL
$$;

CREATE FUNCTION require_admin_login() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fairlead, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM team_admin JOIN desk USING (login)
            WHERE login = session_user AND revoked_at IS NULL) THEN
        RAISE EXCEPTION 'The login % acts for no admin of the team.', session_user;
    END IF;
END $$;

CREATE FUNCTION invite_desk(new_login text, verifier text, for_whom text, by_whom text,
    lasts interval) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fairlead, pg_temp AS $$
BEGIN
    PERFORM require_admin_login();
    -- A password in the clear would stand in the server's log.
    IF new_login !~ '^desk_[0-9a-f]{16}$' OR verifier !~ '^SCRAM-SHA-256\$' THEN
        RAISE EXCEPTION 'No login can be made of that.';
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L VALID UNTIL %L IN ROLE fairlead_desk',
        new_login, verifier, now() + lasts);
    INSERT INTO invitation (login, name, made_by, expires_at)
        VALUES (new_login, for_whom, by_whom, now() + lasts);
END $$;

-- Returns false for a login that is no one-time code. An empty verifier keeps the password.
CREATE FUNCTION use_invitation(verifier text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fairlead, pg_temp AS $$
DECLARE
    code invitation;
BEGIN
    SELECT * INTO code FROM invitation WHERE login = session_user FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF code.used_at IS NOT NULL OR code.expires_at < now() THEN
        RAISE EXCEPTION 'This code was used before, or its time is over.';
    END IF;
    IF verifier = '' THEN
        EXECUTE format('ALTER ROLE %I VALID UNTIL ''infinity''', session_user);
    ELSIF verifier ~ '^SCRAM-SHA-256\$' THEN
        EXECUTE format('ALTER ROLE %I PASSWORD %L VALID UNTIL ''infinity''', session_user, verifier);
    ELSE
        RAISE EXCEPTION 'No password can be made of that.';
    END IF;
    UPDATE invitation SET used_at = now() WHERE login = session_user;
    RETURN true;
END $$;

-- Ends a desk: nothing more is written in its name, its syncs are free, its login and sessions end.
-- Returns what keeps the login alive: '' for nothing.
CREATE FUNCTION revoke_desk(revoked text, by_whom text) RETURNS text LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = fairlead, pg_temp AS $$
DECLARE
    ended text;
BEGIN
    PERFORM require_admin_login();
    UPDATE desk SET revoked_at = now(), revoked_by = by_whom
        WHERE id = revoked AND revoked_at IS NULL RETURNING login INTO ended;
    IF ended IS NULL THEN
        RAISE EXCEPTION 'There is no such desk, or it was revoked before.';
    END IF;
    UPDATE sync_lease SET owner = '', held_until = now(), epoch = epoch + 1 WHERE desk = revoked;
    IF EXISTS (SELECT 1 FROM desk WHERE login = ended AND revoked_at IS NULL)
        OR ended = session_user THEN
        RETURN 'shared';
    END IF;
    DELETE FROM team_admin WHERE login = ended;
    DELETE FROM invitation WHERE login = ended;
    BEGIN
        EXECUTE format('ALTER ROLE %I NOLOGIN', ended);
        -- Whoever ends sessions of a role has to be a member of it.
        EXECUTE format('GRANT %I TO %I', ended, current_user);
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE usename = ended AND datname = current_database();
        EXECUTE format('REVOKE %I FROM %I', ended, current_user);
    EXCEPTION WHEN insufficient_privilege THEN
        RETURN 'not ours';
    END;
    RETURN '';
END $$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fairlead FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_desks(), invite_desk(text, text, text, text, interval),
    use_invitation(text), revoke_desk(text, text) TO fairlead_desk;

-- What a desk writes, a revoked one no longer does, even in a session that is still open.
ALTER POLICY desk_update ON desk USING (login = session_user AND revoked_at IS NULL);
ALTER POLICY desk_insert ON desk WITH CHECK (login = session_user AND revoked_at IS NULL);
ALTER POLICY audit_insert ON audit WITH CHECK (desk IN (SELECT own_desks()));
ALTER POLICY request_insert ON approval_request WITH CHECK (desk IN (SELECT own_desks()));
ALTER POLICY answer_insert ON approval_answer WITH CHECK (desk IN (SELECT own_desks())
    AND user_id IN (SELECT user_id FROM team_admin WHERE login = session_user));
ALTER POLICY end_insert ON approval_end WITH CHECK (desk IN (SELECT own_desks())
    AND request IN (SELECT id FROM approval_request WHERE desk = approval_end.desk));
ALTER POLICY lease_insert ON sync_lease WITH CHECK (desk IN (SELECT own_desks()));
ALTER POLICY lease_update ON sync_lease WITH CHECK (desk IN (SELECT own_desks()));
