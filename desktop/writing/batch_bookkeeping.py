"""What applying a plan needs to know, and how rows are closed; the same for both services."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, ResponseTimeout, ServiceError
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlanRow, PlanRowState
from desktop.model.target_record import TargetRecord
from desktop.store.batch_repository import WriteBatch
from desktop.store.row_completion import RowCompletion
from desktop.store.run_provenance import RunProvenance
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.target_record import ReadResult, RowComparison, compare_row

P = ParamSpec("P")
T = TypeVar("T")

Checkpoint = Callable[[str], None]
# Both are eventually consistent (contract sailthru 2.1): a read-back may be stale at first.
READ_BACK_WAITS_S = (0.0, 0.3, 1.0, 2.0)
# Between two questions after a job; the last one again and again.
_POLL_WAITS_S = (0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0)


@dataclass(frozen=True)
class BatchBookkeeper:
    """One run's applying.

    `on_closed` hears how many rows have ended. `job_patience_s`: a job that does not move for so
    long is given up. `checkpoint` is called with the name of each step passed (tests stop the
    process there).
    """

    store: WorkspaceStore
    clock: Clock
    provenance: RunProvenance
    on_completed: Callable[[int], None] = field(default=lambda _count: None)
    job_timeout_s: float = 900.0
    checkpoint: Checkpoint = field(default=lambda _name: None)

    async def run_in_database(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `act` on the database's thread."""
        return await self.store.run(act, *args, **kwargs)

    async def claim_batch(self, kind: str, rows: Sequence[PlanRow]) -> int:
        """Make a batch of these rows; nothing is sent before this is stored."""
        numbers = [row.row for row in rows]
        now = self.clock.now()
        batch = await self.store.batches.begin_batch(self.provenance.plan_id, kind, numbers, now)
        self.checkpoint("claimed")
        return batch

    async def complete_rows(self, closed: Iterable[RowCompletion], batch: int) -> None:
        """Store how rows ended."""
        ended = tuple(closed)
        await self.store.batches.complete_rows(
            self.provenance, ended, self.clock.now(), batch=batch
        )
        self.checkpoint("closed")
        self.on_completed(len(ended))

    async def release_batch(self, batch: int, *, maybe_sent: bool = False) -> None:
        """The rest of the batch was not applied; `maybe_sent`: as far as can be seen."""
        await self.store.batches.release_batch(self.provenance, batch, maybe_sent=maybe_sent)

    async def list_open_batches(self) -> tuple[WriteBatch, ...]:
        """What the process before this one left open."""
        return await self.store.batches.list_open_batches(self.provenance.plan_id)

    async def wait_before_poll(self, number: int) -> None:
        """Wait before asking after a job for the n-th time, from 0 on."""
        await self.clock.sleep(_POLL_WAITS_S[min(number, len(_POLL_WAITS_S) - 1)])

    @property
    def service_name(self) -> str:
        """The service's name in sentences."""
        return "Sailthru" if self.provenance.service is Service.SAILTHRU else "Zendesk"


def split_rows_to_send(
    rows: Sequence[PlanRow], there: Mapping[int, ReadResult], *, unsure: bool = False
) -> tuple[list[PlanRow], list[RowCompletion]]:
    """Which rows are to be sent, and how the others end without it.

    `unsure`: all may have been sent before, so what is so already is our own doing.
    """
    send: list[PlanRow] = []
    closed: list[RowCompletion] = []
    for row in rows:
        now = there.get(row.row)
        if isinstance(now, AppError):
            closed.append(failed_completion(row, str(now)))
            continue
        verdict, change = compare_row(row, now)
        maybe_ours = unsure or row.maybe_sent
        if verdict is RowComparison.SEND:
            send.append(row)
        elif verdict is RowComparison.ALREADY_APPLIED and now is not None:
            closed.append(
                confirmed_completion(row, now) if maybe_ours else unchanged_completion(row, now)
            )
        elif verdict is RowComparison.CHANGED_ELSEWHERE and change is not None and now is not None:
            words = _changed_elsewhere_text(change, now.get_value(change.field), unsure=maybe_ours)
            # What was added may be in there: nobody can tell by reading.
            closed.append(
                replace(parked_completion(row, words), unconfirmed_job="" if maybe_ours else None)
            )
        elif verdict is RowComparison.NOT_A_CUSTOMER:
            closed.append(parked_completion(row, _STAFF_TEXT))
        elif verdict is RowComparison.ADDRESS_TAKEN:
            closed.append(parked_completion(row, _TAKEN_TEXT))
        else:
            closed.append(parked_completion(row, _GONE_TEXT))
    return send, closed


