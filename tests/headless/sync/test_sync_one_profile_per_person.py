"""One person, one profile: no sync makes a second one, or writes by a phone number."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names, build_runner
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.sync import FlowPolicy, MatchIdentifier, Sync, SyncEffects
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RunState
from desktop.sync.sync_presets import (
    SAILTHRU_TO_ZENDESK,
    TICKETS_TO_PROFILES,
    ZENDESK_TO_SAILTHRU,
    build_preset,
)
from desktop.sync.user_finder import UserFinder
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

NEW, OLD = f"noa.new@{sync_cases.DOMAIN}", f"noa.old@{sync_cases.DOMAIN}"
PHONE = "+1 555 222 0001"
BOX = {"sync_to_sailthru": True}
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


SPELLINGS = ("noa.idn@b\u00fccher.example", "noa.idn@xn--bcher-kva.example")


def over_spellings(sync: Sync) -> Sync:
    """The sync over the people of `SPELLINGS` alone."""
    where = (FieldCondition("email", ConditionOperator.HAS, "noa.idn@"),)
    return replace(sync, source=replace(sync.source, where=where))


@pytest.mark.parametrize("stored", SPELLINGS)
@pytest.mark.parametrize("preset", [ZENDESK_TO_SAILTHRU, SAILTHRU_TO_ZENDESK])
async def test_international_domain_matches_in_either_spelling(
    preset: str, stored: str, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    other = SPELLINGS[1 - SPELLINGS.index(stored)]
    person = sync_sandbox.create_user(stored, name="Noa Levi", user_fields=BOX)
    sid = sync_sandbox.create_profile(other, lists={sync_cases.LIST_NAME: 1})
    changes: dict[str, Any] = {"effects": SyncEffects(create_missing=True)}
    if preset == ZENDESK_TO_SAILTHRU:
        made = build_preset(preset, build_preset_names(sync_services))
        changes["source"] = over_spellings(made).source
    row = await run_over_noa(sync_services, preset, **changes)
    assert (row.fate, row.target_id) == (
        UPDATE,
        sid if preset == ZENDESK_TO_SAILTHRU else str(person),
    )


async def test_two_users_of_one_international_address_make_one_profile(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    for address in SPELLINGS:
        sync_sandbox.create_user(address, name="Noa Levi", user_fields=BOX)
    sync = sync_cases.save_preset(sync_services, ZENDESK_TO_SAILTHRU, over_spellings)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    rows = sync_cases.plan_rows(sync_services.store, plan.id)
    assert sorted(row.fate.value for row in rows) == ["correction", "create"]


async def test_profile_at_other_spelling_made_since_preview_stops_create(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync_sandbox.create_user(SPELLINGS[0], name="Noa Levi", user_fields=BOX)
    sync = sync_cases.save_preset(sync_services, ZENDESK_TO_SAILTHRU, over_spellings)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    sid = sync_sandbox.create_profile(SPELLINGS[1], optout_email="all")
    await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    (row,) = sync_cases.plan_rows(sync_services.store, plan.id)
    assert row.state is PlanRowState.PARKED
    assert sid in row.detail
    assert sync_sandbox.read_profile(SPELLINGS[0]) is None


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


@pytest.mark.parametrize(
    ("key", "flows"),
    [
        ("email", FlowPolicy.NOT_STARTED),
        ("extid", FlowPolicy.MAY_START),
        ("sms", FlowPolicy.NOT_STARTED),
        ("pair", FlowPolicy.MAY_START),
        ("pair", FlowPolicy.NOT_STARTED),
        ("former address", FlowPolicy.NOT_STARTED),
        ("deleted", FlowPolicy.NOT_STARTED),
    ],
)
async def test_create_is_matched_again_before_it_is_sent(
    key: str, flows: FlowPolicy, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    person = create_person(sync_sandbox, has_second=key == "email")
    sync = sync_cases.save_preset(
        sync_services, ZENDESK_TO_SAILTHRU, lambda made: replace(made, flows=flows)
    )
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    (row,) = sync_cases.plan_rows(sync_services.store, plan.id)
    assert (row.fate, row.address) == (CREATE, NEW)
    keys = {"extid": "crm-noa", "sms": "+15552220001"}
    own = {key: keys[key]} if key in keys else {}
    sid = "" if key == "deleted" else sync_sandbox.create_profile(OLD, keys={"email": OLD, **own})
    if key == "pair":
        await sync_services.store.drafts_and_links.save_link(person, sid, "Ada", 1.0)
    elif key == "former address":
        identity = {"identity": {"type": "email", "value": OLD, "verified": True}}
        path = f"/api/v2/users/{person}/identities.json"
        assert sync_sandbox.zendesk_request("POST", path, identity)[0] == 201
    elif key == "deleted":
        sync_sandbox.delete_user(person)
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id)
    (row,) = sync_cases.plan_rows(sync_services.store, plan.id)
    assert (run.state, row.state) == (RunState.DONE, PlanRowState.PARKED), row.detail
    assert (sid or "Deleted since the preview") in row.detail
    assert sync_sandbox.read_profile(NEW) is None


async def run_over_profile(
    services: WorkspaceServices, servers: SandboxServers, **changes: Any
) -> PlanRow:
    """The one row of a run from a list that holds one profile, which Zendesk may know."""
    sync = sync_cases.save_preset(
        services, SAILTHRU_TO_ZENDESK, lambda made: replace(made, **changes)
    )
    run = await sync_cases.run_sync(services, sync)
    assert run.state is RunState.DONE, run.error
    (row,) = sync_cases.plan_rows(services.store, run.plan)
    return row


@pytest.mark.parametrize("creates", [True, False])
@pytest.mark.parametrize("stored", [PHONE, "(555) 222-0001", "1.555.222.0001"])
async def test_phone_proposes_a_user_and_writes_nobody(
    stored: str,
    creates: bool,
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
) -> None:
    other = sync_sandbox.create_user(
        f"dan@{sync_cases.DOMAIN}", name="Dan Levi", phone=stored, external_id="crm-dan"
    )
    sync_sandbox.create_profile(NEW, lists={sync_cases.LIST_NAME: 1}, vars={"phone": PHONE})
    before = sync_sandbox.read_user(other)
    row = await run_over_profile(
        sync_services,
        sync_sandbox,
        identity=(MatchIdentifier.PHONE, MatchIdentifier.EMAIL),
        effects=SyncEffects(create_missing=creates, add_tags=("vip",)),
    )
    assert (row.fate, row.cause) == (CORRECTION, "may be theirs"), row.why
    assert str(other) in row.why
    assert sync_sandbox.read_user(other) == before


async def test_nobody_by_any_key_is_created(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    create_person(sync_sandbox, has_second=True)
    row = await run_over_noa(sync_services, ZENDESK_TO_SAILTHRU)
    assert (row.fate, row.address) == (CREATE, NEW)


@pytest.mark.parametrize("creates", [True, False])
async def test_profile_at_second_address_of_a_user_is_theirs(
    creates: bool, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    person = create_person(sync_sandbox, has_second=True)
    sync_sandbox.create_profile(OLD, lists={sync_cases.LIST_NAME: 1})
    effects = SyncEffects(create_missing=creates)
    row = await run_over_profile(sync_services, sync_sandbox, effects=effects)
    assert (row.fate, row.target_id) == (UPDATE, str(person)), row.why


async def test_profiles_at_both_addresses_of_a_user_are_not_both_written(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    person = create_person(sync_sandbox, has_second=True)
    for address in (OLD, NEW):
        sync_sandbox.create_profile(address, lists={sync_cases.LIST_NAME: 1})
    sync = sync_cases.save_preset(sync_services, SAILTHRU_TO_ZENDESK)
    run = await sync_cases.run_sync(sync_services, sync)
    rows = sync_cases.plan_rows(sync_services.store, run.plan)
    assert sorted(row.fate.value for row in rows) == ["correction", "update"]
    assert {row.target_id for row in rows} <= {str(person), ""}


@pytest.mark.parametrize("has_export", [True, False], ids=["users' export", "search"])
async def test_address_and_external_id_of_two_users_are_a_conflict(
    has_export: bool,
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_extid = sync_sandbox.create_user(
        f"dan@{sync_cases.DOMAIN}", name="Dan Levi", external_id="crm-noa"
    )
    by_address = sync_sandbox.create_user(NEW, name="Noa Levi")
    sync_sandbox.create_profile(
        NEW, keys={"email": NEW, "extid": "CRM-NOA"}, lists={sync_cases.LIST_NAME: 1}
    )
    if not has_export:
        monkeypatch.setattr(UserFinder, "find", UserFinder.search)
    row = await run_over_profile(sync_services, sync_sandbox)
    assert (row.fate, row.cause) == (CORRECTION, "several match"), row.why
    assert str(by_extid) in row.why
    assert str(by_address) in row.why


@pytest.mark.parametrize("preset", [ZENDESK_TO_SAILTHRU, TICKETS_TO_PROFILES])
@pytest.mark.parametrize("is_linked", [False, True])
async def test_address_and_external_id_of_two_profiles_are_a_conflict(
    is_linked: bool, preset: str, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    by_extid = sync_sandbox.create_profile(OLD, keys={"email": OLD, "extid": "crm-noa"})
    by_address = sync_sandbox.create_profile(NEW)
    person = create_person(sync_sandbox)
    if is_linked:
        await sync_services.store.drafts_and_links.save_link(person, by_address, "Ada", 1.0)
    row = await run_over_noa(sync_services, preset)
    if is_linked:
        assert (row.fate, row.target_id) == (UPDATE, by_address)
        return
    assert (row.fate, row.cause) == (CORRECTION, "several match"), row.why
    assert by_extid in row.why
    assert by_address in row.why
    for address in (OLD, NEW):
        assert not (sync_sandbox.read_profile(address) or {})["vars"]
