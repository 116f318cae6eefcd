"""What people decide about a plan, and what they put right: exactly that is applied."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.field_mapping import ConflictPreference, MappingRow
from desktop.model.permission import Actor, Role
from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RunState
from desktop.sync.plan_row_decisions import PlanRowDecisions
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def decisions(sync_services: WorkspaceServices, clock: ManualClock) -> PlanRowDecisions:
    return PlanRowDecisions(sync_services.store, clock)


def name_of_sync(goal: Sync) -> Sync:
    """The name alone, asked about where both sides have one."""
    return replace(goal, mapping=(MappingRow("name", "vars.name", prefer=ConflictPreference.ASK),))


async def planned(house: WorkspaceServices, goal: Sync) -> tuple[Plan, list[PlanRow]]:
    plan = await build_runner(house, goal.name).preview(goal, "Ada Admin")
    return plan, sync_cases.plan_rows(house.store, plan.id)


def phone(city: SandboxServers, pair: sync_cases.CustomerPair) -> object:
    profile = city.read_profile(pair.sid)
    assert profile is not None
    return profile["vars"].get("phone")


def name(city: SandboxServers, pair: sync_cases.CustomerPair) -> object:
    profile = city.read_profile(pair.sid)
    assert profile is not None
    return profile["vars"].get("name")


async def test_run_writes_exactly_ticked_rows(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    one, two, three = sync_cases.create_customers(sync_sandbox, 3)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    plan, rows = await planned(sync_services, goal)
    by = {row.label: row.row for row in rows}
    sync_services.store.plans.set_rows_ticked.blocking(plan.id, [by[one.email]], on=False)
    # Who is left out stays out, whatever is decided about a field of theirs.
    decisions.set_field_ticked(plan.id, by[one.email], "vars.phone", on=False)
    decisions.set_field_ticked(plan.id, by[two.email], "vars.phone", on=False)
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert (run.totals["updated"], run.totals["skipped"]) == (2, 1)
    assert sum(run.totals.values()) == 3
    profiles = [sync_sandbox.read_profile(pair.sid) for pair in (one, two, three)]
    kept = [sorted(p["vars"]) if p else [] for p in profiles]
    assert "zendesk_id" not in kept[0]
    assert "phone" not in kept[1]
    assert "zendesk_id" in kept[1]
    assert {"phone", "zendesk_id"} <= set(kept[2])
    with pytest.raises(ConflictError):
        sync_services.store.plans.set_rows_ticked.blocking(plan.id, [1], on=True)


async def test_three_way_merge_writes_keeps_or_conflicts(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """Changed here: written. Changed there: kept. Changed on both sides: somebody decides."""
    here, there, both = sync_cases.create_customers(sync_sandbox, 3)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, name_of_sync)
    assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 3
    sync_sandbox.write_user(here.user_id, name="Grace")
    sync_sandbox.write_profile(there.sid, vars={"name": "theirs"})
    sync_sandbox.write_user(there.user_id, notes="looked at")
    sync_sandbox.write_user(both.user_id, name="Joan")
    sync_sandbox.write_profile(both.sid, vars={"name": "theirs too"})
    run = await sync_cases.run_sync(sync_services, goal, is_full=True)
    rows = {row.label: row for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert name(sync_sandbox, here) == "Grace"
    assert name(sync_sandbox, there) == "theirs"
    assert "changed in Sailthru" in rows[there.email].why
    conflict = rows[both.email]
    assert (conflict.fate, conflict.state) == (PlannedOutcome.CONFLICT, PlanRowState.PARKED)
    (change,) = conflict.changes
    sides = (change.known, change.old, change.new)
    assert sides == ("Ada 2 Lovelace", "theirs too", "Joan")
    assert name(sync_sandbox, both) == "theirs too"


@pytest.mark.parametrize("side", ["zendesk", "sailthru"])
async def test_conflict_resolution_writes_chosen_side(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    decisions: PlanRowDecisions,
    side: str,
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    sync_sandbox.write_profile(one.sid, vars={"name": "theirs"})
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, name_of_sync)
    plan, (row,) = await planned(sync_services, goal)
    assert row.fate is PlannedOutcome.CONFLICT
    picked = decisions.resolve_conflict(plan.id, row.row, "vars.name", side)
    kim = Actor("Kim", Role.AGENT, 42)
    saved = decisions.set_preferred_side(plan.id, "vars.name", side, kim)
    # Its scheduled runs write what she wants from now on, and have her rights.
    assert saved.switched_on_by == ("42" if saved.on else "")
    assert saved.on
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert run.state is RunState.DONE
    assert run.totals["parked"] == 0
    wanted = "Ada 0 Lovelace" if side == "zendesk" else "theirs"
    assert name(sync_sandbox, one) == wanted
    assert picked.fate is (PlannedOutcome.UPDATE if side == "zendesk" else PlannedOutcome.UNCHANGED)
    # The rule holds from now on, also where everything is read again.
    again = await sync_cases.run_sync(
        sync_services, sync_services.store.syncs.get.blocking(goal.name), is_full=True
    )
    assert again.totals["parked"] == 0
    assert name(sync_sandbox, one) == wanted


async def test_correction_applies_from_next_plan(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1, unknown=1)
    broken = sync_sandbox.create_user(
        "", phone="+15550199", user_fields={"sync_to_sailthru": True}, name="No Address"
    )
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda g: replace(g, source=replace(g.source, where=g.source.where[:1])),
    )
    _, rows = await planned(sync_services, goal)
    row = next(r for r in rows if r.source_id == str(broken))
    assert (row.fate, row.why) == (PlannedOutcome.SKIPPED, "no e-mail address")
    decisions.correct_source_field(
        goal.name, str(broken), "email", f"right@{sync_cases.DOMAIN}", "Ada", "typo"
    )
    run = await sync_cases.run_sync(sync_services, goal)
    made = {r.source_id: r for r in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert made[str(broken)].state is PlanRowState.DONE
    assert sync_sandbox.read_profile(f"right@{sync_cases.DOMAIN}") is not None
    assert made[str(one.user_id)].state is PlanRowState.DONE


async def test_retry_takes_waiting_rows_only(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)
    plan, rows = await planned(sync_services, goal)
    with pytest.raises(InvalidInput, match="was not tried yet"):
        decisions.list_sources_to_retry(goal.name, "1")
    sync_sandbox.write_profile(one.sid, vars={"phone": "by hand"})
    await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert decisions.list_sources_to_retry(goal.name) == (str(one.user_id),)
    for number in ("0", "-1", "999", "9" * 30, "9" * 5000, "one", "²"):
        with pytest.raises(InvalidInput, match="has no row"):
            decisions.list_sources_to_retry(goal.name, number)
    sync_sandbox.write_profile(one.sid, vars={"phone": None})
    run = await sync_cases.run_sync(
        sync_services, goal, why="retry", source_ids=decisions.list_sources_to_retry(goal.name)
    )
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.label, row.state) == (one.email, PlanRowState.DONE)
    assert phone(sync_sandbox, one) == "+1555010000"
    assert decisions.list_sources_to_retry(goal.name) == ()
    assert len(rows) == len((one, two))
