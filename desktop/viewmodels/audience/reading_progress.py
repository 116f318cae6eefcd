"""How far the first reading of everybody is, and how long it still takes at its pace so far."""

from desktop.model.audience_person import AudienceCoverage
from desktop.viewmodels.syncs.sync_labels import duration_text

# Before that the pace says little.
_MIN_ELAPSED_S = 5.0


class ReadingProgress:
    """The progress of a first reading, from what was read by when since somebody looks."""

    def __init__(self) -> None:
        self._begun: tuple[float, int] | None = None  # Unix seconds, people read by then
        self._pace = 0.0  # people a second

    def note(self, coverage: AudienceCoverage, now: float) -> None:
        """Take in how much is read by `now` (Unix seconds)."""
        if not coverage.is_first_read or self._begun is None or coverage.users_read < 1:
            self._begun, self._pace = (now, coverage.users_read), 0.0
            return
        at, read = self._begun
        if coverage.users_read == read:
            # It has not begun, or goes on after a break.
            self._begun = (now, read)
            return
        if now - at >= _MIN_ELAPSED_S:
            self._pace = (coverage.users_read - read) / (now - at)

    def describe(self, coverage: AudienceCoverage) -> str:
        """Say how far it is: “612,000 of 1,000,000 read so far, 900 a second, about 7 min left”."""
        expected, words = coverage.users_expected, f"{coverage.users_read:,} read so far"
        if expected:
            words = f"{coverage.users_read:,} of {expected:,} read so far"
        left = (expected or 0) - coverage.users_read
        if self._pace <= 0 or (expected and left <= 0):
            return words
        words = f"{words}, {_pace_text(self._pace)}"
        return f"{words}, {duration_text(left / self._pace)} left" if expected else words


def _pace_text(pace: float) -> str:
    """Say how many people a second are read, a minute where they are few."""
    return f"{pace:,.0f} a second" if pace >= 10 else f"{max(pace * 60, 1):,.0f} a minute"
