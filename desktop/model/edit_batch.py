"""A batch: one change of many customers, from the pasted addresses to the undo of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from desktop.model.batch_approval import BatchApproval, find_second_person
from desktop.model.edit import OWN_OPTOUT_UNDO_S, EditKind, EditRequest, EditState, is_same_json
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.permission import Actor, Role
from desktop.model.run_limit import (
    TWO_ADMIN_CONSEQUENCES,
    TYPED_CONSEQUENCES,
    Limit,
    exceeded_limits,
    people_over_limit_text,
)
from desktop.model.sync_plan import ConsequenceCount, PlannedOutcome
from desktop.model.workspace_kind import WorkspaceKind, needs_confirmation

# Within this time the whole batch is taken back by one undo.
BATCH_UNDO_S = OWN_OPTOUT_UNDO_S
BATCH_KINDS = (EditKind.OPTOUT, EditKind.LIST, EditKind.HEALTH, EditKind.VAR)
# The undo of a part of a batch is made, and approved, within this time; then it is asked for anew.
PART_UNDO_MAX_AGE_S = 7 * 86_400.0
# More customers than these have their number typed before they are changed.
_CONFIRM_TYPED_OVER = 1000


class BatchStage(Enum):
    """What the process of a batch is doing, or did last; NONE: nothing yet."""

    NONE = ""
    LOOKUP = "lookup"
    PLAN = "plan"
    SEND = "send"
    UNDO = "undo"


class BatchOutcome(Enum):
    """What became of a pasted text's look-up. FAILED: a service refused to tell of it."""

    WAITING = "waiting"
    FOUND = "found"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"
    INVALID = "invalid"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class BatchAction:
    """The one change that is wanted of every customer of a batch.

    `kind` is one of `BATCH_KINDS`, `name` the list or var, `new` the value as in an edit request.
    `undoes`: the batch of which chosen customers get back what stood before; then `new` is None,
    and each has a value of their own.
    """

    kind: EditKind
    name: str
    new: Json
    undoes: str = ""

    def as_json(self) -> dict[str, Json]:
        """The batch's action as JSON: kind, name and new value, and which batch it undoes."""
        undoes: dict[str, Json] = {"undoes": self.undoes} if self.undoes else {}
        return {"kind": self.kind.value, "name": self.name, "new": self.new} | undoes


@dataclass(frozen=True)
class LookupResult:
    """Who was found for one address of a batch; `row` is its place in the paste.

    `is_kept`: on this computer, without asking a service. `read_at` (Unix seconds) is the age of
    the oldest part. `optout` is the level's value, empty where it was not read.
    """

    row: int
    outcome: BatchOutcome
    detail: str = ""
    is_kept: bool = False
    read_at: float | None = None
    user_id: int | None = None
    sid: str = ""
    label: str = ""
    optout: str = ""


@dataclass(frozen=True)
class BatchPlanRow:
    """What a batch would change of the customer at one of its rows, and why not.

    `consequences` are pairs of a consequence and the list it is about.
    """

    row: int
    fate: PlannedOutcome
    old: Json = None
    why: str = ""
    consequences: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class BatchRow:
    """One pasted text of a batch: who was found, what is planned, and what became of it.

    `fate` is None before a plan, `edit_id` before it is applied. `not_undone` says why the undo of
    the batch has left this customer as they are.
    """

    text: str
    address: str
    found: LookupResult
    plan: BatchPlanRow | None = None
    edit_id: str | None = None
    edit_state: EditState | None = None
    edit_detail: str = ""
    not_undone: str = ""

    @property
    def row(self) -> int:
        """The place of the row in its batch, from 1 on."""
        return self.found.row


