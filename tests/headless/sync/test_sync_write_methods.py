"""Every way of writing, and every way a service may refuse or fail it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.container import WorkspaceServices
from desktop.clients.zendesk.client import ZendeskClient
from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RunState
from desktop.model.zendesk_user import ZendeskUser
from desktop.settings import sync_settings
from desktop.store.mirror_feed_repository import USERS_FEED
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.writing import sailthru_plan_writer
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_process import agent_document
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services


@pytest.fixture
def account(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    """Whose switches are put back by the next reset."""
    yield sync_sandbox
    sync_sandbox.clear_faults()


def calls(city: SandboxServers, since: int, path: str, method: str = "") -> list[dict[str, object]]:
    asked = sync_cases.app_requests(city, since)
    return [r for r in asked if path in r["path"] and r["method"].startswith(method)]


async def test_bulk_writes_use_hundreds_per_call_and_one_job(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """Nothing is asked or written one by one that a service takes in hundreds."""
    sync_cases.create_customers(sync_sandbox, 102)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    count = len(sync_cases.app_requests(sync_sandbox))
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["updated"] == 102
    assert len(sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count))) == 2
    # Planned, compared and read back: two pages of a hundred each time.
    assert len(calls(sync_sandbox, count, "/users/show_many")) == 6
    back = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    count = len(sync_cases.app_requests(sync_sandbox))
    assert (await sync_cases.run_sync(sync_services, back)).totals["updated"] == 102
    assert [
        r["path"] for r in sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count))
    ] == ["/job"]


async def test_bulk_import_disabled_creates_singly(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    """`create_many` is refused until Zendesk switches it on; updates go on in jobs."""
    account.control("POST", "account", {"bulk_import": "off"})
    made = [
        account.create_profile(f"new{n}@{sync_cases.DOMAIN}", lists={sync_cases.LIST_NAME: 1})
        for n in range(3)
    ]
    (known,) = sync_cases.create_customers(account, 1)

    def creating(goal: Sync) -> Sync:
        rows = (*goal.mapping, MappingRow("email", "external_id"))
        return replace(goal, effects=SyncEffects(create_missing=True), mapping=rows[:3])

    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK, creating)
    run = await sync_cases.run_sync(sync_services, goal)
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    # The export of a list has no addresses: they are read by the profile's id.
    created = [r for r in rows if r.source_id in made]
    assert [r.fate for r in created] == [PlannedOutcome.CREATE] * 3
    assert sorted(r.address for r in created) == [f"new{n}@{sync_cases.DOMAIN}" for n in range(3)]
    assert next(r for r in rows if r.source_id == known.sid).target_id == str(known.user_id)
    assert (run.state, run.totals["created"]) == (RunState.DONE, 3)
    # Each created record says by which consent, also where it needs none.
    audit = await sync_services.store.audit.list_entries()
    stamped = [one.detail for one in audit if one.kind == "sync" and "consent: " in one.detail]
    assert len(stamped) == 3


@pytest.mark.parametrize("bulk_import", ["on", "off"])
async def test_create_of_user_the_search_does_not_show_parks_the_row(
    sync_services: WorkspaceServices,
    account: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    bulk_import: str,
) -> None:
    """Somebody is made after the plan, and Zendesk's search is minutes behind."""
    account.control("POST", "account", {"bulk_import": bulk_import})
    address = f"late@{sync_cases.DOMAIN}"
    account.create_profile(address, lists={sync_cases.LIST_NAME: 1})
    made: list[int] = []

    def make_user(step: str) -> None:
        if step == "planned":
            made.append(account.create_user(address, name="Late Comer"))

    async def find_nobody(_client: ZendeskClient, _email: str) -> tuple[ZendeskUser, ...]:
        return ()

    monkeypatch.setattr(ZendeskClient, "find_by_email", find_nobody)
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.SAILTHRU_TO_ZENDESK,
        lambda goal: replace(goal, effects=SyncEffects(create_missing=True)),
    )
    run = await sync_cases.run_sync(sync_services, goal, checkpoint=make_user)
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.fate, row.state) == (PlannedOutcome.CREATE, PlanRowState.PARKED), row
    user = account.read_user(made[0])
    assert (user["name"], user["user_fields"].get("sailthru_profile_id")) == ("Late Comer", None)


