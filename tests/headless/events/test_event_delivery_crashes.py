"""kill -9 at each named point of a delivery: the next one loses nothing and repeats nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop.model.event_source import EventSourceKind
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


@pytest.mark.parametrize("point", ["marked", "answered", "job ended"])
def test_a_job_of_new_users_killed_at_each_point_makes_each_once(
    crash_harness: EditCrashHarness, point: str
) -> None:
    servers = crash_harness.servers
    records = EventRecords(servers)
    people = [f"{records.new_name()}-{point.replace(' ', '-')}@new.example" for _ in range(6)]
    order: dict[str, Any] = {
        "text": as_lines(*(identify(email, email) for email in people)),
        **crash_harness.task_arguments,
    }
    run = crash_harness.fork_server.run_task
    servers.control("POST", "account", {"bulk_import": "on"})
    try:
        assert run("deliver events", die_at=point, turn=1, **order) == -9
        assert run("deliver events", **crash_harness.task_arguments) == 0
    finally:
        servers.control("POST", "account", {"bulk_import": "off"})
    found = [records.find_user(email) for email in people]
    assert [one and one["external_id"] for one in found] == people


@pytest.mark.parametrize("point", ["file claimed", "file stored", "file taken"])
def test_a_watched_file_is_stored_once_though_its_process_is_killed(
    crash_harness: EditCrashHarness, tmp_path: Path, point: str
) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    name = point.replace(" ", "-")
    store = crash_harness.open_store()
    try:
        store.event_sources.add.blocking(name, EventSourceKind.FOLDER, str(folder), 0.0)
    finally:
        store.close()
    # One with and one without a message id of its own, and a bad line.
    lines = as_lines(track("A", name) | {"messageId": f"m-{name}"}, track("B", name))
    (folder / "a.jsonl").write_text(lines + f"{{bad {name}\n", "utf-8")
    run = crash_harness.fork_server.run_task
    assert run("collect events", die_at=point, **crash_harness.task_arguments) == -9
    assert run("collect events", **crash_harness.task_arguments) == 0
    store = crash_harness.open_store()
    try:
        found = store.events.list_newest.blocking(1_000)
        (file,) = store.event_sources.list_files.blocking(
            store.event_sources.get.blocking(name, 0.0).id
        )
    finally:
        store.close()
    ours = [one for one in found if one.source_name == f"{name}/a.jsonl"]
    assert sorted(one.line for one in ours) == [1, 2, 3]
    assert len({one.source_id for one in ours}) == 1
    assert (file.state, file.lines) == ("taken", 3)
    assert (folder / "a.jsonl").exists()
