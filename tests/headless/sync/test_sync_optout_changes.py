"""Opt-out levels that a sync changes: sent one by one and read back; only `all` goes in a job."""

import time
from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import run_and_notify
from desktop.app.run_permissions import find_run_permissions
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.model.field_mapping import MappingRow
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    Actor,
    Permission,
    PermissionRules,
    Role,
)
from desktop.model.run_limit import Limit
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import PlanRow, PlanRowState, PlanState
from desktop.model.sync_run import RunState
from desktop.sync import rollback_planner
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_runner import RunRequest
from desktop.writing.optout_door import RowPermits
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

LEVEL = MappingRow("user_fields.sailthru_optout", "optout")
PHONE = MappingRow("phone", "vars.phone")


def save_level_sync(
    house: WorkspaceServices, *, lists: tuple[str, ...] = (), flows: FlowPolicy
) -> Sync:
    def levels(sync: Sync) -> Sync:
        effects = SyncEffects(add_to_lists=lists)
        return replace(sync, mapping=(LEVEL, PHONE), effects=effects, flows=flows)

    return sync_cases.save_preset(house, sync_cases.ZENDESK_TO_SAILTHRU, levels)


def give_level(servers: SandboxServers, customer: sync_cases.CustomerPair, level: str) -> None:
    servers.write_user(customer.user_id, user_fields={"sailthru_optout": level})


def claim_due_time(house: WorkspaceServices, sync: Sync) -> str:
    """What a scheduler gets for a planned time of this sync."""
    now = house.context.clock.now()
    ticket = house.store.syncs.claim_due.blocking(sync.name, now, now)
    assert ticket is not None
    return ticket


def level_of(servers: SandboxServers, customer: sync_cases.CustomerPair) -> str:
    profile = servers.read_profile(customer.sid)
    assert profile is not None
    return str(profile["optout_email"])


async def run_and_list(house: WorkspaceServices, sync: Sync) -> dict[str, PlanRow]:
    run = await sync_cases.run_sync(house, sync)
    return {row.label: row for row in sync_cases.plan_rows(house.store, run.plan)}


def writes(servers: SandboxServers, since: int) -> list[str]:
    asked = sync_cases.write_requests(sync_cases.app_requests(servers, since))
    return [request["path"] for request in asked]


async def test_levels_but_all_are_posted_singly_and_the_rest_goes_by_job(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two, three = sync_cases.create_customers(sync_sandbox, 3)
    give_level(sync_sandbox, one, "basic")
    give_level(sync_sandbox, two, "all")
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    count = len(sync_cases.app_requests(sync_sandbox))
    rows = await run_and_list(sync_services, sync)
    assert {row.state for row in rows.values()} == {PlanRowState.DONE}
    assert [level_of(sync_sandbox, each) for each in (one, two, three)] == ["basic", "all", "none"]
    assert sorted(writes(sync_sandbox, count)) == ["/job", "/user"]


async def test_list_change_beside_a_level_still_goes_by_job(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    give_level(sync_sandbox, one, "basic")
    sync = save_level_sync(sync_services, lists=("Fresh",), flows=FlowPolicy.NOT_STARTED)
    count = len(sync_cases.app_requests(sync_sandbox))
    rows = await run_and_list(sync_services, sync)
    assert rows[one.email].state is PlanRowState.DONE
    # The list is made, the level is posted alone, and what may start e-mail flows is in the job.
    posts = [
        request
        for request in sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count))
        if request["path"] == "/user"
    ]
    assert len(posts) == 1
    assert "Fresh" not in str(posts[0]["body"])
    assert writes(sync_sandbox, count) == ["/list", "/user", "/job"]
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert (profile["optout_email"], "Fresh" in profile["lists"]) == ("basic", True)
    assert sync_cases.count_audit_rows(sync_services.store, sync.name)[one.sid] == 1


