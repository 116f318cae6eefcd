"""kill -9 at each named point of a delivery: the next one loses nothing and repeats nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.edit_crashes import EditCrashHarness
from tests.support.event_cases import EventRecords, as_lines, group, identify, track

_POINTS = ("stored", "claimed", "opened", "marked", "sending", "answered", "read back", "closed")
# Each point at the first request and at later ones: create, join, ticket, comment, event.
_KILLS = [(point, turn) for point in _POINTS[:3] for turn in (1,)] + [
    (point, turn) for point in _POINTS[3:] for turn in (1, 2, 4, 6)
]


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditCrashHarness]:
    found = EditCrashHarness(tmp_path_factory.mktemp("events"))
    yield found
    found.close()


@pytest.mark.parametrize(("point", "turn"), [*_KILLS, ("job ended", 1)])
def test_delivery_killed_at_each_point_loses_and_repeats_nothing(
    crash_harness: EditCrashHarness, point: str, turn: int
) -> None:
    servers = crash_harness.servers
    records = EventRecords(servers)
    name = f"{point.replace(' ', '-')}-{turn}"
    known, known_email = records.user()
    number = records.ticket(known)
    leaving = records.organization()
    records.join(known, leaving)
    events = as_lines(
        identify(f"k-{name}", known_email, name="New Name"),
        identify(f"k-{name}", known_email, company={"id": leaving, "remove": True}),
        track("Ticket Updated", f"k-{name}", ticket_id=number, comment=f"words of {name}"),
        identify(f"n-{name}", f"{name}@new.example"),
        group(f"g-{name}", f"n-{name}", name=f"Group {name}"),
        track("Ticket Created", f"n-{name}", comment="It broke"),
        track("Read", f"n-{name}") | {"timestamp": "2026-11-29T09:00:00Z"},
    )
    order: dict[str, Any] = {"text": events, **crash_harness.task_arguments}
    run = crash_harness.fork_server.run_task
    assert run("deliver events", die_at=point, turn=turn, **order) == -9
    # What was stored is delivered without its file.
    assert run("deliver events", **crash_harness.task_arguments) == 0

    created = records.find_user(f"{name}@new.example")
    organization = records.find_organization(f"g-{name}")
    assert created is not None
    assert organization is not None
    assert servers.read_user(known)["name"] == "Homer Simpson"
    assert servers.read_user(known)["external_id"] == f"k-{name}"
    assert records.memberships(known) == []
    assert records.memberships(created["id"]) == [organization["id"]]
    _, body = servers.zendesk_request("GET", f"/api/v2/tickets/{number}/comments")
    assert [one["body"] for one in body["comments"]] == ["B", f"words of {name}"]
    _, body = servers.zendesk_request("GET", f"/api/v2/users/{created['id']}/tickets/requested")
    assert len(body["tickets"]) == len(records.user_events(created["id"])) == 1
