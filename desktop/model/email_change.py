"""A change of a customer's e-mail address over both services: its steps, progress and check.

Zendesk: the new address is added to the user, made the primary one, and the old one is kept or
removed. Sailthru: the profile gets the new address and keeps its sid, fields, lists and opt-out.
Zendesk Sell, where it is connected: the contact and the lead with the old address get the new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from desktop.kit.errors import UserDecisionNeeded
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget
from desktop.model.email_address import email_match_key, normalize_email
from desktop.model.json_value import Json
from desktop.model.profile_snapshot import EmailVerification, ProfileSnapshot
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sell_record import SellPerson, SellRecordKind, parse_sell_record_id
from desktop.model.service import Service
from desktop.model.zendesk_user import ZendeskUser

# Within this time a change is taken back, while both services still have the new address.
TAKE_BACK_S = 24 * 3600.0


class EmailConflictPolicy(Enum):
    """What an e-mail change makes of another Sailthru profile at the new address.

    REFUSE: nothing is changed. MERGE: Sailthru makes one profile of both, for good. KEEP: only
    Zendesk gets the new address, and both profiles stay as they are.
    """

    REFUSE = "refuse"
    MERGE = "merge"
    KEEP = "keep"


class EmailChangeStep(IntEnum):
    """The steps of an e-mail change in order; each but the last is an edit in the outbox."""

    ADD_ADDRESS = 1
    MAKE_PRIMARY = 2
    REMOVE_OLD = 3
    MOVE_PROFILE = 4
    MOVE_CONTACT = 5
    MOVE_LEAD = 6
    VERIFY = 7

    @property
    def key(self) -> str:
        """The name of an e-mail change's step in JSON: `add_address`, `make_primary` and so on."""
        return self.name.lower()


def place_of(request: EditRequest) -> EmailChangeStep | None:
    """Return which step of an e-mail change an edit is by what it does; None: of none."""
    if request.kind is EditKind.EMAIL_ADDRESS:
        return EmailChangeStep.ADD_ADDRESS if request.new else EmailChangeStep.REMOVE_OLD
    if request.kind is EditKind.SELL_EMAIL:
        found = parse_sell_record_id(request.target.id)
        return _SELL_STEPS[found[0]] if found is not None else None
    return {
        EditKind.PRIMARY_EMAIL: EmailChangeStep.MAKE_PRIMARY,
        EditKind.PROFILE_EMAIL: EmailChangeStep.MOVE_PROFILE,
    }.get(request.kind)


_SELL_STEPS = {
    SellRecordKind.CONTACT: EmailChangeStep.MOVE_CONTACT,
    SellRecordKind.LEAD: EmailChangeStep.MOVE_LEAD,
}


class StepState(Enum):
    """How far an e-mail change's step is; WAITING: queued, one before it is not done yet."""

    READY = "ready"
    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    KEPT = "kept"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True)
class EmailChange:
    """A change of a customer's e-mail address; its steps are edits of the outbox.

    `user_id` is None without a Zendesk user, `sid` empty without a Sailthru profile.
    `expected` is the profile as it must be found afterwards. `undoes` is the change that this one
    takes back. `ended_at` (Unix seconds) is None while a step is still to be done. `is_automatic`:
    Fairlead made it by itself, because the address was changed in Zendesk, or because Sell answers
    again. `waits_for_sell`: Sell could not be asked who there has the old address.
    """

    id: str
    user_id: int | None
    sid: str
    label: str
    old: str
    new: str
    policy: EmailConflictPolicy
    keeps_old: bool
    expected: ProfileSnapshot | None
    actor: str
    created_at: float
    ended_at: float | None = None
    verification: EmailVerification | None = None
    undoes: str | None = None
    is_automatic: bool = False
    waits_for_sell: bool = False

    @property
    def is_left_in_sell(self) -> bool:
        """Whether all of the e-mail change is done but its step in Sell, which waits."""
        return self.ended_at is not None and self.waits_for_sell


@dataclass(frozen=True)
class StepProgress:
    """How far a step of an e-mail change is; `edit` is its newest edit in the outbox."""

    step: EmailChangeStep
    state: StepState
    edit: Edit | None = None

    @property
    def detail(self) -> str:
        """Why a step of an e-mail change failed or waits, in words."""
        return self.edit.detail if self.edit is not None else ""

    @property
    def is_held_back(self) -> bool:
        """Whether the rules keep the step from being sent: a right was taken away meanwhile."""
        return self.edit is not None and bool(self.edit.not_sent_reason)

    def as_json(self) -> dict[str, Json]:
        """The e-mail change's step as JSON, an object of `steps`."""
        return {"name": self.step.key, "state": self.state.value, "detail": self.detail}


