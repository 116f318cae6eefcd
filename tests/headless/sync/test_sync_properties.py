"""What holds of every sync, over drawn people, mappings and presets, on the real sandbox."""

import asyncio
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from desktop.app.runs import runner_of, tools_of
from desktop.app.wiring import House
from desktop.model.goal import Goal
from desktop.model.mapping import MappingRow, Operator, Prefer, Protection
from desktop.model.plan import RowState
from desktop.model.run import RunState
from desktop.sync.rollback import Rollback
from tests.faults import syncs
from tests.faults.home import opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock

FEW = settings(
    max_examples=4,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
NAMES = st.sampled_from([syncs.TICKETS, syncs.TO_SAILTHRU, syncs.BY_POSTS, syncs.TO_ZENDESK])


@dataclass(frozen=True)
class Drawn:
    """One person as they stand before; `profile` None: Sailthru does not know them."""

    name: str
    profile: dict[str, Any] | None
    motto: str | None
    tickets: int


texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=12)
persons = st.builds(
    Drawn,
    name=texts,
    profile=st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "motto": texts | st.integers(-5, 5) | st.booleans(),
            "name": texts,
            "langs": st.lists(texts, max_size=2),
        },
    ),
    motto=st.none() | texts,
    tickets=st.integers(0, 2),
)
to_sailthru = st.lists(
    st.builds(
        MappingRow,
        st.sampled_from(["name", "user_fields.motto", "tags", "phone"]),
        st.sampled_from(["vars.name", "vars.motto"]),
        st.sampled_from([Operator.SET, Operator.SET_IF_EMPTY, Operator.ADD]),
        prefer=st.sampled_from(Prefer),
        protection=st.sampled_from(Protection),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda row: row.target,
)
to_zendesk = st.builds(
    lambda prefer, operator: [
        MappingRow("vars.motto", "user_fields.motto", operator, prefer=prefer)
    ],
    st.sampled_from(Prefer),
    st.sampled_from([Operator.SET, Operator.SET_IF_EMPTY]),
)


class Stage:
    """A house of its own for each example."""

    def __init__(self, city: Servers, home: Path) -> None:
        self.city = city
        self._home = home

    def play(self, act: "Any") -> None:
        """Run `act(house)` on services as they were started."""
        syncs.reset(self.city)
        told = {"user_field": {"key": "motto", "title": "Motto", "type": "text"}}
        self.city.ask_zendesk("POST", "/api/v2/user_fields.json", told)

        async def played() -> None:
            with TemporaryDirectory() as folder:
                home = Path(folder) / "home"
                await asyncio.to_thread(shutil.copytree, self._home, home)
                async with opened(
                    home, self.city.document, clock=ManualClock(), for_runs=True
                ) as house:
                    done: Coroutine[Any, Any, None] = act(house)
                    await done

        asyncio.run(played())

    def settle(self, drawn: list[Drawn]) -> list[syncs.Pair]:
        """Make them."""
        self.city.make_profile("keeper@elsewhere.example", lists={syncs.LIST: 1})
        made = []
        for number, one in enumerate(drawn):
            email = f"d{number}@{syncs.DOMAIN}"
            fields = {"sync_to_sailthru": True, "motto": one.motto}
            person = self.city.make_person(email, name=one.name, user_fields=fields, tags=["de"])
            for _ in range(one.tickets):
                syncs.ticket(self.city, person)
            sid = ""
            if one.profile is not None:
                lists = {syncs.LIST: 1}
                sid = self.city.make_profile(email, vars=one.profile, lists=lists)
            made.append(syncs.Pair(email, person, sid))
        return made


@pytest.fixture
def stage(sync_servers: Servers, sync_home: Path) -> Stage:
    return Stage(sync_servers, sync_home)


def drawn_goal(house: House, name: str, forth: list[MappingRow], back: list[MappingRow]) -> Goal:
    def change(goal: Goal) -> Goal:
        more = back if name == syncs.TO_ZENDESK else forth
        return replace(goal, mapping=(*goal.mapping[:1], *more))

    return syncs.goal_for(house, name, change)


def state_of(city: Servers, people: list[syncs.Pair]) -> list[Any]:
    """Everything the witness sees of them."""
    found: list[Any] = []
    for pair in people:
        person, profile = city.person(pair.person), city.profile(pair.email)
        found.append((sorted(person["tags"]), person["user_fields"], person["name"]))
        found.append(profile and (profile["vars"] or {}, profile["lists"], profile["optout_email"]))
    return found


@FEW
@given(st.lists(persons, min_size=1, max_size=4), NAMES, to_sailthru, to_zendesk)
def test_a_plan_is_what_apply_does_and_the_second_time_nothing(
    stage: Stage,
    drawn: list[Drawn],
    name: str,
    forth: list[MappingRow],
    back: list[MappingRow],
) -> None:
    async def act(house: House) -> None:
        city = stage.city
        people = stage.settle(drawn)
        goal = drawn_goal(house, name, forth, back)
        plan = await runner_of(house, goal.name).preview(goal, "Ada")
        if "empty" in plan.breaches:
            return
        rows = {row.row: row for row in syncs.rows_of(house.store, plan.id)}
        before = state_of(city, people)
        run = await syncs.run(house, goal, plan=plan.id)
        assert [t for t in syncs.troubles_of(house.store, city, run)] == []
        for row in syncs.rows_of(house.store, plan.id):
            planned = rows[row.row]
            assert row.changes == planned.changes
            assert (row.state is RowState.DONE) or not planned.fate.writes
            for change in planned.changes:
                if change not in planned.sent:
                    now = syncs.value_at(city, row, change.field)
                    assert now == change.old or (now is None and not change.old)
        if not any(row.fate.writes for row in rows.values()):
            assert state_of(city, people) == before
        count = len(syncs.requests(city))
        for full in (False, True):
            again = await syncs.run(house, goal, full=full)
            assert again.state is RunState.DONE
        assert syncs.writes(syncs.requests(city, count)) == []

    stage.play(act)


@FEW
@given(st.lists(persons, min_size=1, max_size=4), NAMES, to_sailthru, to_zendesk)
def test_every_restorable_field_is_restored_and_every_other_is_listed(
    stage: Stage,
    drawn: list[Drawn],
    name: str,
    forth: list[MappingRow],
    back: list[MappingRow],
) -> None:
    async def act(house: House) -> None:
        city = stage.city
        stage.settle(drawn)
        goal = drawn_goal(house, name, forth, back)
        run = await syncs.run(house, goal)
        if run.state is RunState.WAITING:
            return
        wrote = [r for r in syncs.rows_of(house.store, run.plan) if syncs.was_written(r)]
        rollback = Rollback(tools_of(house))
        plan = await rollback.plan(run.id, "Ada")
        listed = " ".join(loss.words for loss in await rollback.losses(plan.id))
        ended = await syncs.run(house, goal, plan=plan.id, why="rollback")
        assert ended.state is RunState.DONE
        assert ended.totals["parked"] + ended.totals["failed"] == 0
        for row in wrote:
            for change in row.sent:
                now = syncs.value_at(city, row, change.field)
                if now != change.old:
                    # What could not be as it was, was said before.
                    assert (now, change.old) in (
                        (None, None),
                        (None, ""),
                        ("", None),
                        ([], None),
                    ), (
                        change,
                        now,
                    )
                if change.old is None and change.field.startswith("vars."):
                    assert "becomes empty" in listed or "stays" in listed
            if not row.target_id or row.fate.value == "create":
                assert "the profile itself stays" in listed

    stage.play(act)


@FEW
@given(
    st.lists(persons, min_size=1, max_size=3),
    st.sampled_from(Prefer),
    st.sampled_from(Prefer),
    st.booleans(),
)
def test_two_goals_in_opposite_directions_settle(
    stage: Stage, drawn: list[Drawn], one_way: Prefer, other_way: Prefer, first: bool
) -> None:
    async def act(house: House) -> None:
        city = stage.city
        stage.settle([replace(d, profile=d.profile or {}) for d in drawn])
        to = syncs.goal_for(
            house,
            syncs.BY_POSTS,
            lambda g: replace(
                g, mapping=(MappingRow("user_fields.motto", "vars.motto", prefer=one_way),)
            ),
        )
        back = syncs.goal_for(
            house,
            syncs.TO_ZENDESK,
            lambda g: replace(
                g, mapping=(MappingRow("vars.motto", "user_fields.motto", prefer=other_way),)
            ),
        )
        pair = (to, back) if first else (back, to)
        for goal in pair * 2:
            await syncs.run(house, goal, full=True)
        count = len(syncs.requests(city))
        for goal in pair * 2:
            await syncs.run(house, goal, full=True)
        assert syncs.writes(syncs.requests(city, count)) == []

    stage.play(act)
