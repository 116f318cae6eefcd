"""The order of one user's events: what waits for a person, and values that a later event gave."""

import io
from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.events.event_intake import read_events
from desktop.events.event_storage_form import stored_form
from desktop.model.event_delivery import StoredEvent
from tests.support.event_cases import (
    EventRecords,
    as_lines,
    deliver_stored,
    group,
    identify,
    store_events,
    stored_states,
    track,
)
from tests.support.sandbox_servers import SandboxServers

AT = {"timestamp": "2026-11-29T09:00:00Z"}


async def correct(services: WorkspaceServices, stored: StoredEvent, event: dict[str, Any]) -> None:
    (read,) = read_events(io.BytesIO(as_lines(event).encode()))
    form = replace(stored_form(read), message_id=stored.message_id)
    assert await services.store.events.correct_event(stored.id, form)


async def states(services: WorkspaceServices) -> list[str]:
    return [state for _, state in await stored_states(services)]


async def test_a_refused_identify_holds_its_users_later_events_until_it_is_corrected(
    services: WorkspaceServices, records: EventRecords
) -> None:
    (user, email), (_, other) = records.user(), records.user(external_id=records.new_name())
    taken = records.user(external_id=f"x{user}")[1]
    refused = identify(f"x{user}", email, name="Refused")  # two people: a conflict
    await store_events(
        services,
        refused,
        track("Read", f"x{user}", email=email) | AT,
        identify(f"x{user}", taken, name="Later"),
        track("Read", "another", email=other) | AT,
    )
    await deliver_stored(services)
    found = await stored_states(services)
    assert [state for _, state in found] == ["parked", "", "", "done"]
    assert (found[0][0].is_held, found[1][0].waits_for) == (True, found[0][0].id)
    await correct(services, found[0][0], identify(f"x{user}", taken, name="Corrected"))
    await deliver_stored(services)
    assert await states(services) == ["done", "parked", "done", "done"]
    shown = records.find_user(taken)
    assert shown is not None
    assert shown["name"] == "Later"


