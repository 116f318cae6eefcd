"""Contacts of Zendesk Sell become profiles, over HTTP: matched, created, changed, taken back."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import NotFound
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome
from desktop.model.sync_run import RunState
from desktop.sync.mapping_trial import compute_trial_row, read_trial_customer
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_presets import SELL_CONTACTS_TO_SAILTHRU
from tests.support import sell_cases, sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers


async def test_contacts_are_created_matched_and_taken_back(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    new, known = f"new@{sync_cases.DOMAIN}", f"known@{sync_cases.DOMAIN}"
    contact = sell_cases.create_sell_person(sync_sandbox, "contact", new, phone="+15550001")
    sell_cases.create_sell_person(sync_sandbox, "contact", known, first_name="Grace")
    sync_sandbox.create_profile(known, vars={"first_name": "Grace"})
    sync = sell_cases.save_sell_preset(
        sell_services, SELL_CONTACTS_TO_SAILTHRU, opt_in=sync_cases.ATTESTED
    )

    # Tried on one customer, by the address or an id, it reads Sell and says what the plan will.
    context = build_sync_context(sell_services)
    for words, expected in ((known, PlannedOutcome.UPDATE), (str(contact), PlannedOutcome.CREATE)):
        customer = await read_trial_customer(context, sync, words)
        assert customer.source_record.service is Service.SELL
        row = compute_trial_row(sync, customer, sell_services.context.clock.now())
        assert row.fate is expected
    with pytest.raises(NotFound, match="Zendesk Sell"):
        await read_trial_customer(context, sync, f"lead-{contact}")

    plan = await build_runner(sell_services, sync.name).preview(sync, "Ada")
    outcomes = {
        r.address or r.label: r.fate for r in sync_cases.plan_rows(sell_services.store, plan.id)
    }
    assert outcomes == {new: PlannedOutcome.CREATE, known: PlannedOutcome.UPDATE}

    run = await sync_cases.run_sync(sell_services, sync)
    assert sync_cases.check_finished_run(sell_services.store, sync_sandbox, run) == []
    profile = sync_sandbox.read_profile(new)
    assert profile is not None
    assert profile["vars"]["sell_contact_id"] == contact
    assert profile["vars"]["sell_customer_status"] == "current"
    pairs = await sell_services.store.sell_pairs.find_sids([f"contact-{contact}"])
    assert pairs == {f"contact-{contact}": profile["keys"]["sid"]}

    again = await sync_cases.run_sync(sell_services, sync)
    assert (again.state, again.totals["created"], again.totals["updated"]) == (RunState.DONE, 0, 0)

    assert run.plan is not None
    plan = await RollbackPlanner(build_sync_context(sell_services)).build_plan(run.id, "Ada")
    back = await sync_cases.run_sync(sell_services, sync, plan_id=plan.id)
    assert back.state is RunState.DONE
    known_profile = sync_sandbox.read_profile(known)
    assert known_profile is not None
    assert known_profile["vars"].get("sell_customer_status") in (None, "")


async def test_deleted_contact_marks_its_profile_and_no_other(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices, clock: ManualClock
) -> None:
    gone, stays = f"gone@{sync_cases.DOMAIN}", f"stays@{sync_cases.DOMAIN}"
    number = sell_cases.create_sell_person(sync_sandbox, "contact", gone)
    sell_cases.create_sell_person(sync_sandbox, "contact", stays)
    sync = sell_cases.save_sell_preset(
        sell_services, SELL_CONTACTS_TO_SAILTHRU, opt_in=sync_cases.ATTESTED
    )
    assert (await sync_cases.run_sync(sell_services, sync)).totals["created"] == 2

    status, _ = sync_sandbox.sell_request("DELETE", f"/v2/contacts/{number}")
    assert status == 204
    clock.advance(2 * 86_400.0)
    run = await sync_cases.run_sync(sell_services, sync)
    assert (run.state, run.totals["updated"]) == (RunState.DONE, 1)
    found = {email: sync_sandbox.read_profile(email) for email in (gone, stays)}
    marks = {email: (p or {"vars": {}})["vars"].get("sell_deleted") for email, p in found.items()}
    assert marks == {gone: True, stays: None}
