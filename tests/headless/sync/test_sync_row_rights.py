"""Rows that create a profile or change a list: they need the right of whoever applies them."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import run_and_notify
from desktop.app.runner_factory import build_sync_context
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    SETTABLE_PERMISSIONS,
    Actor,
    Permission,
    PermissionRules,
    Role,
)
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import PlanRow, PlanRowState
from desktop.model.sync_run import Run, RunState
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_runner import RunRequest
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

RIGHTS = (Permission.LIST_ADD, Permission.LIST_REMOVE, Permission.CREATE)
FRESH = "Fresh"


def sign_in_as_agent(
    house: WorkspaceServices, monkeypatch: pytest.MonkeyPatch, rights: Collection[Permission]
) -> None:
    """A marketer with these rights alone, and that to run, is at work here from now on."""
    cells = {one: one in rights or one is Permission.RUNS for one in SETTABLE_PERMISSIONS}
    table = {**DEFAULT_PERMISSIONS, Role.AGENT: cells}
    rules = PermissionRules(are_changes_enabled=True, permissions=table)
    monkeypatch.setattr(type(house.session), "actor", Actor("Ben", Role.AGENT, 4711))
    monkeypatch.setattr(type(house.session), "rules", rules)
    house.session.connection_config.settings_file.change(
        {f"permissions.agent.{one.value}": may for one, may in cells.items()}
    )


def save_sync(house: WorkspaceServices, flows: FlowPolicy, effects: SyncEffects) -> Sync:
    def change(sync: Sync) -> Sync:
        return replace(sync, effects=effects, flows=flows, opt_in=sync_cases.ATTESTED)

    return sync_cases.save_preset(house, sync_cases.ZENDESK_TO_SAILTHRU, change)


def only_row(house: WorkspaceServices, run: Run) -> PlanRow:
    (row,) = sync_cases.plan_rows(house.store, run.plan)
    return row


def is_fresh(servers: SandboxServers, customer: sync_cases.CustomerPair) -> bool:
    profile = servers.read_profile(customer.email)
    return profile is not None and FRESH in (profile["lists"] or {})


@pytest.mark.parametrize("flows", FlowPolicy)
@pytest.mark.parametrize("may", [True, False])
@pytest.mark.parametrize("right", RIGHTS)
async def test_row_needs_the_right_of_who_applies_it(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    right: Permission,
    may: bool,
    flows: FlowPolicy,
) -> None:
    creates = right is Permission.CREATE
    (one,) = sync_cases.create_customers(sync_sandbox, 1, unknown=int(creates))
    effects = SyncEffects(add_to_lists=(FRESH,), remove_when_gone=True)
    sync = save_sync(sync_services, flows, SyncEffects(create_missing=True) if creates else effects)
    if right is Permission.LIST_REMOVE:
        # Another one stays: an empty source would stop the run.
        sync_cases.create_customers(sync_sandbox, 1, first=1)
        await sync_cases.run_sync(sync_services, sync)
        sync_sandbox.write_user(one.user_id, user_fields={"sync_to_sailthru": False})
    rights = set(RIGHTS) if may else set(RIGHTS) - {right}
    sign_in_as_agent(sync_services, monkeypatch, rights)
    run = await sync_cases.run_sync(sync_services, sync)
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    (row,) = [each for each in rows if each.label == one.email]
    assert row.state is (PlanRowState.DONE if may else PlanRowState.PARKED), row.detail
    assert (f"may not {right.label}" in row.detail) is not may
    is_done = {
        Permission.LIST_ADD: lambda: is_fresh(sync_sandbox, one),
        Permission.LIST_REMOVE: lambda: not is_fresh(sync_sandbox, one),
        Permission.CREATE: lambda: sync_sandbox.read_profile(one.email) is not None,
    }
    assert is_done[right]() is may
    if right is Permission.LIST_ADD and not may:
        # Nor is the list made that nobody may join.
        assert FRESH not in sync_sandbox.sailthru_lists()


@pytest.mark.parametrize("may", [True, False])
async def test_rollback_and_retry_need_the_right_too(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    may: bool,
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    effects = SyncEffects(add_to_lists=(FRESH,))
    sync = save_sync(sync_services, FlowPolicy.MAY_START, effects)
    run = await sync_cases.run_sync(sync_services, sync)
    sign_in_as_agent(sync_services, monkeypatch, {Permission.LIST_REMOVE} if may else ())
    back = await RollbackPlanner(build_sync_context(sync_services)).build_plan(run.id, "Ben")
    run = await sync_cases.run_sync(sync_services, sync, plan_id=back.id)
    assert only_row(sync_services, run).state is (PlanRowState.DONE if may else PlanRowState.PARKED)
    assert is_fresh(sync_sandbox, one) is not may
    if not may:
        return
    # Who may take people off a list may not put them back on it by a retry.
    decisions = PlanRowDecisions(sync_services.store, sync_services.context.clock)
    run = await sync_cases.run_sync(sync_services, sync, is_full=True)
    assert only_row(sync_services, run).state is PlanRowState.PARKED
    sources = decisions.list_sources_to_retry(sync.name, None)
    again = RunRequest(sync.name, "Ben", why="retry", source_ids=sources)
    run = await run_and_notify(sync_services, sync, again)
    assert only_row(sync_services, run).state is PlanRowState.PARKED
    sign_in_as_agent(sync_services, monkeypatch, {Permission.LIST_ADD})
    run = await run_and_notify(sync_services, sync, again)
    assert only_row(sync_services, run).state is PlanRowState.DONE
    assert is_fresh(sync_sandbox, one)


@pytest.mark.parametrize(
    ("switched_on_by", "corrected", "state"),
    [
        ("admin", False, PlanRowState.DONE),
        ("agent", False, PlanRowState.PARKED),
        ("nobody known", False, None),
        ("who is no colleague", False, None),
        ("who may not run", False, None),
        # Somebody without the right may have corrected the record so that it joins.
        ("admin", True, PlanRowState.PARKED),
    ],
)
async def test_scheduled_row_needs_the_right_of_who_switched_on(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    switched_on_by: str,
    corrected: bool,
    state: PlanRowState | None,
) -> None:
    """`state` None: nothing is read, and the run says who may switch it on anew."""
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    admin = sync_services.session.actor.id
    agent = sync_sandbox.create_user("colleague@other.example", role="agent")
    sync = save_sync(sync_services, FlowPolicy.NOT_STARTED, SyncEffects(add_to_lists=(FRESH,)))
    customer = sync_sandbox.create_user("no.colleague@other.example")
    keys = {"admin": str(admin), "agent": str(agent), "who may not run": str(agent)}
    keys["who is no colleague"] = str(customer)
    switched = replace(sync, on=True, switched_on_by=keys.get(switched_on_by, ""))
    sync = sync_services.store.syncs.save.blocking(switched, 1.0)
    if corrected:
        await sync_services.store.sync_state.save_corrections(
            sync.name, str(one.user_id), {"phone": "+14155550100"}, "Ben", 1.0
        )
    # Whoever is at work here counts for nothing, unless they apply the row by hand.
    at_work = () if state is PlanRowState.DONE else RIGHTS
    sign_in_as_agent(sync_services, monkeypatch, at_work)
    cells = {f"permissions.agent.{Permission.LIST_ADD.value}": False}
    if switched_on_by == "who may not run":
        cells[f"permissions.agent.{Permission.RUNS.value}"] = False
        monkeypatch.setattr(type(sync_services.session), "actor", Actor("Ada", Role.ADMIN, 1))
    sync_services.session.connection_config.settings_file.change(cells)
    now = sync_services.context.clock.now()
    ticket = sync_services.store.syncs.claim_due.blocking(sync.name, now, now)
    assert ticket is not None
    request = RunRequest(sync.name, "Ben", due_ticket=ticket)
    run = await run_and_notify(sync_services, sync, request)
    assert is_fresh(sync_sandbox, one) is (state is PlanRowState.DONE)
    if state is None:
        assert (run.state, run.error_code, run.plan) == (RunState.FAILED, "not_permitted", None)
        assert "can switch it on anew" in run.error
        return
    row = only_row(sync_services, run)
    assert row.state is state, row.detail
    if corrected:
        sign_in_as_agent(sync_services, monkeypatch, RIGHTS)
        run = await run_and_notify(sync_services, sync, RunRequest(sync.name, "Ben", is_full=True))
        assert only_row(sync_services, run).state is PlanRowState.DONE
