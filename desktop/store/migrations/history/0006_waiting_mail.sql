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
