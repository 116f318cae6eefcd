"""Kept customers are found by any part of a name, an address or a number, and by nothing else."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.kit.text import fold_text
from desktop.model.customer_sheet import TicketPage
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import Organization, UserIdentity, ZendeskUser
from desktop.store import customer_search_index, sqlite_database
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.support.fresh_store import open_fresh_store

MARIA = ZendeskUser(
    7701,
    "María  López-Ñandú",
    "Maria@Lopez.example",
    phone="+1 555 0134",
    organization=Organization(1, "Lopez & Daughters"),
    identities=(
        UserIdentity(1, "email", "m.lopez@work.example"),
        UserIdentity(2, "phone_number", "+49 (0)30 901820"),
    ),
)
JON = ZendeskUser(7702, "Jon Straße", "jon_100%@post.example", phone="030 55501")
ONLY_SAILTHRU = SailthruProfile(
    sid="a" * 24,
    email="wren@halloway.example",
    vars={"first_name": "Wren", "last_name": "Halloway"},
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    for user in (MARIA, JON):
        found.customer_cache.save_user.blocking(user, 1.0)
    found.customer_cache.save_profile.blocking(ONLY_SAILTHRU, 1.0)
    # The profile of a kept user is no second customer.
    found.customer_cache.save_profile.blocking(
        SailthruProfile(sid="b" * 24, email="maria@lopez.example"), 1.0
    )
    yield found
    found.close()


def find(store: WorkspaceStore, text: str) -> list[str]:
    return [match.query for match in store.sheet_reader.search_customers.blocking(text)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("maria@lopez", ["id:7701"]),
        ("a@lop", ["id:7701"]),
        ("work.ex", ["id:7701"]),
        ("0134", ["id:7701"]),
        ("5 0134", ["id:7701"]),
        ("55501", ["id:7702", "id:7701"]),
        ("(030) 9018", ["id:7701"]),
        ("901-820", ["id:7701"]),
        ("maria lop", ["id:7701"]),
        ("lopez maria", ["id:7701"]),
        ("ÑANDU", ["id:7701"]),
        ("strasse", ["id:7702"]),
        ("wren", [f"sid:{'a' * 24}"]),
        ("halloway.ex", [f"sid:{'a' * 24}"]),
        # A part, however ordinary a sign in SQL or in a pattern.
        ("%", ["id:7702"]),
        ("_100", ["id:7702"]),
        ("'", []),
        ("\\", []),
        ("lopez jon", []),
        ("maria@lopez.exampler", []),
        ("0135", []),
        ("  ", []),
    ],
)
def test_search_part_finds_who_has_it(typed: str, found: list[str], store: WorkspaceStore) -> None:
    assert sorted(find(store, typed)) == sorted(found)


def test_search_tells_organisation_and_newest_ticket(store: WorkspaceStore) -> None:
    tickets = tuple(ZendeskTicket(n, f"T{n}", "open", None, 7701, 1.0, 1.0) for n in (5, 9, 7))
    store.customer_cache.save_tickets.blocking(7701, TicketPage(tickets), 1.0)
    (match,) = store.sheet_reader.search_customers.blocking("maria@")
    assert (match.subtitle, match.organization) == ("Maria@Lopez.example", "Lopez & Daughters")
    assert match.newest_ticket is not None
    assert match.newest_ticket.id == 9


def test_search_opened_last_comes_first(store: WorkspaceStore) -> None:
    opened = store.customer_cache.mark_opened.blocking
    opened(person=7701, sid="b" * 24, at=10.0)
    opened(person=7702, sid=None, at=20.0)
    opened(person=None, sid="a" * 24, at=15.0)
    assert find(store, "example") == ["id:7702", f"sid:{'a' * 24}", "id:7701"]
    recent = store.sheet_reader.list_recent_customers.blocking(2)
    assert [(match.query, match.opened_at) for match in recent] == [
        ("id:7702", 20.0),
        (f"sid:{'a' * 24}", 15.0),
    ]


def test_search_finds_what_a_record_is_now_and_nobody_erased(store: WorkspaceStore) -> None:
    store.customer_cache.save_user.blocking(
        ZendeskUser(7701, "Maria Reyes", "m@reyes.example"), 2.0
    )
    assert find(store, "reyes") == ["id:7701"]
    # Her profile is kept by its own address now.
    assert find(store, "lopez") == [f"sid:{'b' * 24}"]
    store.customer_cache.mark_opened.blocking(person=7702, sid=None, at=9.0)
    store.customer_cache.delete_not_opened_since.blocking(5.0)
    assert find(store, "reyes") == []
    store.customer_cache.erase_all.blocking()
    count = store.mirror_db.read(
        lambda c: c.execute("SELECT count(*) FROM search_suffix").fetchone()
    )
    assert count[0] == 0


def test_search_part_of_many_reads_few_and_keeps_the_last_opened(
    store: WorkspaceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_search_index, "_MAX_SUFFIXES", 3)
    monkeypatch.setattr(customer_search_index, "_MAX_RECENT", 2)
    for number in range(8000, 8020):
        user = ZendeskUser(number, "Quill", f"q{number}@quill.example")
        store.customer_cache.save_user.blocking(user, 1.0)
    for at, number in enumerate((8017, 8019, 8018), start=1):
        store.customer_cache.mark_opened.blocking(person=number, sid=None, at=float(at))
    found = find(store, "quill")
    # Who was opened last, though the index has them behind its first entries.
    assert found[:2] == ["id:8018", "id:8019"]
    assert len(found) < 8
    assert find(store, "q8017") == ["id:8017"]


def test_search_reads_an_index_and_not_every_customer(store: WorkspaceStore) -> None:
    plan = store.mirror_db.read(
        lambda c: c.execute(
            "EXPLAIN QUERY PLAN SELECT DISTINCT kind, id FROM search_suffix s"
            " WHERE s.suffix >= ? AND s.suffix < ?",
            ("a", "b"),
        ).fetchall()
    )
    assert "SEARCH s USING PRIMARY KEY" in plan[0]["detail"]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ärger", "arger"),
        ("ŁÓDŹ", "lodz"),
        ("Sørensen", "sorensen"),
        ("Kjær", "kjaer"),
        ("Đorđe Þór", "dorde thor"),
        ("Işık", "isik"),
        ("Straße", "strasse"),
        ("ＡＢＣ", "abc"),
        ("İstanbul", "istanbul"),
        ("ليلى", "ليلى"),
    ],
)
def test_fold_text_drops_case_and_accents(text: str, folded: str) -> None:
    assert fold_text(text) == folded


def test_migration_folds_letters_of_kept_customers_as_reading_them_does(tmp_path: Path) -> None:
    store = open_fresh_store(tmp_path / "older")
    user = ZendeskUser(7703, "Ægir Sørensen-Łódź", "þor@kjær.example")
    store.customer_cache.save_user.blocking(user, 1.0)
    wanted = dump_index(store)

    def make_older(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM search_suffix")
        for text in ("ægir sørensen-łodz", "þor@kjær.example"):
            ends = {text[place:] for place in range(len(text)) if text[place] != " "}
            connection.executemany(
                "INSERT OR IGNORE INTO search_suffix VALUES (?, 'user', '7703')",
                [(end,) for end in ends],
            )
        connection.execute(f"PRAGMA user_version = {sqlite_database.SCHEMA_MAJOR * 1000 + 8}")

    store.mirror_db.write(make_older)
    store.close()
    store = open_store(tmp_path / "older")
    assert find(store, "sorensen lodz") == find(store, "SØRENSEN") == ["id:7703"]
    assert dump_index(store) == wanted
    store.close()


def dump_index(store: WorkspaceStore) -> set[str]:
    suffixes = store.mirror_db.read(
        lambda c: c.execute("SELECT suffix FROM search_suffix").fetchall()
    )
    return {row[0] for row in suffixes}
