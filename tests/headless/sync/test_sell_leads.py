"""Leads of Zendesk Sell and the lists of their status, both ways, over HTTP."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names, build_runner, build_sync_context
from desktop.model.sell_lists import leads_list
from desktop.model.sell_validation import NAME_CAUSE
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.sync.pipeline.lead_lists import TIE_CAUSE
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.sync_presets import SAILTHRU_TO_SELL_LEADS, SELL_LEADS_TO_SAILTHRU
from tests.support import sell_cases, sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

DOMAIN = sync_cases.DOMAIN
NEW, WORKING, QUALIFIED = map(leads_list, ("New", "Working", "Qualified"))
ODD = ("Won back for $5", '50 % sure / "maybe"', "Später – {nachfassen}?")


def both_syncs(house: WorkspaceServices) -> tuple[Sync, Sync]:
    """To Sailthru, and to Sell."""
    return (
        sell_cases.save_sell_preset(
            house, SELL_LEADS_TO_SAILTHRU, opt_in=sync_cases.ATTESTED, covering_list="none"
        ),
        sell_cases.save_sell_preset(house, SAILTHRU_TO_SELL_LEADS),
    )


def lead_lists(servers: SandboxServers, email: str) -> set[str]:
    profile = servers.read_profile(email)
    assert profile is not None
    return {name for name in profile["lists"] or {} if name.startswith("Zendesk Sell")}


def lead_status(servers: SandboxServers, number: int) -> str:
    lead = sell_cases.read_sell_person(servers, "lead", number)
    assert lead is not None
    return str(lead["status"])


def join_later(servers: SandboxServers, email: str, name: str, before: str) -> None:
    """Join a list in a later second than `before` was joined: Sailthru tells whole seconds."""
    while True:
        servers.write_profile(email, lists={name: 1})
        profile = servers.read_profile(email)
        assert profile is not None
        if profile["lists"][name] != profile["lists"][before]:
            return
        servers.write_profile(email, lists={name: 0})


async def preview(house: WorkspaceServices, sync: Sync) -> dict[str, PlanRow]:
    """The rows of a new plan, by label."""
    plan = await build_runner(house, sync.name).preview(sync, "Ada")
    return {row.label: row for row in sync_cases.plan_rows(house.store, plan.id)}


async def test_leads_join_the_list_of_their_status_and_a_move_leaves_the_old_one(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    statuses = ("New", "Working", *ODD)
    emails = {status: f"l{n}@{DOMAIN}" for n, status in enumerate(statuses)}
    numbers = {
        status: sell_cases.create_sell_person(sync_sandbox, "lead", email, status=status)
        for status, email in emails.items()
    }
    to_sailthru, to_sell = both_syncs(sell_services)
    run = await sync_cases.run_sync(sell_services, to_sailthru)
    assert run.totals["created"] == len(statuses)
    assert {status: lead_lists(sync_sandbox, email) for status, email in emails.items()} == {
        status: {leads_list(status)} for status in statuses
    }
    still = await sync_cases.run_sync(sell_services, to_sell)
    assert (still.totals["updated"], still.totals["created"], still.totals["parked"]) == (0, 0, 0)

    sync_sandbox.sell_request("PUT", f"/v2/leads/{numbers['New']}", {"status": "Qualified"})
    await sync_cases.run_sync(sell_services, to_sailthru)
    assert lead_lists(sync_sandbox, emails["New"]) == {QUALIFIED}


async def test_leads_moved_in_sailthru_change_their_status_once_and_back_again(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices, clock: ManualClock
) -> None:
    email = f"moved@{DOMAIN}"
    number = sell_cases.create_sell_person(sync_sandbox, "lead", email, status="New")
    to_sailthru, to_sell = both_syncs(sell_services)
    await sync_cases.run_sync(sell_services, to_sailthru)
    for wanted, left in (("Working", NEW), ("New", WORKING), ("Working", NEW)):
        clock.advance(60.0)
        sync_sandbox.write_profile(email, lists={leads_list(wanted): 1, left: 0})
        # Whichever runs first: Sell has not moved, so that nothing is taken back.
        kept = await sync_cases.run_sync(sell_services, to_sailthru, is_full=True)
        assert (kept.totals["updated"], kept.totals["parked"]) == (0, 0)
        run = await sync_cases.run_sync(sell_services, to_sell)
        assert run.totals["updated"] == 1
        assert lead_status(sync_sandbox, number) == wanted
        await sync_cases.run_sync(sell_services, to_sailthru)
        assert lead_lists(sync_sandbox, email) == {leads_list(wanted)}


async def test_lead_on_two_lists_has_the_status_joined_last_and_a_tie_asks(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    last, tied = f"last@{DOMAIN}", f"tied@{DOMAIN}"
    numbers = {
        email: sell_cases.create_sell_person(sync_sandbox, "lead", email, status="New")
        for email in (last, tied)
    }
    to_sailthru, to_sell = both_syncs(sell_services)
    await sync_cases.run_sync(sell_services, to_sailthru)
    join_later(sync_sandbox, last, WORKING, NEW)
    sync_sandbox.write_profile(tied, lists={NEW: 0})
    sync_sandbox.write_profile(tied, lists={NEW: 1, WORKING: 1})
    rows = await preview(sell_services, to_sell)
    assert (rows[tied].fate, rows[tied].cause) == (PlannedOutcome.CORRECTION, TIE_CAUSE)
    (change,) = rows[last].changes_to_send
    assert (change.field, change.new, change.reason) == (
        "status",
        "Working",
        "last added wins over New",
    )
    await sync_cases.run_sync(sell_services, to_sell)
    assert {email: lead_status(sync_sandbox, number) for email, number in numbers.items()} == {
        last: "Working",
        tied: "New",
    }
    # The list that lost is left by the other direction.
    await sync_cases.run_sync(sell_services, to_sailthru, is_full=True)
    assert lead_lists(sync_sandbox, last) == {WORKING}
    assert lead_lists(sync_sandbox, tied) == {NEW, WORKING}


async def test_lead_without_last_name_is_parked_named_and_made(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    sync_sandbox.sailthru_request("POST", {"list": NEW}, "list")
    email = f"cher@{DOMAIN}"
    sid = sync_sandbox.create_profile(email, vars={"first_name": "Cher"}, lists={NEW: 1})
    _, to_sell = both_syncs(sell_services)
    run = await sync_cases.run_sync(sell_services, to_sell)
    (row,) = sync_cases.plan_rows(sell_services.store, run.plan)
    assert (row.fate, row.cause) == (PlannedOutcome.CORRECTION, NAME_CAUSE)
    decisions = PlanRowDecisions(sell_services.store, sell_services.context.clock)
    decisions.correct_source_field(to_sell.name, sid, "vars.last_name", "Sarkisian", "Ada")
    run = await sync_cases.run_sync(sell_services, to_sell)
    assert run.totals["created"] == 1
    status, body = sync_sandbox.sell_request("GET", f"/v2/leads?email={email}")
    assert status == 200
    (lead,) = [item["data"] for item in body["items"]]
    assert (lead["first_name"], lead["last_name"], lead["status"]) == ("Cher", "Sarkisian", "New")


@pytest.mark.parametrize("is_contact_too", [False, True])
async def test_lead_deleted_in_sell_leaves_its_list_unless_a_contact_has_the_person(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices, is_contact_too: bool
) -> None:
    email = f"gone@{DOMAIN}"
    number = sell_cases.create_sell_person(sync_sandbox, "lead", email, status="New")
    sell_cases.create_sell_person(sync_sandbox, "lead", f"stays@{DOMAIN}", status="New")
    if is_contact_too:
        sell_cases.create_sell_person(sync_sandbox, "contact", email)
    to_sailthru, _ = both_syncs(sell_services)
    await sync_cases.run_sync(sell_services, to_sailthru)
    sync_sandbox.sell_request("DELETE", f"/v2/leads/{number}")
    run = await sync_cases.run_sync(sell_services, to_sailthru)
    assert run.totals["updated"] == int(not is_contact_too)
    assert lead_lists(sync_sandbox, email) == ({NEW} if is_contact_too else set())


async def test_leads_check_offers_the_lists_of_all_statuses(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    context, syncs = build_sync_context(sell_services), sell_services.syncs
    clients = context.sailthru.client, context.zendesk.client
    sync = sell_cases.save_sell_preset(sell_services, SAILTHRU_TO_SELL_LEADS, checked_at=0.0)
    told = await context.require_sell().list_lead_statuses()
    assert {"New", "Working"} <= set(told)
    checked, missing = await syncs.check_resources(sync.name, *clients, context.sell)
    assert checked.checked_at, "nothing that is missing is required"
    assert all(one.comes_by_itself for one in missing)
    await syncs.create_missing_resources(missing, build_preset_names(sell_services), *clients)
    there = {one.name for one in await clients[0].list_lists()}
    assert set(map(leads_list, told)) <= there
    _, missing = await syncs.check_resources(sync.name, *clients, context.sell)
    assert [one for one in missing if one.kind == "target_list"] == []
    # An account that does not tell them is checked all the same.
    sync_sandbox.control("POST", "account", {"sell_lead_statuses": "off"})
    try:
        assert await context.require_sell().list_lead_statuses() == ()
    finally:
        sync_sandbox.control("POST", "account", {"sell_lead_statuses": "on"})
