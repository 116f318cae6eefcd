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

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.model.field_mapping import (
    ConflictPreference,
    FieldProtection,
    MappingOperator,
    MappingRow,
)
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlanRowState
from desktop.model.sync_run import RunState
from desktop.sync.rollback_planner import RollbackPlanner
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

FEW = settings(
    max_examples=4,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
NAMES = st.sampled_from(
    [
        sync_cases.TICKETS_TO_PROFILES,
        sync_cases.ZENDESK_TO_SAILTHRU,
        sync_cases.TO_SAILTHRU_BY_POSTS,
        sync_cases.SAILTHRU_TO_ZENDESK,
    ]
)


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
        st.sampled_from([MappingOperator.SET, MappingOperator.SET_IF_EMPTY, MappingOperator.ADD]),
        prefer=st.sampled_from(ConflictPreference),
        protection=st.sampled_from(FieldProtection),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda row: row.target,
)
to_zendesk = st.builds(
    lambda prefer, operator: [
        MappingRow("vars.motto", "user_fields.motto", operator, prefer=prefer)
    ],
    st.sampled_from(ConflictPreference),
    st.sampled_from([MappingOperator.SET, MappingOperator.SET_IF_EMPTY]),
)


class PropertyTestFixture:
    """A house of its own for each example."""

    def __init__(self, city: SandboxServers, home: Path) -> None:
        self.city = city
        self._home = home

    def play(self, act: "Any") -> None:
        """Run `act(house)` on services as they were started."""
        sync_cases.reset_sandbox(self.city)
        told = {"user_field": {"key": "motto", "title": "Motto", "type": "text"}}
        self.city.zendesk_request("POST", "/api/v2/user_fields.json", told)

        async def played() -> None:
            with TemporaryDirectory() as folder:
                home = Path(folder) / "home"
                await asyncio.to_thread(shutil.copytree, self._home, home)
                async with open_workspace_services(
                    home, self.city.connection_document, clock=ManualClock(), for_runs=True
                ) as house:
                    done: Coroutine[Any, Any, None] = act(house)
                    await done

        asyncio.run(played())

    def settle(self, drawn: list[Drawn]) -> list[sync_cases.CustomerPair]:
        """Make them."""
        self.city.create_profile("keeper@elsewhere.example", lists={sync_cases.LIST_NAME: 1})
        made = []
        for number, one in enumerate(drawn):
            email = f"d{number}@{sync_cases.DOMAIN}"
            fields = {"sync_to_sailthru": True, "motto": one.motto}
            person = self.city.create_user(email, name=one.name, user_fields=fields, tags=["de"])
            for _ in range(one.tickets):
                sync_cases.create_ticket(self.city, person)
            sid = ""
            if one.profile is not None:
                lists = {sync_cases.LIST_NAME: 1}
                sid = self.city.create_profile(email, vars=one.profile, lists=lists)
            made.append(sync_cases.CustomerPair(email, person, sid))
        return made


@pytest.fixture
def stage(shared_sync_sandbox: SandboxServers, sync_home: Path) -> PropertyTestFixture:
    return PropertyTestFixture(shared_sync_sandbox, sync_home)


def drawn_sync(
    house: WorkspaceServices, name: str, forth: list[MappingRow], back: list[MappingRow]
) -> Sync:
    def change(goal: Sync) -> Sync:
        more = back if name == sync_cases.SAILTHRU_TO_ZENDESK else forth
        return replace(goal, mapping=(*goal.mapping[:1], *more))

    return sync_cases.save_preset(house, name, change)


def state_of(city: SandboxServers, people: list[sync_cases.CustomerPair]) -> list[Any]:
    """Everything the witness sees of them."""
    found: list[Any] = []
    for pair in people:
        person, profile = city.read_user(pair.user_id), city.read_profile(pair.email)
        found.append((sorted(person["tags"]), person["user_fields"], person["name"]))
        found.append(profile and (profile["vars"] or {}, profile["lists"], profile["optout_email"]))
    return found


