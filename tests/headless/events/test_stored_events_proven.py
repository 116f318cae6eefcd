"""What waits in the table of events counts as Fairlead stored it, whatever was written over it."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_rollback
from desktop.model.event_delivery import EDITED_TEXT
from desktop.sync.event_rollback import RollbackState
from tests.headless.events.test_unattended_delivery import (
    AT,
    add_shop,
    deliver_by_itself,
    store_shop,
)
from tests.support.event_cases import (
    EventRecords,
    deliver_stored,
    identify,
    store_events,
    stored_states,
    track,
)

FORGED = (
    "INSERT INTO event (account, source, line, message_id, user_key, text, state, received_at,"
    " proof) SELECT account, source, 9, 'm9', user_key, text, 'waiting', received_at, proof"
    " FROM event; UPDATE event SET state = 'closed' WHERE message_id <> 'm9'"
)

MOVE = "UPDATE event_source SET named = (SELECT id FROM named_event_source) WHERE id ="


def write_raw(services: WorkspaceServices, script: str) -> None:
    for statement in script.split("; "):
        services.store.fairlead_db.write(lambda c, sql=statement: c.execute(sql))


async def store_one(services: WorkspaceServices, records: EventRecords) -> int:
    """Store one event that may go by itself; returns the user that it is about."""
    user, email = records.user()
    intake = await add_shop(services, 10)
    await store_shop(services, intake, track("Read", f"u{user}", email=email) | AT)
    return user


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE event SET text = replace(text, 'Read', 'Bought')",
        "UPDATE event SET user_key = 'somebody else'",
        "UPDATE event SET proof = ''",
        "UPDATE event SET proof = '0123456789abcdef 00'",
        "UPDATE event SET message_id = 'another'",
        FORGED,
    ],
)
async def test_event_written_into_the_database_does_not_go_by_itself(
    services: WorkspaceServices, records: EventRecords, attack: str
) -> None:
    user = await store_one(services, records)
    write_raw(services, attack)
    await deliver_by_itself(services)
    assert records.user_events(user) == []


async def test_event_of_a_person_marked_as_going_by_itself_does_not_go(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    await add_shop(services, 10)
    by_hand = await store_events(services, track("Read", f"u{user}", email=email) | AT)
    # Another intake is said to be the shop's.
    write_raw(services, "UPDATE event SET is_attended = 0")
    write_raw(services, f"{MOVE} {by_hand}")
    await deliver_by_itself(services)
    assert records.user_events(user) == []


async def test_waiting_event_moved_to_a_switched_source_does_not_go_by_itself(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    await add_shop(services, 10)
    elsewhere = await services.store.events.add_source("elsewhere", 0.0)
    await store_shop(services, elsewhere, track("Read", f"u{user}", email=email) | AT)
    write_raw(services, f"{MOVE} {elsewhere}")
    await deliver_by_itself(services)
    assert records.user_events(user) == []


async def test_delivered_event_that_somebody_opened_again_does_not_go_by_itself(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user = await store_one(services, records)
    await deliver_by_itself(services)
    assert len(records.user_events(user)) == 1
    write_raw(services, "UPDATE event SET state = 'waiting'; DELETE FROM event_delivery")
    await deliver_by_itself(services)
    ((event, state),) = await stored_states(services)
    assert (state, event.is_opened) == ("", False)


# An older row put back with the proof that it had.
SAVE = (
    "CREATE TABLE saved AS SELECT * FROM event; CREATE TABLE saved_too AS SELECT * FROM"
    " event_delivery"
)
PUT_BACK = (
    "DELETE FROM event_write; DELETE FROM event_delivery; DELETE FROM event;"
    " INSERT INTO event SELECT * FROM saved; INSERT INTO event_delivery SELECT * FROM saved_too"
)


async def test_older_row_put_back_with_its_proof_is_not_sent_again(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user = await store_one(services, records)
    write_raw(services, SAVE)
    await deliver_by_itself(services)
    assert len(records.user_events(user)) == 1
    (entry,) = [one for one in await services.store.audit.list_entries() if one.kind == "event_end"]
    assert (entry.target, entry.result) == (str(user), "done")
    write_raw(services, PUT_BACK)
    await deliver_by_itself(services)
    ((event, _),) = await stored_states(services)
    assert not event.is_opened, "left to a person"
    await deliver_stored(services)
    ((held, _),) = await stored_states(services)
    assert (held.is_held, held.deliveries[0].detail) == (True, EDITED_TEXT)
    # Whoever has read it may send it, and the audit tells who.
    await services.store.events.retry([held.id], actor="Ada", at=5.0)
    await deliver_stored(services)
    kinds = [one.kind for one in await services.store.audit.list_entries()]
    assert kinds[:3] == ["event_end", "event_again", "event_end"]


async def test_action_that_was_unticked_and_lost_its_mark_waits_for_a_person(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    event = track("Read", f"u{user}", email=email) | AT
    await store_events(services, event, left_out={1: ("track_event",)})
    write_raw(services, "DELETE FROM event_delivery")
    await deliver_stored(services)
    ((held, _),) = await stored_states(services)
    assert (held.is_held, held.deliveries[0].detail) == (True, EDITED_TEXT)
    assert records.user_events(user) == []


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE event_write SET changes ="
        " json_set(changes, '$[#]', json_array('notes', 'x', NULL))",
        "UPDATE event_write SET proof = '0123456789abcdef 00'",
    ],
)
async def test_rollback_sets_nothing_to_a_value_that_somebody_wrote_into_the_database(
    services: WorkspaceServices, records: EventRecords, attack: str
) -> None:
    user, email = records.user()
    await store_events(services, identify(f"u{user}", email, name="Given Name"))
    await deliver_stored(services)
    name = services.store.fairlead_db.read(
        lambda c: c.execute("SELECT changes FROM event_write").fetchone()[0]
    )
    assert "Given Name" in name
    write_raw(services, attack)
    ((event, _),) = await stored_states(services)
    (step,) = await (await build_rollback(services)).run([event.id], dry_run=False)
    assert (step.state, "not certain what stood" in step.text) == (RollbackState.KEPT, True)


async def test_pause_that_somebody_took_out_of_the_database_holds(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    source = await store_events(services, track("Read", f"u{user}", email=email) | AT)
    pauses = services.store.event_pauses
    await pauses.pause(source, "Ada", 5.0)
    write_raw(services, "UPDATE event_source SET paused_at = 0, paused_by = ''")
    await deliver_stored(services)
    assert records.user_events(user) == []
    assert [one.id for one in await pauses.list_paused()] == [source]
    await pauses.resume(source, "Ada", 6.0)
    await deliver_stored(services)
    assert len(records.user_events(user)) == 1


async def test_forged_event_is_not_vouched_for_by_switching_its_source_on(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user = await store_one(services, records)
    write_raw(services, "UPDATE event SET proof = '0123456789abcdef 00'")
    switch = (await services.event_sources.get("shop")).switch
    for one in (None, switch):
        await services.event_sources.set_unattended("shop", one)
    await deliver_stored(services)
    assert records.user_events(user) == []


async def test_what_was_left_to_people_at_the_switch_stays_theirs(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user = await store_one(services, records)
    switch = (await services.event_sources.get("shop")).switch
    for one in (None, switch):
        await services.event_sources.set_unattended("shop", one)
    write_raw(services, "UPDATE event SET is_attended = 0")
    await deliver_by_itself(services)
    assert records.user_events(user) == []
    await deliver_stored(services)
    assert len(records.user_events(user)) == 1


async def test_record_of_a_request_that_was_edited_is_not_proven_by_its_answer(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    await store_events(services, identify(f"u{user}", email, name="Given Name"))
    await deliver_stored(services)
    write_raw(services, "UPDATE event_write SET changes = '[]'")
    writes = services.store.event_writes
    ((event, _),) = await stored_states(services)
    (write,) = await writes.list_newest_first([event.id])
    await writes.settle([write.id], is_applied=True, record_id=user)
    (write,) = await writes.list_newest_first([event.id])
    assert write.is_edited


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE event SET text = replace(text, 'Read', 'Bought') WHERE line = 1",
        "UPDATE event SET text = replace(text, 'Read', 'Bought'), proof = '0123456789abcdef 00'"
        " WHERE line = 1",
    ],
)
async def test_edited_event_waits_for_a_person_who_vouches_for_it(
    services: WorkspaceServices, records: EventRecords, attack: str
) -> None:
    user, email = records.user()
    await store_events(
        services,
        track("Read", f"u{user}", email=email) | AT,
        track("Later", f"u{user}", email=email) | AT,
    )
    write_raw(services, attack)
    await deliver_stored(services)
    assert records.user_events(user) == [], "later events of the user keep their order"
    (held, state), *_ = await stored_states(services)
    assert (held.is_held, state, held.deliveries[0].detail) == (True, "parked", EDITED_TEXT)
    assert await services.store.events.retry([held.id]) == 1
    await deliver_stored(services)
    assert [one["type"] for one in records.user_events(user)] == ["Bought", "Later"]


async def test_replay_of_an_edited_event_waits_for_a_person(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    await store_events(services, track("Read", f"u{user}", email=email) | AT)
    await deliver_stored(services)
    write_raw(services, "UPDATE event SET text = replace(text, 'Read', 'Bought')")
    ((event, _),) = await stored_states(services)
    assert await services.store.events.replay([event.id]) == 1
    await deliver_stored(services)
    ((held, _),) = await stored_states(services)
    assert held.deliveries[0].detail == EDITED_TEXT
    assert [one["type"] for one in records.user_events(user)] == ["Read"]
