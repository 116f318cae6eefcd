"""The data workspace reads Zendesk whole, resumes where it was killed, and counts exactly."""

import asyncio
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.audience import zendesk_data_reader
from desktop.audience.zendesk_data_reader import ZendeskDataReader
from desktop.connect import local_data_service
from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import ConflictError, NotPermitted, ServiceError
from desktop.model.erased_people import ErasedPeople, person_keys
from desktop.settings.file_lock import hold_lock
from desktop.settings.workspace import Workspace
from desktop.store.audience_query import phrase_query
from desktop.store.audit_signer import AuditSigner
from desktop.store.customer_erasure import CustomerIds
from desktop.store.data_workspace_erasure import (
    add_kept_words,
    erase_everybody,
    erase_kept_people,
    find_kept_people,
)
from desktop.store.data_workspace_store import DataStore, open_data_store
from desktop.store.kept_comment_repository import DueComments
from desktop.store.sqlite_database import Database
from desktop.store.ticket_rollup_repository import quarter_of
from desktop.store.workspace_store import open_store
from tests.support.clocks import ManualClock
from tests.support.data_cases import (
    NOON,
    FakeExport,
    dump,
    open_small_store,
    read_all,
    run_child,
    small_account,
    ticket,
    user,
)

NOT_SAID = (
    "How long the first read takes is not known: Zendesk did not say how many records there are."
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DataStore]:
    yield from open_small_store(tmp_path / "store")


def recount(store: DataStore) -> tuple[Counter[object], Counter[object]]:
    """The counts of tickets and ratings, from the rows that are kept."""
    tickets: Counter[object] = Counter()
    for row in store.data_db.read(lambda c: c.execute("SELECT * FROM ticket").fetchall()):
        if row["status"] == "deleted":
            continue
        for measure in ("created", "solved", "closed"):
            if row[f"{measure}_at"] is not None:
                quarter = quarter_of(row[f"{measure}_at"])
                tickets[(measure, quarter, row["assignee"] or 0)] += 1
    ratings: Counter[object] = Counter(
        (row["score"], quarter_of(row["updated_at"]), row["assignee"] or 0)
        for row in store.data_db.read(lambda c: c.execute("SELECT * FROM rating").fetchall())
    )
    return tickets, ratings


def kept_counts(store: DataStore) -> tuple[Counter[object], Counter[object]]:
    def of(table: str, name: str) -> Counter[object]:
        rows = store.history_db.read(
            lambda c: c.execute(f"SELECT {name}, quarter, agent, count FROM {table}").fetchall()  # noqa: S608
        )
        return Counter({tuple(row)[:3]: row["count"] for row in rows})

    return of("ticket_count", "measure"), of("rating_count", "score")


def matches(store: DataStore, words: str) -> set[int]:
    return {
        row[0]
        for row in store.data_db.read(
            lambda c: c.execute(
                "SELECT rowid FROM ticket_search WHERE ticket_search MATCH ?", (words,)
            ).fetchall()
        )
    }


async def test_reading_keeps_people_with_their_numbers_and_counts_what_a_recount_gives(
    store: DataStore,
) -> None:
    account = small_account()
    await read_all(store, account)
    counts = await store.people.count_kept()
    assert (counts.people, counts.archived, counts.tickets) == (10, 0, 24)
    assert kept_counts(store) == recount(store)
    assert kept_counts(store)[0][("created", quarter_of(NOON - 0), 0)] == 1
    row = store.data_db.read(lambda c: c.execute("SELECT * FROM person WHERE id = 1").fetchone())
    own = [one for one in account.tickets if one.requester_id == 1 and not one.is_deleted]
    assert row["ticket_count"] == len(own) == 3
    assert row["open_count"] == sum(one.is_unsolved for one in own)
    assert row["last_ticket_id"] == max(own, key=lambda one: one.updated_at or 0).id
    assert {state.name: state.is_complete for state in await store.sources.list_all()} == {
        "organizations": True, "ratings": True, "tickets": True, "users": True,
    }  # fmt: skip