async def test_a_refused_identify_that_is_given_up_lets_its_users_later_events_go(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    records.user(external_id=f"x{user}")
    await store_events(services, identify(f"x{user}", email), track("Read", f"x{user}") | AT)
    await deliver_stored(services)
    (first, _), _ = await stored_states(services)
    await services.store.events.ignore([first.id], "Ignored by Ada: a test")
    await deliver_stored(services)
    assert await states(services) == ["skipped", "done"]


async def test_a_membership_without_an_organisation_lets_its_users_later_events_go(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    missing = {"id": records.new_name()}
    later = track("Read", f"u{user}", email=email) | AT
    await store_events(services, identify(f"u{user}", email, company=missing), later)
    await deliver_stored(services)
    assert await states(services) == ["done parked", "done"]


async def test_a_track_call_without_a_user_lets_the_identify_go_that_makes_them(
    services: WorkspaceServices, records: EventRecords
) -> None:
    name = records.new_name()
    await store_events(
        services, track("Read", name) | AT, identify(name, f"{name}@simpson.example")
    )
    await deliver_stored(services)
    assert await states(services) == ["parked", "done"]
    await services.store.events.retry()
    await deliver_stored(services)
    assert await states(services) == ["done", "done"]


async def test_groups_without_a_user_keep_the_order_of_their_own_organisation_alone(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers
) -> None:
    bad, good = records.new_name(), records.new_name()
    await store_events(
        services,
        group(bad, plan="x"),  # new, and without a name
        group(bad.upper(), name="Second"),
        group(good, name="First"),
    )
    await deliver_stored(services)
    assert await states(services) == ["parked", "", "done"]
    (first, _), *_ = await stored_states(services)
    await services.store.events.ignore([first.id], "Ignored by Ada: a test")
    await deliver_stored(services)
    found = records.find_organization(bad)
    assert found is not None
    assert found["name"] == "Second"


async def deliver_second_first(
    services: WorkspaceServices, first: dict[str, Any], *later: dict[str, Any]
) -> StoredEvent:
    """Store events of which the first can't be read, deliver the others, correct the first."""
    broken = {key: one for key, one in first.items() if key != "type"}
    await store_events(services, broken, *later)
    await deliver_stored(services)
    (stored, _), *_ = await stored_states(services)
    await correct(services, stored, first)
    await deliver_stored(services)
    return (await stored_states(services))[0][0]


async def test_a_corrected_identify_leaves_newer_values_and_says_so(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user(phone="+15550100")
    key = f"u{user}"
    found = await deliver_second_first(
        services,
        identify(key, email, name="Old Name", phone="+15550111", timezone="Europe/Berlin"),
        # The name is given anew, the phone as it is already.
        identify(key, email, name="New Name", phone="+15550100"),
    )
    shown = sandbox.read_user(user)
    assert (shown["name"], shown["phone"]) == ("New Name", "+15550100")
    # What nobody gave anew is still delivered.
    assert shown["iana_time_zone"] == "Europe/Berlin"
    assert "name, phone left out: a later event has given a newer value" in (
        found.deliveries[0].detail
    )


async def test_a_newer_value_counts_also_where_another_id_named_the_user(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    found = await deliver_second_first(
        services,
        identify(f"u{user}", email, name="Old Name"),
        identify("", email, name="New Name") | {"anonymousId": f"a{user}"},
    )
    assert sandbox.read_user(user)["name"] == "New Name"
    assert "name left out" in found.deliveries[0].detail


async def test_what_operators_join_is_still_added_of_an_older_event(
    services: WorkspaceServices, records: EventRecords
) -> None:
    name = records.new_name()
    records.organization(external_id=name, tags=["old"])
    found = await deliver_second_first(
        services, group(name, tags=["first"]), group(name, tags=["second"])
    )
    shown = records.find_organization(name)
    assert shown is not None
    assert sorted(shown["tags"]) == ["first", "old", "second"]
    assert found.deliveries[0].state.value == "done"


@pytest.mark.parametrize("is_joining", [True, False])
async def test_an_older_membership_leaves_a_newer_one(
    services: WorkspaceServices, records: EventRecords, is_joining: bool
) -> None:
    user, email = records.user()
    organization = records.organization()
    records.join(user, organization)
    join = identify(f"u{user}", email, company={"id": organization})
    leave = identify(f"u{user}", email, company={"id": organization, "remove": True})
    older, newer = (join, leave) if is_joining else (leave, join)
    broken = {key: one for key, one in older.items() if key != "type"}
    await store_events(services, broken, newer)
    await deliver_stored(services, removals=True)
    (stored, _), *_ = await stored_states(services)
    await correct(services, stored, older)
    await deliver_stored(services, removals=True)
    assert records.memberships(user) == ([] if is_joining else [organization])
    found = (await stored_states(services))[0][0]
    assert "a later event has said whether they are in" in found.deliveries[1].detail


async def test_an_older_ticket_update_leaves_the_newer_status_and_adds_its_comment(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    number = records.ticket(user, status="open")
    about = {"email": email, "ticket_id": number}
    found = await deliver_second_first(
        services,
        track("Ticket Updated", f"u{user}", status="hold", comment="Older", **about),
        track("Ticket Updated", f"u{user}", status="pending", **about),
    )
    _, body = sandbox.zendesk_request("GET", f"/api/v2/tickets/{number}")
    assert body["ticket"]["status"] == "pending"
    _, body = sandbox.zendesk_request("GET", f"/api/v2/tickets/{number}/comments")
    assert [one["body"] for one in body["comments"]] == ["B", "Older"]
    assert found.deliveries[0].state.value == "done"


async def test_a_value_that_was_rolled_back_is_no_newer_one(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    broken = {"userId": f"u{user}", "traits": {"email": email, "name": "Old Name"}}
    await store_events(services, broken, identify(f"u{user}", email, name="New Name"))
    await deliver_stored(services)
    found = await stored_states(services)
    writes = await services.store.event_writes.list_newest_first([found[1][0].id])
    for write in writes:
        await services.store.event_writes.mark_undone(write.id)
    await correct(services, found[0][0], identify(f"u{user}", email, name="Old Name"))
    await deliver_stored(services)
    assert sandbox.read_user(user)["name"] == "Old Name"
