-- E-mails of reports and alarms about them; claimed before it is sent, so that each goes out once.
CREATE TABLE report_notice (
    kind TEXT NOT NULL,         -- weekly; optouts: told of them; optouts checked
    day TEXT NOT NULL,          -- the day on which it was due: YYYY-MM-DD in the account's zone
    claimed_at REAL NOT NULL,   -- Unix seconds
    PRIMARY KEY (kind, day)
) STRICT, WITHOUT ROWID;
