"""One person, one profile: no sync makes a second one, or writes by a phone number."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.model.sync import MatchIdentifier
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.model.sync_run import RunState
from desktop.sync.sync_presets import TICKETS_TO_PROFILES, ZENDESK_TO_SAILTHRU
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

NEW, OLD = f"noa.new@{sync_cases.DOMAIN}", f"noa.old@{sync_cases.DOMAIN}"
PHONE = "+1 555 222 0001"
CREATE, UPDATE, CORRECTION = (
    PlannedOutcome.CREATE,
    PlannedOutcome.UPDATE,
    PlannedOutcome.CORRECTION,
)


def create_person(servers: SandboxServers, *, has_second: bool = False) -> int:
    """Noa by the new address, known to the shop, with the old one as a second address or not."""
    person = servers.create_user(
        NEW,
        name="Noa Levi",
        phone=PHONE,
        external_id="crm-noa",
        user_fields={"sync_to_sailthru": True},
    )
    sync_cases.create_ticket(servers, person)
    if has_second:
        identity = {"identity": {"type": "email", "value": OLD, "verified": True}}
        path = f"/api/v2/users/{person}/identities.json"
        assert servers.zendesk_request("POST", path, identity)[0] == 201
    return person


async def run_over_noa(services: WorkspaceServices, preset: str, **changes: Any) -> PlanRow:
    """The one row of a run's plan."""
    sync = sync_cases.save_preset(services, preset, lambda made: replace(made, **changes))
    run = await sync_cases.run_sync(services, sync)
    assert run.state is RunState.DONE, run.error
    (row,) = sync_cases.plan_rows(services.store, run.plan)
    return row


@pytest.mark.parametrize(
    ("level", "fate"), [("all", CORRECTION), ("basic", CORRECTION), ("none", UPDATE)]
)
async def test_create_after_address_change_parks_beside_optout_else_updates(
    level: str, fate: PlannedOutcome, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sid = sync_sandbox.create_profile(OLD, optout_email=level)
    create_person(sync_sandbox, has_second=True)
    row = await run_over_noa(sync_services, ZENDESK_TO_SAILTHRU)
    assert row.fate is fate, row.why
    if fate is CORRECTION:
        assert row.label == NEW
        assert f"{OLD} ({sid}, opt-out {level})" in row.why
        assert sync_sandbox.read_profile(NEW) is None
    else:
        assert row.target_id == sid


async def test_tickets_of_person_known_by_second_address_reach_profile(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sid = sync_sandbox.create_profile(OLD, optout_email="all")
    create_person(sync_sandbox, has_second=True)
    row = await run_over_noa(sync_services, TICKETS_TO_PROFILES)
    assert (row.fate, row.target_id) == (UPDATE, sid)


async def test_two_profiles_of_one_person_are_a_conflict(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sids = [sync_sandbox.create_profile(address) for address in (NEW, OLD)]
    create_person(sync_sandbox, has_second=True)
    row = await run_over_noa(sync_services, ZENDESK_TO_SAILTHRU)
    assert (row.fate, row.cause) == (CORRECTION, "several match")
    assert all(sid in row.why for sid in sids)


@pytest.mark.parametrize(
    "identity",
    [
        (MatchIdentifier.EMAIL,),
        (MatchIdentifier.PHONE,),
        (MatchIdentifier.SID, MatchIdentifier.EMAIL, MatchIdentifier.PHONE),
    ],
    ids=lambda identity: "+".join(one.value for one in identity),
)
@pytest.mark.parametrize("key", ["sms", "extid"])
async def test_profile_by_other_key_blocks_create(
    key: str,
    identity: tuple[MatchIdentifier, ...],
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
) -> None:
    value = {"sms": "+15552220001", "extid": "crm-noa"}[key]
    sid = sync_sandbox.create_profile(OLD, keys={"email": OLD, key: value})
    create_person(sync_sandbox)
    row = await run_over_noa(sync_services, ZENDESK_TO_SAILTHRU, identity=identity)
    assert row.fate is CORRECTION, row.why
    assert sid in row.why
    assert sync_sandbox.read_profile(NEW) is None


async def test_nobody_by_any_key_is_created(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    create_person(sync_sandbox, has_second=True)
    row = await run_over_noa(sync_services, ZENDESK_TO_SAILTHRU)
    assert (row.fate, row.address) == (CREATE, NEW)
