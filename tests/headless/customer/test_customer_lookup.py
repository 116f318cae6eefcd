"""Looking up: every kind of query, parts that fail alone, what is kept, several, cancelled."""

import asyncio
import time
from pathlib import Path

import pytest

from desktop.app.wiring import House
from desktop.customer.lookup import Lookup
from desktop.customer.services import Services
from desktop.customer.wish import Wishes
from desktop.kit.bus import Changes, Topic
from desktop.kit.errors import BadInput, NeedsPerson
from desktop.model.edit import EditKind
from desktop.model.health import Health
from desktop.model.optout import OptOut
from desktop.model.sheet import PartState, Sheet
from tests.faults.home import opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock, Town

MARIA = "maria@lopez.example"
READ, ABSENT, FAILED = PartState.READ, PartState.ABSENT, PartState.FAILED


@pytest.mark.parametrize(
    ("text", "person", "address"),
    [
        (MARIA, 7701, MARIA),
        ("  Maria Lopez <MARIA@lopez.example> ", 7701, MARIA),
        ("mailto:maria@lopez.example", 7701, MARIA),
        # A second address of hers: Sailthru knows her by the first.
        ("m.lopez@work.example", 7701, MARIA),
        ("#48213", 7701, MARIA),
        ("48213", 7701, MARIA),
        ("7701", 7701, MARIA),
        ("id:7701", 7701, MARIA),
        ("ext:shop-1182", 7701, MARIA),
        ("5E9F3C1B2A4D6E8F00713401", 7701, MARIA),
        ("+1 555 0134", 7701, MARIA),
        ("maria lopez", 7701, MARIA),
        ("ليلى حداد", 7719, "layla@haddad.example"),
        ("https://x.zendesk.com/agent/users/7702", 7702, "tom@old.example"),
        ("wren@halloway.example", None, "wren@halloway.example"),
        ("phil noel", 7721, None),
    ],
)
async def test_a_customer_is_found(
    text: str, person: int | None, address: str | None, house: House
) -> None:
    sheet = await house.lookup.look_up(text)
    assert sheet.finished
    found, profile = sheet.person.value, sheet.profile.value
    assert (found.id if found else None) == person
    assert (profile.email if profile else None) == address
    for part in (sheet.person, sheet.profile, sheet.tickets):
        assert part.state in (READ, ABSENT)


async def test_by_sid_it_is_that_profile_whatever_zendesk_s_first_address(house: House) -> None:
    sheet = await house.lookup.look_up("5dc2b1e77a0f4499007781aa")
    assert sheet.profile.value is not None
    assert sheet.profile.value.email == "jdoe@home.example"
    assert sheet.person.value is not None
    assert sheet.person.value.id == 7781


async def test_several_are_offered_and_none_of_them_is_shown(house: House) -> None:
    await house.lookup.look_up("id:7707")
    sheet = await house.lookup.look_up("Alex Kim")
    assert {m.query for m in sheet.matches} == {"id:7707", "id:7708"}
    assert not sheet.found
    assert sheet.tickets.value is None


async def test_a_further_address_with_a_profile_of_its_own_is_offered(house: House) -> None:
    sheet = await house.lookup.look_up("j.doe@corp.example")
    assert sheet.profile.state is ABSENT
    assert [o.address for o in sheet.others] == ["jdoe@home.example"]
    person = sheet.person.value
    assert person is not None
    house.store.notes.save_link(person.id, sheet.others[0].sid, "Ada", 1.0)
    linked = await house.lookup.look_up("j.doe@corp.example")
    assert linked.linked
    assert linked.profile.value is not None
    assert linked.profile.value.email == "jdoe@home.example"
    assert linked.others == ()


