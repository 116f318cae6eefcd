"""What became of sums that were sent and not seen: settled by reading before any is sent again.

What lands after something newer was written has put an older number back. It is known by its
total, and the number is made again from what was confirmed last, and what is new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.sailthru.job import JobStatus
from desktop.kit.errors import NotFound
from desktop.kit.text import translate
from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.json_value import Json
from desktop.model.mapping import Operator, same_in
from desktop.store.sum_doubts import SumDoubt
from desktop.sync.finding import Found
from desktop.sync.judging import Held
from desktop.sync.record import Record
from desktop.sync.tools import Tools
from desktop.writing.standing import Standing

# A job that has not ended by then is a person's to look at; one that nobody knows of is over.
_LONG_S = 86_400.0
# Who is watched and does not come by any more: deleted, or not in the source.
_NEVER_SEEN_S = 30 * _LONG_S


@dataclass(frozen=True)
class Settled:
    """Who has to wait, and whose numbers are put back to what was confirmed, by field."""

    held: Mapping[str, Held]
    put_back: Mapping[str, Mapping[str, Json]]


class Doubts:
    """Those of one goal, while a plan of it is made."""

    def __init__(self, tools: Tools, goal: Goal) -> None:
        self._tools = tools
        self._goal = goal
        self._left: dict[str, SumDoubt] = {}
        self._watched: dict[str, list[SumDoubt]] = {}
        self._pending: set[str] = set()

    @property
    def watched(self) -> tuple[str, ...]:
        """The records that a plan has to look at, whether they changed or not."""
        return tuple(self._watched)

    async def read(self) -> None:
        """Which there are, and which of their jobs may still do something.

        The jobs come first: what is read of a customer after a job has ended is all it did.
        """
        if not any(row.on and row.operator is Operator.SUM for row in self._goal.mapping):
            return
        store, now = self._tools.store, self._tools.clock.now()
        self._left = await store.lane.run(store.doubts.of_goal, self._goal.name)
        overtaken = await store.lane.run(store.doubts.overtaken, self._goal.name)
        jobs = {doubt.job for doubt in (*self._left.values(), *overtaken) if doubt.job}
        self._pending = {job for job in sorted(jobs) if await self._is_pending(job)}
        self._watched = {}
        for one in overtaken:
            if now - one.at > _NEVER_SEEN_S and one.job not in self._pending:
                await store.lane.run(store.doubts.forget, self._goal.name, one)
            else:
                self._watched.setdefault(one.source, []).append(one)

    def settle(self, records: Sequence[Record], found: Mapping[str, Found]) -> Settled:
        """Settle those of these records. On the database's thread."""
        held: dict[str, Held] = {}
        put_back: dict[str, Mapping[str, Json]] = {}
        for record in records:
            doubt = self._left.pop(record.id, None)
            watched = self._watched.get(record.id, [])
            there = found.get(record.id, Found())
            # Who could not be read, or is not clear, says nothing about a number.
            if not there.known:
                continue
            back: dict[str, Json] = {}
            for one in watched:
                back |= self._landed(one, there.standing)
            why = self._settled(doubt, there.standing, back) if doubt is not None else None
            if why is not None:
                held[record.id] = why
            elif back:
                put_back[record.id] = back
        return Settled(held, put_back)

    def _landed(self, one: SumDoubt, now: Standing | None) -> dict[str, Json]:
        """What has to stand there again, where something older has come late."""
        doubts, goal = self._tools.store.doubts, self._goal.name
        back: dict[str, Json] = {}
        if now is not None and one.target in ("", now.id) and _all_new(one, now):
            if not one.takes_back and self._tools.store.memory.new_events(goal, one.events):
                # It came before anything newer was written: it is what counts.
                doubts.count(goal, one, now.id, self._tools.clock.now())
            else:
                last = doubts.confirmed(goal, now.id)
                back = {
                    c.field: last[c.field]
                    for c in one.changes
                    if c.field in last and not same_in(c.field, last[c.field], c.new)
                }
        if not back and self._is_over(one, _LONG_S):
            doubts.forget(goal, one)
        return back

    def _is_over(self, one: SumDoubt, patience_s: float) -> bool:
        """Whether it does nothing any more; where no job is known, after so long."""
        if one.job:
            return one.job not in self._pending
        return self._tools.clock.now() - one.at > patience_s

    def _settled(
        self, doubt: SumDoubt, now: Standing | None, back: Mapping[str, Json]
    ) -> Held | None:
        doubts, goal = self._tools.store.doubts, self._goal.name
        if now is not None and _all_new(doubt, now):
            doubts.count(goal, doubt, now.id, self._tools.clock.now())
            return None
        # Where there may be a job or not, one is waited for as long as any other.
        over = self._is_over(doubt, self._tools.job_patience_s)
        if not over and not doubt.asked:
            words = _WAITS.format(service=_PLACES[self._goal.target], job=doubt.job or "?")
            age_s = self._tools.clock.now() - doubt.at
            return Held(words, _CAUSE if age_s > _LONG_S else "")
        before = now is None or all(
            same_in(c.field, now.value(c.field), c.old) or c.field in back for c in doubt.changes
        )
        if before or doubt.asked:
            if over and doubt.job:
                doubts.drop(goal, doubt.source)
            else:
                doubts.overtake(goal, doubt.source)
            return None
        change = doubt.changes[0]
        seen = now.value(change.field) if now is not None else None
        words = _UNDECIDED_BACK if doubt.takes_back else _UNDECIDED
        return Held(
            words.format(field=change.field, new=change.new or 0, old=change.old or 0, now=seen),
            _CAUSE,
        )

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
    "{service} has not ended the job ({job}) that may still change this number: nothing more is"
    " added before. Try this row by its number to go on from what stands there all the same",
)
_UNDECIDED = translate(
    "Doubts",
    "may be added up already: {field} should be {new} with it and {old} without, and is {now}. Set"
    " it to one of the two, or try this row by its number: then it is added to what stands there",
)
_UNDECIDED_BACK = translate(
    "Doubts",
    "may be taken off already: {field} should be {new} without what was taken back and {old} with"
    " it, and is {now}. Set it to one of the two, or try this row by its number: then nothing more"
    " is taken off",
)


def _all_new(doubt: SumDoubt, now: Standing) -> bool:
    return all(same_in(c.field, now.value(c.field), c.new) for c in doubt.changes)
