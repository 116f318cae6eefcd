"""An edit: one change somebody makes to a customer, with its target, values and state."""

from dataclasses import dataclass
from enum import Enum

from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.permission import (
    CHANGES_OFF_REASON,
    Actor,
    Permission,
    PermissionRules,
    Role,
    check_permission,
)
from desktop.model.service import Service

# Seconds: long enough to notice a slip, short enough not to be forgotten.
UNDO_WINDOW_S = 10.0
# Within this time one's own stricter level may be taken back without a further right.
OWN_OPTOUT_UNDO_S = 24 * 3600.0
STEP_EDITED_REASON = (
    "this step of a change of the address was edited outside Fairlead. Discard it, then resume the"
    " change."
)
# How the detail of a waiting edit begins that the rules keep from being sent.
_NOT_SENT = "Not sent: "


class EditKind(Enum):
    """The kind of an edit: the part of a customer that it changes."""

    OPTOUT = "optout"
    LIST = "list"
    HEALTH = "health"
    VAR = "var"
    SYNC_MARK = "mark"
    SYNC_CHECKBOX = "box"
    CREATE = "create"
    # Steps of a change of the e-mail address: an address of a Zendesk user is added or removed,
    # one is made the primary one, and the address of a Sailthru profile, or of a contact or lead of
    # Zendesk Sell, is replaced.
    EMAIL_ADDRESS = "email_address"
    PRIMARY_EMAIL = "primary_email"
    PROFILE_EMAIL = "profile_email"
    SELL_EMAIL = "sell_email"
    # Marketing is held back until a day: a var has the day, and a list the customer.
    PAUSE = "pause"
    # An internal comment on a ticket of the customer.
    NOTE = "note"
    # A tag of a Zendesk user, such as the one of customers with a high value.
    TAG = "tag"
    # Steps of an erasure: a ticket is closed, a Zendesk user deleted and then for good, a Sailthru
    # profile deleted. None can be undone.
    CLOSE_TICKET = "close_ticket"
    DELETE_USER = "delete_user"
    DELETE_USER_DATA = "delete_user_data"
    DELETE_PROFILE = "delete_profile"


_WAITING_KINDS = (EditKind.LIST, EditKind.NOTE, EditKind.PAUSE, EditKind.TAG)
ERASURE_KINDS = (
    EditKind.CLOSE_TICKET, EditKind.DELETE_USER, EditKind.DELETE_USER_DATA, EditKind.DELETE_PROFILE,
)  # fmt: skip
EMAIL_CHANGE_KINDS = (
    EditKind.EMAIL_ADDRESS, EditKind.PRIMARY_EMAIL, EditKind.PROFILE_EMAIL, EditKind.SELL_EMAIL,
)  # fmt: skip


class EditState(Enum):
    """The state of an edit in the outbox, from queued to done; the last four are final."""

    QUEUED = "queued"
    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    CONFLICT = "conflict"
    FAILED = "failed"
    UNDONE = "undone"

    @property
    def is_final(self) -> bool:
        """Whether an edit's state is final: nothing more happens to it by itself."""
        return self in (EditState.DONE, EditState.CONFLICT, EditState.FAILED, EditState.UNDONE)


@dataclass(frozen=True)
class EditTarget:
    """The record an edit writes to: a sid, a Zendesk user id or `contact-2101`; no address.

    Only a create names an address, which the service does not know yet. `label` is what people
    call the customer (an address or a name), for the Activity page.
    """

    service: Service
    id: str
    label: str


@dataclass(frozen=True)
class EditRequest:
    """What somebody asked to change of a customer, before it is queued as an edit.

    `name` is the list, var or field (empty for opt-out, create and deletions), the number of a
    ticket that is closed, the address that is added or removed, the stamp by which a note is found
    again, or the sid of the profile that goes up in the one whose address is replaced. `old` is the
    value the person saw, `new` the one wanted: an opt-out level's value (None: not read), true or
    false for a list, any JSON for a var (None: no value). A create's `new` holds the vars it begins
    with.
    """

    kind: EditKind
    target: EditTarget
    name: str
    old: Json
    new: Json
    reason: str = ""
    ticket: int | None = None
    undoes: str | None = None


