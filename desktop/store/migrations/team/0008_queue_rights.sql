-- Who works on the queue: the logins that may answer desks too. Any other desk puts a due time in,
-- by the one function below, and reads nothing.
GRANT USAGE ON SCHEMA procrastinate TO fairlead_desk;
SET LOCAL search_path TO procrastinate;
GRANT SELECT, UPDATE, DELETE ON procrastinate_jobs TO fairlead_desk;
GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_workers TO fairlead_desk;
-- Its triggers write these.
GRANT INSERT ON procrastinate_events TO fairlead_desk;
GRANT USAGE ON SEQUENCE procrastinate_events_id_seq TO fairlead_desk;
GRANT SELECT, UPDATE ON procrastinate_periodic_defers TO fairlead_desk;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA procrastinate FROM PUBLIC;
GRANT EXECUTE ON FUNCTION procrastinate_fetch_job_v2(varchar[], bigint),
    procrastinate_finish_job_v1(bigint, procrastinate_job_status, boolean),
    procrastinate_retry_job_v2(bigint, timestamptz, integer, varchar, varchar),
    procrastinate_register_worker_v1(), procrastinate_unregister_worker_v1(bigint),
    procrastinate_update_heartbeat_v1(bigint),
    procrastinate_prune_stalled_workers_v1(double precision) TO fairlead_desk;

ALTER TABLE procrastinate_jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_worker ON procrastinate_jobs USING ((SELECT fairlead.may_answer_desks()));
ALTER TABLE procrastinate_workers ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker_worker ON procrastinate_workers
    USING ((SELECT fairlead.may_answer_desks()));
ALTER TABLE procrastinate_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY event_worker ON procrastinate_events USING ((SELECT fairlead.may_answer_desks()));
ALTER TABLE procrastinate_periodic_defers ENABLE ROW LEVEL SECURITY;
CREATE POLICY defer_worker ON procrastinate_periodic_defers
    USING ((SELECT fairlead.may_answer_desks()));
SET LOCAL search_path TO fairlead;

-- When a worker at the desk last looked into the queue; null: none ever did.
ALTER TABLE desk ADD COLUMN works_queue_at timestamptz;
GRANT UPDATE (works_queue_at) ON desk TO fairlead_desk;
CREATE FUNCTION is_queue_worker(worked_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    -- A run of hours lies between two looks.
    SELECT coalesce(worked_at > now() - interval '1 day', false)
$$;

-- The queue of one sync. Not its name: the queue's triggers notify a channel that is named after it,
-- and PostgreSQL takes names of at most 63 bytes there.
CREATE FUNCTION queue_of_sync(sync text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'sync:' || left(encode(sha256(convert_to(sync, 'UTF8')), 'hex'), 32)
$$;

-- Queues a scheduled time of a sync whose memory is here and whose runs a worker does: once,
-- whichever desk looks. Returns from which time its schedule counts now; null: no such sync.
CREATE FUNCTION queue_due_run(for_sync text, due double precision, counted double precision)
    RETURNS double precision LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fairlead, procrastinate, pg_temp AS $$
DECLARE
    newest double precision;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM own_desks()) THEN
        RAISE EXCEPTION 'The login % has no computer of the team.', session_user;
    END IF;
    SELECT coalesce(last_due, '-infinity') INTO newest
        FROM sync_lease AS lease JOIN desk ON desk.id = lease.desk
        WHERE sync = for_sync AND memory_desk IS NOT NULL AND is_queue_worker(works_queue_at)
        FOR UPDATE OF lease;
    IF newest IS NULL THEN
        RETURN NULL;
    END IF;
    IF due > extract(epoch FROM now()) + 86400 THEN
        RAISE EXCEPTION 'The clock of this computer is ahead.';
    END IF;
    -- A desk that has counted from an earlier time counts on from the newest one first: the times
    -- of "every 15 minutes" would lie elsewhere at each desk.
    IF counted < newest OR due <= newest THEN
        RETURN newest;
    END IF;
    UPDATE sync_lease SET last_due = due WHERE sync = for_sync;
    -- However many were missed, it is one run.
    DELETE FROM procrastinate_jobs WHERE lock = for_sync AND status = 'todo';
    PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(queue_of_sync(for_sync), 'run_sync', 0,
        for_sync, for_sync || '@' || due, jsonb_build_object('sync', for_sync, 'due_at', due), NULL
        )::procrastinate_job_to_defer_v1]);
    RETURN due;
END $$;
REVOKE EXECUTE ON FUNCTION is_queue_worker(timestamptz), queue_of_sync(text),
    queue_due_run(text, double precision, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_queue_worker(timestamptz),
    queue_due_run(text, double precision, double precision) TO fairlead_desk;
