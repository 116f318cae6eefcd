"""What is unticked or paused waits, whoever delivers; one event is corrected by its id."""

from desktop.app.container import WorkspaceServices
from desktop.model.event_delivery import NewStoredEvent
from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import (
    EventRecords,
    as_lines,
    deliver_stored,
    identify,
    store_events,
    stored_states,
    track,
)


def states(fairlead: FairleadCommand) -> dict[tuple[int, str], str]:
    rows = fairlead("events", "log", "--json").json["rows"]
    return {(row["line"], row["action"]): row["state"] for row in rows}


def test_what_is_left_out_is_closed_with_the_event_and_sent_by_no_later_delivery(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    email = f"{(name := records.new_name())}@new.example"
    text = as_lines(identify(name, email), track("A", name), track("B", name))
    words = ("--leave-out", "2:track_event,3:track_event", "--json")
    result = fairlead("events", "deliver", "-", *words, stdin=text)
    assert result.exit_code == 0, result.stdout + result.stderr
    assert fairlead("events", "deliver", "--removals", "--json").exit_code == 0
    again = fairlead("events", "retry", "--removals", "--json")
    assert (again.exit_code, again.json["retried"]) == (0, 0)
    assert states(fairlead) == {
        (1, "upsert_user"): "done",
        (2, "track_event"): "skipped",
        (3, "track_event"): "skipped",
    }
    user = records.find_user(email)
    assert user is not None
    assert records.user_events(user["id"]) == []
    # Only where somebody asks for it, and then for the one that is named.
    rows = fairlead("events", "log", "--json").json["rows"]
    event = next(row["event"] for row in rows if row["line"] == 3)
    again = fairlead("events", "retry", "--event", str(event), "--left-out", "--json")
    assert again.exit_code == 0
    assert [one["type"] for one in records.user_events(user["id"])] == ["B"]


def test_a_place_that_is_none_is_refused_before_anything_is_stored(
    fairlead: FairleadCommand,
) -> None:
    text = as_lines(track("A", "n"))
    for wrong in ("track_event", "x:track_event", "2:bogus"):
        result = fairlead("events", "deliver", "-", "--leave-out", wrong, "--json", stdin=text)
        assert result.exit_code == 2
    assert fairlead("events", "log", "--json").json["rows"] == []


async def test_a_paused_source_is_delivered_by_nobody_until_it_is_resumed(
    services: WorkspaceServices, records: EventRecords
) -> None:
    name, other = records.new_name(), records.new_name()
    source = await store_events(services, identify(name, f"{name}@new.example"))
    pauses = services.store.event_pauses
    await pauses.pause(source, "Ada", 5.0)
    await store_events(services, identify(other, f"{other}@new.example"))
    # A later event of the same user waits for the one that is held back.
    await store_events(services, track("A", name))
    await deliver_stored(services, removals=True)
    assert records.find_user(f"{name}@new.example") is None
    assert records.find_user(f"{other}@new.example") is not None
    (paused,) = await pauses.list_paused()
    assert (paused.id, paused.waiting, paused.paused_by) == (source, 1, "Ada")
    await pauses.resume(source, "Ada", 6.0)
    assert await pauses.list_paused() == ()
    assert records.find_user(f"{name}@new.example") is None
    await deliver_stored(services)
    assert [found for _, found in await stored_states(services)] == ["done", "done", "done"]


async def test_one_event_is_corrected_by_its_id_and_keeps_its_message_id(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user_id, _ = records.user(external_id=(name := records.new_name()))
    await store_events(services, track("A", "nobody"), track("B", "nobody"))
    await deliver_stored(services)
    (first, state), (second, _) = await stored_states(services)
    assert state == "parked"
    events = services.store.events
    text = first.text.replace("nobody", name)
    # Not that of another event, and nothing that is done.
    stolen = NewStoredEvent(1, second.message_id, name, text)
    assert await events.correct_event(first.id, stolen)
    await deliver_stored(services)
    (now, state), (_, other) = await stored_states(services)
    assert (now.message_id, state, other) == (first.message_id, "done", "parked")
    assert [one["type"] for one in records.user_events(user_id)] == ["A"]
    assert not await events.correct_event(first.id, stolen)
    assert not await events.correct_event(999_999, stolen)
