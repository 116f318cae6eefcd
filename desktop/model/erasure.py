"""The erasure of one person from Zendesk, Sailthru and this computer: who, steps, approvals.

Two admins approve it. The steps at the services are edits of the outbox, one after the other;
nothing of the person is left in an erasure that has ended.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.model.email_address import email_match_key
from desktop.model.erased_people import person_keys
from desktop.model.json_value import Json
from desktop.model.run_limit import group_approvers

NEEDED_APPROVALS = 2
_SHOWN_TICKETS = 10


class ErasureState(Enum):
    """How far the erasure of a person is; REQUESTED: a second admin has not approved it yet."""

    REQUESTED = "requested"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class ErasureStep(Enum):
    """A step of a person's erasure, in the order that the services allow (docs/zendesk.md 14)."""

    SUPPRESS = "suppress"
    CLOSE_TICKETS = "close_tickets"
    DELETE_USER = "delete_user"
    DELETE_USER_DATA = "delete_user_data"
    DELETE_PROFILE = "delete_profile"
    ERASE_HERE = "erase_here"


@dataclass(frozen=True)
class ErasureSubject:
    """Whom an erasure erases, by every address and id; gone once it has ended.

    `label` is what people call them, `confirmation` what has to be typed: the address, else an id.
    `tickets` are those to be closed first; `closes_tickets`: and whichever come until then.
    """

    label: str
    confirmation: str
    user_ids: tuple[int, ...] = ()
    sids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    tickets: tuple[int, ...] = ()
    closes_tickets: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """The keys by which the erased person would be known again."""
        return person_keys(
            addresses=self.addresses,
            user_ids=self.user_ids,
            sids=self.sids,
            external_ids=self.external_ids,
        )

    @property
    def target_ids(self) -> tuple[str, ...]:
        """Every id of the person to be erased in edits, the audit and the cache."""
        return (*map(str, self.user_ids), *self.sids, *self.addresses)

    @property
    def confirmed_key(self) -> str:
        """The one key that the confirmation of the erasure stands for."""
        if "@" in self.confirmation:
            keys = person_keys(addresses=(self.confirmation,))
        else:
            keys = person_keys(user_ids=self.user_ids[:1], sids=self.sids[: not self.user_ids])
        # The plain form of an address comes before its md5.
        return min(keys)

    def is_confirmed_by(self, typed: str) -> bool:
        """Whether this is the address (or id) that confirms the erasure of this person."""
        return confirmation_key(typed) == confirmation_key(self.confirmation)

    def as_json(self) -> dict[str, Json]:
        """The subject of an erasure as JSON for the store."""
        return {
            "label": self.label,
            "confirmation": self.confirmation,
            "user_ids": list(self.user_ids),
            "sids": list(self.sids),
            "addresses": list(self.addresses),
            "external_ids": list(self.external_ids),
            "tickets": list(self.tickets),
            "closes_tickets": self.closes_tickets,
        }


def confirmation_key(typed: str) -> str:
    """Return the form in which a typed confirmation of an erasure is compared."""
    return email_match_key(typed) if "@" in typed else typed.strip().lower()


@dataclass(frozen=True)
class ErasureApproval:
    """An admin's approval of an erasure; `credential` names their API token by its hash.

    `is_proven`: the audit tells the same, for the very person and steps.
    """

    user_id: str
    name: str
    approved_at: float
    credential: str = ""
    is_proven: bool = False


@dataclass(frozen=True)
class Erasure:
    """The erasure of one person; times are Unix seconds.

    `subject` is None once it has ended, `subject_hash` the keyed hash of the confirmed address.
    `counts` is what each system held when it was requested. `ended_steps` are the steps without
    the person, `erased` the rows erased here; both are known once that has begun.
    """

    id: str
    subject: ErasureSubject | None
    subject_hash: str
    state: ErasureState
    actor: str
    created_at: float
    counts: Mapping[str, int] = field(default_factory=dict)
    approvals: tuple[ErasureApproval, ...] = ()
    ended_at: float | None = None
    ended_steps: tuple[Mapping[str, Json], ...] = ()
    erased: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the erasure waits for its second admin or for a step."""
        return self.state in (ErasureState.REQUESTED, ErasureState.RUNNING)

    @property
    def is_approved(self) -> bool:
        """Whether two admins have approved the erasure, each with a token of their own."""
        proven = [(one.user_id, one.credential) for one in self.approvals if one.is_proven]
        return len(group_approvers(proven)) >= NEEDED_APPROVALS


def name_tickets(numbers: Collection[int]) -> str:
    """Return the first numbers of the tickets that an erasure waits for: "#1, #2 and more"."""
    shown = ", ".join(f"#{number}" for number in sorted(numbers)[:_SHOWN_TICKETS])
    return f"{shown} and more" if len(numbers) > _SHOWN_TICKETS else shown


def parse_subject(document: Mapping[str, Json]) -> ErasureSubject:
    """Parse the subject of an erasure as `as_json` gives it. Raises ValueError, KeyError."""
    return ErasureSubject(
        label=str(document["label"]),
        confirmation=str(document["confirmation"]),
        user_ids=tuple(int(str(one)) for one in _listed(document["user_ids"])),
        sids=tuple(map(str, _listed(document["sids"]))),
        addresses=tuple(map(str, _listed(document["addresses"]))),
        external_ids=tuple(map(str, _listed(document["external_ids"]))),
        tickets=tuple(int(str(one)) for one in _listed(document["tickets"])),
        closes_tickets=bool(document["closes_tickets"]),
    )


def _listed(value: Json) -> Iterable[Json]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value
