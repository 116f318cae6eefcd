"""Which e-mails of reports and which alarms about them went out, in `history.db`."""

from datetime import date

from desktop.store.database_call import database_call
from desktop.store.repository import Repository


class ReportNoticeRepository(Repository):
    """Claims what is to be sent, so that of several processes one sends it.

    One that ends between its claim and the mail server's answer leaves it unsent: rather that
    than the same e-mail every quarter of an hour.
    """

    @database_call
    def claim(self, kind: str, day: date, now: float) -> bool:
        """Claim what was due on a day at `now` (Unix seconds); False: it was claimed before."""
        return self._database.write(
            lambda c: (
                c.execute(
                    "INSERT OR IGNORE INTO report_notice (kind, day, claimed_at) VALUES (?, ?, ?)",
                    (kind, day.isoformat(), now),
                ).rowcount
                > 0
            )
        )

    @database_call
    def release(self, kind: str, day: date) -> None:
        """Give a claim up whose e-mail was refused: it is due again."""
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
