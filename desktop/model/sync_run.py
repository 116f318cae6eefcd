"""A run: one execution of a goal, from extract to finish, that outlives whatever started it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.model.json_value import Json


class RunState(Enum):
    """How a run stands. WAITING: a person has to decide; INTERRUPTED: its process has died."""

    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"

    @property
    def is_resumable(self) -> bool:
        """Whether it can go on where it stopped."""
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
    CHECK_LIMITS = "guard"
    APPLY = "apply"
    FINISH = "finish"


RUN_OUTCOMES = ("created", "updated", "unchanged", "skipped", "parked", "failed")


@dataclass(frozen=True)
class RunProgress:
    """How far the present stage is. `calls` counts requests; `eta_s` is None when unknown."""

    done: int = 0
    total: int | None = None
    calls: int = 0
    budget: str = ""
    eta_s: float | None = None


@dataclass(frozen=True)
class Run:
    """One run; times are Unix seconds. `why` is hand, schedule, retry or rollback.

    `totals` counts rows by outcome and equals the sum of the rows. `error` is the sentence of
    what stopped it, empty otherwise. `full` and `only` say what it reads: everything again, or
    these source records.
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
        """The object `run` prints."""
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
