"""A sum in doubt stays so until somebody's number was read."""

from dataclasses import replace

import pytest

from desktop.app.runs import tools_of
from desktop.app.wiring import House
from desktop.kit.errors import Bug
from desktop.model.edit import Service
from desktop.model.mapping import MappingRow, Operator
from desktop.model.plan import Fate, FieldChange, PlanRow
from desktop.store.hand import Hand
from desktop.store.sum_doubts import doubt
from desktop.sync.doubts import Doubts
from desktop.sync.finding import Found
from desktop.sync.record import Record
from tests.faults import syncs

_SUM = MappingRow("ticket_count", "vars.tickets", Operator.SUM)


@pytest.mark.parametrize(
    "found",
    [Found(trouble=str(Bug("It cannot be read."))), Found(several=("a", "b")), Found(taken="Bo")],
)
async def test_who_cannot_be_read_settles_nothing(town_hall: House, found: Found) -> None:
    goal = syncs.goal_for(town_hall, syncs.TICKETS, lambda g: replace(g, mapping=(_SUM,)))
    hand = Hand(
        "1", "1", goal.name, goal.title, Service.SAILTHRU, "Ada", sums=frozenset({_SUM.target})
    )
    row = PlanRow(
        1, Fate.UPDATE, "7", "sid", "Maria", changes=(FieldChange(_SUM.target, 1, 2),),
        events=("ticket 2",),
    )  # fmt: skip
    store = town_hall.store
    # Long ago, without an answer: no job is waited for any more.
    store.fairlead.write(lambda c: doubt(c, hand, row, "", 0.0))
    doubts = Doubts(tools_of(town_hall), goal)
    await doubts.read()
    doubts.settle([Record(Service.ZENDESK, "7", "Maria")], {"7": found})
    assert set(store.doubts.of_goal(goal.name)) == {"7"}
    await doubts.read()
    doubts.settle([Record(Service.ZENDESK, "7", "Maria")], {"7": Found()})
    assert store.doubts.of_goal(goal.name) == {}
