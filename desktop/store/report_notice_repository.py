"""Which reports and alarms were told, and which e-mails of them still wait, in `history.db`."""

import sqlite3
import uuid
from dataclasses import dataclass
from datetime import date

from desktop.store.database_call import database_call
from desktop.store.repository import Repository


@dataclass(frozen=True)
class WaitingMail:
    """An e-mail that the mail server has not taken yet.

    `attempts` were begun, the next is due at `due_at` (Unix seconds). `key` is the same at each.
    """

    kind: str
    day: date
    key: str
    title: str
    text: str
    attempts: int
    due_at: float
    error: str


class ReportNoticeRepository(Repository):
    """Claims what is to be told, so that of several processes one does, and keeps what waits."""

    @database_call
    def claim(self, kind: str, day: date, now: float) -> bool:
        """Claim a report or alarm due on a day; `now` in Unix seconds. False: claimed before."""
        return self._database.write(lambda c: _claim(c, kind, day, now))

    @database_call
    def claim_mail(self, kind: str, day: date, title: str, text: str, now: float) -> bool:
        """Claim what was due on a day, and keep its e-mail to be sent; False: claimed before."""

        def act(connection: sqlite3.Connection) -> bool:
            if not _claim(connection, kind, day, now):
                return False
            connection.execute(
                "INSERT INTO waiting_mail (kind, day, key, title, text, due_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (kind, day.isoformat(), uuid.uuid4().hex, title, text, now),
            )
            return True

        return self._database.write(act)

    @database_call
    def release(self, kind: str, day: date) -> None:
        """Release the claim on a report's mail, which is due again."""
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM report_notice WHERE kind = ? AND day = ?", (kind, day.isoformat())
            )
        )

    @database_call
    def find_last(self, kind: str) -> date | None:
        """Return the last day that was claimed of a kind; None: nothing ever was."""
        found = self._database.read(
            lambda c: c.execute(
                "SELECT max(day) FROM report_notice WHERE kind = ?", (kind,)
            ).fetchone()[0]
        )
        return None if found is None else date.fromisoformat(found)

    @database_call
    def list_waiting(self) -> tuple[WaitingMail, ...]:
        """Select the e-mails that wait, by when they are due."""
        rows = self._database.read(
            lambda c: c.execute("SELECT * FROM waiting_mail ORDER BY due_at, kind").fetchall()
        )
        return tuple(
            WaitingMail(
                row["kind"], date.fromisoformat(row["day"]), row["key"], row["title"],
                row["text"], row["attempts"], row["due_at"], row["error"],
            )
            for row in rows
        )  # fmt: skip

    @database_call
    def begin_attempt(self, mail: WaitingMail, next_at: float) -> bool:
        """Count an attempt to send a report's mail; False: another process has begun one.

        The next is due at `next_at` (Unix seconds), also where this process ends within it.
        """
        return self._database.write(
            lambda c: (
                c.execute(
                    "UPDATE waiting_mail SET attempts = attempts + 1, due_at = ?"
                    " WHERE key = ? AND attempts = ?",
                    (next_at, mail.key, mail.attempts),
                ).rowcount
                > 0
            )
        )

    @database_call
    def note_failure(self, mail: WaitingMail, error: str) -> None:
        """Store why the mail server did not take an e-mail."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE waiting_mail SET error = ? WHERE key = ?", (error, mail.key)
            )
        )

    @database_call
    def remove_waiting(self, mail: WaitingMail) -> None:
        """Delete an e-mail that was sent, or is given up."""
        self._database.write(
            lambda c: c.execute("DELETE FROM waiting_mail WHERE key = ?", (mail.key,))
        )


def _claim(connection: sqlite3.Connection, kind: str, day: date, now: float) -> bool:
    added = connection.execute(
        "INSERT OR IGNORE INTO report_notice (kind, day, claimed_at) VALUES (?, ?, ?)",
        (kind, day.isoformat(), now),
    )
    return added.rowcount > 0