@dataclass(frozen=True)
class BatchCounts:
    """Counts over the rows of a batch.

    `outcomes`, `fates` and `edit_states` are by value, `levels` the opt-out levels of those found
    in Sailthru. `profiles`: how many were found there. `open_undos`: undos that have not ended.
    `not_undone`: left by the undo.
    """

    outcomes: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    profiles: int = 0
    kept: int = 0
    fates: Mapping[str, int] = field(default_factory=dict)
    consequences: tuple[ConsequenceCount, ...] = ()
    edit_states: Mapping[str, int] = field(default_factory=dict)
    open_undos: int = 0
    not_undone: int = 0

    def of(self, *outcomes: BatchOutcome) -> int:
        """Return how many rows have one of these outcomes."""
        return sum(self.outcomes.get(one.value, 0) for one in outcomes)

    @property
    def addresses(self) -> int:
        """The number of different addresses in the batch."""
        invalid = (BatchOutcome.INVALID, BatchOutcome.DUPLICATE)
        return sum(self.outcomes.values()) - self.of(*invalid)

    @property
    def changes(self) -> int:
        """How many customers the plan of the batch would change."""
        return self.fates.get(PlannedOutcome.UPDATE.value, 0)

    @property
    def open_edits(self) -> int:
        """How many of the batch's edits have not ended yet, its undos among them."""
        opened = (n for state, n in self.edit_states.items() if not EditState(state).is_final)
        return sum(opened) + self.open_undos


@dataclass(frozen=True)
class EditBatch:
    """A batch of many customers; times are Unix seconds.

    `done` of `total` rows of the stage, which began at `begun_at`, are behind it. `is_at_work`: a
    process works on it now. `error`: why its last stage stopped. `planned_at` is None until the
    plan of `action` is made; `stopped_at`: what was unsent then was withdrawn.
    """

    id: str
    actor: str
    created_at: float
    stage: BatchStage = BatchStage.NONE
    done: int = 0
    total: int = 0
    begun_at: float | None = None
    is_at_work: bool = False
    is_cancel_requested: bool = False
    error: str = ""
    action: BatchAction | None = None
    reason: str = ""
    ticket: int | None = None
    planned_at: float | None = None
    applied_at: float | None = None
    stopped_at: float | None = None
    undo_asked_at: float | None = None
    undone_at: float | None = None

    @property
    def undone_batch(self) -> str:
        """The id of the batch of which this one undoes a part; "" for every other."""
        return self.action.undoes if self.action is not None else ""

    def part_refusal(self, now: float) -> str:
        """Say why the undo of a part of another batch can't be made any more, as a sentence."""
        if not self.undone_batch or self.applied_at is not None:
            return ""
        if self.stopped_at is not None:
            return "It was cancelled."
        if now - self.created_at > PART_UNDO_MAX_AGE_S:
            return "It is older than 7 days."
        return ""

    def undo_refusal(self, now: float) -> str:
        """Say why the batch as a whole cannot be undone, as a sentence; "" where it can."""
        if self.undone_batch:
            return "It has itself undone a part of another batch."
        if self.applied_at is None:
            return "It has changed nobody."
        if self.undo_asked_at is not None:
            return "It was undone already."
        if abs(now - self.applied_at) > BATCH_UNDO_S:
            return "It is older than 24 hours."
        return ""


def judge_change(request: EditRequest) -> BatchPlanRow:
    """Judge one customer's change of a batch: to be made, or left as it is, and why.

    A batch makes no opt-out looser by the way: who has refused more keeps that. Where Sailthru
    does not say the level, nobody can tell, and only what is stricter than any is written. The
    row's number is 0.
    """
    if request.kind is EditKind.OPTOUT:
        new = OptOutLevel(str(request.new))
        if request.old is None and new is OptOutLevel.ALL:
            return BatchPlanRow(0, PlannedOutcome.UPDATE, None)
        if request.old is None:
            why = "Sailthru doesn't say their opt-out. Change it on their sheet."
            return BatchPlanRow(0, PlannedOutcome.SKIPPED, None, why)
        old = OptOutLevel(str(request.old))
        if new is not OptOutLevel.NONE and is_loosening(old, new):
            return BatchPlanRow(
                0, PlannedOutcome.UNCHANGED, old.value, f"Already stricter: {old.label}"
            )
    if is_same_json(request.old, request.new):
        return BatchPlanRow(0, PlannedOutcome.UNCHANGED, request.old, "It is so already")
    return BatchPlanRow(0, PlannedOutcome.UPDATE, request.old)


