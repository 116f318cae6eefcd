"""What desks of a team tell one another: desks, entries of the record, approvals, held syncs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from desktop.model.json_value import Json


@dataclass(frozen=True)
class TeamDesk:
    """One computer's workspace in a team; times are Unix seconds.

    `acts_for`: the Zendesk ids of the admins as whom its login may answer approvals.
    """

    id: str
    name: str
    joined_by: str
    joined_at: float
    seen_at: float
    version: str
    entry_count: int = 0
    revoked_at: float | None = None
    revoked_by: str = ""
    acts_for: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """The desk as JSON, an object of `desks` of `fairlead team status --json`."""
        return {
            "id": self.id,
            "name": self.name,
            "joined_by": self.joined_by,
            "joined_at": self.joined_at,
            "seen_at": self.seen_at,
            "version": self.version,
            "entries": self.entry_count,
            "revoked_at": self.revoked_at,
            "revoked_by": self.revoked_by,
            "acts_for": list(self.acts_for),
        }


class RevokedLogin(Enum):
    """What became of the database login of a revoked desk; the value is PostgreSQL's word."""

    ENDED = ""
    SHARED = "shared"
    NOT_OURS = "not ours"

    @property
    def sentence(self) -> str:
        """What an admin has to know about a desk's login to the team store, as a sentence."""
        return _REVOKED_LOGINS[self]


_REVOKED_LOGINS = {
    RevokedLogin.ENDED: "Its database login has ended.",
    RevokedLogin.SHARED: "Another computer uses the same database login, so that one stays:"
    " it can still read the team store.",
    RevokedLogin.NOT_OURS: "Its database login can't be ended from here: it can still read the team"
    " store. Whoever owns the database ends it with ALTER ROLE … NOLOGIN.",
}


@dataclass(frozen=True)
class Colleague:
    """Who has a customer open at another desk, since when (Unix seconds)."""

    name: str
    desk_name: str
    since: float


@dataclass(frozen=True)
class TeamEntry:
    """One row of the team's record: what a person did at a desk; of whom, only a keyed hash.

    `is_proven`: somebody of the team wrote it, as it stands.
    """

    desk: str
    desk_name: str
    seq: int
    at: float
    actor: str
    kind: str
    service: str
    name: str
    result: str
    person_hash: str = ""
    is_proven: bool = True

    @property
    def place(self) -> tuple[float, str, int]:
        """Where the entry stands in the team's record; the next page begins before it."""
        return self.at, self.desk, self.seq

    def as_json(self) -> dict[str, Json]:
        """The entry as JSON, an object of `rows` of `fairlead audit --team --json`."""
        return {
            "desk": self.desk,
            "desk_name": self.desk_name,
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "kind": self.kind,
            "service": self.service,
            "name": self.name,
            "result": self.result,
            "proven": self.is_proven,
        }


class ApprovalKind(Enum):
    """What one desk asks the admins of the others to approve."""

    ERASURE = "erasure"
    LIMIT = "limit"


@dataclass(frozen=True)
class ApprovalRequest:
    """What an admin at one desk asks another admin for; `content` holds no customer's data.

    `is_proven`: somebody of the team asked it, as it stands.
    """

    id: str
    desk: str
    desk_name: str
    kind: ApprovalKind
    content: Mapping[str, Json]
    asked_by: str
    asked_at: float
    answers: tuple["ApprovalAnswer", ...] = ()
    is_ended: bool = False
    is_proven: bool = False

    def text(self, key: str) -> str:
        """Return a text of an approval request's content, "" for none."""
        return str(self.content.get(key, ""))

    def as_json(self) -> dict[str, Json]:
        """The request as JSON, an object of `requests` of `fairlead team approvals --json`."""
        return {
            "id": self.id,
            "desk": self.desk_name,
            "kind": self.kind.value,
            "asked_by": self.asked_by,
            "asked_at": self.asked_at,
            "answered_by": [answer.name for answer in self.answers],
            "content": {k: v for k, v in self.content.items() if k not in ("person", "rows")},
        }


def describe_approval_request(request: ApprovalRequest) -> str:
    """Say in one sentence which approval a desk asks for."""
    if request.kind is ApprovalKind.ERASURE:
        return f"{request.asked_by} at {request.desk_name} asks to erase a customer."
    title, message = request.text("title"), request.text("message")
    return f"{request.asked_by} at {request.desk_name}, “{title}”: {message}"


@dataclass(frozen=True)
class ApprovalAnswer:
    """An admin's approval from another desk; `credential` names their API token by its hash."""

    request: str
    user_id: str
    name: str
    credential: str
    desk: str
    answered_at: float
    is_proven: bool = False


@dataclass(frozen=True)
class SyncLease:
    """Who runs a sync: its desk, and the number (`epoch`) of the newest run's claim.

    `has_memory`: what the sync remembers lies in the team store, so that it may move;
    `is_desk_revoked`: an admin has ended its desk; `is_desk_worker`: a worker looks into the
    team's queue there.
    """

    sync: str
    desk: str
    desk_name: str
    epoch: int
    owner: str = ""
    is_held: bool = False
    last_due: float | None = None
    has_memory: bool = False
    is_desk_revoked: bool = False
    is_desk_worker: bool = False


@dataclass(frozen=True)
class TeamMembership:
    """That this workspace belongs to a team, as `fairlead.db` remembers it.

    `handed_in_seq` is the newest entry of the audit that the team store is known to have;
    `is_proven`: an admin has joined it here, and nobody has written the row since.
    """

    team_id: str
    desk_id: str
    store_label: str
    joined_by: str
    joined_at: float
    handed_in_seq: int = 0
    is_proven: bool = True