def confirmed_completion(row: PlanRow, now: TargetRecord) -> RowCompletion:
    """Confirmed by reading it back."""
    return RowCompletion(row, PlanRowState.DONE, _CONFIRMED_TEXT, now.id, _sent_values(row))


def unchanged_completion(row: PlanRow, now: TargetRecord) -> RowCompletion:
    """Nothing had to be sent."""
    return RowCompletion(row, PlanRowState.SAME, _UNCHANGED_TEXT, now.id, _sent_values(row))


def accepted_completion(row: PlanRow, words: str, target_id: str = "") -> RowCompletion:
    """The service took it, and it was not seen there."""
    return RowCompletion(row, PlanRowState.ACCEPTED, words, target_id, _sent_values(row))


def unanswered_completion(row: PlanRow) -> RowCompletion:
    """Sent, no answer came, and it does not show: nothing may say that it was written."""
    return RowCompletion(row, PlanRowState.FAILED, _UNANSWERED_TEXT, unconfirmed_job="")


def parked_completion(row: PlanRow, words: str) -> RowCompletion:
    """A person has to look."""
    return RowCompletion(row, PlanRowState.PARKED, words)


def failed_completion(row: PlanRow, words: str, job: str | None = None) -> RowCompletion:
    """It was refused; the next run tries again. `job`: one that may do it yet."""
    return RowCompletion(row, PlanRowState.FAILED, words, unconfirmed_job=job)


def may_be_applied(error: AppError) -> bool:
    """Whether a write that ended so may have been applied all the same."""
    return isinstance(error, ResponseTimeout) or (
        isinstance(error, ServiceError) and error.is_outcome_unknown
    )


_CONFIRMED_TEXT = "Confirmed"
_UNANSWERED_TEXT = "No answer came, and it does not show. The next run reads it, and tries again."
_UNCHANGED_TEXT = "It was so already: nothing was sent."
_GONE_TEXT = "It is not there any more: deleted or merged since the preview. Nothing was sent."
_STAFF_TEXT = "Not a customer any more: agent or admin. Nothing was sent."
_TAKEN_TEXT = (
    "Somebody made it meanwhile, with other values. Nothing was sent; the next preview compares."
)
_CHANGED_TEXT = (
    "Changed elsewhere since the preview, person unknown: {field} is now {now}. Nothing was sent."
)
_CHANGED_MAYBE_OURS_TEXT = (
    "Changed elsewhere since the preview, person unknown: {field} is now {now}. It may have been"
    " written before that; no answer came."
)
NOT_SHOWN_YET_TEXT = "Accepted, and not shown yet. The next preview reads it."
NOT_READ_BACK_TEXT = "Accepted, not read back. The next preview reads it."


def _sent_values(row: PlanRow) -> tuple[tuple[str, Json], ...]:
    return tuple((change.field, change.new) for change in row.changes_to_send)


def _changed_elsewhere_text(change: FieldChange, now: Json, *, unsure: bool) -> str:
    text = _CHANGED_MAYBE_OURS_TEXT if unsure else _CHANGED_TEXT
    shown = "not set" if now is None else str(now)
    return text.format(field=change.field, now=shown if len(shown) <= 80 else shown[:79] + "…")
