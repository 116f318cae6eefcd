"""A primary address changed in Zendesk itself, which a customer's Sailthru profile does not have.

found (by a feed, or on the sheet) ── checked in both services ─┬─ forgotten: they agree
├─ taken over by itself
└─ open: a person decides, or left
"""

from dataclasses import dataclass
from enum import Enum

from desktop.model.json_value import Json


class DifferenceState(Enum):
    """How far a difference of addresses is; FOUND: Sailthru was not asked yet, LEFT: let be."""

    FOUND = "found"
    OPEN = "open"
    LEFT = "left"


@dataclass(frozen=True)
class PrimaryAddressChange:
    """A Zendesk user's primary address as it was kept here, and as it is told now."""

    user_id: int
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class AddressDifference:
    """A customer whose primary address in Zendesk is another than their profile's in Sailthru.

    `sid` is the profile at the former address, empty until Sailthru was asked. `found_at` is Unix
    seconds. `obstacle` says in words why Sailthru was not changed by itself; "": nobody allowed it.
    """

    id: int
    user_id: int
    name: str
    old: str
    new: str
    found_at: float
    sid: str = ""
    state: DifferenceState = DifferenceState.FOUND
    obstacle: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a person is to decide about the difference of addresses."""
        return self.state is DifferenceState.OPEN

    def as_json(self) -> dict[str, Json]:
        """The difference of addresses as JSON, an object of `fairlead addresses --json`."""
        return {
            "user_id": self.user_id,
            "customer": self.name,
            "sid": self.sid or None,
            "zendesk": self.new,
            "sailthru": self.old,
            "found_at": self.found_at,
            "state": self.state.value,
            "obstacle": self.obstacle or None,
        }
