"""One event that Zendesk stumbles over holds up its own user alone; nothing is sent twice."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_action_store
from desktop.clients.service_errors import error_from_status, rate_limit_error
from desktop.events.event_action import ActionKind
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    Forbidden,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
    StorageError,
)
from desktop.model.field_mapping import MappingOperator
from desktop.model.service import Service
from desktop.sync.event_retries import EVENT_BACKOFF, is_tried_again, stops_delivery, wait_after
from tests.support.clocks import ManualClock
from tests.support.event_cases import (
    EventRecords,
    deliver_stored,
    identify,
    store_events,
    stored_states,
    track,
)
from tests.support.sandbox_servers import SandboxServers

AT = {"timestamp": "2026-11-29T09:00:00Z"}
# What an answer's status means for one event: tried again, final, or the end of the delivery.
STATUSES = {
    **dict.fromkeys((408, 423, 429, 500, 502, 503, 504, 599), "again"),
    **dict.fromkeys((400, 402, 403, 404, 410, 413, 422, 501), "final"),
    401: "stop",
}


@pytest.mark.parametrize(("status", "expected"), STATUSES.items())
def test_what_a_status_means_for_a_delivery(status: int, expected: str) -> None:
    error = (
        rate_limit_error(Service.ZENDESK, 3.0, 0.0)
        if status == 429
        else error_from_status(Service.ZENDESK, status, "words")
    )
    assert (is_tried_again(error), stops_delivery(error)) == (
        expected == "again",
        expected == "stop",
    )


@pytest.mark.parametrize(
    ("error", "again", "stop"),
    [
        (ServiceUnreachable("x"), True, False),
        (ResponseTimeout("x"), True, False),
        (StorageError("x"), False, True),
        (AuthenticationError("x"), False, True),
        (Forbidden("x"), False, False),
    ],
)
def test_what_an_error_means_for_a_delivery(error: AppError, again: bool, stop: bool) -> None:
    assert (is_tried_again(error), stops_delivery(error)) == (again, stop)


def test_waits_grow_and_end_and_are_never_shorter_than_asked_for() -> None:
    error = ServiceError("x")
    waits = [wait_after(error, failures, 1.0, 0.0) for failures in range(1, 9)]
    assert waits == [1.0, 3.0, 9.0, 27.0, 81.0, 243.0, 600.0, None]
    error.retry_at = 1_000.0
    assert (wait_after(error, 1, 0.0, 900.0) or 0) >= 100.0


def events_of(email: str, same: str, count: int) -> list[dict[str, Any]]:
    return [track(f"Read {n}", same, email=email) | AT for n in range(count)]


async def deliver_until(services: WorkspaceServices, clock: ManualClock, tries: int) -> None:
    for _ in range(tries):
        await deliver_stored(services)
        clock.advance(EVENT_BACKOFF.max_delay_s * 2)


# What the fault does to one user's events, and whether it may have been applied.
LASTING = ["503", "500", "502", "504", "423", "page=408", "429=1", "reset", "reset-after", "cut"]


@pytest.mark.parametrize("kind", LASTING)
async def test_an_event_that_always_fails_holds_up_its_own_user_alone(
    services: WorkspaceServices,
    records: EventRecords,
    sandbox: SandboxServers,
    clock: ManualClock,
    kind: str,
) -> None:
    bad, bad_email = records.user()
    good, good_email = records.user()
    await store_events(
        services, *events_of(bad_email, f"b{bad}", 2), *events_of(good_email, f"g{good}", 2)
    )
    sandbox.add_fault(f"zendesk:POST /api/v2/users/{bad}/events:{kind}", times=None)
    await deliver_stored(services)
    # Everybody else's are through before it is given up.
    assert [one["type"] for one in records.user_events(good)] == ["Read 0", "Read 1"]
    await deliver_until(services, clock, EVENT_BACKOFF.max_attempts)
    first, second, *others = await stored_states(services)
    is_there = kind in ("reset-after", "cut")
    assert first[1] == ("done" if is_there else "parked")
    assert [state for _, state in others] == ["done", "done"]
    if not is_there:
        assert first[0].is_held
        assert "Given up after 8 tries" in first[0].deliveries[0].detail
        assert "Later events of this user wait" in first[0].deliveries[0].detail
        # Later ones of the same user wait for a person too: not sent, not lost.
        assert (second[1], second[0].waits_for) == ("", first[0].id)
    sandbox.clear_faults()
    assert await services.store.events.retry() == (0 if is_there else 1)
    await deliver_stored(services)
    assert [one["type"] for one in records.user_events(bad)] == ["Read 0", "Read 1"]


@pytest.mark.parametrize(
    "where", ["GET /api/v2/users/{id}/organization_memberships", "GET /api/v2/users/{id}/events"]
)
async def test_a_read_that_always_fails_holds_up_its_own_user_alone(
    services: WorkspaceServices,
    records: EventRecords,
    sandbox: SandboxServers,
    clock: ManualClock,
    where: str,
) -> None:
    bad, bad_email = records.user()
    good, good_email = records.user()
    organization = records.organization()
    company = {"id": organization}
    first = [identify(f"b{bad}", bad_email, company=company)]
    if where.endswith("events"):
        first = [track("Read", f"b{bad}", email=bad_email) | AT]
    # The good one first: whether the account takes events is asked of the first user.
    await store_events(
        services,
        track("Read", f"g{good}", email=good_email) | AT,
        *first,
        identify(f"g{good}", good_email, company=company),
    )
    sandbox.add_fault(f"zendesk:{where.format(id=bad)}:500", times=None)
    await deliver_until(services, clock, EVENT_BACKOFF.max_attempts)
    states = [state for _, state in await stored_states(services)]
    assert states[0] == "done"
    assert "parked" in states[1]
    assert states[2] == "unchanged done" or states[2] == "done done"
    assert records.memberships(good) == [organization]
    sandbox.clear_faults()
    await services.store.events.retry()
    await deliver_stored(services)
    assert all("parked" not in state for _, state in await stored_states(services))


@pytest.mark.parametrize("kind", ["400", "403", "404", "422"])
async def test_a_final_refusal_parks_at_once_and_the_rest_goes_on(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers, kind: str
) -> None:
    bad, bad_email = records.user()
    good, good_email = records.user()
    await store_events(
        services, *events_of(bad_email, f"b{bad}", 1), *events_of(good_email, f"g{good}", 1)
    )
    sandbox.add_fault(f"zendesk:POST /api/v2/users/{bad}/events:{kind}", times=None)
    await deliver_stored(services)
    (first, state), (_, other) = await stored_states(services)
    assert (state, other, first.is_held, first.failures) == ("parked", "done", False, 0)


async def test_a_refused_sign_in_stops_the_whole_delivery(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers
) -> None:
    _, email = records.user()
    await store_events(services, *events_of(email, "u", 2))
    sandbox.add_fault("zendesk:POST /api/v2/users/*/events:401", times=None)
    with pytest.raises(AuthenticationError):
        await deliver_stored(services)
    assert [one.failures for one, _ in await stored_states(services)] == [0, 0]


async def test_an_outage_of_writing_stops_and_costs_no_event_its_tries(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers, clock: ManualClock
) -> None:
    people = [records.user() for _ in range(12)]
    await store_events(services, *(track("Read", f"u{n}", email=e) | AT for n, e in people))
    sandbox.add_fault("zendesk:POST *:503", times=None)
    for _ in range(EVENT_BACKOFF.max_attempts + 2):
        with pytest.raises(ServiceError):
            await deliver_stored(services)
        clock.advance(EVENT_BACKOFF.max_delay_s * 2)
    assert {one.failures for one, _ in await stored_states(services)} <= {0, 1}
    sandbox.clear_faults()
    clock.advance(EVENT_BACKOFF.max_delay_s * 2)
    await deliver_stored(services)
    assert {state for _, state in await stored_states(services)} == {"done"}
    assert all(len(records.user_events(user)) == 1 for user, _ in people)


async def test_a_comment_that_may_have_been_sent_is_looked_for_after_it_was_given_up(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers, clock: ManualClock
) -> None:
    user, email = records.user()
    number = records.ticket(user)
    event = track("Ticket Updated", f"u{user}", email=email, ticket_id=number, comment="It broke")
    await store_events(services, event)
    # Applied once, and from then on no answer and nothing readable.
    sandbox.add_fault(f"zendesk:PUT /api/v2/tickets/{number}:500-after")
    sandbox.add_fault(f"zendesk:GET /api/v2/tickets/{number}/comments:500", times=None)
    await deliver_until(services, clock, EVENT_BACKOFF.max_attempts)
    assert (await stored_states(services))[0][1] == "parked"
    sandbox.clear_faults()
    await services.store.events.retry()
    await deliver_stored(services)
    _, body = sandbox.zendesk_request("GET", f"/api/v2/tickets/{number}/comments")
    assert [one["body"] for one in body["comments"]] == ["B", "It broke"]


async def test_an_ignored_event_lets_later_ones_go(
    services: WorkspaceServices, records: EventRecords, sandbox: SandboxServers, clock: ManualClock
) -> None:
    user, email = records.user()
    await store_events(services, *events_of(email, f"u{user}", 2))
    sandbox.add_fault(f"zendesk:POST /api/v2/users/{user}/events:503", times=None)
    await deliver_until(services, clock, EVENT_BACKOFF.max_attempts)
    sandbox.clear_faults()
    (first, _), _ = await stored_states(services)
    assert await services.store.events.ignore([first.id], "Ignored by Ada: a test") == 1
    await deliver_stored(services)
    assert [one["type"] for one in records.user_events(user)] == ["Read 1"]
    # Not with the others, only by its number.
    assert await services.store.events.retry() == 0
    assert await services.store.events.retry([first.id]) == 1


@pytest.mark.parametrize("fault", ["", "reset-after", "500-after", "503"])
async def test_a_number_is_added_to_once_whatever_becomes_of_the_answer(
    services: WorkspaceServices,
    records: EventRecords,
    sandbox: SandboxServers,
    clock: ManualClock,
    fault: str,
) -> None:
    key = f"points_{records.new_name()}"
    field = {"type": "integer", "key": key, "title": key, "active": True}
    assert sandbox.zendesk_request("POST", "/api/v2/user_fields", {"user_field": field})[0] == 201
    user, email = records.user()
    sandbox.write_user(user, user_fields={key: 5})
    store = build_action_store(services)
    action = (await store.get_states())[ActionKind.UPSERT_USER].action
    operators = {**action.operators, f"user_fields.{key}": MappingOperator.SUM}
    await store.put_draft(replace(action, operators=operators))
    await store.mark_previewed()
    await store.save_drafts(services.session.actor)
    await store_events(services, identify(f"u{user}", email, **{key: 2}))
    if fault:
        sandbox.add_fault(f"zendesk:PUT /api/v2/users/update_many:{fault}")
    await deliver_until(services, clock, 3)
    assert sandbox.read_user(user)["user_fields"][key] == 7
    assert (await stored_states(services))[0][1] == "done"
