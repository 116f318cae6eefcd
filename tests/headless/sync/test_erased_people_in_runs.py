"""Runs make nobody again who was erased: not by a plan, and not by one that was made before."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.model.erased_people import person_keys
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import PlannedOutcome, PlanRowState
from desktop.store.erased_people_repository import keep_erased
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

_FLOWS = [FlowPolicy.MAY_START, FlowPolicy.NOT_STARTED]


def erase(services: WorkspaceServices, address: str) -> None:
    """Only that they are not to be made again: both services know them as before."""
    store = services.store
    keys = person_keys(addresses=(address,))
    store.fairlead_db.write(lambda c: keep_erased(c, store.audit.signer, 1, keys, 1.0))


def save_creating_sync(services: WorkspaceServices, flows: FlowPolicy) -> Sync:
    return sync_cases.save_preset(
        services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda preset: replace(preset, effects=SyncEffects(create_missing=True), flows=flows),
    )


@pytest.mark.parametrize("flows", _FLOWS)
async def test_run_skips_an_erased_person_and_creates_the_others(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, flows: FlowPolicy
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2, unknown=2)
    erase(sync_services, one.email)
    run = await sync_cases.run_sync(sync_services, save_creating_sync(sync_services, flows))
    rows = {row.source_id: row for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    skipped = rows[str(one.user_id)]
    assert (skipped.fate, skipped.why) == (
        PlannedOutcome.SKIPPED, "erased: nothing makes this person again",
    )  # fmt: skip
    assert (run.totals["created"], run.totals["skipped"]) == (1, 1)
    assert sync_sandbox.read_profile(one.email) is None
    assert sync_sandbox.read_profile(two.email) is not None


@pytest.mark.parametrize("flows", _FLOWS)
async def test_row_of_a_person_erased_since_the_preview_is_not_sent(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, flows: FlowPolicy
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2, unknown=2)
    sync = save_creating_sync(sync_services, flows)

    def at(step: str) -> None:
        if step == "planned":
            erase(sync_services, one.email)

    run = await sync_cases.run_sync(sync_services, sync, checkpoint=at)
    rows = {row.source_id: row for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert rows[str(one.user_id)].state is PlanRowState.PARKED
    assert "erased" in rows[str(one.user_id)].detail
    assert sync_sandbox.read_profile(one.email) is None
    assert sync_sandbox.read_profile(two.email) is not None


async def test_run_into_zendesk_makes_no_user_of_an_erased_person(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    emails = ("erased@sync.example", "other@sync.example")
    for email in emails:
        sync_sandbox.create_profile(email, lists={sync_cases.LIST_NAME: 1})
    erase(sync_services, emails[0])
    sync = sync_cases.save_preset(
        sync_services,
        sync_cases.SAILTHRU_TO_ZENDESK,
        lambda preset: replace(preset, effects=replace(preset.effects, create_missing=True)),
    )
    run = await sync_cases.run_sync(sync_services, sync)
    assert run.totals["created"] == 1
    path = "/api/v2/users/search.json?query=email:"
    counts = [sync_sandbox.zendesk_request("GET", path + email)[1]["count"] for email in emails]
    assert counts == [0, 1]
