"""Each preset end to end over real HTTP; what it did is read by a witness."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.model.sync_plan import PlannedOutcome, PlanRowState
from desktop.model.sync_run import RunState
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers


@pytest.mark.parametrize("name", sync_cases.ALL_PRESETS)
async def test_preset_run_writes_its_plan_once(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, name: str
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 7, unknown=2)
    goal = sync_cases.save_preset(sync_services, name)
    run = await sync_cases.run_sync(sync_services, goal)
    assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, run) == []
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    wrote = [r for r in rows if sync_cases.is_written(r)]
    assert len(wrote) == (
        7 if name in (sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.TO_SAILTHRU_BY_POSTS) else 5
    )
    assert all(r.state is PlanRowState.DONE for r in wrote)
    assert sync_services.store.sync_state.count_exchanged_profiles.blocking(goal.name) == len(wrote)
    # Nothing the second time, also when everything is looked at.
    count = len(sync_cases.app_requests(sync_sandbox))
    for full in (False, True):
        again = await sync_cases.run_sync(sync_services, goal, is_full=full)
        assert (again.state, again.error) == (RunState.DONE, "")
        assert again.totals["created"] + again.totals["updated"] == 0
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
    assert made


async def test_ticket_fields_are_written_to_profile(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    last = sync_cases.create_ticket(sync_sandbox, one.user_id, priority="high")
    run = await sync_cases.run_sync(
        sync_services, sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES)
    )
    assert run.totals["updated"] == 1
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    kept = {k: v for k, v in profile["vars"].items() if "ticket" in k}
    assert kept.pop("last_ticket_created_time")
    assert kept == {
        "last_ticket_id": last,
        "last_ticket_status": "new",
        "last_ticket_priority": "high",
        "ticket_count": 2,
    }


async def test_checked_box_creates_profile_on_no_list(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1, unknown=1)
    run = await sync_cases.run_sync(
        sync_services, sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    )
    assert run.totals["created"] == 1
    profile = sync_sandbox.read_profile(one.email)
    assert profile is not None
    assert not profile["lists"]
    assert profile["vars"] == {
        "first_name": "Ada",
        "last_name": "0 Lovelace",
        "phone": "+1555010000",
        "zendesk_id": one.user_id,
    }
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.fate, row.evidence) == (PlannedOutcome.CREATE, "none needed: on no list")


async def test_tags_are_added_to_existing_tags(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    sync_sandbox.write_user(one.user_id, tags=["vip", "lisbon"])
    run = await sync_cases.run_sync(
        sync_services, sync_cases.save_preset(sync_services, sync_cases.HIGH_VALUE_TAGGING)
    )
    assert run.totals["updated"] == 1
    assert sorted(sync_sandbox.read_user(one.user_id)["tags"]) == [
        "lisbon",
        "sailthru_highvalue",
        "vip",
    ]
    plan = sync_services.store.plans.get.blocking(run.plan or "")
    assert {(n.consequence.value, n.people) for n in plan.consequence_counts} == {("tickets", 1)}