async def test_reading_again_from_the_beginning_changes_no_row_and_no_count(
    store: DataStore,
) -> None:
    account = small_account()
    await read_all(store, account)
    before = dump(store.data_db, ("data_source",)), dump(store.history_db)
    await store.sources.reset(["users", "tickets", "ratings", "organizations"])
    await read_all(store, account)
    assert (dump(store.data_db, ("data_source",)), dump(store.history_db)) == before


async def test_counts_of_a_lost_data_file_are_the_same_after_it_was_read_anew(
    tmp_path: Path,
) -> None:
    account, folder = small_account(), tmp_path / "store"
    store = open_data_store(folder)
    await read_all(store, account)
    before = dump(store.history_db)
    store.close()
    for path in folder.glob("data.db*"):
        path.unlink()
    for path in folder.glob(".data.db*"):
        path.unlink()
    store = open_data_store(folder)
    assert (await store.people.count_kept()).people == 0
    await read_all(store, account)
    assert dump(store.history_db) == before
    assert kept_counts(store) == recount(store)
    store.close()


async def test_a_changed_ticket_moves_its_counts_and_its_requesters_numbers(
    store: DataStore,
) -> None:
    later = NOON + 900.0
    first = ticket(1, 1, tags=("a", "b"), subject="Lost parcel")
    account = FakeExport(users=[user(1), user(2)], tickets=[first])
    await read_all(store, account)
    solved = replace(
        first, status="solved", requester_id=2, assignee_id=902, changed_at=later,
        updated_at=later, solved_at=later, tags=("b", "c"), subject="Found parcel",
    )  # fmt: skip
    await store.tickets.save_tickets([solved], "x", later)
    # An older version that comes again changes nothing.
    await store.tickets.save_tickets([first], "y", later)
    assert kept_counts(store) == recount(store)
    assert kept_counts(store)[0][("solved", quarter_of(later), 902)] == 1
    rows = store.data_db.read(
        lambda c: c.execute("SELECT id, ticket_count, open_count FROM person").fetchall()
    )
    assert [tuple(row) for row in rows] == [(1, 0, 0), (2, 1, 0)]
    assert (matches(store, "lost"), matches(store, "found")) == (set(), {1})
    tags = store.data_db.read(
        lambda c: c.execute(
            "SELECT t.name, x.requester FROM ticket_tag x JOIN tag t ON t.id = x.tag_id"
        ).fetchall()
    )
    assert sorted(map(tuple, tags)) == [("b", 2), ("c", 2)]
    # Reopened: it is counted as solved no more; deleted: in nothing.
    reopened = replace(solved, status="open", solved_at=None, changed_at=later + 1)
    await store.tickets.save_tickets([reopened], "z", later)
    assert {key[0] for key in kept_counts(store)[0]} == {"created"}
    await store.tickets.save_tickets([replace(reopened, status="deleted")], "z", later)
    assert kept_counts(store)[0] == Counter()
    assert matches(store, "found") == set()


async def test_closing_time_is_when_a_ticket_was_first_seen_closed(store: DataStore) -> None:
    closed = ticket(1, 1, status="closed", solved_at=NOON - 500, updated_at=NOON, changed_at=NOON)
    await store.tickets.save_tickets([closed], "a", NOON)
    redacted = replace(closed, changed_at=NOON + 9000, updated_at=NOON + 9000)
    await store.tickets.save_tickets([redacted], "b", NOON)
    assert kept_counts(store)[0][("closed", quarter_of(NOON), 901)] == 1
    assert kept_counts(store)[0][("solved", quarter_of(NOON - 500), 901)] == 1


