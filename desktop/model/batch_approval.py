"""Who has approved a batch that loosens opt-outs: two persons, of whom one is an admin."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.model.run_limit import group_approvers


@dataclass(frozen=True)
class BatchApproval:
    """That somebody has asked for a batch's approval, or given it as an admin; `at` Unix seconds.

    `people` is how many it was for. `credential` names the API token it was given with, by its
    hash; empty: a sign-in by browser.
    """

    user_id: str
    name: str
    credential: str
    is_admin: bool
    people: int
    at: float

    @property
    def words(self) -> str:
        """Say what the second person has done: `approved by Bo Berg`."""
        return f"{'approved' if self.is_admin else 'asked for'} by {self.name}"

    def as_json(self) -> dict[str, Json]:
        """The approval as JSON, an object of `approvals` of a batch."""
        return {
            "by": self.name,
            "user_id": self.user_id,
            "as": "admin" if self.is_admin else "asked",
            "people": self.people,
            "at": self.at,
        }


def find_second_person(approvals: Sequence[BatchApproval], actor: Actor) -> BatchApproval | None:
    """Return the approval or request of who is the second person beside the one at work, or None.

    One of the two is an admin. One person counts once, and so does one API token.
    """
    for one in approvals:
        both = [(actor.approver_id, actor.credential), (one.user_id, one.credential)]
        has_admin = one.is_admin or (actor.role is Role.ADMIN and actor.is_confirmed)
        if has_admin and len(group_approvers(both)) == 2:
            return one
    return None