@FEW
@given(st.lists(persons, min_size=1, max_size=4), NAMES, to_sailthru, to_zendesk)
def test_apply_equals_plan_and_second_run_is_empty(
    stage: PropertyTestFixture,
    drawn: list[Drawn],
    name: str,
    forth: list[MappingRow],
    back: list[MappingRow],
) -> None:
    async def act(house: WorkspaceServices) -> None:
        city = stage.city
        people = stage.settle(drawn)
        goal = drawn_sync(house, name, forth, back)
        plan = await build_runner(house, goal.name).preview(goal, "Ada")
        if "empty" in plan.limit_breaches:
            return
        rows = {row.row: row for row in sync_cases.plan_rows(house.store, plan.id)}
        before = state_of(city, people)
        run = await sync_cases.run_sync(house, goal, plan_id=plan.id)
        assert [t for t in sync_cases.check_finished_run(house.store, city, run)] == []
        for row in sync_cases.plan_rows(house.store, plan.id):
            planned = rows[row.row]
            assert row.changes == planned.changes
            assert (row.state is PlanRowState.DONE) or not planned.fate.is_written
            for change in planned.changes:
                if change not in planned.changes_to_send:
                    now = sync_cases.read_target_value(city, row, change.field)
                    assert now == change.old or (now is None and not change.old)
        if not any(row.fate.is_written for row in rows.values()):
            assert state_of(city, people) == before
        count = len(sync_cases.app_requests(city))
        for full in (False, True):
            again = await sync_cases.run_sync(house, goal, is_full=full)
            assert again.state is RunState.DONE
        assert sync_cases.write_requests(sync_cases.app_requests(city, count)) == []

    stage.play(act)


@FEW
@given(st.lists(persons, min_size=1, max_size=4), NAMES, to_sailthru, to_zendesk)
def test_rollback_restores_or_lists_every_field(
    stage: PropertyTestFixture,
    drawn: list[Drawn],
    name: str,
    forth: list[MappingRow],
    back: list[MappingRow],
) -> None:
    async def act(house: WorkspaceServices) -> None:
        city = stage.city
        stage.settle(drawn)
        goal = drawn_sync(house, name, forth, back)
        run = await sync_cases.run_sync(house, goal)
        if run.state is RunState.WAITING:
            return
        wrote = [r for r in sync_cases.plan_rows(house.store, run.plan) if sync_cases.is_written(r)]
        rollback = RollbackPlanner(build_sync_context(house))
        plan = await rollback.build_plan(run.id, "Ada")
        listed = " ".join(loss.reason for loss in await rollback.list_losses(plan.id))
        ended = await sync_cases.run_sync(house, goal, plan_id=plan.id, why="rollback")
        assert ended.state is RunState.DONE
        assert ended.totals["parked"] + ended.totals["failed"] == 0
        for row in wrote:
            for change in row.changes_to_send:
                now = sync_cases.read_target_value(city, row, change.field)
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
    st.sampled_from(ConflictPreference),
    st.sampled_from(ConflictPreference),
    st.booleans(),
)
def test_opposite_syncs_converge(
    stage: PropertyTestFixture,
    drawn: list[Drawn],
    one_way: ConflictPreference,
    other_way: ConflictPreference,
    first: bool,
) -> None:
    async def act(house: WorkspaceServices) -> None:
        city = stage.city
        stage.settle([replace(d, profile=d.profile or {}) for d in drawn])
        to = sync_cases.save_preset(
            house,
            sync_cases.TO_SAILTHRU_BY_POSTS,
            lambda g: replace(
                g, mapping=(MappingRow("user_fields.motto", "vars.motto", prefer=one_way),)
            ),
        )
        back = sync_cases.save_preset(
            house,
            sync_cases.SAILTHRU_TO_ZENDESK,
            lambda g: replace(
                g, mapping=(MappingRow("vars.motto", "user_fields.motto", prefer=other_way),)
            ),
        )
        pair = (to, back) if first else (back, to)
        for goal in pair * 2:
            await sync_cases.run_sync(house, goal, is_full=True)
        count = len(sync_cases.app_requests(city))
        for goal in pair * 2:
            await sync_cases.run_sync(house, goal, is_full=True)
        assert sync_cases.write_requests(sync_cases.app_requests(city, count)) == []

    stage.play(act)
