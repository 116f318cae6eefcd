"""Whom each condition picks; who was not read is in none of them; pages meet without a gap."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desktop.audience.condition_parser import parse_expression
from desktop.model.audience_condition import EVERYBODY
from desktop.model.audience_person import AudienceColumn, AudienceOrder
from desktop.model.customer_value import CustomerType, default_value_source
from desktop.model.exported_profile import ExportedProfile
from desktop.model.match_keys import hash_email
from desktop.store import audience_people_repository
from desktop.store.audience_people_repository import position_of
from desktop.store.audience_query import QueryMoment
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_profile_repository import ProfileFields
from desktop.store.profile_report_repository import OptOutReading
from desktop.viewmodels.audience.person_text import cell_text, person_document
from tests.support.data_cases import (
    DAY,
    NOON,
    FakeExport,
    open_small_store,
    organization,
    read_all,
    ticket,
    trace_plans,
    user,
)

MOMENT = QueryMoment(NOON, ZoneInfo("America/New_York"))
SEARCH_CHECK = "INSERT INTO person_search (person_search, rank) VALUES ('integrity-check', 1)"
FIELDS = ProfileFields("zendesk_health", default_value_source(CustomerType.ECOMMERCE, "USD"))


def profile(number: int, *lists: str, **values: object) -> ExportedProfile:
    return ExportedProfile(
        f"{number:024x}",
        hash_email(f"p{number}@people.example"),
        lists=lists,
        engagement="active",
        vars=values,  # type: ignore[arg-type]
        activity={"open_time": NOON - 3 * DAY},
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataStore]:
    yield from open_small_store(tmp_path_factory.mktemp("audience"))


@pytest.fixture
async def store(kept: DataStore) -> DataStore:
    if (await kept.people.count_kept()).people:
        return kept
    people = [
        user(
            1, name="Zoë Ångström", tags=("vip", "zone:north"), organization_id=50, phone="+1 555"
        ),
        user(
            2,
            name="Bob Stone",
            tags=("staff",),
            locale="de",
            phone="+44 (20) 7946-0958",
            user_fields={"plan": "Gold", "n": 7},
        ),
        user(3, name="Cher", user_fields={"plan": "free", "n": 12, "box": True}),
        user(4, name="", email=None, external_id="shop-4", created_at=NOON - 1.75 * DAY),
        user(5, name="Dana Gone", active=False),
        user(901, name="Ann Agent", role="agent", email="ann@acme.example"),
    ]
    tickets = [
        ticket(11, 1, subject="Refund for order 5", tags=("refund", "late_delivery"),
               channel="web"),
        ticket(12, 1, status="solved", solved_at=NOON - DAY, subject="Thanks", priority="urgent",
               created_at=NOON - 40 * DAY, updated_at=NOON - 39 * DAY, assignee_id=None),
        ticket(13, 2, subject="Où est mon colis?", description="返金お願いします, café crème",
               status="pending", created_at=NOON - 5 * DAY, updated_at=NOON - 4 * DAY),
        ticket(14, 3, status="deleted", subject="refund of a deleted one"),
    ]  # fmt: skip
    await read_all(kept, FakeExport([organization(50, "Acme Störes")], people, tickets))
    profiles = [
        profile(1, "Newsletter", zendesk_health="frustrated", customer_value="4", rev_365="1240"),
        profile(2, "Newsletter", "VIP", customer_value="1"),
    ]
    await kept.profiles.save_profiles("Newsletter", profiles, "job", FIELDS, NOON)
    await kept.profiles.save_profiles("VIP", profiles[1:], "job", FIELDS, NOON)
    return kept


CASES = [
    ("", {1, 2, 3, 4}),
    ("name is 'x", set()),
    ("name contains angstrom", {1}),
    ("name begins with ZO", {1}),
    ("name is not cher", {1, 2, 4}),
    ("name is not set", {4}),
    ("email is P2@people.example", {2}),
    ('email is "mailto:p2@people.example?subject=Hi"', {2}),
    ('email is "Bob Stone <P2@people.example>;"', {2}),
    ('email is not "<p2@people.example>."', {1, 3, 4}),
    ("email is not set", {4}),
    ('phone is "+44 20 7946 0958"', {2}),
    ('phone is "0044.20.7946.0958"', {2}),
    ('phone is not "442079460958"', {1, 3, 4}),
    # Typed as at home: the region is not dialled.
    ('phone is "(020) 7946 0958"', {2}),
    ('phone is not "020 79460958"', {1, 3, 4}),
    ('phone is "9460959"', set()),
    ("email does not contain p1@", {2, 3, 4}),
    ("phone contains 555", {1}),
    ("external_id is SHOP-4", {4}),
    ("organization contains stores", {1}),
    ("organization is not set", {2, 3, 4}),
    ("locale is DE", {2}),
    ("created within 3 days", {4}),
    ("tag is vip", {1}),
    ("tag is zone:north", {1}),
    ("tag is not staff", {1, 3, 4}),
    ("tag is not set", {3, 4}),
    ("tickets >= 1", {1, 2}),
    ("tickets is 0", {3, 4}),
    ("open_tickets > 0", {1, 2}),
    ("last_ticket within 1 day", {1}),
    ("last_ticket older than 2 days", {2}),
    ("last_ticket is not set", {3, 4}),
    ("last_ticket_status is pending", {2}),
    ("ticket_created older than 30 days", {1}),
    ("ticket_tag is late_delivery", {1}),
    ("ticket_status is solved", {1}),
    ("ticket_priority is urgent", {1}),
    ("ticket_channel is web", {1}),
    ("assignee is 'Ann", set()),
    ('assignee is "ann agent"', {1, 2}),
    ("assignee is ann@acme.example", {1, 2}),
    ("text contains refund", {1}),
    ("subject contains refund", {1}),
    ("body contains refund", set()),
    ("text contains delivery", {1}),
    ('subject contains "order 5"', {1}),
    ('subject contains "5 order"', set()),
    ("subject contains ref*", {1}),
    ("subject contains ref", set()),
    ("subject contains ou", {2}),
    ('body contains "cafe creme"', {2}),
    ("body contains 返金", {2}),
    ("body contains 願", {2}),
    ("body contains 金返", set()),
    ("text contains '!!!", set()),
    ("text does not contain refund", {2, 3, 4}),
    ("field.plan is gold", {2}),
    ("field.plan is not gold", {1, 3, 4}),
    ("field.plan contains fre", {3}),
    ("field.n >= 8", {3}),
    ("field.n is 7", {2}),
    ("field.box is yes", {3}),
    ("field.box is not set", {1, 2, 4}),
    # Sailthru: who was not read fits nothing but “is not read”.
    ("list is Newsletter", {1, 2}),
    ("list is VIP", {2}),
    ("list is not VIP", {1}),
    ("health is frustrated", {1}),
    ("health is not frustrated", {2}),
    ("health is not set", {2}),
    ("health is not read", {3, 4}),
    ("health is read", {1, 2}),
    ("value >= 2", {1}),
    ("value is not 4", {2}),
    ("predicted >= 1000", {1}),
    ("engagement is active", {1, 2}),
    ("last_open within 7 days", {1, 2}),
    ("last_click is not set", {1, 2}),
    ("optout is none", set()),
    ("optout is not all", set()),
    ("optout is not read", {1, 2, 3, 4}),
    ("tag is vip and health is frustrated", {1}),
    ("tag is vip or locale is de", {1, 2}),
    ("tickets >= 1 and (health is frustrated or locale is de)", {1, 2}),
    ("tickets >= 1 and (tag is staff or text contains nothing)", {2}),
]
CASES = [(text.replace("'", "\"'") + ('"' if "'" in text else ""), who) for text, who in CASES]


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text for text, _ in CASES])
async def test_conditions_pick(store: DataStore, text: str, wanted: set[int]) -> None:
    group = parse_expression(text)
    people = await store.audience.list_people(group, MOMENT, AudienceOrder(), 100)
    assert {person.id for person in people} == wanted
    assert await store.audience.count(group, MOMENT) == len(wanted)
    # What was found is the same whether few are expected or many.
    for total in (len(wanted) or 1, 1_000_000):
        found = await store.audience.list_people(group, MOMENT, AudienceOrder(), 100, total=total)
        assert found == people


async def test_a_condition_counts_whom_it_picks_alone_and_who_was_not_read(
    store: DataStore,
) -> None:
    group = parse_expression("health is frustrated and tag is vip and optout is none")
    counts = [await store.audience.count_condition(one, MOMENT) for one in group.conditions()]
    assert [(one.people, one.not_read) for one in counts] == [(1, 2), (1, 0), (0, 4)]


async def test_days_begin_in_the_zone_of_the_account(store: DataStore) -> None:
    # Person 4 was created on 12 November 2023 at 23:15 in New York, the 13th in UTC.
    for day, before, after in (("2023-11-12", False, False), ("2023-11-13", True, False),
                               ("2023-11-11", False, True)):  # fmt: skip
        for word, wanted in (("before", before), ("after", after)):
            group = parse_expression(f"created {word} {day} and external_id is shop-4")
            assert await store.audience.count(group, MOMENT) == int(wanted), (word, day)


@pytest.mark.parametrize("column", [one for one in AudienceColumn if one.is_sortable])
@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("total", [None, 4])
async def test_pages_of_every_order_meet_without_a_gap(
    store: DataStore, column: AudienceColumn, is_descending: bool, total: int | None
) -> None:
    order = AudienceOrder(column, is_descending)
    whole = await store.audience.list_people(EVERYBODY, MOMENT, order, 100, total=total)
    assert {person.id for person in whole} == {1, 2, 3, 4}
    # Who has no value comes last either way.
    values = [position_of(person, order).value for person in whole]
    given = [value for value in values if value is not None]
    assert values == given + [None] * (len(values) - len(given))
    assert given == sorted(given, reverse=is_descending)  # type: ignore[type-var]
    found, after = [], None
    while page := await store.audience.list_people(
        EVERYBODY, MOMENT, order, 1, after=after, total=total
    ):
        found += page
        after = position_of(page[-1], order)
    assert found == list(whole)


async def test_phrase_asks_no_more_of_people_than_it_has_to(store: DataStore) -> None:
    """A frequent phrase is looked up for the people of a page alone, and counted by ids alone."""
    reading = store.audience._database
    group = parse_expression("text contains refund and tickets >= 1")
    asked = trace_plans(
        reading,
        lambda: store.audience.list_people.blocking(
            group, MOMENT, AudienceOrder(), 9, total=1_000_000
        ),
    )
    assert "SEARCH t USING COVERING INDEX ticket_by_requester (requester=?)" in asked
    phrase = parse_expression("text contains refund")
    # What was counted before is not counted again.
    people = audience_people_repository.AudiencePeopleRepository(reading)
    asked = trace_plans(reading, lambda: people.count.blocking(phrase, MOMENT))
    assert "SEARCH p USING INDEX person_listed (id=?" in asked
    tagged = parse_expression("tickets >= 1 and tag is not vip")
    asked = trace_plans(reading, lambda: people.count.blocking(tagged, MOMENT))
    assert "SEARCH p USING INDEX person_by_ticket_count (ticket_count>?)" in asked


async def test_a_person_is_explained_with_the_text_that_matched(store: DataStore) -> None:
    group = parse_expression(
        'body contains "café" and health is frustrated and text contains colis'
    )
    found = await store.audience.evaluate(2, list(group.conditions()), MOMENT)
    assert [one.is_met for one in found] == [True, False, True]
    assert "café crème" in found[0].excerpt
    assert found[2].excerpt == "Où est mon colis?"


async def test_two_profiles_for_one_person_are_shown_as_none(tmp_path: Path) -> None:
    for store in open_small_store(tmp_path):
        await read_all(store, FakeExport(users=[user(1, external_id="shop-1")]))
        by_mail, by_id = profile(1), ExportedProfile("f" * 24, "0" * 32, extid="shop-1")
        await store.profiles.save_profiles("A", [by_mail, by_id], "job", FIELDS, NOON)
        person = (await store.audience.get_people([1]))[1]
        assert (person.sid, person.is_ambiguous) == (None, True)
        # A pair that somebody chose decides.
        await store.people.remember_pairs({1: by_id.sid})
        person = (await store.audience.get_people([1]))[1]
        assert (person.sid, person.is_ambiguous) == (by_id.sid, False)
        await store.people.remember_pairs({})
        person = (await store.audience.get_people([1]))[1]
        assert person.is_ambiguous


async def test_people_are_picked_by_the_opt_out_level_that_a_look_up_read(tmp_path: Path) -> None:
    async def pick(expression: str) -> set[int]:
        order = AudienceOrder()
        return set(await store.audience.list_ids(parse_expression(expression), MOMENT, order))

    for store in open_small_store(tmp_path):
        account = FakeExport(users=[user(number) for number in (1, 2, 3)])
        await read_all(store, account)
        found = [profile(number) for number in (1, 2)]
        await store.profiles.save_profiles("A", found, "job", FIELDS, NOON)
        readings = [
            OptOutReading(profile(1).sid, NOON, "all"),
            OptOutReading(profile(2).sid, NOON, "none"),
            OptOutReading(profile(3).sid, NOON, "all"),
        ]
        await store.profile_reports.note_optouts(readings)
        assert await pick("optout is all") == {1}
        assert await pick("optout is not all") == {2}
        assert await pick("optout is not read") == {3}
        # Read again, a person keeps it; a newer look-up counts; another profile has none yet.
        newer = [user(number, updated_at=NOON) for number in (1, 2, 3)]
        await store.people.save_users(newer, "", NOON)
        await store.profiles.save_profiles("A", found, "job 2", FIELDS, NOON + 1)
        assert await pick("optout is all") == {1}
        await store.profile_reports.note_optouts([OptOutReading(profile(2).sid, NOON + 1, "all")])
        assert await pick("optout is all") == {1, 2}
        await store.people.remember_pairs({1: profile(2).sid})
        assert await pick("optout is not read") == {1, 3}
        # Matched after the look-up: it comes with the next reading.
        await store.profiles.save_profiles("A", [profile(3)], "job 2", FIELDS, NOON + 2)
        await store.profile_reports.note_optouts(())
        assert await pick("optout is all") == {1, 2, 3}


async def test_health_and_value_over_time_are_kept_only_where_they_change(tmp_path: Path) -> None:
    for store in open_small_store(tmp_path):
        for at, health, value in ((1.0, "happy", "2"), (2.0, "happy", "2"), (3.0, "neutral", "2"),
                                  (4.0, "", "3")):  # fmt: skip
            row = profile(1, zendesk_health=health, customer_value=value)
            await store.profiles.save_profiles("A", [row], f"job {at}", FIELDS, at)

        def readings(table: str, column: str, store: DataStore = store) -> list[tuple[object, ...]]:
            rows = store.history_db.read(
                lambda c: c.execute(f"SELECT at, {column} FROM {table} ORDER BY at").fetchall()  # noqa: S608
            )
            return [tuple(row) for row in rows]

        assert readings("health_reading", "health") == [
            (1.0, "happy"),
            (3.0, "neutral"),
            (4.0, None),
        ]
        assert readings("value_reading", "segment") == [(1.0, 2), (4.0, 3)]


async def test_a_count_is_remembered_until_something_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    count = audience_people_repository._count

    def note(connection: Any, where: Any, **more: Any) -> int:
        asked.append(where.text)
        return count(connection, where, **more)

    monkeypatch.setattr(audience_people_repository, "_count", note)
    for store in open_small_store(tmp_path):
        await read_all(store, FakeExport(users=[user(1, locale="de"), user(2, locale="fr")]))
        german = parse_expression("locale is de")
        counts = [await store.audience.count(german, MOMENT) for _ in range(3)]
        assert (counts, len(asked)) == ([1, 1, 1], 1)
        # Another condition is another count.
        assert await store.audience.count(parse_expression("locale is fr"), MOMENT) == 1
        await store.people.save_users([user(2, locale="de", updated_at=NOON)], "", NOON)
        assert await store.audience.count(german, MOMENT) == 2
        assert len(asked) == 3


async def test_who_is_known_to_sailthru_alone_is_a_person_until_zendesk_has_them(
    tmp_path: Path,
) -> None:
    async def pick(expression: str) -> list[str]:
        group = parse_expression(expression)
        found = await store.audience.list_people(group, MOMENT, AudienceOrder(), 9)
        assert await store.audience.count(group, MOMENT) == len(found)
        return sorted(one.name or one.query for one in found)

    for store in open_small_store(tmp_path):
        await read_all(store, FakeExport(users=[user(1, name="Ann"), user(2, name="Bo")]))
        alone, twin = profile(7, zendesk_health="frustrated"), profile(8, first_name="Cleo")
        rows = [profile(1), alone, twin]
        await store.profiles.save_profiles("A", rows, "job", FIELDS, NOON)
        assert await pick("known_in is sailthru") == sorted([alone.sid, "Cleo"])
        assert await pick("known_in is both") == ["Ann"]
        assert await pick("known_in is zendesk") == ["Bo"]
        assert await pick("list is A and health is frustrated") == [alone.sid]
        assert (await store.people.count_kept()).people == 2
        # Whoever has no value in an order stands behind the others, ids below 0 too.
        for way in (False, True):
            order = AudienceOrder(AudienceColumn.CREATED, is_descending=way)
            assert len(await store.audience.list_people(EVERYBODY, MOMENT, order, 9)) == 4
        # All of them, Zendesk's, and those with a profile.
        assert await store.audience.count_profiles() == (4, 2, 3)
        # Nobody takes them for users of Zendesk.
        assert await store.profile_reports.find_people([alone.sid]) == {}
        (one,) = await store.audience.list_people(
            parse_expression("health is frustrated"), MOMENT, AudienceOrder(), 9
        )
        assert cell_text(one, AudienceColumn.TICKETS, NOON) == "Not in Zendesk"
        assert cell_text(one, AudienceColumn.EMAIL, NOON) == "Not read"
        assert person_document(one, [AudienceColumn.TICKETS]) == {
            "id": None, "known_in": "sailthru", "sid": alone.sid, "tickets": None,
            "profile_read": True,
        }  # fmt: skip
        # Zendesk tells of the one, the other leaves the list with its next reading.
        await store.people.save_users([user(7, name="Dee")], "", NOON)
        assert await pick("known_in is sailthru") == ["Cleo"]
        assert await pick("health is frustrated") == ["Dee"]
        await store.profiles.save_profiles("A", rows[:2], "job 2", FIELDS, NOON)
        assert await store.profiles.end_list("A", "job 2") == 1
        assert await pick("known_in is sailthru") == []
        # Zendesk takes their address away: the profile stands alone again.
        renamed = user(7, name="Dee", email="dee@other.example", updated_at=NOON + 1)
        await store.people.save_users([renamed], "", NOON + 1)
        assert await pick("known_in is sailthru") == [alone.sid]
        store.data_db.write(lambda c: c.execute(SEARCH_CHECK))


async def test_whose_a_profile_is_is_found_without_a_scan(tmp_path: Path) -> None:
    for store in open_small_store(tmp_path):
        rows = [replace(profile(number), extid=f"shop-{number}") for number in (7, 8)]
        asked = trace_plans(
            store.data_db,
            lambda: store.profiles.save_profiles.blocking("A", rows, "job", FIELDS, NOON),  # noqa: B023
        )
        assert "INDEX remembered_pair_by_sid (sid=?)" in asked
        assert "INDEX person_by_external_id (external_id=?" in asked
        # Nobody goes through everybody; the few settings of a search index are no table of ours.
        steps = [one for one in asked.splitlines() if "person_search_config" not in one]
        assert [one for one in steps if "SCAN" in one or "(rowid>?)" in one] == []
