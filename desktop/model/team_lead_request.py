"""A request to a lead: an edit that somebody without the right asks somebody with it to make.

It grants nothing: whoever makes the edit does so under their own right, asked anew.
"""

from dataclasses import dataclass
from enum import Enum

from desktop.kit.errors import InvalidInput
from desktop.kit.text import is_valid_unicode
from desktop.model.edit import EditKind, EditRequest, is_opt_in
from desktop.model.json_value import Json
from desktop.model.marketing_pause import parse_pause_terms
from desktop.model.optout_level import OptOutLevel

# A note is the asker's own, and a change of address has steps of its own.
ASKABLE_KINDS = (
    EditKind.OPTOUT,
    EditKind.LIST,
    EditKind.HEALTH,
    EditKind.VAR,
    EditKind.SYNC_MARK,
    EditKind.SYNC_CHECKBOX,
    EditKind.CREATE,
    EditKind.PAUSE,
    EditKind.TAG,
)

MAX_REASON_LENGTH = 1000


class TeamLeadRequestState(Enum):
    """The state of a request to a lead; all but the first are final."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class TeamLeadRequest:
    """A request to a lead; times are Unix seconds.

    `request` is the edit as the asker saw it, with their reason and ticket. `answer` is why it was
    declined, or what came of it; `edit` the edit that did it.
    """

    id: str
    request: EditRequest
    actor: str
    actor_key: str
    asked_at: float
    state: TeamLeadRequestState = TeamLeadRequestState.OPEN
    answered_by: str = ""
    answered_at: float | None = None
    answer: str = ""
    edit: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered the request to a lead yet."""
        return self.state is TeamLeadRequestState.OPEN

    def is_asked_by(self, actor_key: str, signature: str) -> bool:
        """Whether this person has asked; a name alone counts where nobody was confirmed."""
        if self.actor_key:
            return self.actor_key == actor_key
        return self.actor == signature

    def as_json(self) -> dict[str, Json]:
        """The request to a lead as JSON, an object of `requests` in `--json` answers."""
        asked = self.request
        return {
            "id": self.id,
            "state": self.state.value,
            "what": describe_wanted(asked),
            "kind": asked.kind.value,
            "service": asked.target.service.value,
            "target": asked.target.id,
            "customer": asked.target.label,
            "name": asked.name,
            "old": asked.old,
            "new": asked.new,
            "reason": asked.reason,
            "ticket": asked.ticket,
            "actor": self.actor,
            "asked_at": self.asked_at,
            "answered_by": self.answered_by or None,
            "answered_at": self.answered_at,
            "answer": self.answer,
            "edit": self.edit,
        }


def describe_wanted(request: EditRequest) -> str:
    """Say in a request to a lead what is asked for, as an order: “Take off the list VIP”."""
    new, name = request.new, request.name
    if request.kind is EditKind.OPTOUT:
        level = OptOutLevel(str(new)).label
        return f"Opt back in: {level}" if is_opt_in(request) else f"Opt out: {level}"
    if request.kind is EditKind.LIST:
        return f"Add to the list {name}" if new else f"Take off the list {name}"
    if request.kind is EditKind.HEALTH:
        return f"Set health to {new}" if new else "Clear health"
    if request.kind is EditKind.CREATE:
        return "Create the Sailthru profile"
    if request.kind is EditKind.PAUSE:
        terms = parse_pause_terms(new)
        return f"Pause marketing until {terms.until:%d %b %Y}" if terms else "End the pause"
    if request.kind is EditKind.TAG:
        return f"Add the tag {name}" if new else f"Remove the tag {name}"
    if request.kind in (EditKind.SYNC_CHECKBOX, EditKind.SYNC_MARK):
        service = "Sailthru" if request.kind is EditKind.SYNC_CHECKBOX else "Zendesk"
        return f"Switch Sync to {service} {'on' if new else 'off'}"
    return f"Clear the field {name}" if new is None else f"Set the field {name} to {new}"


def require_askable(request: EditRequest) -> None:
    """Raise InvalidInput for a request to a lead without a reason or, for an opt-in, a ticket."""
    if request.kind not in ASKABLE_KINDS:
        raise InvalidInput("A lead can't be asked for this.", "Nothing was asked.")
    if not request.reason.strip():
        raise InvalidInput(
            "Say why, so that a lead can decide.", "Nothing was asked.", "Give a reason."
        )
    if len(request.reason) > MAX_REASON_LENGTH or not is_valid_unicode(request.reason):
        raise InvalidInput(
            f"The reason is longer than {MAX_REASON_LENGTH} characters, or not text.",
            "Nothing was asked.",
        )
    if is_opt_in(request) and request.ticket is None:
        raise InvalidInput(
            "Opting somebody back in needs a ticket.",
            "It records that the customer asked for it. Nothing was asked.",
            "Choose the ticket.",
        )