async def test_who_is_deleted_in_zendesk_is_archived_and_who_is_erased_there_is_forgotten(
    store: DataStore,
) -> None:
    await read_all(store, FakeExport(users=[user(1), user(2)]))
    gone = [replace(user(n), active=False, updated_at=NOON) for n in (1, 2)]
    await store.people.save_users(gone, "x", NOON)
    kept = await store.people.count_kept()
    assert (kept.people, kept.archived) == (0, 2)
    archived = dump(store.history_db)["archived_person"]
    assert [row[2] for row in archived] == ["Person 1", "Person 2"]
    erased = replace(gone[0], name="Permanently Deleted User", email=None, updated_at=NOON + 1)
    await store.people.save_users([erased], "y", NOON)
    assert [row[2] for row in dump(store.history_db)["archived_person"]] == ["Person 2"]
    assert "p1@people.example" not in repr(dump(store.data_db))


async def test_a_sign_in_that_may_not_export_still_reads_the_rest(store: DataStore) -> None:
    account = small_account()
    account.refused = frozenset({"tickets", "ratings"})
    await read_all(store, account)
    states = {state.name: state for state in await store.sources.list_all()}
    assert states["users"].is_complete
    assert states["tickets"].refused == "No tickets for you. Only admins."
    account.refused = frozenset()
    await read_all(store, account)
    assert (await store.sources.get("tickets")).refused == ""
    assert (await store.people.count_kept()).tickets == 24


async def test_reading_stops_before_the_next_page_once_it_is_switched_off(
    store: DataStore,
) -> None:
    account, left = small_account(), [3]

    def require_allowed() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise NotPermitted("Switched off.")

    reader = ZendeskDataReader(store, account, ManualClock(), require_allowed=require_allowed)  # type: ignore[arg-type]
    with pytest.raises(NotPermitted):
        await reader.refresh()
    assert len(account.asked) == 3


POINTS = [f"{name} {what}" for name in ("organizations", "users", "tickets", "ratings")
          for what in ("read", "stored")]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