@dataclass(frozen=True)
class EmailChangeProgress:
    """An e-mail change with the progress of its steps, in their order."""

    change: EmailChange
    steps: tuple[StepProgress, ...]

    @property
    def stopped_at(self) -> StepProgress | None:
        """The step at which the e-mail change stopped without being done; None while none has.

        A step that somebody discarded stops an unfinished change as well: the next ones wait.
        """
        ends = {StepState.FAILED}
        if self.change.ended_at is None:
            ends.add(StepState.UNDONE)
        return next((one for one in self.steps if one.state in ends), None)

    @property
    def is_ready_to_verify(self) -> bool:
        """Whether no step of the unfinished e-mail change is left but to verify it."""
        edits = [one for one in self.steps if one.edit is not None]
        return self.change.ended_at is None and all(s.state in _ENDED_WELL for s in edits)

    @property
    def is_given_up(self) -> bool:
        """Whether the e-mail change ended before its last step: taken back, or both kept."""
        stopped = self.stopped_at
        is_ended = self.change.ended_at is not None
        return is_ended and stopped is not None and stopped.step is not EmailChangeStep.VERIFY

    def is_done(self, step: EmailChangeStep) -> bool:
        """Whether a step is part of the e-mail change and done."""
        found = self.find(step)
        return found is not None and found.state is StepState.DONE

    def find(self, step: EmailChangeStep) -> StepProgress | None:
        """Return how far one step of the e-mail change is; None where it is no part of it."""
        return next((one for one in self.steps if one.step is step), None)

    def find_open(self, step: EmailChangeStep) -> Edit | None:
        """Return the edit of an e-mail change's step that is not closed yet, or None."""
        found = self.find(step)
        edit = found.edit if found is not None else None
        return edit if edit is not None and not edit.state.is_final else None

    @property
    def merges(self) -> bool:
        """Whether the e-mail change makes two profiles one; under MERGE there may be but one."""
        move = self.find(EmailChangeStep.MOVE_PROFILE)
        return move is not None and move.edit is not None and bool(move.edit.request.name)

    @property
    def half_done_text(self) -> str:
        """Say which address each service has amid an e-mail change; else empty.

        A user whose primary address is not changed by it has the new one already.
        """
        move, primary = (
            self.find(step) for step in (EmailChangeStep.MOVE_PROFILE, EmailChangeStep.MAKE_PRIMARY)
        )
        if move is None or self.change.user_id is None:
            return ""
        is_primary = primary is None or primary.state is StepState.DONE
        if is_primary and move.state not in (StepState.DONE, StepState.KEPT):
            return "Zendesk has the new address, Sailthru the old one."
        if not is_primary and move.state is StepState.DONE:
            return "Sailthru has the new address, Zendesk the old one."
        return ""


def build_step_requests(
    user: ZendeskUser | None,
    profile: SailthruProfile | None,
    new: str,
    *,
    label: str,
    keeps_old: bool = True,
    merges_sid: str = "",
    moves_profile: bool = True,
    sell_people: Sequence[SellPerson] = (),
    reason: str = "",
    ticket: int | None = None,
) -> dict[EmailChangeStep, EditRequest]:
    """Build the edits of an e-mail change from the records as they were read, by step.

    `merges_sid` is the profile that goes up in this one, `sell_people` are at most one contact and
    one lead of Zendesk Sell. Steps that have nothing to do are left
    out: the address of a user who has it as a second one is not added again.
    """
    made: dict[EmailChangeStep, EditRequest] = {}

    def add(
        step: EmailChangeStep,
        kind: EditKind,
        target: EditTarget,
        name: str,
        old: Json,
        wanted: Json,
    ) -> None:
        made[step] = EditRequest(kind, target, name, old, wanted, reason=reason, ticket=ticket)

    if user is not None:
        target = EditTarget(Service.ZENDESK, str(user.id), label)
        old, key = normalize_email(user.email or ""), email_match_key(new)
        if all(email_match_key(address) != key for address in user.emails):
            add(EmailChangeStep.ADD_ADDRESS, EditKind.EMAIL_ADDRESS, target, new, False, True)
        if email_match_key(old) != key:
            add(EmailChangeStep.MAKE_PRIMARY, EditKind.PRIMARY_EMAIL, target, "", old, new)
            if old and not keeps_old:
                add(EmailChangeStep.REMOVE_OLD, EditKind.EMAIL_ADDRESS, target, old, True, False)
    if profile is not None and moves_profile and not _is_address_of(profile, new):
        target = EditTarget(Service.SAILTHRU, profile.sid, label)
        old = normalize_email(profile.email or "")
        add(EmailChangeStep.MOVE_PROFILE, EditKind.PROFILE_EMAIL, target, merges_sid, old, new)
    for person in sell_people:
        target = EditTarget(Service.SELL, person.record_id, label)
        add(_SELL_STEPS[person.kind], EditKind.SELL_EMAIL, target, "", person.email, new)
    return made


def build_removal_request(
    user: ZendeskUser, change: EmailChange, like: EditRequest
) -> EditRequest | None:
    """Build the edit that removes an e-mail change's old address, reasoned as another step of it.

    None where the user no longer has that address.
    """
    if all(email_match_key(one) != email_match_key(change.old) for one in user.emails):
        return None
    target = EditTarget(Service.ZENDESK, str(user.id), change.label)
    return EditRequest(
        EditKind.EMAIL_ADDRESS, target, change.old, True, False, like.reason, like.ticket
    )


