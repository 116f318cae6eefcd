"""Contacts of Zendesk Sell both ways, over HTTP: corrections, shared addresses, deletions."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names, build_runner, build_sync_context
from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.sell_lists import CONTACTS_LIST
from desktop.model.sell_validation import NAME_CAUSE, STATUS_CAUSE
from desktop.model.sync import SharedAddressRule, Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.model.sync_run import RunState
from desktop.sync.pipeline.eligibility import UNMATCHED_DELETION_CAUSE
from desktop.sync.pipeline.shared_address import SHARED_ADDRESS_CAUSE
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sell_plan_row_decisions import SellPlanRowDecisions
from desktop.sync.sync_presets import SAILTHRU_TO_SELL_CONTACTS, SELL_CONTACTS_TO_SAILTHRU
from tests.support import sell_cases, sync_cases
from tests.support.sandbox_servers import SandboxServers

DOMAIN = sync_cases.DOMAIN


async def preview(house: WorkspaceServices, sync: Sync) -> dict[str, PlanRow]:
    """The rows of a new plan, by source id."""
    plan = await build_runner(house, sync.name).preview(sync, "Ada")
    return {row.source_id: row for row in sync_cases.plan_rows(house.store, plan.id)}


async def test_contacts_run_both_ways_and_stand_still_afterwards(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    email, other = f"both@{DOMAIN}", f"other@{DOMAIN}"
    number = sell_cases.create_sell_person(sync_sandbox, "contact", email, phone="+15550001")
    to_sailthru = sell_cases.save_sell_preset(
        sell_services, SELL_CONTACTS_TO_SAILTHRU, opt_in=sync_cases.ATTESTED
    )
    to_sell = sell_cases.save_sell_preset(sell_services, SAILTHRU_TO_SELL_CONTACTS)
    assert (await sync_cases.run_sync(sell_services, to_sailthru)).totals["created"] == 1
    back = await sync_cases.run_sync(sell_services, to_sell)
    assert (back.state, back.totals["updated"], back.totals["created"]) == (RunState.DONE, 0, 0)

    # Changed in Sailthru alone: it goes to Sell, and does not come back as a change.
    sync_sandbox.write_profile(email, vars={"last_name": "King", "sell_customer_status": "gold"})
    sync_sandbox.create_profile(
        other, vars={"first_name": "Grace", "last_name": "Hopper"}, lists={CONTACTS_LIST: 1}
    )
    sync_sandbox.create_profile(
        f"cher@{DOMAIN}", vars={"first_name": "Cher"}, lists={CONTACTS_LIST: 1}
    )
    run = await sync_cases.run_sync(sell_services, to_sell)
    assert (run.totals["updated"], run.totals["created"], run.totals["parked"]) == (0, 1, 2)
    rows = {row.label: row for row in sync_cases.plan_rows(sell_services.store, run.plan)}
    causes = {row.cause for row in rows.values() if row.fate is PlannedOutcome.CORRECTION}
    # “gold” is no status, and neither customer nor prospect is no contact to be synced.
    assert causes == {NAME_CAUSE, STATUS_CAUSE}
    sync_sandbox.write_profile(email, vars={"sell_customer_status": "past"})
    run = await sync_cases.run_sync(sell_services, to_sell)
    assert run.totals["updated"] == 1
    person = sell_cases.read_sell_person(sync_sandbox, "contact", number)
    assert person is not None
    assert (person["last_name"], person["customer_status"]) == ("King", "past")
    again = await sync_cases.run_sync(sell_services, to_sailthru)
    assert (again.totals["updated"], again.totals["parked"]) == (1, 0)
    for sync in (to_sell, to_sailthru):
        still = await sync_cases.run_sync(sell_services, sync)
        assert (still.totals["updated"], still.totals["created"]) == (0, 0)


async def test_contact_without_a_name_is_parked_corrected_and_aligned(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    number = sell_cases.create_sell_person(
        sync_sandbox, "contact", f"plato@{DOMAIN}", first_name=None, last_name="Plato"
    )
    sell_cases.create_sell_person(sync_sandbox, "contact", f"whole@{DOMAIN}")
    sync = sell_cases.save_sell_preset(
        sell_services, SELL_CONTACTS_TO_SAILTHRU, opt_in=sync_cases.ATTESTED
    )
    run = await sync_cases.run_sync(sell_services, sync)
    assert (run.totals["created"], run.totals["parked"]) == (1, 1)
    decisions = PlanRowDecisions(sell_services.store, sell_services.context.clock)
    decisions.correct_source_field(
        sync.name, f"contact-{number}", "first_name", "Aristocles", "Ada"
    )
    run = await sync_cases.run_sync(sell_services, sync)
    assert (run.totals["created"], run.totals["parked"]) == (1, 0)
    profile = sync_sandbox.read_profile(f"plato@{DOMAIN}")
    assert profile is not None
    assert profile["vars"]["first_name"] == "Aristocles"


@pytest.mark.parametrize(
    ("rule", "synced"),
    [
        (SharedAddressRule.FIRST, 0),
        (SharedAddressRule.FIRST_SAME_NAME, 1),
        (SharedAddressRule.NONE, None),
        (SharedAddressRule.ASK, None),
    ],
)
async def test_contacts_with_one_address_are_synced_by_the_rule(
    sync_sandbox: SandboxServers,
    sell_services: WorkspaceServices,
    rule: SharedAddressRule,
    synced: int | None,
) -> None:
    email = f"office@{DOMAIN}"
    numbers = [
        sell_cases.create_sell_person(sync_sandbox, "contact", email, first_name=name, title=name)
        for name in ("Rosa", "Olaf")
    ]
    sync_sandbox.create_profile(email, vars={"first_name": "Olaf", "last_name": "Lovelace"})
    sync = sell_cases.save_sell_preset(
        sell_services, SELL_CONTACTS_TO_SAILTHRU, shared_address=rule
    )
    rows = await preview(sell_services, sync)
    written = [
        row.source_id
        for row in rows.values()
        if row.fate.is_written or row.fate is PlannedOutcome.CONFLICT
    ]
    assert written == ([] if synced is None else [f"contact-{numbers[synced]}"])
    if rule is not SharedAddressRule.ASK:
        return
    assert {row.cause for row in rows.values()} == {SHARED_ADDRESS_CAUSE}
    # Somebody chooses, and is not asked again.
    decisions = SellPlanRowDecisions(sell_services.store, sell_services.context.clock)
    asked = rows[f"contact-{numbers[0]}"]
    assert [one.id for one in decisions.list_candidates(sync, asked)] == numbers
    with pytest.raises(InvalidInput):
        decisions.choose(sync, asked, "contact-1", "Ada")
    decisions.choose(sync, asked, f"contact-{numbers[1]}", "Ada")
    rows = await preview(sell_services, sync)
    assert {row.source_id: row.fate for row in rows.values()} == {
        f"contact-{numbers[0]}": PlannedOutcome.SKIPPED,
        f"contact-{numbers[1]}": PlannedOutcome.UPDATE,
    }
    # The one that was not chosen is skipped after a run too, and may be chosen instead.
    await sync_cases.run_sync(sell_services, sync)
    rows = await preview(sell_services, sync)
    assert {row.fate for row in rows.values()} == {PlannedOutcome.SKIPPED}
    asked = rows[f"contact-{numbers[0]}"]
    decisions.choose(sync, asked, asked.source_id, "Ada")
    rows = await preview(sell_services, sync)
    # Rosa's profile has Olaf's name: a person says which one stands.
    assert rows[asked.source_id].fate is PlannedOutcome.CONFLICT, rows[asked.source_id].why
    changed = {change.field: change.new for change in rows[asked.source_id].changes}
    assert changed["vars.sell_contact_id"] == numbers[0]


async def test_deletion_in_sell_follows_three_rules(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    alone, lead_too, unknown = (f"{name}@{DOMAIN}" for name in ("alone", "lead", "unknown"))
    numbers = {
        email: sell_cases.create_sell_person(sync_sandbox, "contact", email)
        for email in (alone, lead_too, unknown)
    }
    sell_cases.create_sell_person(sync_sandbox, "lead", lead_too)
    sync = sell_cases.save_sell_preset(
        sell_services, SELL_CONTACTS_TO_SAILTHRU, opt_in=sync_cases.ATTESTED
    )
    assert (await sync_cases.run_sync(sell_services, sync)).totals["created"] == 3
    await sell_services.store.sell_pairs.delete(f"contact-{numbers[unknown]}")
    sell_services.store.fairlead_db.write(
        lambda c: c.execute(
            "DELETE FROM sync_member WHERE source = ?", (f"contact-{numbers[unknown]}",)
        )
    )
    for number in numbers.values():
        sync_sandbox.sell_request("DELETE", f"/v2/contacts/{number}")
    rows = await preview(sell_services, sync)
    found = {row.source_id: (row.fate, row.cause) for row in rows.values()}
    assert found == {
        f"contact-{numbers[alone]}": (PlannedOutcome.UPDATE, ""),
        f"contact-{numbers[lead_too]}": (PlannedOutcome.SKIPPED, ""),
        f"contact-{numbers[unknown]}": (PlannedOutcome.CORRECTION, UNMATCHED_DELETION_CAUSE),
    }
    sent = rows[f"contact-{numbers[alone]}"].changes_to_send
    assert {(c.field, c.new, c.reason) for c in sent} == {
        (f"lists.{CONTACTS_LIST}", False, "not in the source any more"),
        ("vars.sell_deleted", True, "deleted in Zendesk Sell"),
    }
    # Somebody says whose profile it was.
    row = rows[f"contact-{numbers[unknown]}"]
    decisions = SellPlanRowDecisions(sell_services.store, sell_services.context.clock)
    decisions.choose(sync, row, row.target_id, "Ada")
    assert (await preview(sell_services, sync))[row.source_id].fate is PlannedOutcome.UPDATE


async def test_deletion_in_sailthru_never_reaches_sell(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    email = f"stays@{DOMAIN}"
    number = sell_cases.create_sell_person(sync_sandbox, "contact", email)
    to_sailthru = sell_cases.save_sell_preset(
        sell_services, SELL_CONTACTS_TO_SAILTHRU, opt_in=sync_cases.ATTESTED
    )
    to_sell = sell_cases.save_sell_preset(sell_services, SAILTHRU_TO_SELL_CONTACTS)
    await sync_cases.run_sync(sell_services, to_sailthru)
    profile = sync_sandbox.read_profile(email)
    assert profile is not None
    sync_sandbox.delete_profile(profile["keys"]["sid"])
    await sync_cases.run_sync(sell_services, to_sell)
    assert sell_cases.read_sell_person(sync_sandbox, "contact", number) is not None


async def test_template_is_added_in_both_directions_with_one_switch(
    sell_services: WorkspaceServices,
) -> None:
    syncs, names = sell_services.syncs, build_preset_names(sell_services)
    added = syncs.add_preset(SELL_CONTACTS_TO_SAILTHRU, names)
    store = sell_services.store.syncs
    for sync in store.list_all.blocking():
        store.save.blocking(replace(sync, checked_at=1.0), 1.0)
    syncs.set_enabled(added.name, on=True)
    assert {sync.name: sync.on for sync in store.list_all.blocking()} == {
        SELL_CONTACTS_TO_SAILTHRU: True,
        SAILTHRU_TO_SELL_CONTACTS: True,
    }
    # One direction alone: the switches are apart.
    syncs.change_fields(added.name, [("both_directions", "off")])
    syncs.set_enabled(added.name, on=False)
    assert store.get.blocking(SAILTHRU_TO_SELL_CONTACTS).on


@pytest.mark.parametrize("preset", [SELL_CONTACTS_TO_SAILTHRU, SAILTHRU_TO_SELL_CONTACTS])
async def test_preview_and_run_of_another_sell_account_are_refused(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices, preset: str
) -> None:
    email = f"moved@{DOMAIN}"
    number = sell_cases.create_sell_person(sync_sandbox, "contact", email)
    known = {"first_name": "Ada", "last_name": "Lovelace", "sell_customer_status": "past"}
    sync_sandbox.create_profile(email, vars=known, lists={CONTACTS_LIST: 1})
    sync = sell_cases.save_sell_preset(sell_services, preset)
    plan = await build_runner(sell_services, sync.name).preview(sync, "Ada")
    assert plan.count_rows(PlannedOutcome.UPDATE) == 1
    try:
        sync_sandbox.control("POST", "account", {"sell_account_id": 77})
        refused = await sync_cases.run_sync(sell_services, sync, plan_id=plan.id)
        assert (refused.state, refused.error_code) == (RunState.FAILED, ConflictError.code)
        person = sell_cases.read_sell_person(sync_sandbox, "contact", number)
        profile = sync_sandbox.read_profile(email)
        assert person is not None
        assert profile is not None
        assert person["customer_status"] == "current"
        assert profile["vars"]["sell_customer_status"] == "past"
        sync_sandbox.control("POST", "account", {"sell_account_id": 0})
        run = await sync_cases.run_sync(sell_services, sync, plan_id=plan.id)
        assert run.totals["updated"] == 1
        sync_sandbox.control("POST", "account", {"sell_account_id": 77})
        with pytest.raises(ConflictError, match="another Zendesk Sell account"):
            await RollbackPlanner(build_sync_context(sell_services)).build_plan(run.id, "Ada")
    finally:
        sync_sandbox.control("POST", "account", {"sell_account_id": 0})
