"""How long an edit of the outbox has still to wait, also where the clock is corrected meanwhile."""

import sqlite3
from collections.abc import Callable


class OutboxWaits:
    """The waits of outbox rows until `not_before`; times are Unix seconds.

    `monotonic` measures the waits that began in this process; without it the clock does.
    """

    def __init__(self, monotonic: Callable[[], float] | None) -> None:
        self._monotonic = monotonic
        # By id: the not_before of a wait that began in this process, and its end in `monotonic`
        # seconds, which no correction of the clock moves.
        self._ends: dict[int, tuple[float, float]] = {}

    def is_due(self, connection: sqlite3.Connection, row: sqlite3.Row, now: float) -> bool:
        """Whether an outbox row's wait is over; one of an earlier process may begin anew."""
        wait_s = self.seconds_left(row, now)
        if wait_s > 0 and now < row["updated_at"]:
            # The clock was set back since: how much of the wait has passed is not known.
            connection.execute(
                "UPDATE outbox SET not_before = ?, updated_at = ? WHERE id = ?",
                (now + wait_s, now, row["id"]),
            )
            self.remember(row["id"], now, now + wait_s)
        return wait_s <= 0

    def seconds_left(self, row: sqlite3.Row, now: float) -> float:
        """Return how many seconds a row has still to wait; not positive once its wait is over."""
        not_before, known = row["not_before"], self._ends.get(row["id"])
        if self._monotonic is not None and known is not None and known[0] == not_before:
            return known[1] - self._monotonic()
        # Never more than was asked for when the row was last touched.
        return float(min(not_before - now, not_before - row["updated_at"]))

    def remember(self, edit_id: int, now: float, not_before: float) -> None:
        """Measure from now on, in this process, the wait of a row until `not_before`."""
        if self._monotonic is not None:
            self._ends[edit_id] = (not_before, self._monotonic() + not_before - now)

    def forget(self, edit_id: int) -> None:
        """Drop the wait of a closed outbox row."""
        self._ends.pop(edit_id, None)