@pytest.mark.parametrize(
    ("spec", "failed", "fine"),
    [
        ("sailthru:GET /user:500", "profile", ("person", "tickets")),
        ("sailthru:*:401", "profile", ("person", "tickets")),
        ("zendesk:GET /api/v2/users/search:500", "person", ("profile",)),
        ("zendesk:GET /api/v2/users/*/tickets/requested:403", "tickets", ("person", "profile")),
        ("zendesk:*:html", "person", ("profile",)),
        ("sailthru:GET /list:500", "lists", ("person", "profile", "tickets")),
        ("zendesk:GET /api/v2/user_fields:500", "fields", ("person", "profile", "tickets")),
    ],
)
async def test_one_part_fails_alone_and_says_why(
    spec: str, failed: str, fine: tuple[str, ...], house: House, servers: Servers
) -> None:
    servers.fault(spec, times=None)
    sheet = await house.lookup.look_up("tom@old.example")
    part = getattr(sheet, failed)
    assert part.state is FAILED
    assert part.error.title
    for name in fine:
        assert getattr(sheet, name).state is READ


async def test_by_id_the_tickets_come_though_the_person_does_not(
    house: House, servers: Servers
) -> None:
    servers.fault("zendesk:GET /api/v2/users/7702:500", times=None)
    sheet = await house.lookup.look_up("id:7702")
    assert sheet.person.state is FAILED
    assert sheet.tickets.state is READ


async def test_offline_everything_kept_is_shown_with_its_age(
    home: Path, servers: Servers, clock: ManualClock
) -> None:
    async with opened(home, servers.document, clock=clock) as house:
        online = await house.lookup.look_up(MARIA)
        read_at = online.profile.read_at
        clock.advance(3600)
        servers.fault("*:*:reset", times=None)
        for text in (MARIA, "#48213", "maria lop", "5e9f3c1b2a4d6e8f00713401"):
            sheet = await house.lookup.look_up(text)
            assert sheet.person.state is FAILED, text
            assert sheet.person.value == online.person.value
            assert sheet.profile.value == online.profile.value
            assert (sheet.profile.read_at, sheet.profile.state) == (read_at, FAILED)
            assert sheet.tickets.value == online.tickets.value


async def test_the_kept_sheet_is_there_first_and_each_part_as_it_comes(house: House) -> None:
    await house.lookup.look_up(MARIA)
    states: list[Sheet] = []
    await house.lookup.look_up(MARIA, states.append)
    assert states[0].profile.state is PartState.LOADING
    assert states[0].profile.value is not None
    assert states[0].tickets.value is not None
    assert len(states) > 3
    assert not any(s.finished for s in states[:-1])
    assert states[-1].finished


async def test_a_ticket_that_is_none_says_so(house: House) -> None:
    sheet = await house.lookup.look_up("#999999999")
    assert not sheet.found
    assert sheet.person.error is not None
    assert "999999999" in sheet.person.error.title
    assert sheet.profile.state is ABSENT


async def test_cancelled_it_asks_nothing_more(house: House, servers: Servers) -> None:
    servers.control("POST", "speed", {"latency_ms": 150})
    for text in (MARIA, "id:7701", "#48213", "Maria Lopez"):
        task = asyncio.create_task(house.lookup.look_up(text))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [t for t in others if "_tickets" in repr(t.get_coro())]
    # What had left already is answered first.
    await asyncio.sleep(0.6)
    servers.control("DELETE", "requests")
    await asyncio.sleep(0.4)
    assert servers.control("GET", "requests")["total"] == 0


async def test_what_comes_in_after_signing_out_is_not_kept(house: House) -> None:
    signed_in = house.live.services
    stands = [True]

    def services() -> Services:
        return signed_in if stands[0] else Services(None, None)

    def on_sheet(sheet: Sheet) -> None:
        if READ in (sheet.person.state, sheet.profile.state):
            # Signed out between the answer and its saving.
            stands[0] = False

    lookup = Lookup(services, house.store, house.ground.clock)
    sheet = await lookup.look_up(MARIA, on_sheet)
    assert sheet.person.state is READ
    assert house.store.reader.kept_count() == 0
    stands[0] = True
    await lookup.look_up(MARIA)
    assert house.store.reader.kept_count() > 0


