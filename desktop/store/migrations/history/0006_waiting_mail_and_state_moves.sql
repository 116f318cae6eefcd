-- E-mails of reports that are due and were not taken by the mail server yet. They name nobody.
CREATE TABLE waiting_mail (
    kind TEXT NOT NULL,         -- weekly, optouts: as in report_notice
    day TEXT NOT NULL,          -- the day on which it was due: YYYY-MM-DD in the account's zone
    key TEXT NOT NULL,          -- the same at each attempt, for the e-mail's Message-ID
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,       -- Unix seconds of the next attempt; moved on before each
    error TEXT NOT NULL DEFAULT '',         -- why the last one failed, as a sentence
    PRIMARY KEY (kind, day)
) STRICT, WITHOUT ROWID;

-- Readings of health and value that differ from the one before, summed per quarter of an hour in
-- UTC: from and to which state; '' is no reading before, '-' none set. Their sums are who stands
-- where.
CREATE TABLE state_move (
    what TEXT NOT NULL CHECK (what IN ('health', 'value')),
    quarter INTEGER NOT NULL,   -- since 1970
    was TEXT NOT NULL,
    now TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (what, quarter, was, now)
) STRICT, WITHOUT ROWID;
INSERT INTO state_move (what, quarter, was, now, count)
SELECT 'health', quarter, was, now, count(*) FROM (
    SELECT CAST(at / 900 AS INTEGER) AS quarter, coalesce(health, '-') AS now,
        CASE WHEN lag(at) OVER before IS NULL THEN ''
             ELSE coalesce(lag(health) OVER before, '-') END AS was
    FROM health_reading WINDOW before AS (PARTITION BY sid ORDER BY at)
) WHERE was <> now GROUP BY 2, 3, 4;
INSERT INTO state_move (what, quarter, was, now, count)
SELECT 'value', quarter, was, now, count(*) FROM (
    SELECT CAST(at / 900 AS INTEGER) AS quarter, coalesce(CAST(segment AS TEXT), '-') AS now,
        CASE WHEN lag(at) OVER before IS NULL THEN ''
             ELSE coalesce(CAST(lag(segment) OVER before AS TEXT), '-') END AS was
    FROM value_reading WINDOW before AS (PARTITION BY sid ORDER BY at)
) WHERE was <> now GROUP BY 2, 3, 4;
