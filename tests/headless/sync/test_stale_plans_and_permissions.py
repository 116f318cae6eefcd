"""What people rely on: old plans hide nothing, limits are admins', only customers are written."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.permission import Actor, Permission, Role
from desktop.model.run_limit import Limit, exceeded_limits
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_plan import PlannedOutcome, PlanRowState, PlanState
from desktop.model.sync_run import RunState
from desktop.settings import settings_table
from desktop.sync.plan_limit_check import require_known_limits
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_service import SyncService
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers


def saved(house: WorkspaceServices, goal: Sync) -> Sync:
    """Changed by a person, checked and switched on again."""
    kept = house.syncs.save_sync(goal)
    return house.store.syncs.save.blocking(replace(kept, checked_at=1.0, on=True), 1.0)


async def preview(house: WorkspaceServices, goal: Sync) -> str:
    return (await build_runner(house, goal.name).preview(goal, "Ada Admin")).id


async def test_changed_sync_makes_old_plan_invalid(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    plan = await preview(sync_services, goal)
    more = MappingRow("name", "vars.whole_name")
    changed = saved(sync_services, replace(goal, mapping=(*goal.mapping, more)))
    assert (await sync_cases.run_sync(sync_services, changed, plan_id=plan)).state is RunState.DONE
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert "whole_name" not in profile["vars"]
    assert (await sync_cases.run_sync(sync_services, changed)).totals["updated"] == 1
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert profile["vars"]["whole_name"] == "Ada 0 Lovelace"


async def test_optout_source_invalid_level_needs_correction(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    level = MappingRow("name", "optout")
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda g: replace(g, mapping=(*g.mapping, level)),
    )
    run = await sync_cases.run_sync(sync_services, goal)
    assert (run.state, run.totals["parked"], run.totals["updated"]) == (RunState.DONE, 1, 0)
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.fate, row.state) == (PlannedOutcome.CORRECTION, PlanRowState.PARKED)
    assert "no opt-out level" in row.why
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert profile["optout_email"] == "none"


async def test_increment_rolled_back_can_be_repeated(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    summed = MappingRow("ticket_count", "vars.touches", MappingOperator.SUM)
    goal = sync_cases.save_preset(
        sync_services, sync_cases.TICKETS_TO_PROFILES, lambda g: replace(g, mapping=(summed,))
    )

    def touches() -> object:
        profile = sync_sandbox.read_profile(one.sid)
        assert profile is not None
        return (profile["vars"] or {}).get("touches")

    run = await sync_cases.run_sync(sync_services, goal)
    assert touches() == 1
    assert (await sync_cases.run_sync(sync_services, goal, is_full=True)).totals["updated"] == 0
    plan = await RollbackPlanner(build_sync_context(sync_services)).build_plan(run.id, "Ada Admin")
    await sync_cases.run_sync(sync_services, goal, plan_id=plan.id, why="rollback")
    assert touches() is None
    await sync_cases.run_sync(sync_services, goal, is_full=True)
    assert touches() == 1


async def test_rollback_of_run_without_writes_is_refused(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    await sync_cases.run_sync(sync_services, goal)
    again = await sync_cases.run_sync(sync_services, goal)
    count = len(sync_services.store.runs.list_runs.blocking(goal.name))
    with pytest.raises(InvalidInput, match="can be undone"):
        await RollbackPlanner(build_sync_context(sync_services)).build_plan(again.id, "Ada Admin")
    assert len(sync_services.store.runs.list_runs.blocking(goal.name)) == count


async def test_user_became_agent_since_plan_is_skipped(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    plan = await preview(sync_services, goal)
    sync_sandbox.write_user(one.user_id, role="agent")
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan)
    assert (run.totals["updated"], run.totals["parked"]) == (0, 1)
    assert "sailthru" not in sync_sandbox.read_user(one.user_id)["tags"]


async def test_waiting_row_no_longer_in_source_is_closed(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1, unknown=1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    PlanRowDecisions(sync_services.store, sync_services.context.clock).correct_source_field(
        goal.name, str(one.user_id), "email", f"wrong@{sync_cases.DOMAIN.partition('.')[0]}", "Ada"
    )
    where = tuple(c for c in goal.source.where if c.field != "email")
    goal = saved(sync_services, replace(goal, source=replace(goal.source, where=where)))
    await sync_cases.run_sync(sync_services, goal)
    assert str(one.user_id) in sync_services.store.sync_state.list_retry_sources.blocking(goal.name)
    sync_sandbox.write_user(one.user_id, user_fields={"sync_to_sailthru": False})
    await sync_cases.run_sync(sync_services, goal)
    assert str(one.user_id) not in sync_services.store.sync_state.list_retry_sources.blocking(
        goal.name
    )


async def test_limits_can_be_loosened_by_admins_only(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    looser = replace(goal, limits=Limit(people=10_000, percent=20))
    runs = settings_table.PERMISSION_SETTINGS[Role.AGENT, Permission.RUNS]
    sync_services.session.change_settings({runs.key: True})
    kims = SyncService(
        sync_services.store,
        sync_services.context.clock,
        sync_services.bus,
        lambda: Actor("Kim", Role.AGENT, 7602),
        lambda: sync_services.session.rules,
        lambda: "America/New_York",
    )
    for act in (lambda: kims.save_sync(looser),
                lambda: kims.import_syncs([looser], replacing=True)):  # fmt: skip
        with pytest.raises(NotPermitted, match="loosen the limits"):
            act()
    stricter = kims.save_sync(replace(goal, limits=Limit(people=5, percent=0)))
    assert stricter.limits.people == 5
    assert (
        sync_services.syncs.save_sync(replace(stricter, limits=looser.limits)).limits.people
        == 10_000
    )


def test_sync_mass_opt_in_limit_cannot_exceed_workspace() -> None:
    lax = Limit(people=1_000_000, percent=100)
    found = exceeded_limits(lax, {"starts": 201, "joins": 5000}, 900)
    assert [(b.code, b.limit) for b in found] == [("starts", 200)]


def test_allow_accepts_limit_names_only() -> None:
    require_known_limits(["starts", "joins", "leaves", "blanked", "loosened"])
    for code in ("empty", "nonsense", ""):
        with pytest.raises(InvalidInput, match="is no limit"):
            require_known_limits([code])


async def test_field_ticked_again_restores_consequences(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    _, listed, out = sync_cases.create_customers(sync_sandbox, 3, unknown=1)
    sync_sandbox.write_profile(out.sid, optout_email="all", lists={sync_cases.LIST_NAME: 0})
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda g: replace(
            g,
            effects=SyncEffects(create_missing=True, add_to_lists=("Fresh",)),
            opt_in=sync_cases.ATTESTED,
        ),
    )
    plan = await preview(sync_services, goal)
    plans = sync_services.store.plans
    decisions = PlanRowDecisions(sync_services.store, sync_services.context.clock)
    whole = plans.count_ticked_by_consequence.blocking(plan)
    assert whole["starts"] == 1
    decisions.set_field_ticked(plan, 1, "lists.Fresh", on=False)
    assert "starts" not in plans.count_ticked_by_consequence.blocking(plan)
    decisions.set_field_ticked(plan, 1, "lists.Fresh", on=True)
    assert plans.count_ticked_by_consequence.blocking(plan) == whole
    # Judged by the whole profile: one is on a list already, one is opted out and stays so.
    rows = {row.label: row for row in plans.list_rows.blocking(plan)}
    for pair in (listed, out):
        row = rows[pair.email]
        for on in (False, True):
            decisions.set_field_ticked(plan, row.row, "vars.phone", on=on)
            assert plans.get_row.blocking(plan, row.row).consequences == row.consequences


async def test_duplicate_target_second_row_waits_for_person(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2, unknown=1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    sync_services.store.sync_state.save_corrections.blocking(
        goal.name, str(one.user_id), {"email": two.email}, "Ada", 1.0
    )
    for full in (False, True):
        run = await sync_cases.run_sync(sync_services, goal, is_full=full)
        rows = {r.source_id: r for r in sync_cases.plan_rows(sync_services.store, run.plan)}
        first, second = rows[str(one.user_id)], rows[str(two.user_id)]
        assert (first.state, second.state) == (PlanRowState.DONE, PlanRowState.PARKED)
        assert (second.fate, str(one.user_id) in second.why) == (PlannedOutcome.CORRECTION, True)
    # Neither does it take its turn when it alone is planned.
    alone = await sync_cases.run_sync(
        sync_services, goal, source_ids=(str(two.user_id),), why="retry"
    )
    assert alone.totals["parked"] == 1


async def test_value_written_by_one_sync_is_not_echoed_by_another(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    for key in ("motto", "slogan"):
        told = {"user_field": {"key": key, "title": key, "type": "text"}}
        assert sync_sandbox.zendesk_request("POST", "/api/v2/user_fields.json", told)[0] == 201
    sync_sandbox.write_user(one.user_id, user_fields={"motto": "onward"})
    there = (MappingRow("user_fields.motto", "vars.motto"),)
    to = sync_cases.save_preset(
        sync_services, sync_cases.ZENDESK_TO_SAILTHRU, lambda g: replace(g, mapping=there)
    )
    further = tuple(MappingRow("vars.motto", f"user_fields.{key}") for key in ("motto", "slogan"))
    back = sync_cases.save_preset(
        sync_services, sync_cases.SAILTHRU_TO_ZENDESK, lambda g: replace(g, mapping=further)
    )
    await sync_cases.run_sync(sync_services, to)
    sync_sandbox.write_user(one.user_id, user_fields={"motto": "by hand"})
    await sync_cases.run_sync(sync_services, back)
    fields = sync_sandbox.read_user(one.user_id)["user_fields"]
    assert (fields["motto"], fields["slogan"]) == ("by hand", "onward")


async def test_resume_with_a_plan_of_another_sync_is_refused(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """A run goes on with its own plan: never with one of another sync, on or off."""
    sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    other = sync_cases.save_preset(
        sync_services, sync_cases.HIGH_VALUE_TAGGING, lambda g: replace(g, on=False)
    )
    plan = await build_runner(sync_services, other.name).preview(other, "Ada")
    runs = sync_services.store.runs
    stopped = runs.begin.blocking(goal.name, "manual", "Ada", 1.0)
    runs.end.blocking(stopped.id, RunState.INTERRUPTED, 2.0, {})
    count = len(sync_cases.app_requests(sync_sandbox))
    with pytest.raises(InvalidInput, match="goes on with the plan it has"):
        await sync_cases.run_sync(sync_services, goal, resume_run_id=stopped.id, plan_id=plan.id)
    # Nor where a run was given such a plan in another way.
    runs.set_plan.blocking(stopped.id, plan.id)
    ended = await sync_cases.run_sync(sync_services, goal, resume_run_id=stopped.id)
    assert (ended.state, "is one of" in ended.error) == (RunState.FAILED, True)
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []


@pytest.mark.parametrize("state", [PlanState.MAKING, PlanState.DISCARDED])
async def test_resume_with_a_plan_that_is_not_open_writes_nothing(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, state: PlanState
) -> None:
    sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.HIGH_VALUE_TAGGING)
    plan = await build_runner(sync_services, goal.name).preview(goal, "Ada")
    runs = sync_services.store.runs
    stopped = runs.begin.blocking(goal.name, "manual", "Ada", 1.0)
    runs.set_plan.blocking(stopped.id, plan.id)
    runs.end.blocking(stopped.id, RunState.INTERRUPTED, 2.0, {})
    sync_services.store.plans.set_state.blocking(plan.id, state)
    count = len(sync_cases.app_requests(sync_sandbox))
    ended = await sync_cases.run_sync(sync_services, goal, resume_run_id=stopped.id)
    assert ended.state is RunState.FAILED
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