@dataclass(frozen=True)
class Edit:
    """An edit in the outbox; times are Unix seconds.

    `detail` is the last thing to say about it, `accepted_at` when the service answered ok to it
    (0: it did not yet), `tries` how often it was sent. One that has ended with every try surely
    refused has 0 tries: none of them counts. `actor_key` is the `Actor.key` of who made it;
    `is_author_proven`: nobody has written the row outside Fairlead, as far as can be known.
    `email_change` is the id of the address change that it is a step of, `erasure` that of the
    erasure, `step` its place there; `is_in_order`: nobody is known to have moved it there outside
    Fairlead. `batch` is the id of the batch of many customers that it belongs to.
    """

    id: str
    request: EditRequest
    state: EditState
    actor: str
    created_at: float
    not_before: float
    tries: int = 0
    idem_key: str = ""
    updated_at: float = 0.0
    detail: str = ""
    accepted_at: float = 0.0
    actor_key: str = ""
    email_change: str | None = None
    step: int = 0
    erasure: str | None = None
    is_author_proven: bool = True
    batch: str | None = None
    is_in_order: bool = True

    def is_made_by(self, actor_key: str) -> bool:
        """Whether the edit is surely made by the person with this key; a name proves nothing."""
        return bool(actor_key) and self.is_author_proven and self.actor_key == actor_key

    def may_be_dropped_by(self, actor: Actor) -> bool:
        """Whether an unsent edit is this person's to drop, as far as can be known.

        Made offline and dropped offline, nobody can confirm either: there the name has to do.
        """
        if actor.is_confirmed:
            return self.is_made_by(actor.key)
        return not self.actor_key and self.actor == actor.signature

    @property
    def is_accepted(self) -> bool:
        """Whether the service has answered ok to the edit."""
        return self.accepted_at > 0

    @property
    def not_sent_reason(self) -> str:
        """Why the permission rules keep the edit from being sent, as last asked; else empty."""
        is_told = not self.state.is_final and self.detail.startswith(_NOT_SENT)
        return self.detail.removeprefix(_NOT_SENT) if is_told else ""

    @property
    def has_changed_nothing(self) -> bool:
        """Whether the edit ended without any request to the service that may have changed it."""
        ended = self.state in (EditState.DONE, EditState.CONFLICT, EditState.FAILED)
        return ended and self.tries == 0 and not self.is_accepted

    def as_json(self) -> dict[str, Json]:
        """The edit as JSON, an object of `edits` in `--json` answers."""
        intent = self.request
        return {
            "id": self.id,
            "kind": intent.kind.value,
            "service": intent.target.service.value,
            "target": intent.target.id,
            "customer": intent.target.label,
            "name": intent.name,
            "old": intent.old,
            "new": intent.new,
            "state": self.state.value,
            "reason": intent.reason,
            "ticket": intent.ticket,
            "actor": self.actor,
            "created_at": self.created_at,
            "not_before": self.not_before,
            "undoes": intent.undoes,
            "email_change": self.email_change,
            "batch": self.batch,
            "detail": self.detail,
            "not_sent": self.not_sent_reason or None,
        }


