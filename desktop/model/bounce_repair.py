"""The repair of a hard bounce: remember the opt-out, have the address set Valid, apply it again.

Sailthru's API cannot clear a hard bounce; a person sets the address Valid in Sailthru's own window,
which takes the opt-out away as well (docs/sailthru.md 2.1, “Locked Hardbounce”).
"""

from dataclasses import dataclass
from enum import Enum

from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel


class BounceRepairState(Enum):
    """How far the repair of a hard bounce is; NOT_NEEDED: mail to the customer does not bounce.

    BOUNCED: no repair has begun. WAITING: for the address to be set Valid. APPLYING: the level is
    being set again. DONE: it stands. LEFT: somebody has chosen another level since.
    """

    NOT_NEEDED = "not needed"
    BOUNCED = "bounced"
    WAITING = "waiting"
    APPLYING = "applying"
    DONE = "done"
    LEFT = "left"


@dataclass(frozen=True)
class BounceRepair:
    """A repair of one customer's hard bounce, and the opt-out level that it keeps.

    Times are Unix seconds; `ended_at` is None while it goes on.
    """

    id: int
    sid: str
    label: str
    level: OptOutLevel
    actor: str
    begun_at: float
    ended_at: float | None = None
    result: str = ""

    def as_json(self) -> dict[str, Json]:
        """The repair as JSON, `repair` of `fairlead bounce --json`."""
        return {
            "sid": self.sid,
            "customer": self.label,
            "level": self.level.value,
            "actor": self.actor,
            "begun_at": self.begun_at,
            "ended_at": self.ended_at,
            "result": self.result or None,
        }


def repair_steps(address: str, level: OptOutLevel | None) -> tuple[str, str, str]:
    """Say the three steps of a hard bounce's repair to whoever goes them; `level` is kept."""
    kept = f"“{level.label}”" if level is not None else "the opt-out"
    return (
        f"Fairlead remembers {kept}.",
        f"In Sailthru, look up {address} under Users, and set its e-mail status to Valid. No"
        " program can do that; it takes the opt-out away.",
        f"Fairlead sets {kept} again, and reads it back.",
    )
