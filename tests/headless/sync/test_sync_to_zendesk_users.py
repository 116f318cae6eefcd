"""Syncs from Sailthru to Zendesk: notes that agents wrote, and new users with name and list."""

from dataclasses import replace

from desktop.app.container import WorkspaceServices
from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.sync import Sync, SyncEffects
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

NOTES_IF_EMPTY = MappingRow("vars.hello", "notes", MappingOperator.SET_IF_EMPTY)
DETAILS = MappingRow("vars.hello", "details")


async def test_notes_of_agents_are_read_before_they_are_written(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    written, kept = sync_cases.create_customers(sync_sandbox, 2)
    for pair in (written, kept):
        sync_sandbox.write_profile(pair.sid, vars={"hello": "from Sailthru"})
    sync_sandbox.write_user(kept.user_id, notes="An agent wrote this.\nIn two lines.")
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.SAILTHRU_TO_ZENDESK,
        lambda preset: replace(preset, mapping=(NOTES_IF_EMPTY, DETAILS), effects=SyncEffects()),
    )
    run = await sync_cases.run_sync(sync_services, goal)
    assert sync_cases.check_finished_run(sync_services.store, sync_sandbox, run) == []
    assert sync_sandbox.read_user(written.user_id)["notes"] == "from Sailthru"
    assert sync_sandbox.read_user(kept.user_id)["notes"] == "An agent wrote this.\nIn two lines."
    assert sync_sandbox.read_user(kept.user_id)["details"] == "from Sailthru"
    before = len(sync_cases.app_requests(sync_sandbox))
    again = await sync_cases.run_sync(sync_services, goal, is_full=True)
    assert again.totals["unchanged"] == 2
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, before)) == []


async def test_new_user_has_the_profiles_name_and_the_name_of_the_list(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    field = {"key": "from_list", "title": "From list", "type": "text"}
    status, _ = sync_sandbox.zendesk_request(
        "POST", "/api/v2/user_fields.json", {"user_field": field}
    )
    assert status == 201
    address = f"wren@{sync_cases.DOMAIN}"
    sync_sandbox.create_profile(
        address,
        vars={"first_name": "Wren", "last_name": "Halloway"},
        lists={sync_cases.LIST_NAME: 1},
    )

    def creating(preset: Sync) -> Sync:
        effects = SyncEffects(create_missing=True, list_name_field="from_list")
        return replace(preset, effects=effects)

    goal = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK, creating)
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["created"] == 1
    _, found = sync_sandbox.zendesk_request("GET", f"/api/v2/users/search.json?query={address}")
    (user,) = found["users"]
    assert user["name"] == "Wren Halloway"
    assert user["user_fields"]["from_list"] == sync_cases.LIST_NAME
