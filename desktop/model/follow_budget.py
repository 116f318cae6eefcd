"""The share of Zendesk's rate limit that Follow Zendesk may use on one desk.

Thirty desks that ask every five seconds would use 360 of a Professional account's 400 calls a
minute (docs/zendesk.md 12), so that all desks together keep to a fifth of them.
"""

from dataclasses import dataclass

FOLLOW_SHARE = 0.2
DEFAULT_DESKS = 30
# Until Zendesk has told its limit: the smallest of the plans in use (docs/zendesk.md 12).
_ASSUMED_LIMIT = 200
WINDOW_S = 60.0


@dataclass(frozen=True)
class FollowBudget:
    """What one of `desks` may ask Zendesk; `limit`: the account's calls a minute, None: unknown."""

    desks: int = DEFAULT_DESKS
    limit: int | None = None

    @property
    def calls_per_minute(self) -> float:
        """The calls of one desk in any minute: a whole number, or less than one."""
        calls = (self.limit or _ASSUMED_LIMIT) * FOLLOW_SHARE / max(self.desks, 1)
        # Whole calls: the rest would be a call more in some minutes, at every desk.
        return float(int(calls)) if calls >= 1 else calls

    @property
    def interval_s(self) -> float:
        """The seconds between two calls of Follow Zendesk that spread its budget evenly."""
        return WINDOW_S / self.calls_per_minute

    def describe(self, fastest_s: float) -> str:
        """Say how often this desk asks for the ticket viewed, at `fastest_s` at most, and why."""
        every_s = max(fastest_s, self.interval_s)
        how_often = f"{every_s:.0f} s" if every_s < 2 * WINDOW_S else f"{every_s / 60:.0f} min"
        desks = "1 desk takes" if self.desks == 1 else f"{self.desks:,} desks together take"
        whose = f"{self.limit:,} calls a minute" if self.limit else "calls a minute"
        return (
            f"Looks for the ticket you are viewing every {how_often} at most: {desks} no more than"
            f" a fifth of Zendesk’s {whose}."
        )