async def test_bulk_update_refused_updates_singly(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    made = sync_cases.create_customers(account, 3)
    account.control(
        "POST", "fault", {"spec": "zendesk:PUT /api/v2/users/update_many*:403", "times": None}
    )
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    count = len(sync_cases.app_requests(account))
    run = await sync_cases.run_sync(sync_services, goal)
    assert sync_cases.check_finished_run(sync_services.store, account, run) == []
    puts = [r for r in calls(account, count, "/api/v2/users/", "PUT") if "many" not in r["path"]]
    assert len(puts) == len(made)


async def test_job_lines_by_sid_refused_posts_singly(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    """The job's lines are skipped without a word: seen by reading back, then posted singly."""
    account.control("POST", "account", {"job_sid": "off"})
    made = sync_cases.create_customers(account, 4, unknown=1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    count = len(sync_cases.app_requests(account))
    run = await sync_cases.run_sync(sync_services, goal)
    assert sync_cases.check_finished_run(sync_services.store, account, run) == []
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    # The line by address was taken: it is ours, and said to be.
    assert {r.state for r in rows} == {PlanRowState.DONE}
    posts = calls(account, count, "/user", "POST")
    assert len(posts) == len(made) - 1


async def test_list_change_without_flow_permission_is_not_posted(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    account.control("POST", "account", {"job_sid": "off"})
    sync_cases.create_customers(account, 2)

    def joining(goal: Sync) -> Sync:
        return replace(
            goal, effects=SyncEffects(add_to_lists=("Fresh",)), flows=FlowPolicy.NOT_STARTED
        )

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    count = len(sync_cases.app_requests(account))
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["failed"] == 2
    assert calls(account, count, "/user", "POST") == []
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    assert all("None of the job’s lines by profile id shows" in r.detail for r in rows)


@pytest.mark.parametrize("kind", ["stuck-job", "failed-job"])
@pytest.mark.parametrize("name", [sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.SAILTHRU_TO_ZENDESK])
async def test_job_failed_or_stuck_marks_no_row_written(
    sync_services: WorkspaceServices, account: SandboxServers, name: str, kind: str
) -> None:
    """The rows say so, none is taken for written, and the next run does it."""
    sync_cases.create_customers(account, 3)
    where = (
        "zendesk:PUT /api/v2/users/update_many*"
        if name == sync_cases.SAILTHRU_TO_ZENDESK
        else "sailthru:POST /job"
    )
    goal = sync_cases.save_preset(sync_services, name)
    if name == sync_cases.SAILTHRU_TO_ZENDESK:
        account.add_fault(f"{where}:{kind}")
    else:
        # The export is a job too, and comes first.
        account.control("POST", "fault", {"spec": f"{where}:{kind}", "times": 1})
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.state is RunState.DONE
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    # Zendesk says of the first row why it failed.
    parked = [r for r in rows if r.state is not PlanRowState.FAILED]
    is_told = kind == "failed-job" and name == sync_cases.SAILTHRU_TO_ZENDESK
    assert [(r.state, r.detail) for r in parked] == (
        [(PlanRowState.PARKED, "Something went wrong (InternalError)")] if is_told else []
    )
    assert sum(run.totals.values()) == 3
    assert sync_cases.count_audit_rows(sync_services.store, goal.name) == {}
    again = await sync_cases.run_sync(sync_services, goal)
    assert sync_cases.check_finished_run(sync_services.store, account, again) == []
    assert again.totals["updated"] == 3


@pytest.mark.parametrize("kind", ["timeout=0.2", "reset", "500"])
async def test_post_not_applied_is_not_marked_written(
    sync_services: WorkspaceServices, account: SandboxServers, kind: str
) -> None:
    sync_cases.create_customers(account, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)
    account.add_fault(f"sailthru:POST /user:{kind}")
    run = await sync_cases.run_sync(sync_services, goal)
    if run.state is RunState.FAILED:
        run = await sync_cases.run_sync(sync_services, goal, resume_run_id=run.id)
    wrote = [
        r for r in sync_cases.plan_rows(sync_services.store, run.plan) if sync_cases.is_written(r)
    ]
    assert sum(sync_cases.count_audit_rows(sync_services.store, goal.name).values()) == len(wrote)
    again = await sync_cases.run_sync(sync_services, goal)
    assert again.totals["updated"] == 2 - len(wrote)
    assert sync_cases.check_finished_run(sync_services.store, account, again) == []


@pytest.mark.parametrize("kind", ["timeout-after=0.2", "reset-after", "500-after", "cut"])
async def test_post_response_lost_is_settled_by_reading(
    sync_services: WorkspaceServices, account: SandboxServers, kind: str
) -> None:
    sync_cases.create_customers(account, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)
    account.add_fault(f"sailthru:POST /user:{kind}")
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["updated"] == 2, run.error
    assert sync_cases.check_finished_run(sync_services.store, account, run) == []


async def test_profile_appearing_late_is_accepted_then_confirmed(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    """Accepted is not the last value both had, until the next plan has seen it."""
    (one,) = sync_cases.create_customers(account, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)
    account.control("POST", "fault", {"spec": "sailthru:GET /user:stale=30", "times": None})
    run = await sync_cases.run_sync(sync_services, goal)
    account.clear_faults()
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert row.state is PlanRowState.ACCEPTED
    assert sync_services.store.sync_state.get_synced_values.blocking(goal.name, [one.sid]) == {}
    assert sync_services.store.sync_state.count_waiting_for_person.blocking(goal.name) == 0
    again = await sync_cases.run_sync(sync_services, goal)
    assert (again.totals["unchanged"], again.totals["updated"]) == (1, 0)
    known = sync_services.store.sync_state.get_synced_values.blocking(goal.name, [one.sid])[one.sid]
    assert known["vars.zendesk_id"] == one.user_id
    assert sync_services.store.sync_state.list_retry_sources.blocking(goal.name) == ()


async def test_job_line_lost_is_written_by_next_run(
    sync_services: WorkspaceServices, account: SandboxServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More rows than are read back: one is skipped silently and put right later."""
    monkeypatch.setattr(sailthru_plan_writer, "_READ_BACK_SAMPLE_SIZE", 20)
    made = sync_cases.create_customers(account, 26)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    run = await sync_cases.run_sync(sync_services, goal)
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    accepted = [r for r in rows if r.state is PlanRowState.ACCEPTED]
    assert len(accepted) == 6
    lost = accepted[0]
    # As if its line had never been applied.
    account.write_profile(lost.target_id, vars={"zendesk_id": None, "phone": None})
    again = await sync_cases.run_sync(sync_services, goal)
    assert (again.totals["updated"], again.totals["unchanged"]) == (1, 5)
    profile = account.read_profile(lost.target_id)
    assert profile is not None
    assert profile["vars"]["zendesk_id"] == int(lost.source_id)
    assert len(made) == 26


async def test_increments_count_each_ticket_once(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(account, 1)

    def summing(goal: Sync) -> Sync:
        return replace(
            goal, mapping=(MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM),)
        )

    account.write_profile(one.sid, vars={"tickets": 10})
    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES, summing)

    async def after(**asked: object) -> object:
        await sync_cases.run_sync(sync_services, goal, **asked)
        profile = account.read_profile(one.sid)
        assert profile is not None
        return profile["vars"]["tickets"]

    assert await after() == 11
    assert await after(is_full=True) == 11
    sync_cases.create_ticket(account, one.user_id)
    sync_cases.create_ticket(account, one.user_id)
    # The job is applied, its answer is lost: found by reading, not added again.
    account.add_fault("sailthru:POST /job:timeout-after=0.2")
    await after()
    account.clear_faults()
    assert await after(is_full=True) == 13
    assert await after(is_full=True) == 13


async def test_increment_abandoned_job_counts_once(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    """Nothing is added while the job may still do it; what it did is read; else a person says."""
    one, two = sync_cases.create_customers(account, 2)

    def summing(goal: Sync) -> Sync:
        return replace(
            goal, mapping=(MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM),)
        )

    def tickets(pair: sync_cases.CustomerPair) -> object:
        profile = account.read_profile(pair.sid)
        assert profile is not None
        return profile["vars"].get("tickets")

    async def after(**asked: object) -> list[PlanRow]:
        run = await sync_cases.run_sync(sync_services, goal, **asked)
        return sorted(
            sync_cases.plan_rows(sync_services.store, run.plan), key=lambda row: row.label
        )

    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES, summing)
    await after()
    for pair in (one, two):
        sync_cases.create_ticket(account, pair.user_id)
    # Longer than the run is patient, by a clock that whoever sleeps moves.
    sync_services.session.change_settings({sync_settings.JOB_TIMEOUT_MINUTES.key: 1})
    account.control("POST", "account", {"job_ms": 4000})
    assert {row.state for row in await after()} == {PlanRowState.FAILED}
    sync_cases.create_ticket(account, one.user_id)
    count = len(sync_cases.app_requests(account))
    assert {row.fate for row in await after()} == {PlannedOutcome.SKIPPED}
    assert sync_cases.write_requests(sync_cases.app_requests(account, count)) == []
    account.control("POST", "account", {"job_ms": 0})
    for _ in range(200):
        if (tickets(one), tickets(two)) == (2, 2):
            break
        await asyncio.sleep(0.1)
    account.write_profile(two.sid, vars={"tickets": 50})
    added, unclear = await after()
    assert (added.state, tickets(one)) == (PlanRowState.DONE, 3)
    assert (unclear.fate, tickets(two)) == (PlannedOutcome.CORRECTION, 50)
    assert "2 with it and 1 without, and is 50" in unclear.why
    decisions = PlanRowDecisions(sync_services.store, sync_services.context.clock)
    only = decisions.list_sources_to_retry(goal.name, str(unclear.row))
    assert [row.state for row in await after(source_ids=only, why="retry")] == [PlanRowState.DONE]
    assert tickets(two) == 51
    assert {row.fate for row in await after(is_full=True)} == {PlannedOutcome.UNCHANGED}


async def test_operators_add_and_set_if_empty(
    sync_services: WorkspaceServices, account: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(account, 2)
    account.write_profile(one.sid, vars={"langs": ["de"], "first_name": "Countess"})
    for pair in (one, two):
        account.write_user(pair.user_id, tags=["de", "fr"])

    def adding(goal: Sync) -> Sync:
        rows = (
            MappingRow("tags", "vars.langs", MappingOperator.ADD),
            MappingRow("first_name", "vars.first_name", MappingOperator.SET_IF_EMPTY),
        )
        return replace(goal, mapping=rows)

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, adding)
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["updated"] == 2
    profiles = [account.read_profile(pair.sid) for pair in (one, two)]
    kept = [{k: p["vars"].get(k) for k in ("langs", "first_name")} for p in profiles if p]
    assert kept == [
        {"langs": ["de", "fr"], "first_name": "Countess"},
        {"langs": ["de", "fr"], "first_name": "Ada"},
    ]
    assert (await sync_cases.run_sync(sync_services, goal, is_full=True)).totals["updated"] == 0


@pytest.fixture
def agents_home(account: SandboxServers, tmp_path: Path) -> Path:
    create_workspace_home(tmp_path / "agent", agent_document(account.connection_document))
    return tmp_path / "agent"


async def test_agent_reads_source_by_search(
    account: SandboxServers, agents_home: Path, clock: ManualClock
) -> None:
    """Zendesk's exports are for admins; the search finds everybody but the deleted."""
    made = sync_cases.create_customers(account, 3)
    async with open_workspace_services(
        agents_home, agent_document(account.connection_document), clock=clock, for_runs=True
    ) as house:
        # An agent's set-up leaves changes off; an admin has switched them on since.
        house.session.change_settings({"permissions.agent.runs": True, "changes": True})
        goal = sync_cases.save_preset(
            house, sync_cases.ZENDESK_TO_SAILTHRU, lambda g: replace(g, flows=FlowPolicy.MAY_START)
        )
        run = await sync_cases.run_sync(house, goal)
        assert sync_cases.check_finished_run(house.store, account, run) == []
        assert run.totals["updated"] == len(made)
        # An admin who comes later still has to be told who was deleted.
        feed = house.store.feeds.get_state.blocking(USERS_FEED)
        assert (feed.ended_at is None, feed.whole_from) == (False, None)
    assert "Forbidden" not in json.dumps(run.error)


async def test_legacy_optout_level_is_kept_and_never_written(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    sync_sandbox.write_profile(one.sid, optout_email="blast")

    def levels(goal: Sync) -> Sync:
        return replace(goal, mapping=(MappingRow("user_fields.sailthru_optout", "optout"),))

    for pair in (one, two):
        sync_sandbox.write_user(pair.user_id, user_fields={"sailthru_optout": "blast"})
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, levels)
    run = await sync_cases.run_sync(sync_services, goal)
    rows = {row.label: row for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert rows[one.email].fate is PlannedOutcome.UNCHANGED
    assert (rows[two.email].fate, "no opt-out level" in rows[two.email].why) == (
        PlannedOutcome.CORRECTION,
        True,
    )
    assert (sync_sandbox.read_profile(two.sid) or {})["optout_email"] == "none"
