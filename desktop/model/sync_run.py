"""A run: one execution of a sync, from reading to finishing, that outlives its starter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.model.json_value import Json


class RunState(Enum):
    """The state of a run. WAITING: a person has to decide; INTERRUPTED: its process died."""

    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"

    @property
    def is_resumable(self) -> bool:
        """Whether a run's state allows it to be resumed where it stopped."""
        return self in (
            RunState.WAITING,
            RunState.INTERRUPTED,
            RunState.CANCELLED,
            RunState.FAILED,
        )


class RunStage(Enum):
    """The stages of a run, in order."""

    EXTRACT = "extract"
    PLAN = "plan"
    CHECK_LIMITS = "limits"
    APPLY = "apply"
    FINISH = "finish"


RUN_OUTCOMES = ("created", "updated", "unchanged", "skipped", "parked", "failed")


@dataclass(frozen=True)
class RunProgress:
    """A run's progress within its stage; `calls` counts requests, `eta_s` may be unknown."""

    done: int = 0
    total: int | None = None
    calls: int = 0
    budget: str = ""
    eta_s: float | None = None


@dataclass(frozen=True)
class Run:
    """One run of a sync; times are Unix seconds.

    `totals` counts rows by outcome and equals the sum of the rows. `error` is the sentence of
    what stopped it, empty otherwise. `is_full` and `only_records` say what it reads: everything
    again, or these source records.
    """

    id: str
    sync: str
    state: RunState
    stage: RunStage
    trigger: str
    actor: str
    started_at: float
    ended_at: float | None = None
    plan: str | None = None
    progress: RunProgress = RunProgress()
    totals: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    error_code: str = ""
    is_cancel_requested: bool = False
    owner: str = ""
    is_full: bool = False
    only_records: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """The run as JSON, the object that `fairlead sync run --json` prints."""
        return {
            "run": self.id,
            "sync": self.sync,
            "state": self.state.value,
            "stage": self.stage.value,
            "why": self.trigger,
            "actor": self.actor,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "plan": self.plan,
            "totals": {name: self.totals.get(name, 0) for name in RUN_OUTCOMES},
            "detail": self.error,
        }
