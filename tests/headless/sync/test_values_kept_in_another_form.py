"""What a service cuts off is "kept as …": not written at every run, and parked after two misses."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RunState
from desktop.model.target_record import TargetRecord, target_record_from_profile
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_presets import SAILTHRU_TO_ZENDESK, ZENDESK_TO_SAILTHRU
from desktop.writing import sailthru_gateway
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

LONGEST = 10
WAYS = (ZENDESK_TO_SAILTHRU, sync_cases.TO_SAILTHRU_BY_POSTS, SAILTHRU_TO_ZENDESK)
PLAN_FIELD = "user_fields.sailthru_engagement"
MAPPINGS = {
    ZENDESK_TO_SAILTHRU: (MappingRow(PLAN_FIELD, "vars.plan"),),
    SAILTHRU_TO_ZENDESK: (MappingRow("vars.plan", PLAN_FIELD),),
}


@pytest.fixture
def cutting_sandbox(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    """Services that cut texts off; what tests write beforehand is kept whole."""
    sync_sandbox.control("POST", "account", {"longest_text": LONGEST})
    yield sync_sandbox
    sync_sandbox.clear_faults()


class OnePerson:
    """A customer of both services, whose plan one sync copies."""

    def __init__(
        self, services: WorkspaceServices, servers: SandboxServers, way: str, *more: MappingRow
    ) -> None:
        self.services, self.servers = services, servers
        self.to_zendesk = way == SAILTHRU_TO_ZENDESK
        (self.pair,) = sync_cases.create_customers(servers, 1)
        mapping = MAPPINGS[SAILTHRU_TO_ZENDESK if self.to_zendesk else ZENDESK_TO_SAILTHRU]
        self.sync = self.save(way, (*mapping, *more))

    def save(self, way: str, mapping: tuple[MappingRow, ...]) -> Sync:
        return sync_cases.save_preset(
            self.services, way, lambda made: replace(made, mapping=mapping)
        )

    def write(self, text: str, *, at_zendesk: bool) -> None:
        """Write the plan as a person in that service would, whole."""
        self.servers.control("POST", "account", {"longest_text": 0})
        if at_zendesk:
            key = PLAN_FIELD.removeprefix("user_fields.")
            path, user = f"/api/v2/users/{self.pair.user_id}.json", {"user_fields": {key: text}}
            assert self.servers.zendesk_request("PUT", path, {"user": user})[0] == 200
        else:
            self.servers.write_profile(self.pair.sid, vars={"plan": text})
        self.servers.control("POST", "account", {"longest_text": LONGEST})

    def write_source(self, text: str) -> None:
        self.write(text, at_zendesk=not self.to_zendesk)

    def write_target(self, text: str) -> None:
        self.write(text, at_zendesk=self.to_zendesk)

    async def run(self, sync: Sync | None = None) -> tuple[PlanRow, int]:
        """The row of a full run, and how many requests wrote anything."""
        count = len(sync_cases.app_requests(self.servers))
        run = await sync_cases.run_sync(self.services, sync or self.sync, is_full=True)
        assert run.state is RunState.DONE, run.error
        (row,) = sync_cases.plan_rows(self.services.store, run.plan)
        asked = sync_cases.app_requests(self.servers, count)
        return row, len(sync_cases.write_requests(asked))


@pytest.mark.parametrize("way", WAYS)
async def test_value_cut_off_is_written_once_and_kept(
    way: str, sync_services: WorkspaceServices, cutting_sandbox: SandboxServers
) -> None:
    person = OnePerson(sync_services, cutting_sandbox, way)
    person.write_source("a plan that is long")
    row, writes = await person.run()
    assert (row.state, writes > 0) == (PlanRowState.ACCEPTED, True), row.detail
    assert "as “a plan tha”" in row.detail
    for _ in range(2):
        row, writes = await person.run()
        assert (row.fate, writes) == (PlannedOutcome.UNCHANGED, 0), row.why
        assert "keeps it as “a plan tha”" in row.why
    # What somebody writes there later is no form of it any more.
    person.write_target("other")
    row, writes = await person.run()
    assert (row.fate, writes > 0) == (PlannedOutcome.UPDATE, True), row.why
    person.write_source("short")
    row, _ = await person.run()
    assert (row.fate, row.state) == (PlannedOutcome.UPDATE, PlanRowState.DONE), row.detail


@pytest.mark.parametrize("way", WAYS)
async def test_value_that_never_shows_parks_after_second_write(
    way: str, sync_services: WorkspaceServices, cutting_sandbox: SandboxServers
) -> None:
    person = OnePerson(sync_services, cutting_sandbox, way)
    # Longer alone behind the cut: the services go on showing what they had.
    person.write_target("a plan tha")
    person.write_source("a plan that is long")
    rows = []
    for _ in range(4):
        row, writes = await person.run()
        rows.append((row.fate, row.state, writes > 0))
    assert rows[0] == (PlannedOutcome.UPDATE, PlanRowState.ACCEPTED, True)
    assert rows[1] == (PlannedOutcome.UPDATE, PlanRowState.PARKED, True)
    parked = (PlannedOutcome.CORRECTION, PlanRowState.PARKED, False)
    assert rows[2:] == [parked, parked]
    assert row.cause == "kept in another form"
    person.write_source("short")
    row, _ = await person.run()
    assert (row.fate, row.state) == (PlannedOutcome.UPDATE, PlanRowState.DONE), row.detail


async def test_kept_value_is_not_written_back_over_the_whole_one(
    sync_services: WorkspaceServices, cutting_sandbox: SandboxServers
) -> None:
    person = OnePerson(sync_services, cutting_sandbox, ZENDESK_TO_SAILTHRU)
    back = person.save(SAILTHRU_TO_ZENDESK, MAPPINGS[SAILTHRU_TO_ZENDESK])
    person.write_source("a plan that is long")
    await person.run()
    row, _ = await person.run(back)
    change = next(change for change in row.changes if change.field == PLAN_FIELD)
    assert (change.applies, change.reason) == (False, "our own write came back")
    user = cutting_sandbox.read_user(person.pair.user_id)
    assert user["user_fields"]["sailthru_engagement"] == "a plan that is long"


async def test_line_that_a_job_never_shows_parks_beside_others_that_show(
    sync_services: WorkspaceServices, cutting_sandbox: SandboxServers
) -> None:
    person = OnePerson(sync_services, cutting_sandbox, ZENDESK_TO_SAILTHRU)
    person.write_target("a plan tha")
    person.write_source("a plan that is long")
    states = []
    for number in range(1, 4):
        # Somebody else's line is taken, so the account takes lines by profile id.
        sync_cases.create_customers(cutting_sandbox, 1, first=number)
        email = f"p{number}@{sync_cases.DOMAIN}"
        (user,) = cutting_sandbox.zendesk_request(
            "GET", f"/api/v2/users/search.json?query={email}"
        )[1]["users"]
        path = f"/api/v2/users/{user['id']}.json"
        change = {"user": {"user_fields": {"sailthru_engagement": "short"}}}
        assert cutting_sandbox.zendesk_request("PUT", path, change)[0] == 200
        run = await sync_cases.run_sync(sync_services, person.sync, is_full=True)
        rows = {r.label: r for r in sync_cases.plan_rows(sync_services.store, run.plan)}
        assert rows[email].state is PlanRowState.DONE, rows[email].detail
        states.append(rows[person.pair.email].state)
    assert states == [PlanRowState.FAILED, PlanRowState.PARKED, PlanRowState.PARKED]
    assert rows[person.pair.email].fate is PlannedOutcome.CORRECTION


async def set_optout(
    services: WorkspaceServices, servers: SandboxServers, level: str, runs: int
) -> list[tuple[PlanRow, int]]:
    """The rows of so many runs that write a fixed level, each with the posts to Sailthru."""
    sync_cases.create_customers(servers, 1)
    mapping = (MappingRow(level, "optout", type=SourceType.TEXT),)
    sync = sync_cases.save_preset(
        services, sync_cases.TO_SAILTHRU_BY_POSTS, lambda made: replace(made, mapping=mapping)
    )
    found = []
    for _ in range(runs):
        count = len(sync_cases.app_requests(servers))
        run = await sync_cases.run_sync(services, sync, is_full=True)
        (row,) = sync_cases.plan_rows(services.store, run.plan)
        asked = sync_cases.app_requests(servers, count)
        found.append((row, len(sync_cases.write_requests(asked))))
    return found


async def test_level_none_that_account_never_tells_is_written_twice_at_most(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_sandbox.control("POST", "account", {"optout_none": "absent"})
    found = await set_optout(sync_services, sync_sandbox, "none", 4)
    assert [writes for _, writes in found] == [1, 1, 0, 0]
    assert found[-1][0].fate is PlannedOutcome.CORRECTION


async def test_stricter_level_that_does_not_show_is_written_at_every_run(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_without_level(profile: SailthruProfile) -> TargetRecord:
        record = target_record_from_profile(profile)
        return replace(record, fields={**record.fields, "optout": "none"})

    monkeypatch.setattr(sailthru_gateway, "target_record_from_profile", read_without_level)
    found = await set_optout(sync_services, sync_sandbox, "all", 4)
    assert [writes for _, writes in found] == [1, 1, 1, 1]
    assert {row.state for row, _ in found} == {PlanRowState.ACCEPTED}


async def test_rollback_restores_what_was_kept_in_another_form(
    sync_services: WorkspaceServices, cutting_sandbox: SandboxServers
) -> None:
    person = OnePerson(sync_services, cutting_sandbox, ZENDESK_TO_SAILTHRU)
    person.write_target("of old")
    person.write_source("a plan that is long")
    run = await sync_cases.run_sync(sync_services, person.sync, is_full=True)
    plan = await RollbackPlanner(build_sync_context(sync_services)).build_plan(run.id, "Ada")
    back = await sync_cases.run_sync(sync_services, person.sync, plan_id=plan.id, why="rollback")
    assert back.totals["updated"] == 1, back
    assert (cutting_sandbox.read_profile(person.pair.email) or {})["vars"]["plan"] == "of old"


@pytest.mark.parametrize("way", WAYS)
async def test_row_of_which_something_shows_is_not_parked(
    way: str, sync_services: WorkspaceServices, cutting_sandbox: SandboxServers
) -> None:
    more = MappingRow("name", "vars.alias")
    if way == SAILTHRU_TO_ZENDESK:
        more = MappingRow("vars.alias", "user_fields.sailthru_optout")
    person = OnePerson(sync_services, cutting_sandbox, way, more)
    person.write_target("a plan tha")
    person.write_source("a plan that is long")
    rows = []
    for alias in ("One", "Two", "Two"):
        if person.to_zendesk:
            cutting_sandbox.write_profile(person.pair.sid, vars={"alias": alias})
        else:
            path = f"/api/v2/users/{person.pair.user_id}.json"
            cutting_sandbox.zendesk_request("PUT", path, {"user": {"name": alias}})
        rows.append((await person.run())[0])
    # Rolled back are rows that were done or accepted.
    assert rows[1].state is PlanRowState.ACCEPTED, rows[1].detail
    assert (rows[2].fate, rows[2].cause) == (PlannedOutcome.CORRECTION, "kept in another form")
