"""A plan: the changes a sync would make, row by row and field by field, and why.

Nothing of it is written anywhere but here until it is applied; apply does exactly what is ticked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.model.json_value import Json
from desktop.model.service import Service

# The cause of a row that is skipped for now alone: the next plan looks at it again.
RETRY_LATER = "later"


class PlannedOutcome(Enum):
    """The outcome a plan row has before it is written. CORRECTION: a person corrects it first."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    CORRECTION = "correction"
    CONFLICT = "conflict"

    @property
    def is_written(self) -> bool:
        """Whether a ticked plan row with this outcome is sent."""
        return self in (PlannedOutcome.CREATE, PlannedOutcome.UPDATE)

    @property
    def is_parked(self) -> bool:
        """Whether a plan row with this outcome is parked: it waits for a person."""
        return self in (PlannedOutcome.CORRECTION, PlannedOutcome.CONFLICT)


class PlanRowState(Enum):
    """The state of a plan row while a run applies the plan.

    ACCEPTED: by the service, not read back; the next plan reads it. SAME: it turned out to be so
    already, and nothing was sent.
    """

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DONE = "done"
    SAME = "same"
    UNTICKED = "unticked"
    PARKED = "parked"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether a plan row's state is final: a run has nothing more to do for it."""
        return self not in (PlanRowState.PLANNED, PlanRowState.SENDING)


class Consequence(Enum):
    """A plan row's consequence that people will notice; each is a filter over rows."""

    STARTS = "starts"
    STOPS = "stops"
    LOOSENED = "loosened"
    OPTED_OUT = "opted_out"
    JOINS = "joins"
    LEAVES = "leaves"
    FLOWS = "flows"
    # Only in plans made before a row without consent was left out.
    NO_CONSENT = "no_consent"
    AGAIN = "again"
    BLANKED = "blanked"
    TICKETS = "tickets"
    STATUS_RESET = "status_reset"

    @property
    def label(self) -> str:
        """The consequence after a count of people in a plan; `{name}` is a list or a tag."""
        return _LABELS[self]


_LABELS = {
    Consequence.STARTS: "start getting marketing e-mail",
    Consequence.STOPS: "stop getting marketing e-mail",
    Consequence.LOOSENED: "have their opt-out loosened",
    Consequence.OPTED_OUT: "are opted out further",
    Consequence.JOINS: "join {name}",
    Consequence.LEAVES: "leave {name}",
    Consequence.FLOWS: "may start e-mail flows",
    Consequence.NO_CONSENT: "without consent",
    Consequence.AGAIN: "change again and may re-enter campaigns",
    Consequence.BLANKED: "have a value emptied",
    Consequence.STATUS_RESET: "have a status that Zendesk Sell does not know: none is set",
    Consequence.TICKETS: "have open tickets that get the tag “{name}”",
}


@dataclass(frozen=True)
class ConsequenceCount:
    """How many people a plan's consequence affects; `name` is a list or a tag."""

    consequence: Consequence
    name: str
    people: int


@dataclass(frozen=True)
class FieldChange:
    """One field's change in a plan row, old to new, in the target's field names and values.

    `field`: `vars.NAME`, `lists.NAME`, `optout` in Sailthru; `name`, `phone`, `tags.NAME`,
    `user_fields.KEY` … in Zendesk. A list or tag is true or false. `applies` is false where the
    mapping keeps what is there; `reason` says why, or what the operator does. In a conflict
    `new` is the value from the other side, `known` the last one both had, and `choice` is
    `zendesk` or `sailthru` once somebody picked. `exact` is the total of an increment where `new`
    is rounded: the next one adds to it.
    """

    field: str
    old: Json
    new: Json
    applies: bool = True
    reason: str = ""
    ticked: bool = True
    conflict: bool = False
    known: Json = None
    choice: str = ""
    exact: Json = None

    @property
    def total(self) -> Json:
        """A planned increment's value to remember: before it was rounded, where it was."""
        return self.new if self.exact is None else self.exact


@dataclass(frozen=True)
class PlanRow:
    """A plan's row: what would be written for one source record, and why.

    `target_id` is the sid or Zendesk user id, empty for a create; `address` what a create is
    made with. `source_id` names the record it came from. `why` is the reason of its fate.
    `source_at`, `target_at`: when each side last changed, where known (Unix seconds).
    `events`: the source events that what is summed here stands for. `optout` and `on_other_lists`:
    the profile's level (empty: not read), and whether it was on lists that the row does not change.
    `worth`: the customer's predicted revenue or page views, where the source tells it.
    `maybe_sent`: it was sent once, and nobody answered. `name`: what the source calls the
    customer, empty where it tells no name.
    """

    row: int
    fate: PlannedOutcome
    source_id: str
    target_id: str
    label: str
    address: str = ""
    changes: tuple[FieldChange, ...] = ()
    why: str = ""
    cause: str = ""
    evidence: str = ""
    ticked: bool = True
    state: PlanRowState = PlanRowState.PLANNED
    detail: str = ""
    source_at: float | None = None
    target_at: float | None = None
    consequences: tuple[tuple[Consequence, str], ...] = ()
    events: tuple[str, ...] = ()
    optout: str = "none"
    on_other_lists: bool = False
    worth: float | None = None
    maybe_sent: bool = False
    name: str = ""

    @property
    def changes_to_send(self) -> tuple[FieldChange, ...]:
        """The ticked field changes of a plan row, which applying it would send."""
        return tuple(c for c in self.changes if c.applies and c.ticked)


