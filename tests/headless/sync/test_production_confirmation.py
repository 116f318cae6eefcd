"""A run that changes many people in production waits until somebody confirms it once more."""

import json

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.model import workspace_kind
from desktop.model.sync_plan import PlanState
from desktop.model.sync_run import RunState
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_runner import RunRequest
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

KIND = "workspace.kind"


@pytest.fixture(autouse=True)
def _two_people_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_kind, "CONFIRM_OVER", 2)


def set_kind(services: WorkspaceServices, kind: str) -> None:
    services.session.change_settings({KIND: kind})


async def test_run_in_production_waits_and_writes_nothing_until_confirmed(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 3)
    sync = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    set_kind(sync_services, "production")
    before = len(sync_cases.app_requests(sync_sandbox))
    run = await sync_cases.run_sync(sync_services, sync)
    assert run.state is RunState.WAITING
    assert "This is production: 3 people would be changed" in run.error
    assert f"--plan {run.plan} --allow production" in run.error
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, before)) == []
    assert sync_services.store.plans.get.blocking(run.plan or "").state is PlanState.STOPPED
    # Whoever runs it confirms it: no admin is needed.
    asked = {"plan_id": run.plan, "allowed_limits": ("production",), "approver_id": "77"}
    done = await sync_cases.run_sync(sync_services, sync, **asked)
    assert done.state is RunState.DONE
    assert done.totals["updated"] == 3
    approvals = sync_services.store.plans.approvals.list_of_plan.blocking(run.plan or "")
    assert [(a.limit_code, a.people) for a in approvals] == [("production", 3)]


async def test_run_in_test_workspace_and_of_few_is_not_asked_about(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 2)
    sync = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    set_kind(sync_services, "production")
    assert (await sync_cases.run_sync(sync_services, sync)).state is RunState.DONE
    sync_cases.create_customers(sync_sandbox, 3, first=10)
    set_kind(sync_services, "test")
    assert (await sync_cases.run_sync(sync_services, sync)).state is RunState.DONE


async def test_scheduled_run_in_production_is_not_asked_about(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 3)
    sync = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    set_kind(sync_services, "production")
    run = await sync_cases.run_sync(sync_services, sync, why="schedule")
    assert run.state is RunState.DONE


async def test_kind_that_changes_while_a_run_reads_counts_when_it_writes(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 3)
    sync = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)

    def make_production(name: str) -> None:
        if name == "planned":
            set_kind(sync_services, "production")

    run = await sync_cases.run_sync(sync_services, sync, checkpoint=make_production)
    assert run.state is RunState.WAITING


async def test_confirmation_is_for_the_rows_it_was_given_for(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 4)
    sync = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    set_kind(sync_services, "production")
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada")
    plans = sync_services.store.plans
    rows = [row.row for row in plans.list_rows.blocking(plan.id) if row.fate.value == "update"]
    plans.set_rows_ticked.blocking(plan.id, [rows[0]], on=False)
    plans.approvals.add.blocking(plan.id, "production", "77", "Ada", 1.0)
    # As many as before, and somebody else among them.
    plans.set_rows_ticked.blocking(plan.id, [rows[0]], on=True)
    plans.set_rows_ticked.blocking(plan.id, [rows[1]], on=False)
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    assert run.state is RunState.WAITING
    assert "3 people would be changed" in run.error


async def test_rollback_in_production_is_asked_about(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 3)
    sync = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    done = await sync_cases.run_sync(sync_services, sync)
    set_kind(sync_services, "production")
    runner = build_runner(sync_services, sync.name)
    plan = await RollbackPlanner(runner.context).build_plan(done.id, "Ada")
    request = RunRequest(sync.name, "Ada", why="rollback", plan_id=plan.id)
    assert (await runner.run(sync, request)).state is RunState.WAITING
    allowed = RunRequest(
        sync.name, "Ada", why="rollback", plan_id=plan.id, allowed_limits=("production",)
    )
    assert (await runner.run(sync, allowed)).state is RunState.DONE


async def test_kind_edited_in_the_file_may_only_ask_more(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    set_kind(sync_services, "production")
    path = sync_services.workspace.folder / "settings.json"

    def edit(kind: str) -> None:
        document = json.loads(path.read_text("utf-8"))
        holder = document.get("settings", document)
        holder[KIND] = kind
        path.write_text(json.dumps(document), "utf-8")

    edit("sandbox")
    assert sync_services.current_settings.confirmed_over() == 2
    set_kind(sync_services, "test")
    edit("production")
    assert sync_services.current_settings.confirmed_over() == 2
    edit("test")
    assert sync_services.current_settings.confirmed_over() is None