async def test_signing_out_is_told_before_anything_is_forgotten(house: House) -> None:
    told: list[bool] = []

    def hear(changes: Changes) -> None:
        if changes.touches(Topic.SERVICE):
            told.append(house.live.connected)

    house.bus.subscribe(hear)
    saved: list[int] = []
    slow = asyncio.create_task(house.store.lane.run(lambda: (time.sleep(0.2), saved.append(1))))
    await asyncio.sleep(0)
    await house.live.disconnect()
    assert told == [False]
    assert saved, "what was being kept is kept before forgetting may begin"
    await slow


async def test_a_deleted_profile_is_forgotten_here_too(
    house: House, servers: Servers, town: Town
) -> None:
    mail = town.email()
    sid = servers.make_profile(mail, vars={"private": "yes"})
    assert (await house.lookup.look_up(mail)).found
    servers.delete_profile(sid)
    assert not (await house.lookup.look_up(mail)).found
    assert house.store.reader.sheet((await house.lookup.look_up(sid)).query).profile.value is None


async def test_one_side_alone_is_enough(house: House) -> None:
    services = house.live.services
    clock = house.ground.clock
    only_s = Lookup(lambda: Services(services.sailthru, None), house.store, clock)
    sheet = await only_s.look_up("dana@okafor.example")
    assert (sheet.person.state, sheet.profile.state) == (PartState.OFF, READ)
    only_z = Lookup(lambda: Services(None, services.zendesk), house.store, clock)
    sheet = await only_z.look_up("priya@nair.example")
    assert (sheet.person.state, sheet.profile.state) == (READ, PartState.OFF)
    neither = Lookup(lambda: Services(None, None), house.store, clock)
    assert (await neither.look_up("Priya")).finished


async def wishes(house: House, who: str) -> Wishes:
    return Wishes(await house.lookup.look_up(who), house.live.names(), reason="r", ticket=1)


async def test_lists_that_cannot_be_joined_are_refused(house: House) -> None:
    wish = await wishes(house, "countess@outer-isles.example")
    for name in ("zendesk-sync-smart", "No such list", "money$", "", "newsletter", "a\x07b"):
        with pytest.raises(BadInput):
            wish.list_member(name, member=True)
    assert wish.list_member("a=b", member=False).old is True
    assert wish.list_member("!! bar/foo", member=False).new is False
    assert wish.list_member("Winback", member=True).old is False


async def test_without_the_account_s_lists_nothing_is_joined_blindly(
    house: House, servers: Servers
) -> None:
    servers.fault("sailthru:GET /list:500", times=None)
    wish = await wishes(house, MARIA)
    with pytest.raises(NeedsPerson):
        wish.list_member("Winback", member=True)
    assert wish.list_member("Newsletter", member=False).old is True


async def test_a_wish_names_a_sid_or_an_id_and_the_value_that_stands_there(house: House) -> None:
    wish = await wishes(house, MARIA)
    made = [
        wish.optout(OptOut.ALL), wish.health(Health.HAPPY), wish.health(None), wish.mark(on=False),
        wish.box(on=False), wish.var("city", {"a": 1}),
    ]  # fmt: skip
    assert {i.target.id for i in made} == {"5e9f3c1b2a4d6e8f00713401", "7701"}
    assert [i.old for i in made] == ["none", "neutral", "neutral", True, True, "Lisbon"]
    assert all((i.reason, i.ticket) == ("r", 1) for i in made)
    with pytest.raises(BadInput):
        wish.optout(OptOut.BLAST)
    with pytest.raises(BadInput):
        wish.create(MARIA)


async def test_a_profile_is_only_made_where_there_is_certainly_none(
    house: House, servers: Servers
) -> None:
    wish = await wishes(house, "noname@plain.example")
    intent = wish.create("NoName@plain.example")
    assert (intent.kind, intent.target.id, intent.new) == (
        EditKind.CREATE, "noname@plain.example", {},
    )  # fmt: skip
    with pytest.raises(BadInput):
        wish.create("no address")
    with pytest.raises(BadInput):
        wish.optout(OptOut.ALL)
    servers.fault("sailthru:GET /user:500", times=None)
    with pytest.raises(BadInput):
        (await wishes(house, "noname@plain.example")).create("noname@plain.example")
