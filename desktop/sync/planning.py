"""Makes a plan: walks the source, a chunk at a time, finds each counterpart and judges it.

A plan looks at what changed since the goal's mark, and at what waits for another try; with `full`
at everything. Memory stays flat: rows go to the store chunk by chunk.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import ParamSpec, TypeVar

from desktop.kit.errors import AppError
from desktop.kit.text import translate
from desktop.model.condition import all_hold
from desktop.model.edit import Service
from desktop.model.goal import Goal, SourceKind
from desktop.model.guard import breaches
from desktop.model.plan import Fate, Plan, PlanRow, PlanState
from desktop.model.stage import stages_of, window_start
from desktop.store.sync_notes import Correction
from desktop.sync.doubles import Doubles
from desktop.sync.doubts import Doubts
from desktop.sync.finding import Finding, Found
from desktop.sync.judging import Circumstances, Judge
from desktop.sync.pressure import counted
from desktop.sync.record import Record
from desktop.sync.source import GoalSource, Marks
from desktop.sync.summing import with_sums
from desktop.sync.tools import Tools

P = ParamSpec("P")
T = TypeVar("T")

_CHUNK = 192


@dataclass(frozen=True)
class Order:
    """What is to be planned; `only` names source records (a retry), `lists` those read.

    `unread`: rows of the source that could not be read, a sentence each.
    """

    goal: Goal
    actor: str
    lists: tuple[str, ...] = ()
    full: bool = False
    only: tuple[str, ...] = ()
    origin: str = "sync"
    unread: tuple[str, ...] = ()


@dataclass
class _Walked:
    """What the walk has counted so far; `waiting` are the records that wait for another try.

    `read` are those inside the source, `leaving` those who lose what they got by it.
    """

    read: int = 0
    rows: int = 0
    leaving: int = 0
    waiting: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Means:
    """What a walk judges by: `ignored` are the records left out for ever, with the reason."""

    finding: Finding
    judge: Judge
    corrections: Mapping[str, tuple[Correction, ...]]
    ignored: Mapping[str, str]
    kinds: Mapping[str, str]
    doubles: Doubles
    doubts: Doubts


class Planning:
    """Makes plans. `on_read` hears how many records were judged."""

    def __init__(self, tools: Tools, on_read: Callable[[int], None] = lambda _count: None) -> None:
        self._tools = tools
        self._store = tools.store
        self._on_read = on_read

    async def make(self, order: Order) -> Plan:
        """A plan, READY or STOPPED by a limit. Raises what the services raise."""
        goal, now = order.goal, self._tools.clock.now()
        plan_id = await self._run(
            self._store.plans.begin, goal, order.actor, now, origin=order.origin
        )
        source = GoalSource(self._tools, goal, order.lists)
        marks = await self._run(source.marks)
        before = {} if order.full else await self._run(source.before)
        try:
            walked = await self._walk(plan_id, order, source, before)
        except BaseException:
            await self._run(self._store.plans.discard, plan_id)
            raise
        partial = bool(order.only) or bool(before)
        if not order.only and await self._is_empty(goal, source, walked):
            partial = False
        counts = await self._run(self._store.plans.people, plan_id)
        found = breaches(goal.limits, counts, walked.read, incremental=partial)
        await self._run(
            self._store.plans.finish,
            plan_id,
            state=PlanState.STOPPED if found else PlanState.READY,
            read=walked.read,
            breaches=tuple(breach.code for breach in found),
            mark="" if order.only else json.dumps(marks),
        )
        return await self._run(self._store.plans.get, plan_id)

    async def _walk(self, plan_id: str, order: Order, source: GoalSource, before: Marks) -> _Walked:
        goal = order.goal
        corrections = await self._run(self._store.memory.corrections, goal.name)
        doubts = Doubts(self._tools, goal)
        await doubts.read()
        means = _Means(
            Finding(self._tools, goal),
            Judge(goal),
            corrections,
            {c.source: c.reason for kept in corrections.values() for c in kept if not c.field},
            await self._field_kinds(),
            Doubles(
                self._store, goal, source, lambda r: self._belongs(goal, self._in_stages(goal, r))
            ),
            doubts,
        )
        waiting = await self._run(self._store.memory.again, goal.name)
        walked = _Walked(waiting=frozenset(waiting))
        await self._run(
            self._store.plans.add, plan_id, [_unreadable(walked, w) for w in order.unread]
        )
        records = source.records(before, order.only, also=doubts.watched)
        while chunk := await self._run(lambda: list(islice(records, _CHUNK))):
            await self._chunk(plan_id, order, chunk, means, walked)
        if goal.source.kind is SourceKind.SAILTHRU_LISTS and not order.only:
            await self._gone(plan_id, order, source, means, walked)
        await self._run(means.doubles.park, plan_id)
        return walked

    async def _chunk(
        self, plan_id: str, order: Order, chunk: Sequence[Record], means: _Means, walked: _Walked
    ) -> None:
        goal = order.goal
        inside: list[Record] = []
        outside: list[Record] = []
        unclear: list[Record] = []
        for record in chunk:
            fixed = means.corrections.get(record.id, ())
            values = {c.field: c.value for c in fixed if c.field}
            shaped = self._in_stages(goal, record.corrected(values) if values else record)
            answer = self._belongs(goal, shaped)
            (inside if answer else outside if answer is False else unclear).append(shaped)
        effects = goal.effects
        if effects.remove_when_gone or effects.add_tags or effects.deleted_var:
            leaving = await self._run(self._leaving, goal, outside)
        else:
            leaving = []
        walked.read += len(inside)
        walked.leaving += len(leaving)
        self._on_read(len(chunk))
        rows = [_unclear(walked, record) for record in unclear]
        left = {record.id for record in leaving}
        rows += [
            _outside(walked, record)
            for record in outside
            if record.id in walked.waiting and record.id not in left
        ]
        found = await means.finding.find([*inside, *leaving])
        found = await self._run(means.doubles.told, inside, found)
        sums = await self._run(means.doubts.settle, inside, found)
        summed = await self._run(lambda: {r.id: with_sums(self._store, goal, r) for r in inside})
        around = await self._run(self._circumstances, goal, [*inside, *leaving], found, means)
        for record in (*inside, *leaving):
            there = found.get(record.id, Found())
            gone = record.id not in summed
            judged, events = summed.get(record.id, (record, ()))
            near = replace(
                around(record, there, gone),
                held=sums.held.get(record.id),
                put_back=sums.put_back.get(record.id, {}),
            )
            walked.rows += 1
            row = means.judge.row(walked.rows, judged, there, near)
            rows.append(_with_events(row, events))
        await self._run(self._store.plans.add, plan_id, rows)

    # Who belongs.

    async def _is_empty(self, goal: Goal, source: GoalSource, walked: _Walked) -> bool:
        """Whether nobody is in the source, of whom a catch-up sees only those who changed."""
        if walked.read:
            return False
        if await self._run(source.is_empty):
            return True
        if not walked.leaving:
            # Nothing follows from it, so nobody is asked for.
            return False
        everybody = source.records({})
        while chunk := await self._run(lambda: list(islice(everybody, _CHUNK))):
            if any(self._belongs(goal, self._in_stages(goal, record)) for record in chunk):
                return False
        return True

    def _belongs(self, goal: Goal, record: Record) -> bool | None:
        """Whether it is in the goal's source; None: a number it is asked for is not known."""
        if record.fields.get("role") not in (None, "end-user"):
            return False
        if record.fields.get("active") is False:
            return False
        if goal.source.kind is SourceKind.ZENDESK_TICKETS and "ticket_count" not in record.fields:
            return False
        answer = all_hold(goal.source.where, record.fields, self._tools.clock.now())
        if answer is None and record.service is Service.ZENDESK:
            # What Zendesk does not tell of a person is not there.
            return False
        if answer and goal.source.stage:
            stages = record.fields.get("stages")
            return isinstance(stages, list) and goal.source.stage in stages
        return answer

    def _in_stages(self, goal: Goal, record: Record) -> Record:
        if not goal.stages:
            return record
        names = stages_of(goal.stages, record.fields, self._tools.clock.now())
        return record.corrected({"stages": list(names)})

    # Who leaves.

    def _leaving(self, goal: Goal, outside: Sequence[Record]) -> list[Record]:
        """Those outside the source whom this goal keeps on lists, or who carry its tag."""
        memory, feeds = self._store.memory, self._store.feed_people
        members = memory.members_from(goal.name, [record.id for record in outside])
        found = []
        for record in outside:
            tagged = goal.target is Service.ZENDESK and feeds.tagged(
                record.email_hash, goal.effects.add_tags
            )
            deleted = bool(goal.effects.deleted_var) and record.fields.get("active") is False
            known = deleted and bool(memory.sids([int(record.id)]))
            if tagged or known or record.id in members:
                found.append(record)
        return found

    async def _gone(
        self,
        plan_id: str,
        order: Order,
        source: GoalSource,
        means: _Means,
        walked: _Walked,
    ) -> None:
        """Members of the goal who are on none of its source's lists any more."""
        goal, after = order.goal, ""
        if not (goal.effects.remove_when_gone or goal.effects.untag_when_gone):
            return
        while members := await self._run(self._store.memory.members, goal.name, after):
            after = members[-1].target
            gone = [
                member for member in members if not await self._run(source.holds, member.source)
            ]
            walked.leaving += len(gone)
            rows = []
            there = await means.finding.standings([member.target for member in gone])
            for member in gone:
                standing = there.get(member.target)
                record = Record(Service.SAILTHRU, member.source, member.label)
                walked.rows += 1
                near = Circumstances(
                    self._tools.clock.now(),
                    self._tools.zone,
                    user_fields=means.kinds,
                    leaving=True,
                    ignored=means.ignored.get(member.source, ""),
                )
                rows.append(means.judge.row(walked.rows, record, Found(standing), near))
            await self._run(self._store.plans.add, plan_id, rows)

    # What is known beside.

    def _circumstances(
        self,
        goal: Goal,
        records: Sequence[Record],
        found: Mapping[str, Found],
        means: _Means,
    ) -> Callable[[Record, Found, bool], Circumstances]:
        memory, now = self._store.memory, self._tools.clock.now()
        targets = [f.standing.id for f in found.values() if f.standing is not None]
        synced = memory.synced(goal.name, targets)
        accepted = memory.accepted(goal.name, targets)
        echoes = memory.written(goal.source.kind.service.value, [r.id for r in records])
        touches: dict[str, tuple[float, ...]] = {}
        if goal.pressure is not None:
            since = window_start(goal.pressure.window, now, self._tools.zone)
            touches = memory.touches(goal.name, targets, since)
        tickets: dict[int, int] = {}
        if goal.effects.add_tags and goal.target is Service.ZENDESK:
            tickets = self._store.feeds.open_tickets([int(t) for t in targets if t.isdigit()])

        def around(record: Record, there: Found, leaving: bool) -> Circumstances:
            target = there.standing.id if there.standing is not None else ""
            return Circumstances(
                now=now,
                zone=self._tools.zone,
                synced=synced.get(target, {}),
                accepted=accepted.get(target, {}),
                echoes=echoes.get(record.id, {}),
                user_fields=means.kinds,
                open_tickets=tickets.get(int(target), 0) if target.isdigit() else 0,
                touched=counted(goal.pressure, touches.get(target, ()), record, there.standing),
                leaving=leaving,
                deleted=record.fields.get("active") is False,
                ignored=means.ignored.get(record.id, ""),
            )

        return around

    async def _field_kinds(self) -> dict[str, str]:
        try:
            fields = await self._tools.zendesk.client.user_fields()
        except AppError as error:
            if error.retryable or error.code == "auth_lost":
                raise
            return {}
        return {found.key: found.type for found in fields if found.active}

    async def _run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.lane.run(act, *args, **kwargs)


def _unreadable(walked: _Walked, words: str) -> PlanRow:
    walked.rows += 1
    cause = translate("Planning", "a row of the export cannot be read")
    return PlanRow(
        walked.rows, Fate.CORRECTION, "", "", words.partition(":")[0], why=words, cause=cause,
        ticked=False,
    )  # fmt: skip


def _outside(walked: _Walked, record: Record) -> PlanRow:
    """Somebody who waited for another try and is not meant any more: nobody waits for that."""
    walked.rows += 1
    why = translate("Planning", "not in the source any more")
    return PlanRow(walked.rows, Fate.SKIPPED, record.id, "", record.label, why=why, ticked=False)


def _unclear(walked: _Walked, record: Record) -> PlanRow:
    walked.rows += 1
    why = translate("Planning", "not known whether it belongs: a value it goes by is missing")
    return PlanRow(walked.rows, Fate.SKIPPED, record.id, "", record.label, why=why, ticked=False)


def _with_events(row: PlanRow, events: tuple[str, ...]) -> PlanRow:
    return replace(row, events=events) if events and row.fate.writes else row
