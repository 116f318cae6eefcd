"""Taking a run back: all that can be restored, a list of the rest, and nobody's later change."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_run import Run, RunState
from desktop.store.plan_retention import KEPT_FOR_S, KEPT_PLANS
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.writing import sailthru_plan_writer
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers


async def taken_back(house: WorkspaceServices, goal: Sync, run: Run) -> tuple[Run, dict[str, int]]:
    rollback = RollbackPlanner(build_sync_context(house))
    plan = await rollback.build_plan(run.id, "Ada Admin")
    losses = {loss.reason: loss.row_count for loss in await rollback.list_losses(plan.id)}
    return await sync_cases.run_sync(house, goal, plan_id=plan.id, why="rollback"), losses


@pytest.mark.parametrize("name", sync_cases.ALL_PRESETS)
async def test_rollback_every_preset(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, name: str
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 4, unknown=1)
    sync_sandbox.write_profile(made[2].sid, vars={"phone": "+1555010002", "last_ticket_id": 7})
    sync_sandbox.write_user(made[3].user_id, tags=["vip"], user_fields={"sailthru_optout": "all"})
    before = [(sync_sandbox.read_profile(p.email), sync_sandbox.read_user(p.user_id)) for p in made]
    goal = sync_cases.save_preset(sync_services, name)
    run = await sync_cases.run_sync(sync_services, goal)
    assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, run) == []
    back, losses = await taken_back(sync_services, goal, run)
    assert back.state is RunState.DONE
    assert back.totals["failed"] + back.totals["parked"] == 0
    for pair, (profile, person) in zip(made, before, strict=True):
        now = sync_sandbox.read_profile(pair.email)
        if profile is not None:
            assert now is not None
            # A var cannot be taken away (docs/sailthru.md 2.1): it becomes null.
            assert {k: v for k, v in (now["vars"] or {}).items() if v is not None} == (
                profile["vars"] or {}
            )
            assert now["lists"] == profile["lists"]
        elif now is not None:
            assert "was created by the run: the profile itself stays" in losses
            assert {v for v in (now["vars"] or {}).values()} <= {None}
        seen = sync_sandbox.read_user(pair.user_id)
        assert sorted(seen["tags"]) == sorted(person["tags"])
        fields = {k: v for k, v in seen["user_fields"].items() if v is not None}
        assert fields == {k: v for k, v in person["user_fields"].items() if v is not None}
    with pytest.raises(InvalidInput):
        await RollbackPlanner(build_sync_context(sync_services)).build_plan(back.id, "Ada Admin")


async def test_rollback_value_changed_since_is_kept(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)
    run = await sync_cases.run_sync(sync_services, goal)
    sync_sandbox.write_profile(one.sid, vars={"phone": "by hand"})
    back, losses = await taken_back(sync_services, goal, run)
    assert back.state is RunState.DONE
    assert losses["changed by somebody since: never restored"] == 1
    profiles = [sync_sandbox.read_profile(pair.sid) for pair in (one, two)]
    assert [p and p["vars"]["phone"] for p in profiles] == ["by hand", None]
    assert [p and p["vars"]["zendesk_id"] for p in profiles] == [None, None]


@pytest.mark.parametrize(
    "attack",
    [
        'UPDATE plan_row SET changes = replace(changes, \'"old":null\', \'"old":"forged"\')',
        "UPDATE plan_row SET state = 'done' WHERE state = 'same'",
        "UPDATE plan_row SET proof = '0123456789abcdef 00'",
    ],
)
async def test_rollback_of_row_changed_outside_fairlead_leaves_it(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, attack: str
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)
    run = await sync_cases.run_sync(sync_services, goal)
    written = sync_sandbox.read_profile(one.sid)
    if "same" in attack:
        sync_services.store.fairlead_db.write(
            lambda c: c.execute("UPDATE plan_row SET state = 'same', proof = ''")
        )
    sync_services.store.fairlead_db.write(lambda c: c.execute(attack))
    with pytest.raises(InvalidInput, match="not certain what stood before"):
        await taken_back(sync_services, goal, run)
    assert sync_sandbox.read_profile(one.sid) == written


async def test_rollback_of_bulk_job_is_not_resent(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a job's rows a sample is read back; the others are taken back no less."""
    monkeypatch.setattr(sailthru_plan_writer, "_READ_BACK_SAMPLE_SIZE", 20)
    made = sync_cases.create_customers(sync_sandbox, 25)

    def roomy(goal: Sync) -> Sync:
        return replace(goal, limits=replace(goal.limits, people=1000))

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, roomy)
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["updated"] == 25
    back, _ = await taken_back(sync_services, goal, run)
    assert (back.state, back.totals["updated"]) == (RunState.DONE, 25)
    assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 0
    assert {(sync_sandbox.read_profile(pair.sid) or {})["vars"]["zendesk_id"] for pair in made} == {
        None
    }
    # Who asks for all of it changes all of them again, and is told so.
    plan = await build_runner(sync_services, goal.name).preview(goal, "Ada Admin", full=True)
    assert sync_services.store.plans.count_ticked_by_consequence.blocking(plan.id)["again"] == 25


async def test_rollback_change_between_plan_and_run_is_kept(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)
    run = await sync_cases.run_sync(sync_services, goal)
    plan = await RollbackPlanner(build_sync_context(sync_services)).build_plan(run.id, "Ada Admin")
    sync_sandbox.write_profile(one.sid, vars={"phone": "by hand"})
    # As the window asks for it: a plan that is written.
    back = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert (back.trigger, back.totals["parked"]) == ("rollback", 1)
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert profile["vars"]["phone"] == "by hand"


async def test_rollback_of_list_leave_has_new_join_date(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, _stays = sync_cases.create_customers(sync_sandbox, 2)

    def joining(goal: Sync) -> Sync:
        effects = SyncEffects(add_to_lists=("Fresh",), remove_when_gone=True)
        return replace(goal, effects=effects, flows=FlowPolicy.MAY_START)

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    await sync_cases.run_sync(sync_services, goal)
    sync_sandbox.write_user(one.user_id, user_fields={"sync_to_sailthru": False})
    left = await sync_cases.run_sync(sync_services, goal)
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert "Fresh" not in profile["lists"]
    _, losses = await taken_back(sync_services, goal, left)
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert "Fresh" in profile["lists"]
    assert losses == {"back on the list, with a new date of joining": 1}


async def test_retention_deletes_old_rows_and_keeps_run_totals(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, clock: ManualClock
) -> None:
    sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES)
    store = sync_services.store
    first = await sync_cases.run_sync(sync_services, goal)
    clock.advance(KEPT_FOR_S + 1.0)
    for number in range(KEPT_PLANS):
        assert sync_cases.plan_rows(store, first.plan), number
        run = await sync_cases.run_sync(sync_services, goal, is_full=True)
    assert sync_cases.plan_rows(store, first.plan) == []
    assert sync_cases.plan_rows(store, run.plan)
    assert store.runs.get.blocking(first.id).totals == first.totals
    assert first.totals["updated"] == 1
    with pytest.raises(InvalidInput, match="not kept any more"):
        await RollbackPlanner(build_sync_context(sync_services)).build_plan(first.id, "Ada Admin")