class PlanState(Enum):
    """The state of a plan. STOPPED: a limit holds it, and nothing was written."""

    MAKING = "making"
    READY = "ready"
    STOPPED = "stopped"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"


@dataclass(frozen=True)
class TargetReading:
    """How a plan read its Sailthru profiles: by an export of `list_name`, or singly ("").

    Of `people` in the source `covered` were on the list, and `read_singly` were read one by one.
    `is_chosen`: the plan chose the list. `read_at` is when the export was started (Unix seconds).
    `note`: why there was no export, a sentence.
    """

    list_name: str = ""
    is_chosen: bool = False
    read_at: float | None = None
    people: int = 0
    covered: int = 0
    read_singly: int = 0
    note: str = ""

    @property
    def sentence(self) -> str:
        """How a plan read its Sailthru profiles, as a sentence."""
        if not self.list_name:
            return f"Profiles read one by one. {self.note}".strip()
        who = "chosen by itself" if self.is_chosen else "as set"
        share = f" ({100 * self.covered // self.people} %)" if self.people else ""
        return (
            f"Profiles read by an export of the list “{self.list_name}” ({who}):"
            f" {self.covered:,} of {self.people:,} people are on it{share},"
            f" {self.read_singly:,} read one by one. {self.note}"
        ).strip()

    def as_json(self) -> dict[str, Json]:
        """How a plan read its profiles, as `read_by` of the plan's JSON."""
        return {
            "list": self.list_name or None,
            "chosen": "by itself" if self.is_chosen else "by setting",
            "read_at": self.read_at,
            "people": self.people,
            "covered": self.covered,
            "read_singly": self.read_singly,
            "note": self.note,
        }


@dataclass(frozen=True)
class Plan:
    """A sync's plan with its counts; its rows are stored one by one.

    `origin` is `sync`, `retry` or `rollback RUN`. `mark` is where the source's feed stood.
    `target_reading` is None for a plan to Zendesk and for one of some records alone. Of the
    `records_read`, `source_record_count` are in the sync's source by its conditions.
    `sell_account` is whose records of Zendesk Sell the rows name; None: its sync has none.
    """

    id: str
    sync: str
    service: Service
    state: PlanState
    created_at: float
    actor: str
    source_record_count: int = 0
    records_read: int = 0
    outcome_counts: Mapping[str, int] = field(default_factory=dict)
    consequence_counts: tuple[ConsequenceCount, ...] = ()
    limit_breaches: tuple[str, ...] = ()
    allowed_limits: tuple[str, ...] = ()
    origin: str = "sync"
    mark: str = ""
    target_reading: TargetReading | None = None
    sell_account: int | None = None

    @property
    def is_rollback(self) -> bool:
        """Whether the plan is a rollback: it undoes an earlier run."""
        return bool(self.rolled_back_run)

    @property
    def rolled_back_run(self) -> str:
        """The run that this plan rolls back; empty for any other plan."""
        kind, _, run = self.origin.partition(" ")
        return run if kind == "rollback" else ""

    def count_rows(self, *fates: PlannedOutcome) -> int:
        """Add up this plan's counts of rows with one of these outcomes."""
        return sum(self.outcome_counts.get(fate.value, 0) for fate in fates)

    @property
    def totals(self) -> dict[str, Json]:
        """The `totals` of a plan's JSON: corrections and conflicts count as parked."""
        return {
            "create": self.count_rows(PlannedOutcome.CREATE),
            "update": self.count_rows(PlannedOutcome.UPDATE),
            "unchanged": self.count_rows(PlannedOutcome.UNCHANGED),
            "skipped": self.count_rows(PlannedOutcome.SKIPPED),
            "parked": self.count_rows(PlannedOutcome.CORRECTION, PlannedOutcome.CONFLICT),
        }

    def as_json(self) -> dict[str, Json]:
        """The plan as JSON, the object that `fairlead sync plan --json` prints."""
        return {
            "plan": self.id,
            "sync": self.sync,
            "state": self.state.value,
            "made_at": self.created_at,
            "read": self.records_read,
            "included": self.source_record_count,
            "totals": self.totals,
            "consequences": [
                {"kind": n.consequence.value, "name": n.name, "people": n.people}
                for n in self.consequence_counts
            ],
            "limits": list(self.limit_breaches),
            "read_by": self.target_reading.as_json() if self.target_reading else None,
        }
