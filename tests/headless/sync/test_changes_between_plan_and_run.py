"""What others do between a plan and its run is never written over: the row waits, and says why."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.kit.errors import ConflictError, NotFound
from desktop.model.field_mapping import MappingRow
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RunState
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

EVERY_WAY = (
    sync_cases.ZENDESK_TO_SAILTHRU,
    sync_cases.TO_SAILTHRU_BY_POSTS,
    sync_cases.SAILTHRU_TO_ZENDESK,
)


async def planned(house: WorkspaceServices, goal: Sync) -> Plan:
    return await build_runner(house, goal.name).preview(goal, "Ada Admin")


async def applied(house: WorkspaceServices, goal: Sync, plan: Plan) -> dict[str, PlanRow]:
    run = await sync_cases.run_sync(house, goal, plan_id=plan.id)
    assert run.state is RunState.DONE
    rows = sync_cases.plan_rows(house.store, plan.id)
    assert sum(run.totals.values()) == len(rows)
    return {row.label: row for row in rows}


@pytest.mark.parametrize("name", EVERY_WAY)
async def test_target_value_changed_elsewhere_is_kept(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, name: str
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, name)
    plan = await planned(sync_services, goal)
    if name == sync_cases.SAILTHRU_TO_ZENDESK:
        sync_sandbox.write_user(one.user_id, user_fields={"sailthru_optout": "by hand"})
    else:
        sync_sandbox.write_profile(one.sid, vars={"phone": "by hand"})
    rows = await applied(sync_services, goal, plan)
    assert rows[one.email].state is PlanRowState.PARKED
    assert "by hand" in rows[one.email].detail
    assert rows[two.email].state is PlanRowState.DONE
    if name == sync_cases.SAILTHRU_TO_ZENDESK:
        fields = sync_sandbox.read_user(one.user_id)["user_fields"]
        assert (fields["sailthru_optout"], fields.get("sailthru_profile_id")) == ("by hand", None)
    else:
        profile = sync_sandbox.read_profile(one.sid)
        assert profile is not None
        assert profile["vars"]["phone"] == "by hand"
        assert "zendesk_id" not in profile["vars"]
    # It is not forgotten: the next plan looks at it again although its source did not change.
    assert len(sync_services.store.sync_state.list_retry_sources.blocking(goal.name)) == 1


@pytest.mark.parametrize("name", EVERY_WAY)
async def test_target_value_already_equal_is_not_sent(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, name: str
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, name)
    plan = await planned(sync_services, goal)
    (row,) = sync_cases.plan_rows(sync_services.store, plan.id)
    for change in row.changes_to_send:
        kind, _, key = change.field.partition(".")
        if kind == "tags":
            sync_sandbox.write_user(one.user_id, tags=[key])
        elif kind == "user_fields":
            sync_sandbox.write_user(one.user_id, user_fields={key: change.new})
        else:
            sync_sandbox.write_profile(one.sid, vars={key: change.new})
    count = len(sync_cases.app_requests(sync_sandbox))
    rows = await applied(sync_services, goal, plan)
    assert rows[one.email].state is PlanRowState.SAME
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
    assert sync_cases.count_audit_rows(sync_services.store, goal.name) == {}


@pytest.mark.parametrize("name", [sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.TO_SAILTHRU_BY_POSTS])
async def test_profile_created_since_plan_is_not_overwritten(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, name: str
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1, unknown=1)
    goal = sync_cases.save_preset(sync_services, name)
    plan = await planned(sync_services, goal)
    sync_sandbox.create_profile(one.email, vars={"phone": "theirs"})
    rows = await applied(sync_services, goal, plan)
    assert (rows[one.email].fate, rows[one.email].state) == (
        PlannedOutcome.CREATE,
        PlanRowState.PARKED,
    )
    assert "made it meanwhile" in rows[one.email].detail
    profile = sync_sandbox.read_profile(one.email)
    assert profile is not None
    assert profile["vars"] == {"phone": "theirs"}


@pytest.mark.parametrize("name", EVERY_WAY)
async def test_target_deleted_since_plan_is_not_recreated(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, name: str
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, name)
    plan = await planned(sync_services, goal)
    if name == sync_cases.SAILTHRU_TO_ZENDESK:
        sync_sandbox.delete_user(one.user_id)
    else:
        sync_sandbox.delete_profile(one.sid)
    rows = await applied(sync_services, goal, plan)
    assert rows[one.email].state is PlanRowState.PARKED
    assert "no longer exists" in rows[one.email].detail
    assert rows[two.email].state is PlanRowState.DONE
    if name != sync_cases.SAILTHRU_TO_ZENDESK:
        assert sync_sandbox.read_profile(one.email) is None


async def test_user_merged_since_plan_is_parked_and_rematched(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    plan = await planned(sync_services, goal)
    status, body = sync_sandbox.zendesk_request(
        "PUT", f"/api/v2/users/{one.user_id}/merge.json", {"user": {"id": two.user_id}}
    )
    assert status == 200, body
    rows = await applied(sync_services, goal, plan)
    assert rows[one.email].state is PlanRowState.PARKED
    assert rows[two.email].state is PlanRowState.DONE
    again = await sync_cases.run_sync(sync_services, goal)
    assert again.state is RunState.DONE
    assert again.totals["updated"] == 0


async def test_list_deleted_since_plan_stops_run(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.SAILTHRU_TO_ZENDESK,
        lambda g: replace(g, source=replace(g.source, lists=("Renamed",))),
    )
    count = len(sync_cases.app_requests(sync_sandbox))
    run = await sync_cases.run_sync(sync_services, goal)
    assert (run.state, run.error_code) == (RunState.FAILED, "not_found")
    assert "Renamed" in run.error
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
    with pytest.raises(NotFound):
        await planned(sync_services, goal)


async def test_user_field_missing_is_reported(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.SAILTHRU_TO_ZENDESK,
        lambda g: replace(g, mapping=(*g.mapping, MappingRow("sid", "user_fields.nowhere"))),
    )
    run = await sync_cases.run_sync(sync_services, goal)
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    (change,) = [c for c in row.changes if c.field == "user_fields.nowhere"]
    assert (change.applies, row.state) == (False, PlanRowState.DONE)
    assert "no user field" in change.reason


async def test_user_field_type_changed_needs_correction(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 1)
    told = {"user_field": {"key": "shoe_day", "title": "Shoe", "type": "date"}}
    assert sync_sandbox.zendesk_request("POST", "/api/v2/user_fields.json", told)[0] == 201
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.SAILTHRU_TO_ZENDESK,
        lambda g: replace(g, mapping=(MappingRow("vars.shoe", "user_fields.shoe_day"),)),
    )
    run = await sync_cases.run_sync(sync_services, goal)
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.fate, row.state) == (PlannedOutcome.CORRECTION, PlanRowState.PARKED)
    assert row.cause
    assert run.totals["parked"] == 1


async def test_unattested_person_is_neither_created_nor_put_on_a_list(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    unknown, known = sync_cases.create_customers(sync_sandbox, 2, unknown=1)
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda preset: replace(
            preset,
            effects=SyncEffects(create_missing=True, add_to_lists=("Fresh",)),
            flows=FlowPolicy.MAY_START,
        ),
    )
    for _ in range(2):
        run = await sync_cases.run_sync(sync_services, goal)
        assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, run) == []
    assert sync_sandbox.read_profile(unknown.email) is None
    profile = sync_sandbox.read_profile(known.email)
    assert profile is not None
    assert "Fresh" in profile["lists"]


async def test_list_join_creates_missing_list_first(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, _ = sync_cases.create_customers(sync_sandbox, 2, unknown=1)

    def change(goal: Sync) -> Sync:
        effects = SyncEffects(create_missing=True, add_to_lists=("Fresh",))
        opt_in = sync_cases.ATTESTED
        return replace(goal, effects=effects, opt_in=opt_in, flows=FlowPolicy.MAY_START)

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, change)
    run = await sync_cases.run_sync(sync_services, goal)
    assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, run) == []
    profile = sync_sandbox.read_profile(one.email)
    assert profile is not None
    assert list(profile["lists"]) == ["Fresh"]


async def test_run_accepts_open_plan_of_same_sync_only(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    other = sync_cases.save_preset(sync_services, sync_cases.HIGH_VALUE_TAGGING)
    plan = await planned(sync_services, goal)
    with pytest.raises(ConflictError, match="one of"):
        await sync_cases.run_sync(sync_services, other, plan_id=plan.id)
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    with pytest.raises(ConflictError, match="applied"):
        await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    with pytest.raises(ConflictError, match="cannot go on"):
        await sync_cases.run_sync(sync_services, goal, resume_run_id=run.id)
    assert [r.id for r in sync_services.store.runs.list_runs.blocking(None)] == [run.id]
