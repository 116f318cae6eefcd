-- Syncs: what they are, what they would do, what they did. Never thrown away.
CREATE TABLE goal (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    body TEXT NOT NULL,         -- JSON of model.goal.Goal
    version INTEGER NOT NULL,
    mark TEXT NOT NULL DEFAULT '',      -- up to where its source's feed has been planned and applied
    last_due REAL,              -- Unix seconds: the planned time of the last run that the schedule started
    updated_at REAL NOT NULL
) STRICT;

CREATE TABLE plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    goal TEXT NOT NULL,
    service TEXT NOT NULL,      -- where it would write
    state TEXT NOT NULL
        CHECK (state IN ('making', 'ready', 'stopped', 'applying', 'applied', 'discarded')),
    made_at REAL NOT NULL,
    actor TEXT NOT NULL,
    origin TEXT NOT NULL,
    body TEXT NOT NULL,         -- JSON of model.goal.Goal, as it was planned
    read INTEGER NOT NULL DEFAULT 0,
    breaches TEXT NOT NULL DEFAULT '[]',
    allowed TEXT NOT NULL DEFAULT '[]',
    mark TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX plan_goal ON plan (goal, id);

CREATE TABLE plan_row (
    plan INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    row INTEGER NOT NULL,
    fate TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    label TEXT NOT NULL,
    address TEXT NOT NULL,
    changes TEXT NOT NULL,      -- JSON array of model.plan.FieldChange: the before-images are in it
    why TEXT NOT NULL,
    cause TEXT NOT NULL,        -- groups what needs correction
    evidence TEXT NOT NULL,
    ticked INTEGER NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    batch INTEGER,              -- the request it went out with
    source_at REAL,
    target_at REAL,
    events TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (plan, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_row_fate ON plan_row (plan, fate, row);
CREATE INDEX plan_row_state ON plan_row (plan, state, row);
CREATE INDEX plan_row_batch ON plan_row (plan, batch, row) WHERE batch IS NOT NULL;

CREATE TABLE plan_noticed (
    plan INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    consequence TEXT NOT NULL,
    name TEXT NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (plan, consequence, name, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_noticed_row ON plan_noticed (plan, row);

-- Who allowed a limit to be passed, once, for one plan. Mass opt-in takes two of them.
CREATE TABLE approval (
    plan INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    breach TEXT NOT NULL,
    person TEXT NOT NULL,       -- users/me id
    name TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (plan, breach, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    goal TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    why TEXT NOT NULL,
    actor TEXT NOT NULL,
    plan INTEGER REFERENCES plan (id),
    started_at REAL NOT NULL,
    ended_at REAL,
    progress TEXT NOT NULL DEFAULT '{}',
    totals TEXT NOT NULL DEFAULT '{}',
    error TEXT NOT NULL DEFAULT '',
    error_code TEXT NOT NULL DEFAULT '',
    cancel INTEGER NOT NULL DEFAULT 0,
    owner TEXT NOT NULL
) STRICT;
CREATE INDEX run_goal ON run (goal, id);

-- One request that carries several rows. It is stored before it is sent; `job` once it is answered.
CREATE TABLE batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'closed')),
    job TEXT NOT NULL DEFAULT '',
    at REAL NOT NULL
) STRICT;
CREATE INDEX batch_open ON batch (plan) WHERE state <> 'closed';

-- The last value both sides had, per goal, customer and field: conflicts and our own echo are told by it.
CREATE TABLE synced (
    goal TEXT NOT NULL,
    target TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,        -- JSON
    run INTEGER,
    at REAL NOT NULL,
    PRIMARY KEY (goal, target, field)
) STRICT, WITHOUT ROWID;

-- What a service took and did not show yet: the last value both had, if the next plan finds it there.
CREATE TABLE accepted (
    goal TEXT NOT NULL,
    target TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,        -- JSON
    run INTEGER,
    at REAL NOT NULL,
    PRIMARY KEY (goal, target, field)
) STRICT, WITHOUT ROWID;

-- Hashes of what any sync wrote last: the same value seen again in a feed is our own.
CREATE TABLE written (
    service TEXT NOT NULL,
    target TEXT NOT NULL,
    field TEXT NOT NULL,
    hash TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (service, target, field)
) STRICT, WITHOUT ROWID;

-- Who is whom, as syncs have found out: a Zendesk person's sid.
CREATE TABLE pair (
    person INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX pair_sid ON pair (sid);

-- Source events that were added up already, so that none counts twice.
CREATE TABLE ledger (
    goal TEXT NOT NULL,
    event TEXT NOT NULL,
    run INTEGER,
    PRIMARY KEY (goal, event)
) STRICT, WITHOUT ROWID;

-- Whom this goal has put on lists or tagged: they leave again when they are gone from the source.
CREATE TABLE member (
    goal TEXT NOT NULL,
    target TEXT NOT NULL,
    source TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (goal, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_source ON member (goal, source);

-- Distinct profiles ever enriched, created or exported by a goal (data exchange).
CREATE TABLE exchanged (
    goal TEXT NOT NULL,
    target TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (goal, target)
) STRICT, WITHOUT ROWID;

-- What somebody corrected in a source record, or that it is to be ignored for ever.
CREATE TABLE correction (
    goal TEXT NOT NULL,
    source TEXT NOT NULL,
    field TEXT NOT NULL,        -- '' for "ignore for ever"
    value TEXT NOT NULL,        -- JSON
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (goal, source, field)
) STRICT, WITHOUT ROWID;

-- Touches of one customer, counted towards a goal's pressure.
CREATE TABLE touch (
    goal TEXT NOT NULL,
    target TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (goal, target, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX touch_at ON touch (at);

-- Source records that the next plan looks at whether they changed or not: refused, parked, held
-- back for now, or accepted without having been read back.
CREATE TABLE again (
    goal TEXT NOT NULL,
    source TEXT NOT NULL,
    person INTEGER NOT NULL DEFAULT 0,  -- 1: somebody has to look, not only the next plan
    PRIMARY KEY (goal, source)
) STRICT, WITHOUT ROWID;
