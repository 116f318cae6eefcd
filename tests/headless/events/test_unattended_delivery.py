"""A source delivers by itself only as an admin switched it on, within its limit of the hour."""

import asyncio
import io
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_deliverer, open_live_directory
from desktop.app.event_source_permissions import EventSourcePermissions
from desktop.model.event_source import HOUR_S, EventSourceKind, UnattendedSwitch
from desktop.sync.event_collection import store_stream
from tests.support.cli_command import FairleadCommand
from tests.support.clocks import ManualClock
from tests.support.event_cases import (
    EventRecords,
    as_lines,
    deliver_stored,
    group,
    identify,
    stored_states,
    track,
)
from tests.support.sandbox_servers import SandboxServers

AT = {"timestamp": "2026-11-29T09:00:00Z"}


def switch_on(fairlead: FairleadCommand, *words: str, **environ: str) -> Any:
    """Have the pipe `shop` delivered by itself."""
    fairlead("events", "source", "add", "shop", "--kind", "pipe")
    done = fairlead("events", "source", "unattended", "shop", "on", *words, "--json", **environ)
    assert done.exit_code == 0, done.stdout
    return done.json["sources"][0]


def collect(fairlead: FairleadCommand, *events: dict[str, Any], **environ: str) -> Any:
    words = ("events", "collect", "shop", "-", "--json")
    return fairlead(*words, stdin=as_lines(*events), **environ)


