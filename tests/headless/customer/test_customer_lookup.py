"""Looking up: every kind of query, parts that fail alone, what is kept, several, cancelled."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.clients.sailthru.client import SailthruClient
from desktop.customer.customer_lookup import CustomerLookup
from desktop.customer.edit_factory import EditFactory
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import InvalidInput, ServiceUnreachable, UserDecisionNeeded
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.optout_level import OptOutLevel
from tests.support.clocks import ManualClock
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

MARIA = "maria@lopez.example"
READ, ABSENT, FAILED = SheetPartState.READ, SheetPartState.ABSENT, SheetPartState.FAILED


def save_matched_pair(services: WorkspaceServices, person: int, sid: str) -> None:
    """What a run keeps of a person it has matched."""
    services.store.fairlead_db.write(
        lambda c: c.execute(
            "INSERT INTO matched_pair (user_id, sid, at, account)"
            " VALUES (?, ?, 1.0, (SELECT id FROM current_account))",
            (person, sid),
        )
    )


@pytest.mark.parametrize("text", ["048213", "07701"])
async def test_lookup_number_with_leading_zero_is_no_ticket_and_no_id(
    text: str, services: WorkspaceServices
) -> None:
    # Kept here, too: the cache is asked the same way.
    await services.lookup.look_up("#48213")
    sheet = await services.lookup.look_up(text)
    assert not sheet.is_found
    assert sheet.matches == ()


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
        ("https://acme.zendesk.com/agent/users/7702", 7702, "tom@old.example"),
        ("wren@halloway.example", None, "wren@halloway.example"),
        ("phil noel", 7721, None),
    ],
)
async def test_lookup_finds_customer(
    text: str, person: int | None, address: str | None, services: WorkspaceServices
) -> None:
    sheet = await services.lookup.look_up(text)
    assert sheet.is_complete
    found, profile = sheet.user.value, sheet.profile.value
    assert (found.id if found else None) == person
    assert (profile.email if profile else None) == address
    for part in (sheet.user, sheet.profile, sheet.tickets):
        assert part.state in (READ, ABSENT)


async def test_lookup_by_sid_opens_that_profile(services: WorkspaceServices) -> None:
    sheet = await services.lookup.look_up("5dc2b1e77a0f4499007781aa")
    assert sheet.profile.value is not None
    assert sheet.profile.value.email == "jdoe@home.example"
    assert sheet.user.value is not None
    assert sheet.user.value.id == 7781


async def test_lookup_several_matches_shows_none(services: WorkspaceServices) -> None:
    await services.lookup.look_up("id:7707")
    sheet = await services.lookup.look_up("Alex Kim")
    assert {m.query for m in sheet.matches} == {"id:7707", "id:7708"}
    assert not sheet.is_found
    assert sheet.tickets.value is None


async def test_lookup_profile_at_second_address_is_found(services: WorkspaceServices) -> None:
    sheet = await services.lookup.look_up("j.doe@corp.example")
    assert sheet.profile.value is not None
    assert sheet.profile.value.email == sheet.matched_by == "jdoe@home.example"
    assert not sheet.is_linked
    person = sheet.user.value
    assert person is not None
    services.store.drafts_and_links.save_link.blocking(
        person.id, sheet.profile.value.sid, "Ada", 1.0
    )
    linked = await services.lookup.look_up("j.doe@corp.example")
    assert linked.is_linked
    assert linked.profile.value is not None
    assert linked.profile.value.email == "jdoe@home.example"
    assert linked.other_profiles == ()


async def test_lookup_by_address_never_says_absent_before_every_key_was_asked(
    services: WorkspaceServices,
) -> None:
    states: list[SheetPartState] = []
    await services.lookup.look_up(
        "j.doe@corp.example", lambda sheet: states.append(sheet.profile.state)
    )
    assert ABSENT not in states
    assert states[-1] is READ


async def test_lookup_finds_profile_by_external_id_and_user_by_profile(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    new, old = customers.new_email(), customers.new_email()
    sid = sandbox.create_profile(old, keys={"email": old, "extid": f"crm-{new}"})
    person = sandbox.create_user(new, external_id=f"crm-{new}")
    for text in (new, old, f"id:{person}"):
        sheet = await services.lookup.look_up(text)
        assert sheet.user.value is not None, text
        assert sheet.user.value.id == person
        assert sheet.profile.value is not None
        assert sheet.profile.value.sid == sid


async def test_lookup_finds_profile_that_a_run_has_matched(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sid = sandbox.create_profile(customers.new_email())
    person = sandbox.create_user(email)
    save_matched_pair(services, person, sid)
    for sheet in (
        await services.lookup.look_up(email),
        services.lookup.cached_sheet(parse_lookup_query(email)),
    ):
        assert sheet.profile.value is not None
        assert sheet.profile.value.sid == sid
        assert not sheet.is_linked


async def test_linked_profile_stays_on_show_while_that_of_the_address_is_read(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email, absent = customers.new_email(), customers.new_email()
    sandbox.create_profile(email)
    for address in (email, absent):
        linked = sandbox.create_profile(customers.new_email())
        person = sandbox.create_user(address)
        services.store.drafts_and_links.save_link.blocking(person, linked, "Ada", 1.0)
        await services.lookup.look_up(address)
        shown: list[str | None] = []
        await services.lookup.look_up(
            address,
            lambda sheet, shown=shown: shown.append(
                sheet.profile.value.sid if sheet.profile.value is not None else None
            ),
        )
        assert set(shown) == {linked}


@pytest.mark.parametrize("away", ["Zendesk", "the pair's profile"])
@pytest.mark.parametrize("has_own", [True, False])
async def test_linked_profile_keeps_its_place_while_a_service_is_away(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    monkeypatch: pytest.MonkeyPatch,
    away: str,
    has_own: bool,
) -> None:
    address = customers.new_email()
    if has_own:
        sandbox.create_profile(address)
    linked = sandbox.create_profile(customers.new_email())
    person = sandbox.create_user(address)
    services.store.drafts_and_links.save_link.blocking(person, linked, "Ada", 1.0)
    await services.lookup.look_up(address)
    if away == "Zendesk":
        sandbox.add_fault("zendesk:*:500", times=None)
    else:
        real = SailthruClient.get_user

        async def get_user(client: SailthruClient, id_: str, **more: Any) -> Any:
            if more.get("key") == "sid":
                raise ServiceUnreachable("Sailthru can't be reached.")
            return await real(client, id_, **more)

        monkeypatch.setattr(SailthruClient, "get_user", get_user)
    sheet = await services.lookup.look_up(address)
    assert sheet.profile.value is not None
    assert (sheet.profile.value.sid, sheet.is_linked) == (linked, True)
    assert sheet.profile.state is (READ if away == "Zendesk" else FAILED)


@pytest.mark.parametrize("owner", ["another user", "nobody"])
async def test_linked_profile_of_a_former_owner_of_the_address_is_not_shown(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory, owner: str
) -> None:
    address, linked_at = customers.new_email(), customers.new_email()
    linked = sandbox.create_profile(linked_at)
    person = sandbox.create_user(address)
    services.store.drafts_and_links.save_link.blocking(person, linked, "Ada", 1.0)
    await services.lookup.look_up(address)
    sandbox.delete_user(person)
    if owner == "another user":
        sandbox.create_user(address)
    sandbox.add_fault("sailthru:GET /user:500", times=None)
    sheet = await services.lookup.look_up(address)
    assert sheet.profile.value is None
    assert not sheet.is_linked


async def test_profile_of_external_id_is_offered_beside_that_of_address(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email, other = customers.new_email(), customers.new_email()
    sid = sandbox.create_profile(email)
    by_extid = sandbox.create_profile(other, keys={"email": other, "extid": f"crm {other}"})
    sandbox.create_user(email, external_id=f"crm {other}")
    sheet = await services.lookup.look_up(email)
    assert sheet.profile.value is not None
    assert sheet.profile.value.sid == sid
    assert [(o.address, o.sid, o.is_by_phone) for o in sheet.other_profiles] == [
        (other, by_extid, False)
    ]


async def test_profile_of_same_phone_is_offered_and_blocks_create(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email, other = customers.new_email(), customers.new_email()
    sandbox.create_profile(other, keys={"email": other, "sms": "+15557770123"}, optout_email="all")
    sandbox.create_user(email, phone="+1 555 777-0123")
    sheet = await services.lookup.look_up(email)
    assert sheet.profile.state is ABSENT
    assert [(o.address, o.optout, o.is_by_phone) for o in sheet.other_profiles] == [
        (other, OptOutLevel.ALL, True)
    ]
    factory = EditFactory(sheet, services.session.account_names())
    with pytest.raises(UserDecisionNeeded, match=other):
        factory.create(email)


@pytest.mark.parametrize(
    ("spec", "failed", "fine"),
    [
        ("sailthru:GET /user:500", "profile", ("user", "tickets")),
        ("sailthru:*:401", "profile", ("user", "tickets")),
        ("zendesk:GET /api/v2/users/search:500", "user", ("profile",)),
        ("zendesk:GET /api/v2/users/*/tickets/requested:403", "tickets", ("user", "profile")),
        ("zendesk:*:html", "user", ("profile",)),
        ("sailthru:GET /list:500", "lists", ("user", "profile", "tickets")),
        ("zendesk:GET /api/v2/user_fields:500", "user_fields", ("user", "profile", "tickets")),
    ],
)
async def test_lookup_one_failed_part_does_not_fail_others(
    spec: str,
    failed: str,
    fine: tuple[str, ...],
    services: WorkspaceServices,
    sandbox: SandboxServers,
) -> None:
    sandbox.add_fault(spec, times=None)
    sheet = await services.lookup.look_up("tom@old.example")
    part = getattr(sheet, failed)
    assert part.state is FAILED
    assert part.error.title
    for name in fine:
        assert getattr(sheet, name).state is READ


async def test_lookup_by_id_failed_user_still_loads_tickets(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    sandbox.add_fault("zendesk:GET /api/v2/users/7702:500", times=None)
    sheet = await services.lookup.look_up("id:7702")
    assert sheet.user.state is FAILED
    assert sheet.tickets.state is READ


async def test_lookup_offline_shows_cached_parts_with_age(
    home: Path, sandbox: SandboxServers, clock: ManualClock
) -> None:
    async with open_workspace_services(home, sandbox.connection_document, clock=clock) as house:
        online = await house.lookup.look_up(MARIA)
        read_at = online.profile.read_at
        clock.advance(3600)
        sandbox.add_fault("*:*:reset", times=None)
        for text in (MARIA, "#48213", "maria lop", "5e9f3c1b2a4d6e8f00713401"):
            sheet = await house.lookup.look_up(text)
            assert sheet.user.state is FAILED, text
            assert sheet.user.value == online.user.value
            assert sheet.profile.value == online.profile.value
            assert (sheet.profile.read_at, sheet.profile.state) == (read_at, FAILED)
            assert sheet.tickets.value == online.tickets.value


async def test_lookup_cached_sheet_is_shown_first(services: WorkspaceServices) -> None:
    await services.lookup.look_up(MARIA)
    states: list[CustomerSheet] = []
    await services.lookup.look_up(MARIA, states.append)
    assert states[0].profile.state is SheetPartState.LOADING
    assert states[0].profile.value is not None
    assert states[0].tickets.value is not None
    assert len(states) > 3
    assert not any(s.is_complete for s in states[:-1])
    assert states[-1].is_complete


async def test_lookup_unknown_ticket_is_reported(services: WorkspaceServices) -> None:
    sheet = await services.lookup.look_up("#999999999")
    assert not sheet.is_found
    assert sheet.user.error is not None
    assert "999999999" in sheet.user.error.title
    assert sheet.profile.state is ABSENT


async def test_lookup_cancelled_sends_no_more_requests(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    sandbox.control("POST", "speed", {"latency_ms": 150})
    for text in (MARIA, "id:7701", "#48213", "Maria Lopez"):
        task = asyncio.create_task(services.lookup.look_up(text))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [t for t in others if "_tickets" in repr(t.get_coro())]
    # What had left already is answered first.
    await asyncio.sleep(0.6)
    sandbox.control("DELETE", "requests")
    await asyncio.sleep(0.4)
    assert sandbox.control("GET", "requests")["total"] == 0


async def test_lookup_response_after_sign_out_is_not_cached(services: WorkspaceServices) -> None:
    signed_in = services.session.clients
    stands = [True]

    def clients() -> ServiceClients:
        return signed_in if stands[0] else ServiceClients(None, None)

    def on_sheet(sheet: CustomerSheet) -> None:
        if READ in (sheet.user.state, sheet.profile.state):
            # Signed out between the answer and its saving.
            stands[0] = False

    lookup = CustomerLookup(clients, services.store, services.context.clock)
    sheet = await lookup.look_up(MARIA, on_sheet)
    assert sheet.user.state is READ
    assert services.store.sheet_reader.count_customers.blocking() == 0
    stands[0] = True
    await lookup.look_up(MARIA)
    assert services.store.sheet_reader.count_customers.blocking() > 0


async def test_sign_out_is_published_before_erasing(services: WorkspaceServices) -> None:
    told: list[bool] = []

    def hear(changes: ChangeSet) -> None:
        if changes.has_any(Topic.SERVICE):
            told.append(services.session.is_connected)

    services.bus.subscribe(hear)
    saved: list[int] = []
    slow = asyncio.create_task(services.store.run(lambda: (time.sleep(0.2), saved.append(1))))
    await asyncio.sleep(0)
    await services.session.disconnect()
    assert told == [False]
    assert saved, "what was being kept is kept before forgetting may begin"
    await slow


async def test_lookup_deleted_profile_is_removed_from_cache(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    mail = customers.new_email()
    sid = sandbox.create_profile(mail, vars={"private": "yes"})
    assert (await services.lookup.look_up(mail)).is_found
    sandbox.delete_profile(sid)
    assert not (await services.lookup.look_up(mail)).is_found
    assert (
        services.store.sheet_reader.read_sheet.blocking(
            (await services.lookup.look_up(sid)).query
        ).profile.value
        is None
    )


async def test_lookup_with_one_service_works(services: WorkspaceServices) -> None:
    clients = services.session.clients
    clock = services.context.clock
    only_s = CustomerLookup(lambda: ServiceClients(clients.sailthru, None), services.store, clock)
    sheet = await only_s.look_up("dana@okafor.example")
    assert (sheet.user.state, sheet.profile.state) == (SheetPartState.OFF, READ)
    only_z = CustomerLookup(lambda: ServiceClients(None, clients.zendesk), services.store, clock)
    sheet = await only_z.look_up("priya@nair.example")
    assert (sheet.user.state, sheet.profile.state) == (READ, SheetPartState.OFF)
    neither = CustomerLookup(lambda: ServiceClients(None, None), services.store, clock)
    assert (await neither.look_up("Priya")).is_complete


async def wishes(house: WorkspaceServices, who: str) -> EditFactory:
    return EditFactory(
        await house.lookup.look_up(who), house.session.account_names(), reason="r", ticket=1
    )


async def test_list_edit_invalid_list_is_refused(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    sandbox.write_profile("countess@outer-isles.example", lists={"a=b": 1, "!! bar/foo": 1})
    factory = await wishes(services, "countess@outer-isles.example")
    for name in ("zendesk-sync-smart", "No such list", "money$", "", "newsletter", "a\x07b"):
        with pytest.raises(InvalidInput):
            factory.list_membership(name, member=True)
    assert factory.list_membership("a=b", member=False).old is True
    assert factory.list_membership("!! bar/foo", member=False).new is False
    assert factory.list_membership("Winback", member=True).old is False


async def test_list_edit_without_loaded_lists_is_refused(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    sandbox.add_fault("sailthru:GET /list:500", times=None)
    factory = await wishes(services, MARIA)
    with pytest.raises(UserDecisionNeeded):
        factory.list_membership("Winback", member=True)
    assert factory.list_membership("Newsletter", member=False).old is True


async def test_edit_names_target_id_and_before_value(services: WorkspaceServices) -> None:
    factory = await wishes(services, MARIA)
    made = [
        factory.optout(OptOutLevel.ALL), factory.health(CustomerHealth.HAPPY), factory.health(None),
        factory.sync_mark(on=False),
        factory.sync_checkbox(on=False), factory.var("city", "Porto"),
    ]  # fmt: skip
    assert {i.target.id for i in made} == {"5e9f3c1b2a4d6e8f00713401", "7701"}
    assert [i.old for i in made] == ["none", "neutral", "neutral", True, True, "Lisbon"]
    assert all((i.reason, i.ticket) == ("r", 1) for i in made)
    with pytest.raises(InvalidInput):
        factory.optout(OptOutLevel.BLAST)
    with pytest.raises(InvalidInput):
        factory.create(MARIA)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("city", 1, "holds a text"),
        ("ltv", "3039", "holds a number"),
        ("ltv", True, "holds a number"),
        ("ltv", [1], "holds a number"),
        ("customer_value", 3, "Sailthru computes it"),
        ("rev_365", None, "Sailthru computes it"),
    ],
)
async def test_edit_of_field_keeps_its_type_and_what_sailthru_computes(
    services: WorkspaceServices, name: str, value: Json, words: str
) -> None:
    factory = await wishes(services, MARIA)
    with pytest.raises(InvalidInput, match=words):
        factory.var(name, value)
    assert factory.var("ltv", None).new is None
    assert factory.var("never_set", value).new == value


async def test_profile_create_requires_confirmed_absence(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    factory = await wishes(services, "noname@plain.example")
    intent = factory.create("NoName@plain.example")
    assert (intent.kind, intent.target.id, intent.new) == (
        EditKind.CREATE, "noname@plain.example", {},
    )  # fmt: skip
    with pytest.raises(InvalidInput):
        factory.create("no address")
    with pytest.raises(InvalidInput):
        factory.optout(OptOutLevel.ALL)
    sandbox.add_fault("sailthru:GET /user:500", times=None)
    with pytest.raises(InvalidInput):
        (await wishes(services, "noname@plain.example")).create("noname@plain.example")
