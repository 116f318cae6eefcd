"""A run whose right to write ends halfway stops between two batches, and can go on later."""

import base64
import json
from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.model.permission import CHANGES_OFF_REASON, Actor, Role
from desktop.model.sync import FlowPolicy
from desktop.model.sync_plan import PlanRowState
from desktop.model.sync_run import RunState
from desktop.sync.sync_runner import RunRequest
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers


def switch_changes(house: WorkspaceServices, *, on: bool) -> None:
    """As another process does it: the run's session is not told."""
    house.session.connection_config.settings_file.change({"changes": on})


def write_user_as_second_admin(sandbox: SandboxServers, user_id: int, **values: object) -> None:
    """Another admin changes a colleague in Zendesk's Admin Center."""
    zendesk = sandbox.connection_document["zendesk"]
    pair = f"{zendesk['second_admin_email']}/token:{zendesk['second_admin_api_token']}"
    headers = {
        "content-type": "application/json",
        "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
    }
    path, body = f"/api/v2/users/{user_id}.json", json.dumps({"user": values})
    assert sandbox.http("zendesk", "PUT", path, body, headers).status == 200


@pytest.mark.parametrize("preset", sync_cases.ALL_PRESETS)
async def test_run_with_changes_switched_off_after_its_plan_writes_nothing_and_goes_on_later(
    preset: str, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 2)
    sync = sync_cases.save_preset(sync_services, preset)

    def at(step: str) -> None:
        if step == "planned":
            switch_changes(sync_services, on=False)

    count = len(sync_cases.app_requests(sync_sandbox))
    runner = build_runner(sync_services, sync.name, checkpoint=at)
    run = await runner.run(sync, RunRequest(sync.name, "Ada Admin"))
    assert (run.state, run.error_code) == (RunState.FAILED, "not_permitted")
    assert CHANGES_OFF_REASON in run.error
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
    switch_changes(sync_services, on=True)
    again = RunRequest(sync.name, "Ada Admin", resume_run_id=run.id)
    resumed = await build_runner(sync_services, sync.name).run(sync, again)
    assert resumed.state is RunState.DONE
    rows = sync_cases.plan_rows(sync_services.store, resumed.plan)
    assert PlanRowState.DONE in {row.state for row in rows}


async def test_run_right_taken_away_halfway_stops_the_run_before_its_next_batch(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync_cases.create_customers(sync_sandbox, 60)
    sync = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda preset: replace(preset, flows=FlowPolicy.MAY_START),
    )
    file = sync_services.session.connection_config.settings_file
    file.change({"permissions.agent.runs": True, "permissions.agent.create": True})
    sync_services.session.reload_settings()
    monkeypatch.setattr(type(sync_services.session), "actor", Actor("Ben", Role.AGENT, 4711))
    batches = 0

    def at(step: str) -> None:
        nonlocal batches
        if step == "closed":
            batches += 1
            file.change({"permissions.agent.runs": False})

    runner = build_runner(sync_services, sync.name, checkpoint=at)
    run = await runner.run(sync, RunRequest(sync.name, "Ben"))
    assert (run.state, run.error_code, batches) == (RunState.FAILED, "not_permitted", 1)
    assert "Your role (agent) may not run syncs" in run.error
    states = [row.state for row in sync_cases.plan_rows(sync_services.store, run.plan)]
    assert {PlanRowState.PLANNED, PlanRowState.DONE} <= set(states)


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"role": "agent"}, "Your role (agent) may not run syncs"),
        ({"role": "end-user"}, "This is not an agent's account"),
        ({"suspended": True}, "Zendesk"),
    ],
)
async def test_role_taken_away_in_zendesk_stops_the_run_before_its_next_batch(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    user: dict[str, object],
    said: str,
) -> None:
    sync_cases.create_customers(sync_sandbox, 60)
    sync = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda preset: replace(preset, flows=FlowPolicy.MAY_START),
    )
    me = sync_services.session.actor.id
    assert me is not None
    # As if each batch took a minute: at most so often is Zendesk asked.
    monkeypatch.setattr("desktop.app.workspace_session.ACTOR_RECHECK_S", 0.0)
    batches = 0

    def at(step: str) -> None:
        nonlocal batches
        if step == "closed":
            batches += 1
            write_user_as_second_admin(sync_sandbox, me, **user)

    runner = build_runner(sync_services, sync.name, checkpoint=at)
    try:
        run = await runner.run(sync, RunRequest(sync.name, "Ada Admin"))
    finally:
        write_user_as_second_admin(sync_sandbox, me, role="admin", suspended=False)
    assert (run.state, run.error_code, batches) == (RunState.FAILED, "not_permitted", 1)
    assert said in run.error
    states = [row.state for row in sync_cases.plan_rows(sync_services.store, run.plan)]
    assert {PlanRowState.PLANNED, PlanRowState.DONE} <= set(states)


async def test_run_asks_zendesk_at_most_once_a_minute_who_it_works_for(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_cases.create_customers(sync_sandbox, 60)
    sync = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda preset: replace(preset, flows=FlowPolicy.MAY_START),
    )
    count = len(sync_cases.app_requests(sync_sandbox))
    run = await build_runner(sync_services, sync.name).run(sync, RunRequest(sync.name, "Ada"))
    assert run.state is RunState.DONE
    asked = [r["path"] for r in sync_cases.app_requests(sync_sandbox, count)]
    assert "/api/v2/users/me" not in asked
