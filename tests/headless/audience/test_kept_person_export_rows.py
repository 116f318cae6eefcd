"""The export of a person holds every row that the data workspace has of them, and no other's."""

from pathlib import Path

from desktop.customer.person_export_html import render_person_page
from desktop.store.data_workspace_erasure import count_kept_people, find_kept_people
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_person_export_rows import read_kept_person_rows
from desktop.store.profile_report_repository import OptOutReading
from desktop.store.ticket_rollup_repository import ProfileReading
from tests.headless.audience.test_audience_query import FIELDS, profile
from tests.support.data_cases import NOON, dump, open_small_store, read_all, small_account


async def test_export_holds_every_row_of_a_person(tmp_path: Path) -> None:
    for store in open_small_store(tmp_path):
        await fill(store)
        users, sids = find_kept_people(store.data_db, store.history_db, ["p1@people.example"])
        rows = read_kept_person_rows(store.data_db, store.history_db, users, sids)
        kept, past = rows["data.db"], rows["history.db"]
        assert (users, sids) == ({1}, {profile(1).sid})
        assert set(kept) == {
            "person", "person_body", "person_address", "person_tag", "person_field", "ticket",
            "ticket_tag", "rating", "profile", "list_member", "remembered_pair",
        }  # fmt: skip
        assert set(past) == {
            "health_reading", "value_reading", "optout_reading", "counted_ticket", "counted_rating",
        }  # fmt: skip
        # Counted with an erasure's own rule, and over all rows.
        named = sum(len(kept[table]) for table in ("person", "rating", "profile"))
        assert named == count_kept_people(store.data_db, store.history_db, users, sids)
        tickets = dump(store.data_db)["ticket"]
        assert [row["id"] for row in kept["ticket"]] == [one[0] for one in tickets if one[1] == 1]
        assert len(past["counted_ticket"]) == len(kept["ticket"])
        assert "Refund please" in {row["subject"] for row in kept["ticket"]}
        assert {row["tag"] for row in kept["person_tag"]} == {"vip"}
        assert {row["list"] for row in kept["list_member"]} == {"Customers"}
        for table in (*kept.values(), *past.values()):
            for row in table:
                assert {row.get("requester", 1), row.get("person_id", 1)} == {1}
                assert row.get("sid", profile(1).sid) == profile(1).sid


async def test_an_archived_person_is_in_the_export(tmp_path: Path) -> None:
    for store in open_small_store(tmp_path):
        store.history_db.write(
            lambda c: c.execute("INSERT INTO archived_person VALUES (7, 1.0, 'Ana', '', '', 2)")
        )
        rows = read_kept_person_rows(store.data_db, store.history_db, {7}, ())
        assert [row["name"] for row in rows["history.db"]["archived_person"]] == ["Ana"]
        assert read_kept_person_rows(store.data_db, store.history_db, {8}, ())["history.db"] == {}


async def test_the_readable_page_names_what_is_kept_of_everybody(tmp_path: Path) -> None:
    for store in open_small_store(tmp_path):
        await fill(store)
        rows = read_kept_person_rows(store.data_db, store.history_db, {1}, {profile(1).sid})
        page = render_person_page(
            {
                "made_at": "", "made_by": "", "asked": "", "notes": [], "sell": None,
                "zendesk": {"users": [], "tickets": [], "events": []},
                "sailthru": {"profiles": []}, "this_computer": rows,
            }
        )  # fmt: skip
        assert "This computer: everybody" in page
        assert "This computer: what was over time: optout_reading" in page
        assert "Refund please" in page


async def fill(store: DataStore) -> None:
    await read_all(store, small_account())
    found = [profile(number, zendesk_health="happy") for number in (1, 2)]
    await store.profiles.save_profiles("Customers", found, "job", FIELDS, NOON)
    await store.people.remember_pairs({number: profile(number).sid for number in (1, 2)})
    await store.rollups.note_readings(
        [ProfileReading(profile(number).sid, 2.0, "neutral", 2, 10.0) for number in (1, 2)]
    )
    levels = [OptOutReading(profile(number).sid, 3.0, "all") for number in (1, 2)]
    await store.profile_reports.note_optouts(levels)
