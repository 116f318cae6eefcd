-- Who has which customer open at this moment: a keyed hash of each of the customer's ids. Lost with
-- a crash of the server, which is no loss.
CREATE UNLOGGED TABLE presence (
    desk text NOT NULL REFERENCES desk (id),
    person_hash text NOT NULL,
    who text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (desk, person_hash)
);
CREATE INDEX presence_person ON presence (person_hash);
GRANT SELECT, INSERT, UPDATE, DELETE ON presence TO fairlead_desk;
ALTER TABLE presence ENABLE ROW LEVEL SECURITY;
CREATE POLICY presence_read ON presence FOR SELECT USING (true);
CREATE POLICY presence_write ON presence USING (desk IN (SELECT own_desks()));

-- Tells the desks that listen what has changed; the same notice counts once in a transaction.
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fairlead', TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE TRIGGER presence_tells AFTER INSERT OR DELETE ON presence
    FOR EACH ROW EXECUTE FUNCTION tell('presence');
CREATE TRIGGER audit_tells AFTER INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION tell('audit');
CREATE TRIGGER request_tells AFTER INSERT ON approval_request
    FOR EACH ROW EXECUTE FUNCTION tell('approval');
CREATE TRIGGER answer_tells AFTER INSERT ON approval_answer
    FOR EACH ROW EXECUTE FUNCTION tell('approval');
CREATE TRIGGER end_tells AFTER INSERT ON approval_end
    FOR EACH ROW EXECUTE FUNCTION tell('approval');
CREATE TRIGGER shared_row_tells AFTER INSERT OR UPDATE ON shared_row
    FOR EACH STATEMENT EXECUTE FUNCTION tell('rows');
