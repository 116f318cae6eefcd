"""What applying a plan needs to know, and how rows are closed; the same for both services."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, ServiceTrouble, TimedOut
from desktop.kit.text import translate
from desktop.model.edit import Service
from desktop.model.json_value import Json
from desktop.model.plan import FieldChange, PlanRow, RowState
from desktop.store.applying import Batch
from desktop.store.closing import Closed
from desktop.store.hand import Hand
from desktop.store.store import Store
from desktop.writing.standing import Read, Standing, Verdict, compare

P = ParamSpec("P")
T = TypeVar("T")

Checkpoint = Callable[[str], None]
# Both are eventually consistent (contract sailthru 2.1): a read-back may be stale at first.
READ_BACK_WAITS_S = (0.0, 0.3, 1.0, 2.0)
# Between two questions after a job; the last one again and again.
_POLLS_S = (0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0)


@dataclass(frozen=True)
class Work:
    """One run's applying.

    `on_closed` hears how many rows have ended. `job_patience_s`: a job that does not move for so
    long is given up. `checkpoint` is called with the name of each step passed (tests stop the
    process there).
    """

    store: Store
    clock: Clock
    hand: Hand
    on_closed: Callable[[int], None] = field(default=lambda _count: None)
    job_patience_s: float = 900.0
    checkpoint: Checkpoint = field(default=lambda _name: None)

    async def run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `act` on the database's thread."""
        return await self.store.lane.run(act, *args, **kwargs)

    async def claim(self, kind: str, rows: Sequence[PlanRow]) -> int:
        """Make a batch of these rows; nothing is sent before this is stored."""
        numbers = [row.row for row in rows]
        now = self.clock.now()
        batch = await self.run(self.store.applying.begin_batch, self.hand.plan, kind, numbers, now)
        self.checkpoint("claimed")
        return batch

    async def close(self, closed: Iterable[Closed], batch: int) -> None:
        """Store how rows ended."""
        ended = tuple(closed)
        await self.run(
            self.store.applying.close_rows, self.hand, ended, self.clock.now(), batch=batch
        )
        self.checkpoint("closed")
        self.on_closed(len(ended))

    async def give_back(self, batch: int, *, maybe_sent: bool = False) -> None:
        """The rest of the batch was not applied; `maybe_sent`: as far as can be seen."""
        await self.run(self.store.applying.give_back, self.hand, batch, maybe_sent=maybe_sent)

    async def open_batches(self) -> tuple[Batch, ...]:
        """What the process before this one left open."""
        return await self.run(self.store.applying.open_batches, self.hand.plan)

    async def before_poll(self, number: int) -> None:
        """Wait before asking after a job for the n-th time, from 0 on."""
        await self.clock.sleep(_POLLS_S[min(number, len(_POLLS_S) - 1)])

    @property
    def service_name(self) -> str:
        """The service's name in sentences."""
        return "Sailthru" if self.hand.service is Service.SAILTHRU else "Zendesk"


def sorted_out(
    rows: Sequence[PlanRow], there: Mapping[int, Read], *, unsure: bool = False
) -> tuple[list[PlanRow], list[Closed]]:
    """Which rows are to be sent, and how the others end without it.

    `unsure`: all may have been sent before, so what is so already is our own doing.
    """
    send: list[PlanRow] = []
    closed: list[Closed] = []
    for row in rows:
        now = there.get(row.row)
        if isinstance(now, AppError):
            closed.append(failed(row, str(now)))
            continue
        verdict, change = compare(row, now)
        maybe_ours = unsure or row.maybe_sent
        if verdict is Verdict.SEND:
            send.append(row)
        elif verdict is Verdict.SAME and now is not None:
            closed.append(done(row, now) if maybe_ours else same_already(row, now))
        elif verdict is Verdict.CHANGED and change is not None and now is not None:
            words = _changed(change, now.value(change.field), unsure=maybe_ours)
            # What was added may be in there: nobody can tell by reading.
            closed.append(replace(parked(row, words), doubt="" if maybe_ours else None))
        elif verdict is Verdict.STAFF:
            closed.append(parked(row, _STAFF))
        elif verdict is Verdict.TAKEN:
            closed.append(parked(row, _TAKEN))
        else:
            closed.append(parked(row, _GONE))
    return send, closed


def done(row: PlanRow, now: Standing) -> Closed:
    """Confirmed by reading it back."""
    return Closed(row, RowState.DONE, _CONFIRMED, now.id, _values(row))


def same_already(row: PlanRow, now: Standing) -> Closed:
    """Nothing had to be sent."""
    return Closed(row, RowState.SAME, _SAME, now.id, _values(row))


def accepted(row: PlanRow, words: str, target_id: str = "") -> Closed:
    """The service took it, and it was not seen there."""
    return Closed(row, RowState.ACCEPTED, words, target_id, _values(row))


def unanswered(row: PlanRow) -> Closed:
    """Sent, no answer came, and it does not show: nothing may say that it was written."""
    return Closed(row, RowState.FAILED, _UNANSWERED, doubt="")


def parked(row: PlanRow, words: str) -> Closed:
    """A person has to look."""
    return Closed(row, RowState.PARKED, words)


def failed(row: PlanRow, words: str, job: str | None = None) -> Closed:
    """It was refused; the next run tries again. `job`: one that may do it yet."""
    return Closed(row, RowState.FAILED, words, doubt=job)


def maybe_applied(error: AppError) -> bool:
    """Whether a write that ended so may have been applied all the same."""
    return isinstance(error, TimedOut) or (
        isinstance(error, ServiceTrouble) and error.applied_unknown
    )


_CONFIRMED = translate("Applying", "Confirmed")
_UNANSWERED = translate(
    "Applying", "No answer came, and it does not show. The next run reads it, and tries again."
)
_SAME = translate("Applying", "It was so already: nothing was sent.")
_GONE = translate(
    "Applying", "It is not there any more: deleted or merged since the preview. Nothing was sent."
)
_STAFF = translate("Applying", "Not a customer any more: agent or admin. Nothing was sent.")
_TAKEN = translate(
    "Applying",
    "Somebody made it meanwhile, with other values. Nothing was sent; the next preview compares.",
)
_CHANGED = translate(
    "Applying",
    "Changed elsewhere since the preview, person unknown: {field} is now {now}. Nothing was sent.",
)
_CHANGED_SINCE = translate(
    "Applying",
    "Changed elsewhere since the preview, person unknown: {field} is now {now}. It may have been"
    " written before that; no answer came.",
)
NOT_SEEN = translate("Applying", "Accepted, and not shown yet. The next preview reads it.")
NOT_READ = translate("Applying", "Accepted, not read back. The next preview reads it.")


def _values(row: PlanRow) -> tuple[tuple[str, Json], ...]:
    return tuple((change.field, change.new) for change in row.sent)


def _changed(change: FieldChange, now: Json, *, unsure: bool) -> str:
    text = _CHANGED_SINCE if unsure else _CHANGED
    shown = "not set" if now is None else str(now)
    return text.format(field=change.field, now=shown if len(shown) <= 80 else shown[:79] + "…")