def is_same_json(left: Json, right: Json) -> bool:
    """Whether an edit's two values are equal as JSON, type for type; true is not 1."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(is_same_json(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_same_json, left, right))
    return left == right


def is_opt_in(request: EditRequest) -> bool:
    """Whether the edit loosens an opt-out, or may: its old level is None where unread."""
    if request.kind is not EditKind.OPTOUT:
        return False
    old = None if request.old is None else OptOutLevel(str(request.old))
    # Back to what was not known: as if nothing had been refused, which is the loosest it may be.
    return is_loosening(old, OptOutLevel(str(request.new or OptOutLevel.NONE.value)))


def is_own_recent_optout(edit: Edit, back: EditRequest, actor_key: str, now: float) -> bool:
    """Whether the edit is the actor's own opt-out of the last 24 h, which `back` undoes.

    Only the very level that it set: over what somebody has chosen since, `back` is an opt-in like
    any other. Whether the level still stands is seen when it is delivered.
    """
    return (
        edit.request.kind is EditKind.OPTOUT
        and back.old == edit.request.new
        and is_opt_in(back)
        and edit.is_made_by(actor_key)
        and is_optout_recent(edit.created_at, now)
    )


def is_optout_recent(at: float, now: float) -> bool:
    """Whether an opt-out set at `at` may still be undone without further rights: for 24 h."""
    return abs(now - at) <= OWN_OPTOUT_UNDO_S


def waits_for_undo(request: EditRequest) -> bool:
    """Whether the edit waits for the undo time: list changes and loosened opt-outs.

    A list change can start e-mail flows in Sailthru, and a tag reaches the person's tickets, where
    Zendesk's triggers act (docs/zendesk.md 3): no undo recalls either.
    """
    return request.kind in _WAITING_KINDS or is_opt_in(request)


def needed_permission(request: EditRequest) -> Permission:
    """Return the permission that an edit's kind needs."""
    if request.kind is EditKind.OPTOUT:
        return Permission.OPT_IN if is_opt_in(request) else Permission.OPT_OUT
    if request.kind is EditKind.LIST:
        return Permission.LIST_ADD if request.new else Permission.LIST_REMOVE
    if request.kind is EditKind.HEALTH:
        return Permission.HEALTH
    if request.kind is EditKind.CREATE:
        return Permission.CREATE
    if request.kind is EditKind.NOTE:
        return Permission.NOTE
    if request.kind is EditKind.PAUSE:
        return Permission.PAUSE
    if request.kind is EditKind.TAG:
        return Permission.TAG
    if request.kind in ERASURE_KINDS:
        return Permission.PRIVACY
    if request.kind in EMAIL_CHANGE_KINDS:
        merges = request.kind is EditKind.PROFILE_EMAIL and request.name
        return Permission.MERGE if merges else Permission.CHANGE_EMAIL
    return Permission.VARS


def not_sent_detail(reason: str) -> str:
    """Return the detail text of an edit that waits because the rules refuse it."""
    return _NOT_SENT + reason


_AUTHOR_UNKNOWN_REASON = (
    "It was queued while Zendesk could not say who you are. Retry sends it in your name."
)
_EDITED_REASON = "It was changed outside Fairlead. Retry sends it in your name; Discard drops it."


def sending_refusal(edit: Edit, actor: Actor | None, rules: PermissionRules) -> str:
    """Say why a waiting edit may not be sent by the rules of this moment; "" if it may.

    The switch of changes and a policy hold for everybody's edits; the role is asked of `actor`,
    the person known to be at work, for edits that are not surely somebody else's. A stricter
    opt-out that somebody asked for goes out in any case: the customer was promised it.
    """
    request = edit.request
    if request.kind is EditKind.OPTOUT and not is_opt_in(request):
        return ""
    if not rules.are_changes_enabled:
        return CHANGES_OFF_REASON
    if not edit.is_in_order:
        return STEP_EDITED_REASON
    # Of a row that nobody surely queued: whoever is at work now need not have wanted it.
    somebody = Actor(edit.actor, Role.AGENT, is_confirmed=False)
    is_anybodys = check_permission(needed_permission(request), somebody, rules).is_allowed
    if not edit.actor_key and not is_anybodys:
        return _AUTHOR_UNKNOWN_REASON
    if request.kind in ERASURE_KINDS:
        # Nothing brings a deleted person back: whoever sends it has to have the right as well.
        if not edit.is_author_proven or edit.erasure is None:
            return "It was changed outside Fairlead. Nothing is deleted by it."
        if actor is None:
            return "Nobody is signed in who may delete people."
        return check_permission(Permission.PRIVACY, actor, rules).reason
    if not edit.is_author_proven:
        # Who is at work answers for a row that Fairlead has not written as it stands.
        if actor is None:
            return "It was changed outside Fairlead, and nobody is signed in who may send it."
        decision = check_permission(needed_permission(request), actor, rules)
        return decision.reason if not decision.is_allowed or is_anybodys else _EDITED_REASON
    # What an undo may restore was decided when it was asked for.
    is_of_another = actor is None or edit.actor_key != actor.key
    if actor is None or is_of_another or request.undoes is not None:
        return ""
    needed = [needed_permission(request), *([Permission.BULK] if edit.batch is not None else [])]
    decisions = (check_permission(one, actor, rules) for one in needed)
    return next((decision.reason for decision in decisions if not decision.is_allowed), "")
