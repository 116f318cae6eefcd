"""What became of sums that were sent and not seen: settled by reading before any is sent again."""

from collections.abc import Mapping, Sequence
from typing import ParamSpec, TypeVar

from desktop.clients.sailthru.job import JobStatus
from desktop.kit.errors import NotFound
from desktop.kit.text import translate
from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.mapping import Operator, same_in
from desktop.store.sum_doubts import SumDoubt
from desktop.sync.finding import Found
from desktop.sync.judging import Held
from desktop.sync.record import Record
from desktop.sync.tools import Tools
from desktop.writing.standing import Standing

P = ParamSpec("P")
T = TypeVar("T")

# A job that has not ended by then is a person's to look at.
_LONG_S = 86_400.0


class Doubts:
    """Those of one goal, while a plan of it is made."""

    def __init__(self, tools: Tools, goal: Goal) -> None:
        self._tools = tools
        self._goal = goal
        self._left: dict[str, SumDoubt] = {}
        self._pending: set[str] = set()

    async def read(self) -> None:
        """Which there are, and which of their jobs may still do something.

        The jobs come first: what is read of a customer after a job has ended is all it did.
        """
        if not any(row.on and row.operator is Operator.SUM for row in self._goal.mapping):
            return
        store = self._tools.store
        self._left = await store.lane.run(store.doubts.of_goal, self._goal.name)
        jobs = {doubt.job for doubt in self._left.values() if doubt.job}
        self._pending = {job for job in sorted(jobs) if await self._is_pending(job)}

    def settle(self, records: Sequence[Record], found: Mapping[str, Found]) -> dict[str, Held]:
        """Settle those of these records; gives who has to wait. On the database's thread."""
        held: dict[str, Held] = {}
        for record in records:
            doubt = self._left.pop(record.id, None)
            there = found.get(record.id, Found())
            # Who could not be read, or is not clear, says nothing about a number.
            if doubt is not None and there.known:
                why = self._settled(doubt, there.standing)
                if why is not None:
                    held[record.id] = why
        return held

    def _settled(self, doubt: SumDoubt, now: Standing | None) -> Held | None:
        doubts, goal = self._tools.store.doubts, self._goal.name
        if now is not None and all(
            same_in(c.field, now.value(c.field), c.new) for c in doubt.changes
        ):
            doubts.count(goal, doubt.source)
            return None
        age_s = self._tools.clock.now() - doubt.at
        over = doubt.job not in self._pending
        if not doubt.job:
            # Nobody knows whether there is a job: as long as one would be waited for.
            over = age_s > self._tools.job_patience_s
        if not over and not doubt.asked:
            words = _WAITS.format(service=_PLACES[self._goal.target], job=doubt.job or "?")
            return Held(words, _CAUSE if age_s > _LONG_S else "")
        before = now is None or all(
            same_in(c.field, now.value(c.field), c.old) for c in doubt.changes
        )
        if before or doubt.asked:
            doubts.drop(goal, doubt.source)
            return None
        change = doubt.changes[0]
        seen = now.value(change.field) if now is not None else None
        words = _UNDECIDED.format(field=change.field, new=change.new, old=change.old or 0, now=seen)
        return Held(words, _CAUSE)

    async def _is_pending(self, job: str) -> bool:
        if self._goal.target is Service.ZENDESK:
            # One that is not known any more has ended a day ago (contract zendesk 3, Jobs).
            return any(not one.ended for one in await self._tools.zendesk.bulk.jobs((job,)))
        try:
            found = await self._tools.sailthru.bulk.job(job)
        except NotFound:
            return False
        return found.status is JobStatus.PENDING


_PLACES = {Service.SAILTHRU: "Sailthru", Service.ZENDESK: "Zendesk"}
_CAUSE = translate("Doubts", "a sum that may count already")
_WAITS = translate(
    "Doubts",
    "{service} has not ended the job ({job}) that may still add to this number: nothing more is"
    " added before. Try this row by its number to have it added all the same",
)
_UNDECIDED = translate(
    "Doubts",
    "may be added up already: {field} should be {new} with it and {old} without, and is {now}. Set"
    " it to one of the two, or try this row by its number: then it is added to what stands there",
)