def _is_address_of(profile: SailthruProfile, address: str) -> bool:
    return email_match_key(profile.email or "") == email_match_key(address)


def build_take_back_requests(
    progress: EmailChangeProgress, reason: str
) -> dict[EmailChangeStep, EditRequest]:
    """Build the edits that take an e-mail change's done steps back, in its order."""
    made: dict[EmailChangeStep, EditRequest] = {}
    places = {
        EmailChangeStep.REMOVE_OLD: EmailChangeStep.ADD_ADDRESS,
        EmailChangeStep.ADD_ADDRESS: EmailChangeStep.REMOVE_OLD,
    }
    for one in progress.steps:
        edit = one.edit
        if one.state is not StepState.DONE or edit is None or edit.has_changed_nothing:
            continue
        done = edit.request
        made[places.get(one.step, one.step)] = EditRequest(
            done.kind, done.target, done.name, done.new, done.old,
            reason=reason, ticket=done.ticket, undoes=edit.id,
        )  # fmt: skip
    return dict(sorted(made.items()))


def email_change_progress(
    change: EmailChange, edits: Mapping[EmailChangeStep, Edit]
) -> EmailChangeProgress:
    """Judge how far an e-mail change is, from the newest edit of each of its steps."""
    steps = []
    is_blocked = False
    for step, edit in sorted(edits.items()):
        state = _STATES[edit.state]
        if (
            step is EmailChangeStep.MOVE_PROFILE
            and state is StepState.UNDONE
            and change.policy is EmailConflictPolicy.KEEP
        ):
            state = StepState.KEPT
        if state is StepState.SENDING and edit.state is EditState.QUEUED and is_blocked:
            state = StepState.WAITING
        is_blocked = is_blocked or state not in _ENDED_WELL
        steps.append(StepProgress(step, state, edit))
    keeps = change.keeps_old and EmailChangeStep.MAKE_PRIMARY in edits and change.undoes is None
    if keeps and EmailChangeStep.REMOVE_OLD not in edits:
        is_primary = any(
            s.step is EmailChangeStep.MAKE_PRIMARY and s.state is StepState.DONE for s in steps
        )
        kept = StepState.KEPT if is_primary else StepState.WAITING
        steps.append(StepProgress(EmailChangeStep.REMOVE_OLD, kept))
    if change.waits_for_sell and not set(_SELL_STEPS.values()) & set(edits):
        # Whose address it is there is not known until Sell answers.
        steps.append(StepProgress(EmailChangeStep.MOVE_CONTACT, StepState.WAITING))
    verified = StepState.WAITING
    if change.verification is not None:
        verified = StepState.DONE if change.verification.is_complete else StepState.FAILED
    elif change.ended_at is not None:
        verified = StepState.UNDONE if is_blocked else StepState.DONE
    steps.append(StepProgress(EmailChangeStep.VERIFY, verified))
    return EmailChangeProgress(change, tuple(sorted(steps, key=lambda one: one.step)))


# KEPT: an address stays a second one, or both profiles stay as they are.
_ENDED_WELL = (StepState.DONE, StepState.KEPT)
_STATES = {
    EditState.QUEUED: StepState.SENDING,
    EditState.WAITING: StepState.WAITING,
    EditState.SENDING: StepState.SENDING,
    EditState.UNKNOWN: StepState.UNKNOWN,
    EditState.DONE: StepState.DONE,
    EditState.CONFLICT: StepState.FAILED,
    EditState.FAILED: StepState.FAILED,
    EditState.UNDONE: StepState.UNDONE,
}


def find_take_back_refusal(progress: EmailChangeProgress, now: float) -> UserDecisionNeeded | None:
    """Return why an address change cannot be undone, or None. `now` is Unix seconds."""
    change = progress.change
    if progress.merges and progress.is_done(EmailChangeStep.MOVE_PROFILE):
        return UserDecisionNeeded(
            "The two profiles were merged.",
            "Sailthru cannot split them again, so the change is not undone.",
            "Change the address again if it is wrong.",
        )
    if change.ended_at is None and (change.undoes is None or progress.stopped_at is not None):
        # It is in the way of another change for as long as it is not finished.
        return None
    if change.undoes is not None:
        return UserDecisionNeeded(
            "This takes a change back already.", "", "Change the address again instead."
        )
    if now - change.created_at > TAKE_BACK_S:
        return UserDecisionNeeded(
            "The change is older than 24 hours.",
            "It is not undone in one step any more.",
            "Change the address again instead.",
        )
    is_any_open = any(
        step.edit is not None and not step.edit.state.is_final for step in progress.steps
    )
    if not is_any_open and not build_take_back_requests(progress, ""):
        return UserDecisionNeeded(
            "Nothing of this change stands.", "There is nothing to take back."
        )
    return None