async def test_level_set_elsewhere_after_the_plan_is_kept(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    give_level(sync_sandbox, one, "basic")
    give_level(sync_sandbox, two, "basic")
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    sync_sandbox.write_profile(one.sid, optout_email="all")
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    rows = {row.label: row for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert rows[one.email].state is PlanRowState.PARKED
    assert "optout is now all" in rows[one.email].detail
    assert rows[two.email].state is PlanRowState.DONE
    assert [level_of(sync_sandbox, each) for each in (one, two)] == ["all", "basic"]


@pytest.mark.parametrize("flows", FlowPolicy)
async def test_run_refused_the_right_to_opt_out_sends_no_level(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, flows: FlowPolicy
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    give_level(sync_sandbox, one, "all")
    sync = save_level_sync(sync_services, flows=flows)
    runner = build_runner(sync_services, sync.name)
    runner.permits = RowPermits(lambda change: f"Not {change.new.value}.")
    plan = await runner.preview(sync, "Ada Admin")
    await runner.run(sync, RunRequest(sync.name, "Ada Admin", plan_id=plan.id))
    rows = {row.label: row for row in sync_cases.plan_rows(sync_services.store, plan.id)}
    assert rows[one.email].state is PlanRowState.PARKED
    assert "Not all." in rows[one.email].detail
    assert rows[two.email].state is PlanRowState.DONE
    assert level_of(sync_sandbox, one) == "none"


RIGHTS = {
    "agent may": (Role.AGENT, True),
    "agent may not": (Role.AGENT, False),
    "admin": (Role.ADMIN, False),
}


def sign_in_as(house: WorkspaceServices, monkeypatch: pytest.MonkeyPatch, rights: str) -> None:
    """Somebody else is at work here from now on."""
    role, may_opt_in = RIGHTS[rights]
    table = {one: dict(cells) for one, cells in DEFAULT_PERMISSIONS.items()}
    cells = {Permission.OPT_IN: may_opt_in, Permission.RUNS: True, Permission.VARS: True}
    table[Role.AGENT] |= cells
    rules = PermissionRules(are_changes_enabled=True, permissions=table)
    monkeypatch.setattr(type(house.session), "actor", Actor("Ben", role, 4711))
    monkeypatch.setattr(type(house.session), "rules", rules)
    house.session.connection_config.settings_file.change(
        {f"permissions.agent.{one.value}": may for one, may in cells.items()}
    )


@pytest.mark.parametrize("flows", FlowPolicy)
@pytest.mark.parametrize("rights", RIGHTS)
async def test_row_that_loosens_needs_the_right_of_who_applies_it(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    flows: FlowPolicy,
    rights: str,
) -> None:
    looser, stricter = sync_cases.create_customers(sync_sandbox, 2)
    sync_sandbox.write_profile(looser.sid, optout_email="all")
    give_level(sync_sandbox, looser, "none")
    give_level(sync_sandbox, stricter, "all")
    sync = save_level_sync(sync_services, flows=flows)
    sign_in_as(sync_services, monkeypatch, rights)
    rows = await run_and_list(sync_services, sync)
    assert rows[stricter.email].state is PlanRowState.DONE
    assert level_of(sync_sandbox, stricter) == "all"
    if rights == "agent may not":
        assert rows[looser.email].state is PlanRowState.PARKED
        assert "may not opt customers back in" in rows[looser.email].detail
        assert level_of(sync_sandbox, looser) == "all"
    else:
        assert rows[looser.email].state is PlanRowState.DONE
        assert level_of(sync_sandbox, looser) == "none"


async def test_rollback_of_opt_outs_needs_the_right_of_who_rolls_back(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    clock: ManualClock,
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    # By the sandbox's clock, which tells when somebody opted out.
    clock.correct_wall_clock(time.time() - clock.now())
    give_level(sync_sandbox, one, "all")
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    run = await sync_cases.run_sync(sync_services, sync)
    sign_in_as(sync_services, monkeypatch, "agent may not")
    back = await RollbackPlanner(build_sync_context(sync_services)).build_plan(run.id, "Ben")
    await sync_cases.run_sync(sync_services, sync, plan_id=back.id)
    (row,) = sync_cases.plan_rows(sync_services.store, back.id)
    assert row.state is PlanRowState.PARKED
    assert level_of(sync_sandbox, one) == "all"


async def test_rollback_keeps_an_optout_that_was_chosen_anew_since(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, clock: ManualClock
) -> None:
    """The customer has chosen the very level that the run had set: only the time tells it."""
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    clock.correct_wall_clock(time.time() - 3600 - clock.now())
    give_level(sync_sandbox, one, "all")
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    run = await sync_cases.run_sync(sync_services, sync)
    clock.correct_wall_clock(3600)
    sync_sandbox.write_profile(one.sid, optout_email="all")
    planner = RollbackPlanner(build_sync_context(sync_services))
    plan = await planner.build_plan(run.id, "Ada Admin")
    losses = {loss.reason for loss in await planner.list_losses(plan.id)}
    assert any(reason.startswith("the customer has opted out after the run") for reason in losses)
    await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    assert level_of(sync_sandbox, one) == "all"


@pytest.mark.parametrize("hours", [23, 25])
@pytest.mark.parametrize("rights", RIGHTS)
async def test_rollback_of_recent_opt_outs_needs_neither_limit_nor_approval(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    clock: ManualClock,
    hours: int,
    rights: str,
) -> None:
    # Sailthru's clock does not move on with this test's.
    monkeypatch.setattr(rollback_planner, "is_chosen_later", lambda *_: False)
    people = sync_cases.create_customers(sync_sandbox, 3)
    for one in people:
        give_level(sync_sandbox, one, "all")
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    sync = replace(sync, mapping=(LEVEL,), limits=Limit(people=2, percent=0))
    sync = sync_services.store.syncs.save.blocking(sync, 1.0)
    allowed = {"allowed_limits": ("opted_out",), "approver_id": "1"}
    run = await sync_cases.run_sync(sync_services, sync, **allowed)
    assert {level_of(sync_sandbox, one) for one in people} == {"all"}
    sign_in_as(sync_services, monkeypatch, rights)
    planner = RollbackPlanner(build_sync_context(sync_services))
    clock.advance(3600)
    plan = await planner.build_plan(run.id, "Ben")
    assert plan.state is PlanState.READY
    # Asked again when it is applied.
    clock.advance((hours - 1) * 3600)
    again = await planner.build_plan(run.id, "Ben")
    assert again.state is (PlanState.READY if hours < 24 else PlanState.STOPPED)
    back = await run_and_notify(sync_services, sync, RunRequest(sync.name, "Ben", plan_id=plan.id))
    rows = sync_cases.plan_rows(sync_services.store, plan.id)
    if hours > 24:
        assert back.state is RunState.WAITING
        assert "3 people would have an opt-out loosened" in back.error
        assert "3 people would start getting marketing e-mail" in back.error
        assert {level_of(sync_sandbox, one) for one in people} == {"all"}
    elif rights == "agent may not":
        # No limit, but the right to opt in.
        assert back.state is RunState.DONE
        assert {row.state for row in rows} == {PlanRowState.PARKED}
    else:
        assert {level_of(sync_sandbox, one) for one in people} == {"none"}


@pytest.mark.parametrize(
    ("switched_on_by", "state"),
    [
        # By the role Zendesk says this person has now, whoever is signed in here.
        ("admin", PlanRowState.DONE),
        ("agent", PlanRowState.PARKED),
        # Nothing at all is written by nobody's right.
        ("customer", None),
        ("nobody known", None),
    ],
)
async def test_scheduled_row_that_loosens_needs_the_right_of_who_switched_on(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    switched_on_by: str,
    state: PlanRowState | None,
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    sync_sandbox.write_profile(one.sid, optout_email="all")
    give_level(sync_sandbox, one, "none")
    admin = sync_services.session.actor.id
    role = {"role": "agent"} if switched_on_by == "agent" else {}
    other = sync_sandbox.create_user("colleague@other.example", **role)
    keys = {"admin": str(admin), "agent": str(other), "customer": str(other)}
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    switched = replace(sync, on=True, switched_on_by=keys.get(switched_on_by, ""))
    sync = sync_services.store.syncs.save.blocking(switched, 1.0)
    # The right of who is at work here does not make up for it, nor take it away.
    sign_in_as(
        sync_services, monkeypatch, "agent may not" if state is PlanRowState.DONE else "admin"
    )
    ticket = claim_due_time(sync_services, sync)
    request = RunRequest(sync.name, "Ben", due_ticket=ticket)
    run = await run_and_notify(sync_services, sync, request)
    assert level_of(sync_sandbox, one) == ("none" if state is PlanRowState.DONE else "all")
    if state is None:
        assert (run.state, run.error_code, run.plan) == (RunState.FAILED, "not_permitted", None)
        return
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert row.state is state, row.detail


async def test_run_that_opts_out_more_than_its_limit_stops_until_who_runs_it_lets_it_pass(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    people = sync_cases.create_customers(sync_sandbox, 3)
    for one in people:
        give_level(sync_sandbox, one, "all")
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    admin = sync_services.session.actor.key
    sync = replace(sync, limits=Limit(people=2, percent=0), on=True, switched_on_by=admin)
    sync = sync_services.store.syncs.save.blocking(sync, 1.0)
    run = await sync_cases.run_sync(sync_services, sync)
    assert run.state is RunState.WAITING
    assert "3 people would be opted out further" in run.error
    assert "Whoever runs it may let it pass once" in run.error
    ticket = claim_due_time(sync_services, sync)
    request = RunRequest(sync.name, "Ada", due_ticket=ticket, approver_id="1")
    scheduled = await run_and_notify(sync_services, sync, request)
    assert (scheduled.trigger, scheduled.state) == ("schedule", RunState.WAITING)
    assert {level_of(sync_sandbox, one) for one in people} == {"none"}
    allowed = {"allowed_limits": ("opted_out", "blanked"), "approver_id": "1"}
    await sync_cases.run_sync(sync_services, sync, plan_id=scheduled.plan, **allowed)
    assert {level_of(sync_sandbox, one) for one in people} == {"all"}


def test_switching_on_and_changing_what_is_on_lends_the_rights_of_who_does_it(
    sync_services: WorkspaceServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    admin = sync_services.session.actor.key
    assert sync_services.syncs.set_enabled(sync.name, on=True).switched_on_by == admin
    sign_in_as(sync_services, monkeypatch, "agent may not")
    kept = sync_services.store.syncs.get.blocking(sync.name)
    renamed = sync_services.syncs.save_sync(replace(kept, title="Levels", switched_on_by="4711"))
    assert renamed.switched_on_by == admin
    changed = sync_services.syncs.save_sync(replace(renamed, mapping=(LEVEL,)))
    assert changed.switched_on_by == "4711"
    assert sync_services.syncs.set_enabled(sync.name, on=False).switched_on_by == ""


async def test_run_cut_off_between_level_and_job_goes_on_with_the_list(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    give_level(sync_sandbox, one, "basic")
    sync = save_level_sync(sync_services, lists=("Fresh",), flows=FlowPolicy.NOT_STARTED)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    sync_sandbox.control("POST", "fault", {"spec": "sailthru:POST /job:500", "times": None})
    cut_off = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    assert level_of(sync_sandbox, one) == "basic"
    sync_sandbox.clear_faults()
    count = len(sync_cases.app_requests(sync_sandbox))
    await sync_cases.run_sync(sync_services, sync, resume_run_id=cut_off.id)
    (row,) = sync_cases.plan_rows(sync_services.store, plan.id)
    assert row.state is PlanRowState.DONE
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert "Fresh" in profile["lists"]
    # The level stands there already: what is sent again is the job alone.
    assert writes(sync_sandbox, count) == ["/job"]


@pytest.mark.parametrize("corrected", ["before", "while it reads"])
async def test_scheduled_run_loosens_no_record_that_a_person_has_corrected(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, corrected: str
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    for each in (one, two):
        sync_sandbox.write_profile(each.sid, optout_email="all")
        give_level(sync_sandbox, each, "none")
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    sync = sync_services.syncs.set_enabled(sync.name, on=True)
    save = sync_services.store.sync_state.save_corrections
    correction = (sync.name, str(one.user_id), {"phone": "+14155550100"}, "Ben", 1.0)
    request = RunRequest(sync.name, "Ada", due_ticket=claim_due_time(sync_services, sync))
    if corrected == "before":
        await save(*correction)
        run = await run_and_notify(sync_services, sync, request)
    else:
        permits = await find_run_permissions(sync_services, sync, replace(request, why="schedule"))
        await save(*correction)
        run = await build_runner(sync_services, sync.name, permits=permits).run(sync, request)
    states = {row.label: row.state for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert states == {one.email: PlanRowState.PARKED, two.email: PlanRowState.DONE}
    assert [level_of(sync_sandbox, each) for each in (one, two)] == ["all", "none"]


@pytest.mark.parametrize("way", ["set_schedule", "change_fields"])
def test_who_changes_the_schedule_lends_their_rights_to_it(
    sync_services: WorkspaceServices, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    sync = save_level_sync(sync_services, flows=FlowPolicy.NOT_STARTED)
    sync_services.syncs.set_enabled(sync.name, on=True)
    sign_in_as(sync_services, monkeypatch, "agent may not")
    if way == "set_schedule":
        changed = sync_services.syncs.set_schedule(sync.name, "every 5 min")
    else:
        changed = sync_services.syncs.change_fields(sync.name, [("schedule", "every 5 min")])
    assert changed.switched_on_by == "4711"