def count_loosened(counts: BatchCounts) -> int:
    """Count whose opt-out the plan of a batch loosens."""
    people: dict[str, int] = {}
    for one in counts.consequences:
        people[one.consequence.value] = people.get(one.consequence.value, 0) + one.people
    return max((people.get(code, 0) for code in TWO_ADMIN_CONSEQUENCES), default=0)


def takes_second_person(loosened: int) -> bool:
    """Whether the undo of a part that loosens so many opt-outs takes another admin's approval."""
    return loosened > 1


@dataclass(frozen=True)
class BatchGate:
    """What stands before a batch of `changes` is applied, by the limits of a run.

    `refusal`: why the person at work can't let it pass, as a sentence. `message`: what is over the
    limit. `must_type`: the number of changes has to be typed. `is_production`: for the workspace
    is one of production. `needs_second`: an admin who is somebody else has to approve it.
    `second`: that somebody has, or has asked an admin at work.
    """

    changes: int
    refusal: str = ""
    message: str = ""
    must_type: bool = False
    is_production: bool = False
    needs_second: bool = False
    second: BatchApproval | None = None


def find_batch_gate(
    counts: BatchCounts,
    actor: Actor,
    kind: WorkspaceKind,
    *,
    is_undo: bool = False,
    approvals: Sequence[BatchApproval] = (),
) -> BatchGate:
    """Find what stands before a planned batch: the limits that a run of a sync has too.

    Opt-outs pass by their typed number, whatever else passes a limit needs an admin. What would
    take two admins is not done by a batch at all, but where it undoes a part of another one
    (`is_undo`): then a second person approves it, whenever it loosens more than one opt-out. In
    production more than 50 people are typed. `approvals` are those in force.
    """
    people: dict[str, int] = {}
    for one in counts.consequences:
        people[one.consequence.value] = people.get(one.consequence.value, 0) + one.people
    # Nothing found is no empty source: then there is nothing to apply.
    breaches = exceeded_limits(Limit(), people, counts.addresses, incremental=True)
    words = " ".join(
        f"{people_over_limit_text(one.code, one.people)}; the limit is {one.limit:,} at once."
        for one in breaches
    )
    codes = {one.code for one in breaches}
    refusal, second = "", None
    loosened = count_loosened(counts)
    needs_second = is_undo and takes_second_person(loosened)
    if needs_second:
        codes -= TWO_ADMIN_CONSEQUENCES
        second = find_second_person(approvals, actor)
        words = words or f"{people_over_limit_text('loosened', loosened)}."
    if codes & TWO_ADMIN_CONSEQUENCES:
        refusal = f"{words} So many need two admins, who can allow it in a sync."
    elif codes - TYPED_CONSEQUENCES and actor.role is not Role.ADMIN:
        refusal = f"{words} Only an admin can let that pass. Ask one, or paste fewer."
    is_production = needs_confirmation(kind, counts.changes)
    must_type = bool(codes) or counts.changes > _CONFIRM_TYPED_OVER or is_production
    needs_second = needs_second and second is None
    return BatchGate(counts.changes, refusal, words, must_type, is_production, needs_second, second)


def find_undo_gate(counts: BatchCounts, kind: WorkspaceKind) -> BatchGate:
    """Find what stands before an applied batch is undone: in production over 50 people are typed.

    Its `changes` are the edits of the batch that were made, or may yet be. What is withdrawn
    before it was sent changes nobody: there are ten seconds for it.
    """
    made = counts.edit_states.get(EditState.DONE.value, 0)
    is_production = needs_confirmation(kind, made)
    return BatchGate(made + counts.open_edits, must_type=is_production, is_production=is_production)
