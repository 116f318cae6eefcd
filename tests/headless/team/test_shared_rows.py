"""Rows that desks share: handed in once, the newest counts, and what is gone is gone everywhere."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.connect.local_data_service import LocalDataService
from desktop.connect.team_row_exchange import exchange_rows
from desktop.model.audience_segment import SavedSegment
from desktop.model.erased_people import person_keys
from desktop.model.sell_record import SellRecordKind
from desktop.model.sync import OptInAttestation, SourceKind, Sync, SyncSource
from desktop.model.sync_state import LeftOutPerson
from desktop.settings.workspace import Workspace
from desktop.store.audit_signer import AuditSigner
from desktop.store.erased_people_repository import keep_erased
from desktop.store.team.team_errors import TeamStoreAway, TeamStoreRefused
from desktop.store.team.team_store import TeamStore
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.sync.team_sync_state import TeamSyncState
from tests.support.clocks import ManualClock
from tests.support.postgres_server import PostgresServer
from tests.support.sync_cases import ATTESTED
from tests.support.team_desk import KEY

Desk = tuple[WorkspaceStore, TeamStore]
ANN = LeftOutPerson("7", "", "Ann", "asked us", "Ada", 1.0)


@pytest.fixture
def join_desk(tmp_path: Path, open_desk: Callable[[str], TeamStore]) -> Callable[[str], Desk]:
    """A desk of the team, by its name."""

    def make(name: str) -> Desk:
        (tmp_path / name).mkdir()
        store = open_store(tmp_path / name)
        store.fairlead_db.audit_signer.use_key(name)
        store.fairlead_db.audit_signer.use_team_key(KEY)
        return store, open_desk(name)

    return make


@pytest.fixture
def pair_of_desks(join_desk: Callable[[str], Desk]) -> list[Desk]:
    """Two desks of a team that shares rows."""
    desks = [join_desk("one"), join_desk("two")]
    desks[0][1].shared_rows.switch.blocking(is_on=True, actor="Ada")
    return desks


async def exchange(*desks: Desk) -> list[int]:
    """Exchange at each of these desks, in this order; returns how many rows each took in."""
    return [await exchange_rows(team, store.shared_rows) for store, team in desks]


def link(desk: Desk, user_id: int, sid: str) -> None:
    desk[0].fairlead_db.write(
        lambda c: c.execute(
            "INSERT OR REPLACE INTO matched_pair (user_id, sid, at) VALUES (?, ?, 1.0)",
            (user_id, sid),
        )
    )


def pairs(desk: Desk) -> dict[int, str]:
    return desk[0].fairlead_db.read(
        lambda c: {row[0]: row[1] for row in c.execute("SELECT user_id, sid FROM matched_pair")}
    )


async def test_rows_of_one_desk_come_to_the_other_and_go_there_too(
    pair_of_desks: list[Desk],
) -> None:
    one, two = pair_of_desks
    link(one, 1, "a" * 24)
    one[0].segments.save.blocking(SavedSegment("Vips", "value >= 4", 1.0, "Ada"))
    await exchange(one, two)
    # What was there before the switch counts as well as what comes after it.
    one[0].sync_state.save_left_out.blocking("nightly", [ANN])
    assert await exchange(one, two) == [0, 1]
    assert pairs(two) == {1: "a" * 24}
    assert [segment.name for segment in two[0].segments.list_all.blocking()] == ["Vips"]
    assert two[0].sync_state.list_left_out.blocking("nightly") == (ANN,)
    # Nothing comes back, and nothing is handed in twice.
    assert await exchange(one, two, one) == [0, 0, 0]
    two[0].sync_state.delete_left_out.blocking("nightly", ANN.key)
    two[0].segments.remove.blocking("Vips")
    assert await exchange(two, one) == [0, 2]
    assert one[0].sync_state.list_left_out.blocking("nightly") == ()
    assert one[0].segments.list_all.blocking() == ()


async def test_pairs_of_sell_come_to_the_other_desk_for_their_sell_account_alone(
    pair_of_desks: list[Desk],
) -> None:
    one, two = pair_of_desks
    await exchange(one, two)
    lease = one[1].leases.acquire.blocking("contacts", "p1", "Ada")
    memory = TeamSyncState(one[1], one[0], "contacts", lease.epoch, ManualClock())
    await memory.begin()
    one[0].sell_pairs.set_account.blocking(11)
    one[0].sell_pairs.save.blocking("contact-1", "a" * 24, 1.0)
    one[0].sell_pairs.choose.blocking(SellRecordKind.CONTACT, "e" * 32, "contact-1", "Ada", 1.0)
    # With the rows that a run has closed: whoever goes on after a kill knows whom it has matched.
    await memory.hand_in()
    assert await exchange(two) == [2]
    known, chosen = {"contact-1": "a" * 24}, {"e" * 32: "contact-1"}
    for account, pairs_there, choices_there in (
        (11, known, chosen),
        (12, {}, {}),
        (11, known, chosen),
    ):
        # The first reading there, another account, and back: nothing is deleted at either desk.
        two[0].sell_pairs.set_account.blocking(account)
        assert two[0].sell_pairs.find_sids.blocking(["contact-1"]) == pairs_there
        found = two[0].sell_pairs.find_choices.blocking(SellRecordKind.CONTACT, ["e" * 32])
        assert found == choices_there
        assert await exchange(two, one) == [0, 0]
    two[0].sell_pairs.delete.blocking("contact-1")
    assert await exchange(two, one) == [0, 1]
    assert one[0].sell_pairs.find_sids.blocking(["contact-1"]) == {}


async def test_newest_change_counts_whichever_desk_comes_first(pair_of_desks: list[Desk]) -> None:
    one, two = pair_of_desks
    await exchange(one, two)
    for order in ([one, two], [two, one]):
        link(one, 1, "a" * 24)
        # Changes of the same millisecond have no order.
        one[0].fairlead_db.write(lambda c: c.execute("UPDATE shared_change SET at = at - 60"))
        link(two, 1, "b" * 24)
        await exchange(*order, *order)
        assert pairs(one) == pairs(two) == {1: "b" * 24}


async def test_changes_made_while_the_store_is_away_are_handed_in_once(
    pair_of_desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair_of_desks
    await exchange(one, two)
    with monkeypatch.context() as away:
        address = one[1].database.address
        one[1].database._close()
        away.setattr(one[1].database, "address", replace(address, port=1))
        link(one, 1, "a" * 24)
        with pytest.raises(TeamStoreAway):
            await exchange(one)
    assert await exchange(one, two, one, two) == [0, 1, 0, 0]
    assert pairs(two) == {1: "a" * 24}


async def test_row_that_changes_while_it_is_handed_in_is_handed_in_again(
    pair_of_desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair_of_desks
    await exchange(one, two)
    link(one, 1, "a" * 24)
    rows, _ = one[0].shared_rows.list_changes.blocking("", 10)
    link(one, 1, "b" * 24)
    one[0].shared_rows.forget.blocking(rows)
    await exchange(one, two)
    assert pairs(two) == {1: "b" * 24}


async def test_sync_comes_switched_off_and_replaces_none_that_is_on(
    pair_of_desks: list[Desk],
) -> None:
    one, two = pair_of_desks
    sync = Sync(
        "nightly",
        "Nightly",
        SyncSource(SourceKind.ZENDESK_TICKETS),
        on=True,
        switched_on_by="7",
        opt_in=ATTESTED,
    )
    one[0].syncs.save.blocking(sync, 1.0)
    await exchange(one, two)
    (come,) = two[0].syncs.list_all.blocking()
    assert (come.title, come.on, come.switched_on_by) == ("Nightly", False, "")
    assert come.opt_in == OptInAttestation()
    # Twice before anything is handed in.
    two[0].syncs.save.blocking(replace(come, title="Mine"), 2.0)
    two[0].syncs.save.blocking(
        replace(two[0].syncs.get.blocking("nightly"), on=True, title="Ours"), 2.0
    )
    one[0].syncs.save.blocking(replace(one[0].syncs.get.blocking("nightly"), title="New"), 3.0)
    await exchange(one, two)
    assert two[0].syncs.get.blocking("nightly").title == "Ours"


async def test_person_who_was_erased_at_one_desk_is_known_at_the_other(
    pair_of_desks: list[Desk], postgres: PostgresServer, database: str
) -> None:
    """Also where rows are not shared: of them there are keyed hashes alone."""
    one, two = pair_of_desks
    one[1].shared_rows.switch.blocking(is_on=False, actor="Ada")
    await exchange(one, two)
    keys = person_keys(addresses=["ann@gone.example"])
    signer = one[0].fairlead_db.audit_signer
    one[0].fairlead_db.write(lambda c: keep_erased(c, signer, 1, keys, 5.0))
    link(one, 1, "a" * 24)
    await exchange(one, two)
    assert two[0].erased_people.load.blocking().is_erased(keys)
    assert not two[0].erased_people.load.blocking().has_unknown_key
    assert pairs(two) == {}
    ((text,),) = postgres.execute(
        "SELECT string_agg(r::text, ' ') FROM fairlead.shared_row r", database
    )
    assert "ann@gone.example" not in str(text)
    # Allowed again at either of them, at both.
    assert two[0].erased_people.allow_again.blocking(list(keys)[:1], "Bo", 6.0) > 0
    await exchange(two, one)
    assert one[0].shared_rows.is_on.blocking() is False
    mine = one[0].fairlead_db.read(
        lambda c: [row[0] for row in c.execute("SELECT key_id FROM erased_person")]
    )
    # The hashes by its own key stay: who erased somebody allows them again there, too.
    assert not any(key_id.startswith("team ") for key_id in mine)


async def test_customer_erased_at_one_desk_leaves_the_memory_of_a_sync_at_another(
    pair_of_desks: list[Desk], tmp_path: Path
) -> None:
    one, two = pair_of_desks
    await exchange(one, two)
    lease = one[1].leases.acquire.blocking("nightly", "p1", "Ada")
    for store, _ in pair_of_desks:
        store.fairlead_db.write(
            lambda c: c.execute("INSERT INTO sync_member VALUES ('nightly', 'abc', '1', 'Ann', '')")
        )
        link((store, one[1]), 1, "abc")
    memory = TeamSyncState(one[1], one[0], "nightly", lease.epoch, ManualClock())
    await memory.begin()
    assert len(one[1].shared_rows.read_memory.blocking("nightly")) == 1
    two[0].close()
    local = LocalDataService(Workspace("main", "0" * 32, tmp_path / "two"))
    await local.erase_customer(["1"], "Bo", 9.0, AuditSigner())
    again = open_store(tmp_path / "two")
    await exchange((again, two[1]), one)
    assert one[0].sync_state.list_members.blocking("nightly") == ()
    assert pairs(one) == {}
    assert one[1].shared_rows.read_memory.blocking("nightly") == ()
    again.close()


async def test_row_that_nobody_of_the_team_wrote_is_passed_over(
    pair_of_desks: list[Desk], postgres: PostgresServer, database: str
) -> None:
    one, two = pair_of_desks
    link(one, 1, "a" * 24)
    link(one, 2, "b" * 24)
    await exchange(one)
    postgres.execute(
        "UPDATE fairlead.shared_row SET body = replace(body, 'aaaa', 'cccc')", database
    )
    await exchange(two)
    assert pairs(two) == {2: "b" * 24}


async def test_rows_that_are_not_shared_are_refused_by_the_database(
    pair_of_desks: list[Desk],
) -> None:
    one, _ = pair_of_desks
    await exchange(one)
    link(one, 1, "a" * 24)
    rows, _last = one[0].shared_rows.list_changes.blocking("", 10)
    one[1].shared_rows.switch.blocking(is_on=False, actor="Ada")
    with pytest.raises(TeamStoreRefused):
        one[1].shared_rows.hand_in.blocking(rows)
    await exchange(one)
    assert one[0].shared_rows.list_changes.blocking("", 10) == ((), 0)


def save_tables(postgres: PostgresServer, database: str) -> None:
    """Keep what a backup of the shared rows at this moment has."""
    for table in ("shared_row", "desk"):
        postgres.execute(f"CREATE TABLE saved_{table} AS TABLE fairlead.{table}", database)


def restore_tables(postgres: PostgresServer, database: str) -> None:
    """Put the backup back, with the numbers that its rows go on from."""
    postgres.execute("TRUNCATE fairlead.shared_row", database)
    postgres.execute("INSERT INTO fairlead.shared_row TABLE saved_shared_row", database)
    postgres.execute(
        "UPDATE fairlead.desk SET rows_seen = s.rows_seen FROM saved_desk s WHERE s.id = desk.id",
        database,
    )
    postgres.execute(
        "SELECT setval('fairlead.shared_row_seq', (SELECT max(seq) FROM fairlead.shared_row))",
        database,
    )


async def test_a_restored_team_store_is_handed_in_what_it_lacks_by_the_desks_themselves(
    pair_of_desks: list[Desk],
    join_desk: Callable[[str], Desk],
    postgres: PostgresServer,
    database: str,
) -> None:
    one, two = pair_of_desks

    def save(desk: Desk, name: str, expression: str, at: float) -> None:
        desk[0].segments.save.blocking(SavedSegment(name, expression, at, "Ada"))

    def all_segments(desk: Desk) -> dict[str, str]:
        return {one.name: one.expression for one in desk[0].segments.list_all.blocking()}

    await exchange(one, two)
    for name in ("Changed", "Deleted"):
        save(one, name, "value >= 1", 1e9)
    # Changes of the same millisecond have no order.
    one[0].fairlead_db.write(lambda c: c.execute("UPDATE shared_change SET at = at - 60"))
    await exchange(one, two, one, two)
    save_tables(postgres, database)
    now = time.time()
    save(one, "Changed", "value >= 2", now)
    one[0].segments.remove.blocking("Deleted")
    for number in range(20):
        link(one, number, "a" * 24)
    await exchange(one, two)
    save(two, "New", "value >= 3", now)
    await exchange(two, one, two)
    wanted = {"Changed": "value >= 2", "New": "value >= 3"}
    assert all_segments(one) == all_segments(two) == wanted
    restore_tables(postgres, database)
    # Somebody's of now, under a number that both had seen before the restore.
    late = join_desk("late")
    await exchange(late)
    save(late, "Later", "value >= 4", now)
    wanted["Later"] = "value >= 4"
    await exchange(late, two, one, two)
    assert all_segments(one) == all_segments(two) == wanted
    assert await exchange(one, two) == [0, 0]
    # Whoever knew the backup alone has the same.
    await exchange(late)
    assert all_segments(late) == wanted
    assert pairs(late) == pairs(one) == dict.fromkeys(range(20), "a" * 24)
