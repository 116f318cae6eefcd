"""What customers did: every entry once and in order, by each filter, and for whom."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.audience.audience_service import AudienceRights
from desktop.audience.customer_activity_service import CustomerActivityService
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.model.customer_activity import (
    CustomerAct,
    CustomerActivity,
    CustomerActivityFilter,
)
from desktop.model.event_delivery import NewStoredEvent
from desktop.model.permission import Actor, Permission
from desktop.store import sqlite_database
from desktop.store.customer_activity_repository import EventActivityRepository
from desktop.store.data_workspace_store import DataStore, open_data_store
from desktop.store.ticket_rollup_repository import ProfileReading
from desktop.store.workspace_store import WorkspaceStore
from tests.headless.audience.test_audience_query import SEARCH_CHECK
from tests.support.data_cases import (
    NOON,
    FakeExport,
    open_small_store,
    organization,
    read_all,
    small_account,
    user,
)
from tests.support.fresh_store import open_fresh_store
from tests.support.report_cases import ADMIN, AGENT, build_rules

A = CustomerAct
EVERYTHING = CustomerActivityFilter()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataStore]:
    yield from open_small_store(tmp_path / "data")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path / "store")
    yield found
    found.close()


def build_service(
    data: DataStore,
    store: WorkspaceStore,
    actor: Actor = ADMIN,
    granted: tuple[Permission, ...] = (),
) -> CustomerActivityService:
    rules = build_rules(granted)
    return CustomerActivityService(
        lambda: data,
        EventActivityRepository(store.fairlead_db),
        AudienceRights(lambda: actor, lambda: rules, lambda: True),
    )


async def list_all(
    service: CustomerActivityService, wanted: CustomerActivityFilter, limit: int
) -> list[CustomerActivity]:
    """Every entry, page by page."""
    found: list[CustomerActivity] = []
    while page := await service.list_page(
        wanted, after=found[-1].position if found else None, limit=limit
    ):
        found += page
    return found


def expected_counts() -> Counter[CustomerAct]:
    """How many things there are of tickets and ratings, from the account alone."""
    account = small_account()
    tickets = [one for one in account.tickets if one.status != "deleted"]
    return Counter(
        {
            A.TICKET: len(tickets),
            A.SOLVED: sum(one.is_solved for one in tickets),
            A.CLOSED: sum(one.is_closed for one in tickets),
            A.RATED: sum(one.score in ("good", "bad") for one in account.ratings),
        }
    )


async def test_every_thing_is_listed_once_and_in_order_whatever_the_page(
    data: DataStore, store: WorkspaceStore
) -> None:
    await read_all(data, small_account())
    # One reading of all: the same moment for everybody.
    for at, health in ((NOON - 900, "neutral"), (NOON, "frustrated")):
        await data.rollups.note_readings(
            ProfileReading(f"sid-{n}", at, health, None, None) for n in range(9)
        )
    service = build_service(data, store)
    wanted = expected_counts() + Counter({A.HEALTH: 9})
    for limit in (1, 3, 7, 500):
        found = await list_all(service, EVERYTHING, limit)
        assert Counter(one.act for one in found) == wanted, limit
        assert len({one.id for one in found} | {one.sid for one in found}) >= len(found) - 9
        positions = [one.position for one in found]
        assert positions == sorted(positions, reverse=True)
        assert len(set(positions)) == len(positions)


FILTERS = {
    "types": CustomerActivityFilter(frozenset({A.RATED, A.CLOSED})),
    "person by address": CustomerActivityFilter(person="p3@people.example"),
    "person by id": CustomerActivityFilter(person="3"),
    "person by name": CustomerActivityFilter(person="ana person 3"),
    "agent": CustomerActivityFilter(agent="agent 902"),
    "phrase": CustomerActivityFilter(phrase="refund please"),
    "phrase in pairs": CustomerActivityFilter(phrase="返金"),
    "nobody": CustomerActivityFilter(person="nobody@people.example"),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_filter_leaves_what_the_account_says(
    data: DataStore, store: WorkspaceStore, name: str
) -> None:
    account = small_account()
    await read_all(data, account)
    wanted = FILTERS[name]
    found = await list_all(build_service(data, store), wanted, 4)
    tickets = {one.id: one for one in account.tickets}

    def fits(entry: CustomerActivity) -> bool:
        ticket = tickets[entry.ticket_id or 0]
        said = f"{ticket.subject} {ticket.description}".casefold()
        return (
            (not wanted.acts or entry.act in wanted.acts)
            and (not wanted.person or ("3" in wanted.person and ticket.requester_id == 3))
            and (not wanted.agent or ticket.assignee_id == 902)
            and (not wanted.phrase or wanted.phrase.casefold() in said)
        )

    everything = await list_all(build_service(data, store), EVERYTHING, 100)
    assert found == [entry for entry in everything if fits(entry)]
    assert bool(found) == (name != "nobody")


async def test_events_stand_among_the_rest_with_their_person_and_whole_text(
    data: DataStore, store: WorkspaceStore
) -> None:
    await read_all(data, small_account())
    text = '{"type":"track","event":"Order Completed","userId":"shop-9","messageId":"m1"}'
    source = await store.events.add_source("shop.jsonl", NOON)
    for number, key in ((1, "shop-9"), (2, "shop-77")):
        await store.events.add_events(
            source, [NewStoredEvent(number, f"m{number}", key, text)], NOON + number
        )
    service = build_service(data, store)
    newest = await service.list_page(EVERYTHING, limit=2)
    assert [(one.name, one.person_id) for one in newest] == [("shop-77", 0), ("Ána Person 9", 9)]
    assert newest[1].title == "Did “Order Completed”, shop.jsonl"
    assert newest[1].text == text
    of_one = await service.list_page(CustomerActivityFilter(person="p9@people.example"))
    assert [one.act for one in of_one if one.act is A.EVENT] == [A.EVENT]
    by_word = await service.list_page(CustomerActivityFilter(phrase="order completed"))
    assert len(by_word) == 2
    assert await service.list_page(CustomerActivityFilter(agent="agent 902", phrase="order")) == ()


async def test_agents_are_named_and_asked_for_by_those_with_the_right_alone(
    data: DataStore, store: WorkspaceStore
) -> None:
    await read_all(data, small_account())
    with pytest.raises(NotPermitted):
        await build_service(data, store, AGENT).list_page(EVERYTHING)
    marketer = build_service(data, store, AGENT, (Permission.AUDIENCE,))
    assert {one.agent for one in await marketer.list_page(EVERYTHING)} == {""}
    with pytest.raises(NotPermitted):
        await marketer.list_page(replace(EVERYTHING, agent="agent 902"))
    lead = build_service(data, store, AGENT, (Permission.AUDIENCE, Permission.AGENT_REPORTS))
    assert "Agent 902" in {one.agent for one in await lead.list_page(EVERYTHING)}
    with pytest.raises(InvalidInput):
        await lead.list_page(replace(EVERYTHING, phrase="!?"))


async def test_page_is_read_by_an_index_and_not_by_sorting_everything(data: DataStore) -> None:
    for column in ("created_at", "solved_at", "closed_at"):
        plan = data.data_db.read(
            lambda c, column=column: c.execute(  # type: ignore[misc]
                f"EXPLAIN QUERY PLAN SELECT t.id FROM ticket t WHERE t.{column} <= 5"  # noqa: S608
                " AND t.status <> 'deleted'"
                f" ORDER BY t.{column} DESC, t.id DESC LIMIT 9"
            ).fetchall()
        )
        assert f"ticket_by_{column.removesuffix('_at')}" in str([tuple(row) for row in plan])


async def test_migration_folds_letters_of_people_kept_before(tmp_path: Path) -> None:
    folder = tmp_path / "older"
    data = open_data_store(folder)
    shop = organization(1, name="Łódź Kjøkken")
    named = user(1, name="Ægir Sørensen", organization_id=1, user_fields={"city": "Tromsø"})
    await read_all(data, FakeExport(users=[named], organizations=[shop]))
    wanted = dump_folded(data)

    def make_older(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE person SET sort_name = 'ægir sørensen', organization_sort = 'łodz kjøkken'"
        )
        connection.execute("UPDATE organization SET sort_name = 'łodz kjøkken'")
        connection.execute("UPDATE person_field SET text = 'tromsø'")
        connection.execute("DROP TABLE person_search")
        connection.execute(
            "CREATE VIRTUAL TABLE person_search USING fts5(name, email, content = 'person',"
            " content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2')"
        )
        connection.execute("INSERT INTO person_search (person_search) VALUES ('rebuild')")
        connection.execute(f"PRAGMA user_version = {sqlite_database.SCHEMA_MAJOR * 1000 + 4}")

    data.data_db.write(make_older)
    data.close()
    for data in open_small_store(folder):
        assert dump_folded(data) == wanted
        for typed in ("sorensen", "SØRENSEN aegir", "sör"):
            assert (await data.activity.find_people(typed))[0] == {1}
        # Whoever changes leaves no words of before.
        await data.people.save_users([replace(named, name="Bo", updated_at=NOON)], "", NOON)
        assert (await data.activity.find_people("sorensen"))[0] == frozenset()
        data.data_db.write(lambda c: c.execute(SEARCH_CHECK))


def dump_folded(data: DataStore) -> list[tuple[str, ...]]:
    return data.data_db.read(
        lambda c: [
            tuple(row)
            for row in c.execute(
                "SELECT p.sort_name, p.organization_sort, o.sort_name, f.text FROM person p"
                " JOIN organization o ON o.id = p.organization_id"
                " JOIN person_field f ON f.person_id = p.id"
            )
        ]
    )