def test_a_switched_on_source_delivers_by_itself_and_the_audit_tells_it(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    shown = switch_on(fairlead, "--limit", "10")
    assert (shown["unattended"], shown["limit"], shown["switched_by"]) == (True, 10, "Ada Admin")
    done = collect(fairlead, track("Read", f"u{user}", email=email))
    assert (done.exit_code, done.json["delivered"]["events"]) == (0, 1), done.stdout
    assert len(records.user_events(user)) == 1
    assert fairlead("events", "source", "--json").json["sources"][0]["used_this_hour"] == 1
    (row,) = [
        one for one in fairlead("audit", "--json").json["rows"] if one["kind"] == "event_switch"
    ]
    assert (row["name"], row["new"]["limit"], row["actor"]) == ("shop", 10, "Ada Admin")
    # Off is told too, and from then on nothing goes.
    fairlead("events", "source", "unattended", "shop", "off")
    assert collect(fairlead, track("More", f"u{user}", email=email)).json["delivered"] == {}
    assert len(records.user_events(user)) == 1


def test_agents_switch_nothing_on_and_deliver_nothing_by_itself(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    fairlead("events", "source", "add", "shop", "--kind", "pipe")
    refused = as_agent("events", "source", "unattended", "shop", "on", "--json")
    assert refused.json["error"]["code"] == "not_permitted"
    switch_on(fairlead)
    # The right of who works here is asked as well, before anything is stored for it.
    answer = collect(as_agent, track("Read", f"u{user}", email=email))
    assert (answer.exit_code, answer.json["error"]["code"]) == (3, "not_permitted")
    assert records.user_events(user) == []
    assert fairlead("events", "log", "--json").json["rows"] == []


def test_what_comes_in_while_zendesk_is_away_is_kept(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    switch_on(fairlead)
    sandbox.add_fault("zendesk:* *:503", times=None)
    answer = collect(fairlead, track("Read", f"u{user}", email=email))
    sandbox.clear_faults()
    assert (answer.exit_code, answer.json["stored"]) == (4, 1), answer.stdout
    assert answer.json["left_to_people"] == 1
    # Nobody could say who sent it: it goes by a person, and what comes later by itself.
    assert collect(fairlead).json["waiting"] == {"shop": 1}
    assert records.user_events(user) == []
    other, other_email = records.user()
    later = collect(fairlead, track("Read", f"u{other}", email=other_email) | AT)
    assert later.json["delivered"]["events"] == 1, later.stdout
    assert fairlead("events", "deliver", "--json").exit_code == 0
    assert len(records.user_events(user)) == 1


def test_a_wrong_token_feeds_nothing_that_goes_by_itself(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    switch_on(fairlead)
    event = track("Read", f"u{user}", email=email)
    answer = collect(as_agent, event, FAIRLEAD_ZENDESK_TOKEN="w" * 40)
    assert answer.json["left_to_people"] == 1, answer.stdout
    # The same event once more by an admin is known already, and goes by nobody's right either.
    assert collect(fairlead, event).json["waiting"] == {"shop": 1}
    assert records.user_events(user) == []


def test_what_waited_before_the_switch_does_not_go_by_itself(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords, tmp_path: Path
) -> None:
    user, email = records.user()
    other, other_email = records.user()
    folder = tmp_path / "orders"
    folder.mkdir()
    fairlead("events", "source", "add", "shop", "--kind", "pipe")
    fairlead("events", "source", "add", "orders", "--folder", str(folder))
    (folder / "a.jsonl").write_text(as_lines(track("Bought", f"u{user}", email=email)), "utf-8")
    piped, piped_email = records.user()
    event = track("Read", f"u{piped}", email=piped_email)
    assert collect(as_agent, event).json["stored"] == 1
    look = ("events", "collect", "--settle", "0", "--json")
    as_agent(*look)
    for name in ("shop", "orders"):
        assert fairlead("events", "source", "unattended", name, "on").exit_code == 0
    done = fairlead(*look)
    assert done.json["waiting"] == {"orders": 1, "shop": 1}, done.stdout
    # What lies in the folder from now on goes, and so it does after another limit.
    (folder / "b.jsonl").write_text(
        as_lines(track("Bought", f"u{other}", email=other_email)), "utf-8"
    )
    fairlead("events", "source", "unattended", "orders", "on", "--limit", "1")
    assert fairlead(*look).json["delivered"]["events"] == 1
    assert records.user_events(user) == records.user_events(piped) == []
    assert [one["type"] for one in records.user_events(other)] == ["Bought"]


async def test_another_limit_leaves_what_waits_to_itself(
    services: WorkspaceServices, records: EventRecords
) -> None:
    intake = await add_shop(services, 1)
    await store_shop(services, intake, *people_events(records, 2))
    await deliver_by_itself(services)
    await services.event_sources.set_unattended("shop", UnattendedSwitch(5))
    await deliver_by_itself(services)
    assert await count_done(services) == 2


def test_removals_new_fields_and_undeliverable_rows_wait_for_a_person(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    organization = records.organization()
    records.join(user, organization)
    leaving = {"id": organization, "remove": True}
    fresh = f"{(name := records.new_name())}@new.example"
    switch_on(fairlead)
    done = collect(
        fairlead,
        identify("", email, company=leaving) | {"anonymousId": "a"},
        identify(name, fresh, shoe_size=42),
        track("Read", name),
        group(f"g-{name}", None, name="Group", arr=5),
        track("Read", "nobody", email=f"x{fresh}"),
    )
    assert done.exit_code == 3
    assert records.memberships(user) == [organization]
    assert records.find_user(fresh) is None
    assert records.find_organization(f"g-{name}") is None
    rows = {row["line"]: row for row in fairlead("events", "log", "--json").json["rows"]}
    assert rows[1]["state"] == "skipped" or "ticked" in rows[1]["detail"]
    assert "“shoe_size”" in rows[2]["detail"]
    assert rows[3]["detail"] == f"Waits for event {rows[2]['event']} of the same user."
    assert "“arr”" in rows[4]["detail"]
    assert "no user" in rows[5]["detail"]
    # Again by itself: they still wait. A person decides, and the later ones follow.
    collect(fairlead, {"type": "page", "userId": "p"})
    assert records.find_user(fresh) is None
    event = str(rows[2]["event"])
    assert fairlead("events", "retry", "--event", event, "--json").json["retried"] == 1
    created = records.find_user(fresh)
    assert created is not None
    assert [one["type"] for one in records.user_events(created["id"])] == ["Read"]


def test_a_trait_that_may_be_left_out_holds_nothing_up(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    email = f"{(name := records.new_name())}@new.example"
    switch_on(fairlead, "--leave-out", "shoeSize")
    assert collect(fairlead, identify(name, email, shoeSize=42)).exit_code == 0
    assert records.find_user(email) is not None


EDITS = [
    # Raised, redirected, widened, another's: none of it is what the audit tells.
    "UPDATE named_event_source SET hourly_limit = 99999",
    "UPDATE named_event_source SET folder = '/tmp', kind = 'folder'",
    "UPDATE named_event_source SET left_out = '[\"shoe_size\"]'",
    "UPDATE named_event_source SET switched_by_key = '1'",
    "UPDATE named_event_source SET switch_seq = 0",
    "UPDATE named_event_source SET left_out = 'x'",
    "UPDATE named_event_source SET hourly_limit = -5",
    # The count of the hour, taken back.
    "UPDATE named_event_source SET used = '[]'",
    "UPDATE named_event_source SET used = '[]', used_proof = ''",
]


@pytest.mark.parametrize("statement", EDITS)
def test_a_switch_written_into_the_database_does_not_count(
    fairlead: FairleadCommand, records: EventRecords, home: Path, statement: str
) -> None:
    user, email = records.user()
    switch_on(fairlead, "--limit", "1")
    collect(fairlead, track("Read", f"u{user}", email=email) | AT)
    (database,) = home.rglob("fairlead.db")
    with sqlite3.connect(database) as connection:
        connection.execute(statement)
    answer = collect(fairlead, track("More", f"u{user}", email=email) | AT)
    assert [one["type"] for one in records.user_events(user)] == ["Read"]
    (shown,) = fairlead("events", "source", "--json").json["sources"]
    assert "outside Fairlead" in shown["distrust"]
    assert answer.json["waiting"] == {"shop": 1}
    # Anew by an admin it counts, and so does what went before.
    shown = switch_on(fairlead, "--limit", "2")
    assert (shown["distrust"], shown["used_this_hour"]) == ("", 1)


def test_an_older_switch_put_back_does_not_count(
    fairlead: FairleadCommand, records: EventRecords, home: Path
) -> None:
    user, email = records.user()
    switch_on(fairlead)
    (database,) = home.rglob("fairlead.db")
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        before = dict(connection.execute("SELECT * FROM named_event_source").fetchone())
    fairlead("events", "source", "unattended", "shop", "off")
    with sqlite3.connect(database) as connection:
        names = ", ".join(f"{name} = :{name}" for name in before)
        connection.execute(f"UPDATE named_event_source SET {names}", before)  # noqa: S608
    collect(fairlead, track("Read", f"u{user}", email=email))
    assert records.user_events(user) == []


def test_an_older_count_put_back_does_not_count(
    fairlead: FairleadCommand, records: EventRecords, home: Path
) -> None:
    user, email = records.user()
    switch_on(fairlead, "--limit", "1")
    (database,) = home.rglob("fairlead.db")
    with sqlite3.connect(database) as connection:
        query = "SELECT used, used_proof FROM named_event_source"
        before = connection.execute(query).fetchone()
    collect(fairlead, track("Read", f"u{user}", email=email) | AT)
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE named_event_source SET used = ?, used_proof = ?", before)
    collect(fairlead, track("More", f"u{user}", email=email) | AT)
    assert [one["type"] for one in records.user_events(user)] == ["Read"]


def test_a_database_copied_to_another_desk_delivers_nothing_by_itself(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    switch_on(fairlead, FAIRLEAD_AUDIT_KEY="a" * 40)
    collect(fairlead, track("Read", f"u{user}", email=email), FAIRLEAD_AUDIT_KEY="b" * 40)
    assert records.user_events(user) == []
    # What another key proves is delivered once a person has read it; what comes in here goes.
    other, other_email = records.user()
    here = track("Read", f"u{other}", email=other_email) | AT
    collect(fairlead, here, FAIRLEAD_AUDIT_KEY="a" * 40)
    assert (records.user_events(user), len(records.user_events(other))) == ([], 1)
    assert fairlead("events", "deliver", FAIRLEAD_AUDIT_KEY="a" * 40).exit_code == 3
    assert records.user_events(user) == []
    fairlead("events", "retry", FAIRLEAD_AUDIT_KEY="a" * 40)
    assert len(records.user_events(user)) == 1


def test_who_switched_it_on_must_still_be_an_admin(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    document = sandbox.connection_document["zendesk"]
    second = {
        "FAIRLEAD_ZENDESK_EMAIL": document["second_admin_email"],
        "FAIRLEAD_ZENDESK_TOKEN": document["second_admin_api_token"],
    }
    user, email = records.user()
    switch_on(fairlead, **second)
    _, me = sandbox.zendesk_request(
        "GET", f"/api/v2/users/search?query=email:{document['second_admin_email']}"
    )
    admin = me["users"][0]["id"]
    sandbox.write_user(admin, role="agent")
    try:
        answer = collect(fairlead, track("Read", f"u{user}", email=email))
    finally:
        sandbox.write_user(admin, role="admin")
    assert answer.exit_code == 3
    assert "no admin any more" in answer.json["delivered"]["refused"]["shop"]
    assert records.user_events(user) == []
    collect(fairlead)
    assert len(records.user_events(user)) == 1


# In this process, with a clock that is moved.


async def add_shop(services: WorkspaceServices, limit: int) -> int:
    sources = services.event_sources
    await sources.add("shop", EventSourceKind.PIPE)
    await sources.set_unattended("shop", UnattendedSwitch(limit))
    shop = await sources.get("shop")
    return await services.store.event_sources.add_intake(shop.id, "", 0.0)


async def store_shop(services: WorkspaceServices, intake: int, *events: dict[str, Any]) -> None:
    stream = io.BytesIO(as_lines(*events).encode())
    now = services.context.clock.now()
    await store_stream(services.store, intake, stream, now, is_attended=False)


async def deliver_by_itself(
    services: WorkspaceServices, checkpoint: Callable[[str], None] = lambda _name: None
) -> None:
    directory = await open_live_directory(services)
    deliverer = await build_deliverer(
        services, directory, is_unattended=True, checkpoint=checkpoint
    )
    await deliverer.deliver()


def people_events(records: EventRecords, count: int) -> list[dict[str, Any]]:
    return [
        track("Read", f"u{user}", email=email) | AT
        for user, email in (records.user() for _ in range(count))
    ]


async def count_done(services: WorkspaceServices) -> int:
    return [state for _, state in await stored_states(services)].count("done")


async def test_the_limit_of_the_hour_holds_and_moves_on(
    services: WorkspaceServices, records: EventRecords, clock: ManualClock
) -> None:
    intake = await add_shop(services, 2)
    await store_shop(services, intake, *people_events(records, 5))
    for expected in (2, 2):
        await deliver_by_itself(services)
        assert await count_done(services) == expected
    clock.advance(HOUR_S / 2)
    # A clock that is set back opens no new hour.
    clock.correct_wall_clock(-HOUR_S)
    await deliver_by_itself(services)
    assert await count_done(services) == 2
    assert (await services.event_sources.get("shop")).distrust == ""
    clock.advance(HOUR_S * 2)
    await deliver_by_itself(services)
    assert await count_done(services) == 4


@pytest.mark.parametrize(("marked_s_ago", "expected"), [(HOUR_S * 2, 2), (60.0, 0)])
async def test_events_marked_as_counted_by_hand_are_counted(
    services: WorkspaceServices,
    records: EventRecords,
    clock: ManualClock,
    marked_s_ago: float,
    expected: int,
) -> None:
    intake = await add_shop(services, 2)
    await store_shop(services, intake, *people_events(records, 5))
    at = clock.now() - marked_s_ago
    services.store.fairlead_db.write(
        lambda c: c.execute("UPDATE event SET unattended_at = ?", (at,))
    )
    # Of this hour they are more than the proven count: the switch counts no more.
    await deliver_by_itself(services)
    assert await count_done(services) == expected


async def test_a_crash_opens_no_new_hour_and_loses_nothing(
    services: WorkspaceServices, records: EventRecords
) -> None:
    intake = await add_shop(services, 2)
    await store_shop(services, intake, *people_events(records, 5))

    class Killed(BaseException):
        pass

    def die(name: str) -> None:
        if name == "claimed":
            raise Killed

    with pytest.raises(Killed):
        await deliver_by_itself(services, die)
    for _ in range(2):
        await deliver_by_itself(services)
    assert await count_done(services) == 2
    assert (await services.event_sources.get("shop")).used_this_hour == 2


async def test_two_deliveries_at_once_share_one_limit(
    services: WorkspaceServices, records: EventRecords
) -> None:
    intake = await add_shop(services, 3)
    await store_shop(services, intake, *people_events(records, 8))
    await asyncio.gather(deliver_by_itself(services), deliver_by_itself(services))
    assert await count_done(services) == 3


async def test_what_a_person_has_queued_again_does_not_go_by_itself(
    services: WorkspaceServices, records: EventRecords
) -> None:
    intake = await add_shop(services, 100)
    email = f"{(name := records.new_name())}@new.example"
    await store_shop(services, intake, identify(name, email, shoe_size=42))
    await deliver_by_itself(services)
    (held, state), *_ = await stored_states(services)
    assert (held.is_held, state) == (True, "parked")
    assert await services.store.events.retry([held.id]) == 1
    # Between the two a window's loop may come first.
    await deliver_by_itself(services)
    assert (await stored_states(services))[0][1] == "queued"
    await deliver_stored(services)
    assert (await stored_states(services))[0][1] == "done"


async def test_events_of_other_sources_are_left_to_people_and_keep_a_users_order(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    other, other_email = records.user()
    intake = await add_shop(services, 100)
    by_hand = await services.store.events.add_source("by hand", 0.0)
    await store_shop(services, by_hand, track("First", f"u{user}", email=email) | AT)
    await store_shop(
        services,
        intake,
        track("Second", f"u{user}", email=email) | AT,
        track("Other", f"u{other}", email=other_email) | AT,
    )
    await deliver_by_itself(services)
    assert records.user_events(user) == []
    assert [one["type"] for one in records.user_events(other)] == ["Other"]
    refusals = await EventSourcePermissions(services).find_refusals()
    assert list(refusals.values()) == [""]