async def test_reading_killed_at_a_point_goes_on_without_loss(tmp_path: Path, point: str) -> None:
    wanted = await read_whole(tmp_path / "whole")
    folder = tmp_path / "killed"

    def checkpoint(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    assert run_child(lambda: read_once(folder, small_account(), checkpoint)) == -signal.SIGKILL
    account = small_account()
    assert await read_whole(folder, account) == wanted
    # Nothing that was stored is asked for again.
    name, what = point.split()
    first = next(place for asked, place in account.asked if asked == name)
    if name != "organizations":
        assert first == ("3" if what == "stored" else "since 0")


async def test_reading_killed_at_each_commit_counts_nothing_twice(tmp_path: Path) -> None:
    wanted = await read_whole(tmp_path / "whole")
    killed = 0
    for number in range(1, 60, 3):
        folder = tmp_path / f"killed-{number}"
        code = run_child(lambda n=number, f=folder: die_at_commit(n, f))  # type: ignore[misc]
        killed += code == -signal.SIGKILL
        assert await read_whole(folder) == wanted, number
    assert killed >= 10


def die_at_commit(number: int, folder: Path) -> None:
    left, write = [number], Database.write

    def mortal_write(self: Database, act: object) -> object:
        left[0] -= 1

        def half(connection: sqlite3.Connection) -> object:
            found = act(connection)  # type: ignore[operator]
            if not left[0]:
                # Everything of this transaction but its commit.
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        return write(self, half)

    Database.write = mortal_write  # type: ignore[method-assign,assignment]
    read_once(folder, small_account(), lambda _name: None)


def read_once(folder: Path, account: FakeExport, checkpoint: object) -> None:
    store = open_data_store(folder)
    reader = ZendeskDataReader(store, account, ManualClock(), checkpoint=checkpoint)  # type: ignore[arg-type]
    asyncio.run(reader.refresh())


async def read_whole(folder: Path, account: FakeExport | None = None) -> tuple[object, object]:
    store = open_data_store(folder)
    await read_all(store, account or small_account())
    assert kept_counts(store) == recount(store)
    found = dict(dump(store.data_db, ("data_source",))), dict(dump(store.history_db))
    store.close()
    return found


async def test_erasing_one_person_leaves_no_word_of_them_and_every_count(store: DataStore) -> None:
    await read_all(store, small_account())
    before = kept_counts(store)
    users, sids = find_kept_people(store.data_db, store.history_db, ["p1@people.example"])
    assert (users, sids) == ({1}, set())
    assert erase_kept_people(store.data_db, store.history_db, users, sids) > 0
    assert find_kept_people(store.data_db, store.history_db, ["p1@people.example"]) == (
        set(),
        set(),
    )
    assert (await store.people.count_kept()).people == 9
    assert kept_counts(store) == before
    texts = dump(store.data_db)["ticket_text"]
    assert {row[0] for row in texts} & {100, 108, 116} == set()
    found = store.data_db.read(
        lambda c: c.execute(
            "SELECT rowid FROM person_search WHERE person_search MATCH 'p1'"
        ).fetchall()
    )
    assert found == []


async def test_who_is_archived_is_found_by_address_and_external_id(store: DataStore) -> None:
    account = FakeExport(users=[user(1, email="Ana@people.example", external_id="Shop-1"), user(2)])
    await read_all(store, account)
    gone = [replace(one, active=False, updated_at=NOON) for one in account.users]
    account.users = [*account.users, *gone]
    await read_all(store, account)
    # What stands in data.db can be lost: read anew, nobody tells of them any more.
    erased = store.data_db.write(lambda c: c.execute("DELETE FROM person_address").rowcount)
    assert erased
    for known in ("ANA@people.example", "shop-1"):
        users, _sids = find_kept_people(store.data_db, store.history_db, [known])
        assert users == {1}
    words = add_kept_words(store.data_db, store.history_db, CustomerIds(users=frozenset({"1"})))
    assert (words.names, words.external_ids) == ({"Person 1"}, {"Shop-1"})
    assert words.addresses == {"ana@people.example"}


async def test_a_reading_keeps_no_word_of_who_was_erased_and_every_count(store: DataStore) -> None:
    account = small_account()
    erased = ErasedPeople(person_keys(user_ids=[1]), (str,))

    async def load_erased() -> ErasedPeople:
        return erased

    reader = ZendeskDataReader(store, account, ManualClock(), load_erased=load_erased)  # type: ignore[arg-type]
    await reader.refresh()
    kept = dump(store.data_db)
    assert 1 not in {row[0] for row in kept["person"]}
    tickets = {one.id for one in account.tickets if one.requester_id == 1}
    assert tickets
    assert tickets <= {row[0] for row in kept["ticket"]}
    assert tickets & {row[0] for row in kept["ticket_text"]} == set()
    assert kept_counts(store) == recount(store)
    rows = store.data_db.read(
        lambda c: [
            *c.execute("SELECT comment || reason FROM rating WHERE requester = 1"),
            *c.execute("SELECT '!' FROM ticket_tag WHERE requester = 1"),
        ]
    )
    assert {row[0] for row in rows} == {""}
    account.tickets = [*account.tickets, ticket(300, 1, subject="Once more")]
    account.asked.clear()
    await reader.refresh(["tickets"])
    # The erased requester is asked for no more.
    assert [name for name, _ in account.asked] == ["tickets"]


async def test_erasing_here_deletes_damaged_files_and_excludes_a_reading(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    open_store(folder).close()
    store = open_data_store(folder)
    await read_all(store, small_account())
    store.close()
    workspace = Workspace("main", "0" * 32, folder)
    local = LocalDataService(workspace)
    who = ("p1@people.example",)
    async with hold_lock(workspace.lock_path("data"), limit_s=0.0):
        with pytest.raises(ConflictError, match="is being read"):
            await local.erase_customer(who, "Ada", 1.0, AuditSigner())
    damaged = folder / "data.db.damaged-20260101-000000-wal"
    for erase in (
        lambda: local.erase_customer(who, "Ada", 1.0, AuditSigner()),
        lambda: local.erase_kept(with_everybody=True),
    ):
        damaged.write_text("p1@people.example")
        await erase()
        assert not damaged.exists()


async def test_erasing_everybody_waits_until_a_reading_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(tmp_path).close()
    store = open_data_store(tmp_path)
    await read_all(store, small_account())
    store.close()
    workspace = Workspace("main", "0" * 32, tmp_path)
    local = LocalDataService(workspace)
    monkeypatch.setattr(local_data_service, "_RUN_STOP_S", 0.05)
    async with hold_lock(workspace.lock_path("data"), limit_s=0.0):
        with pytest.raises(ConflictError, match="is being read"):
            await local.erase_kept(with_everybody=True)
        assert (await local.summarize_kept()).people == 12
        # Copies of opened customers are not held up.
        await local.erase_kept()
    await local.erase_kept(with_everybody=True)
    assert (await local.summarize_kept()).people == 0


async def test_history_alone_is_erased_and_counted_too(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    store = open_data_store(tmp_path)
    account = FakeExport(users=[user(1)])
    await read_all(store, account)
    account.users = [*account.users, replace(account.users[0], active=False, updated_at=NOON)]
    await read_all(store, account)
    store.close()
    (tmp_path / "data.db").unlink()
    local = LocalDataService(Workspace("main", "0" * 32, tmp_path))
    assert (await local.summarize_kept()).people == 1
    await local.erase_kept()
    assert (await local.summarize_kept()).people == 1
    erased = await local.erase_customer(["p1@people.example"], "Ada", 1.0, AuditSigner())
    assert erased.everybody_records == 1
    assert (await local.summarize_kept()).people == 0


async def test_erasing_everybody_keeps_the_counts_unless_the_account_is_another(
    store: DataStore,
) -> None:
    await read_all(store, small_account())
    before = kept_counts(store)
    erase_everybody(store.data_db, store.history_db, with_counts=False)
    assert not any(dump(store.data_db).values())
    assert kept_counts(store) == before
    assert matches(store, "refund") == set()
    erase_everybody(store.data_db, store.history_db, with_counts=True)
    assert not any(dump(store.history_db).values())


@pytest.mark.parametrize("at", ["users read", "tickets read", "ratings read"])
async def test_a_reading_brings_nobody_back_who_was_erased_meanwhile(
    store: DataStore, at: str
) -> None:
    def checkpoint(name: str) -> None:
        if name == at:
            erase_everybody(store.data_db, store.history_db, with_counts=True)

    reader = ZendeskDataReader(store, small_account(), ManualClock(), checkpoint=checkpoint)  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match="erased while it was read"):
        await reader.refresh()
    assert not any(dump(store.data_db, ("data_source",)).values())
    # The next reading begins at the beginning.
    await read_all(store, small_account())
    assert (await store.people.count_kept()).people == 10


@pytest.mark.parametrize(
    ("unknown", "text", "hours"),
    [
        ("", "The first read of 1 person and 2,500 tickets takes about 1 minute.", 5 / 7.5 / 60),
        ("type:user", NOT_SAID, None),
        ("type:ticket", NOT_SAID, None),
        ("type:organization", NOT_SAID, None),
    ],
    ids=["all", "no users", "no tickets", "no organizations"],
)
async def test_a_count_that_failed_is_not_known_rather_than_none(
    store: DataStore, unknown: str, text: str, hours: float | None
) -> None:
    class CountingExport(FakeExport):
        async def count_records(self, query: str) -> int:
            if query == unknown:
                raise ServiceError("Zendesk does not answer.")
            return {"type:user": 1, "type:ticket": 2500}.get(query, 0)

    reader = ZendeskDataReader(store, CountingExport(), ManualClock())  # type: ignore[arg-type]
    estimate = await reader.estimate()
    assert (estimate.text, estimate.hours) == (text, hours)
    users = await store.sources.get("users")
    assert users.expected == (None if unknown == "type:user" else 1)
    assert estimate.users == users.expected


async def test_the_requester_of_a_new_ticket_is_read_with_it(store: DataStore) -> None:
    account = FakeExport(users=[user(1)], tickets=[ticket(1, 1)])
    await read_all(store, account)
    account.users, account.tickets = [user(1), user(2)], [ticket(1, 1), ticket(2, 2)]
    account.asked.clear()
    await ZendeskDataReader(store, account, ManualClock()).refresh(["tickets"])  # type: ignore[arg-type]
    assert [name for name, _ in account.asked] == ["tickets", "users"]
    person = (await store.audience.get_people([2]))[2]
    assert person.ticket_count == 1
    account.asked.clear()
    await ZendeskDataReader(store, account, ManualClock()).refresh(["tickets"])  # type: ignore[arg-type]
    assert [name for name, _ in account.asked] == ["tickets"]


async def test_comments_are_read_of_what_changed_since_the_connection_and_found(
    store: DataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, clock = small_account(), ManualClock(NOON)
    account.tickets = list(account.tickets)
    account.comments = {
        104: ("The chandelier broke", "", "返金を待っています"),
        105: ("Chandelier",),
    }

    async def read(at: float, *changed: int) -> list[str]:
        """Zendesk tells these tickets as changed; returns whose comments were asked for."""
        clock.correct_wall_clock(at - clock.now())
        by_id = {one.id: one for one in account.tickets}
        account.tickets += [replace(by_id[n], updated_at=at, changed_at=at) for n in changed]
        before = len(account.asked)
        await read_all(store, account, clock)
        return [number for name, number in account.asked[before:] if name == "comments"]

    def find(words: str) -> set[int]:
        query = phrase_query(words, "subject body tags")
        rows = store.data_db.read(
            lambda c: c.execute(
                "SELECT rowid FROM ticket_search WHERE ticket_search MATCH ?", (query,)
            ).fetchall()
        )
        return {row[0] for row in rows}

    monkeypatch.setattr(zendesk_data_reader, "_MAX_COMMENT_CALLS", 2)
    assert await read(NOON + 30) == []
    assert find("chandelier") == set()
    # What does not fit into a reading's share is read by the next one.
    assert await read(NOON + 60, 103, 104, 105) == ["103", "104"]
    assert await store.comments.count_due() == 1
    assert find("chandelier") == find("待って") == {104}
    assert await read(NOON + 120) == ["105"]
    assert find("chandelier") == {104, 105}
    # The ticket changes: its comments stay until they are read anew, and then are those there are.
    account.comments = {104: ("Thank you",)}
    monkeypatch.setattr(zendesk_data_reader, "_MAX_COMMENT_CALLS", 0)
    await read(NOON + 180, 104)
    assert find("chandelier") == {104, 105}
    monkeypatch.setattr(zendesk_data_reader, "_MAX_COMMENT_CALLS", 2)
    await read(NOON + 240)
    assert find("chandelier") == {105}
    text = store.data_db.read(
        lambda c: c.execute("SELECT body FROM ticket_text WHERE id = 104").fetchone()[0]
    )
    assert text == "Thank you\n\nThank you"
    # A change after they were asked for is waited for again.
    (stale,) = [DueComments(105, NOON + 60)]
    monkeypatch.setattr(zendesk_data_reader, "_MAX_COMMENT_CALLS", 0)
    await read(NOON + 300, 105)
    await store.comments.save(stale, ["Late"])
    assert await store.comments.list_due(9) == [DueComments(105, NOON + 300)]
    # Nothing of an erased person stays, and nothing of theirs is asked for.
    requester = next(one.requester_id for one in account.tickets if one.id == 105)
    erase_kept_people(store.data_db, store.history_db, [requester or 0], [])
    assert 105 not in find("late")
    assert await store.comments.count_due() == 0
    await store.comments.save(stale, ["Late"])
    assert not store.data_db.read(
        lambda c: c.execute("SELECT 1 FROM ticket_text WHERE id = 105").fetchone()
    )
