"""Erasing one customer: no file holds a canary of theirs, the rest stays, the audit verifies."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import StorageError
from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.event_delivery import DeliveryState, EventDelivery, NewStoredEvent
from desktop.model.exported_profile import ExportedProfile
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.sync_state import LeftOutPerson
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import UserIdentity, ZendeskUser
from desktop.settings.workspace import Workspace
from desktop.store import customer_erasure
from desktop.store.audit_signer import AuditSigner
from desktop.store.customer_erasure import (
    CustomerIds,
    ErasedCounts,
    count_customer,
    erase_customer,
    find_customer_ids,
)
from desktop.store.mirror_feed_repository import TICKETS_FEED, USERS_FEED, list_feed_name
from desktop.store.person_export_rows import read_person_rows
from desktop.store.sqlite_database import Database
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.support.fresh_store import open_fresh_store

CANARY, OTHER = "canary7f3a", "other5b2c"
KEY = "k" * 64
SIDS = {CANARY: "a" * 24, OTHER: "b" * 24}
USERS = {CANARY: 987654321, OTHER: 123456789}


def address(who: str) -> str:
    return f"{who}@lopez.example"


def keep_customer(store: WorkspaceStore, who: str) -> None:
    """Everything that a computer comes to keep of somebody, some of it written twice."""
    user_id, sid = USERS[who], SIDS[who]
    second = UserIdentity(5, "email", f"{who}2@work.example")
    person = ZendeskUser(user_id, f"{who} Lopez", address(who), identities=(second,),
                         identities_read=True, external_id=f"shop-{who}")  # fmt: skip
    profile = SailthruProfile(sid=sid, email=address(who), vars={"note": f"{who} wrote"})
    for at in (1.0, 2.0):
        store.customer_cache.save_user.blocking(replace(person, notes=f"{who} {at}" * 50), at)
        store.customer_cache.save_profile.blocking(profile, at)
        store.customer_cache.mark_opened.blocking(person=user_id, sid=sid, at=at)
    for name in (USERS_FEED, TICKETS_FEED, list_feed_name("News")):
        store.feeds.begin_reading.blocking(name, 1.0)
    store.feeds.save_users.blocking([person], "c")
    ticket = ExportedTicket(user_id + 1, f"{who} asks", "open", None, user_id, 1.0, 2.0)
    store.feeds.save_tickets.blocking([ticket], "c")
    exported = ExportedProfile(sid=sid, vars={"note": who})
    store.feeds.save_profiles.blocking("News", [exported], "r")
    store.drafts_and_links.save_draft.blocking(f"optout:{sid}", f"{who} said", 1.0)
    target = EditTarget(Service.SAILTHRU, sid, address(who))
    wish = EditRequest(EditKind.VAR, target, "note", who, f"{who} wish", f"{who} asked", 7)
    store.team_lead_requests.add.blocking(wish, "Kim", "", 1.0)
    for old in (f"{who} before", f"{who} between"):
        request = EditRequest(EditKind.VAR, target, "note", old, f"{who} after", f"{who} asked")
        store.outbox.enqueue.blocking([request], "Ada", 1.0, [0.0])
        edit = store.outbox.claims.claim.blocking(2.0)
        assert edit is not None
        sending = store.outbox.claims.mark_sending.blocking(edit, 2.0)
        store.outbox.claims.close(sending, 3.0, EditState.DONE, f"{who} confirmed")
    store.fairlead_db.write(lambda c: remember(c, who))
    keep_events(store, who)


def keep_events(store: WorkspaceStore, who: str) -> None:
    """Events by address, by another id with the address, and by the external id of Zendesk."""
    source = store.events.add_source.blocking("feed", 1.0)
    traits = f'{{"traits": {{"email": "{address(who)}"}}}}'
    events = [
        NewStoredEvent(1, f"{who}@app 1", f"app-{who}", traits),
        NewStoredEvent(2, f"{who[:4]} 2", f"app-{who}", '{"event": "Read"}'),
        NewStoredEvent(3, f"{who[:4]} 3", f"SHOP-{who}", '{"event": "Bought"}'),
        NewStoredEvent(4, f"{who[:4]} 4", "", f"Hello\\n{address(who)}", "no JSON"),
        # Of neither of them, though it ends with the address.
        NewStoredEvent(5, f"{who[:4]} 5", "", f"x{address(who)[4:]}"),
    ]
    store.events.add_events.blocking(source, events, 1.0)
    opened = store.events.list_newest.blocking(1, source_id=source)[0].id - 4
    store.event_queue.open_events.blocking({opened: ["upsert_user"]}, 1.0)
    sent = EventDelivery(opened, "upsert_user", DeliveryState.SENDING, address(who), "as Maria")
    store.event_queue.mark_sending.blocking([sent], 1.0)


def remember(connection: sqlite3.Connection, who: str) -> None:
    """What a sync's plan and its memory hold."""
    user_id, sid = str(USERS[who]), SIDS[who]
    plan = connection.execute(
        "INSERT INTO plan (sync, service, state, created_at, actor, origin, sync_body)"
        " VALUES ('g', 'sailthru', 'applied', 0.0, 'Ada', 'sync', '{}')"
    ).lastrowid
    connection.execute(
        "INSERT INTO plan_row (plan, row, fate, source, target, label, address, changes, why,"
        " cause, evidence, ticked, state, detail, events, name, name_folded)"
        " VALUES (?, 1, 'update', ?, ?, ?, ?, ?, '', '', '', 1, 'done', '', '[]', ?, ?)",
        (plan, user_id, sid, address(who), address(who), f'[{{"old": "{who}"}}]', who, who),
    )
    connection.execute(
        "INSERT INTO email_change (account, user_id, sid, label, old, new, policy, keeps_old,"
        " expected, actor, created_at, ended_at)"
        " VALUES ('', ?, ?, ?, ?, ?, 'refuse', 0, 'null', 'Ada', 1, 2)",
        (int(user_id), sid, address(who), address(who), f"{who}3@lopez.example"),
    )
    connection.execute(
        "INSERT INTO bounce_repair (account, sid, label, level, actor, begun_at)"
        " VALUES ('', ?, ?, 'basic', 'Ada', 1)",
        (sid, address(who)),
    )
    connection.execute(
        "INSERT INTO address_difference (account, user_id, name, sid, old, new, found_at, state)"
        " VALUES ('', ?, ?, ?, ?, ?, 1, 'open')",
        (int(user_id), who, sid, address(who), f"{who}3@lopez.example"),
    )
    connection.execute(
        "INSERT INTO source_correction (sync, source, field, value, reason, actor, at)"
        " VALUES ('g', ?, 'name', ?, 'wrong', 'Ada', 1)",
        (user_id, f'"{who}"'),
    )
    for table in ("synced_value", "accepted_value"):
        connection.execute(
            f"INSERT INTO {table} (sync, target, field, value, at) VALUES ('g', ?, 'vars.n', ?, 1)",  # noqa: S608
            (sid, f'"{who}"'),
        )
    connection.execute(
        "INSERT INTO sync_member (sync, target, source, label) VALUES ('g', ?, ?, ?)",
        (sid, user_id, address(who)),
    )
    connection.execute("INSERT INTO matched_pair VALUES (?, ?, 1.0, '')", (int(user_id), sid))
    connection.execute("INSERT INTO counted_event (sync, event) VALUES ('g', 'ticket 1')")


@pytest.fixture
def store(tmp_path: Path) -> WorkspaceStore:
    found = open_fresh_store(tmp_path)
    found.audit.signer.use_key(KEY)
    for who in (CANARY, OTHER):
        found.fairlead_db.write(lambda c: c.execute("DELETE FROM counted_event"))
        keep_customer(found, who)
    return found


def files_with(canary: str, *folders: Path) -> list[str]:
    return sorted(
        path.name
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and canary.encode() in path.read_bytes()
    )


@pytest.mark.parametrize("given", [address(CANARY), f"{CANARY}2@work.example", SIDS[CANARY]])
def test_erased_customer_is_in_no_file_without_rewriting_it(
    given: str, store: WorkspaceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Database, log and shared memory: what was deleted, and what had been replaced before."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    fairlead, mirror = store.fairlead_db, store.mirror_db
    assert {"fairlead.db-wal", "mirror.db-wal"} <= set(files_with(CANARY, tmp_path))
    ids = find_customer_ids(fairlead, mirror, [given])
    assert (ids.users, ids.sids) == ({str(USERS[CANARY])}, {SIDS[CANARY]})
    counts = erase_customer(fairlead, mirror, ids, "Ada", 9.0)
    for database in (fairlead, mirror):
        database.scrub(rewrites=False)
    assert files_with(CANARY, tmp_path) == []
    assert files_with(SIDS[CANARY], tmp_path) == []
    assert files_with(OTHER, tmp_path) != []
    assert (counts.audit_entries, counts.edits, counts.plan_rows, counts.feed_records) == (
        3, 4, 1, 3,
    )  # fmt: skip
    store.close()


def test_erasure_that_failed_between_the_files_still_finds_everything(
    store: WorkspaceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **_values: object) -> None:
        raise StorageError("The disk is full.")

    fairlead, mirror = store.fairlead_db, store.mirror_db
    ids = find_customer_ids(fairlead, mirror, [address(CANARY)])
    with monkeypatch.context() as patched:
        patched.setattr(customer_erasure, "append_erasure", fail)
        with pytest.raises(StorageError):
            erase_customer(fairlead, mirror, ids, "Ada", 9.0)
    ids = find_customer_ids(fairlead, mirror, [address(CANARY)])
    erase_customer(fairlead, mirror, ids, "Ada", 9.0)
    for database in (fairlead, mirror):
        database.scrub(rewrites=False)
    assert files_with(SIDS[CANARY], tmp_path) == []
    store.close()


def test_erasure_leaves_everybody_else_and_an_audit_that_verifies(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    tables = ("plan_row", "sync_member", "matched_pair", "counted_event", "outbox", "lead_request")

    def kept() -> list[tuple[object, ...]]:
        return [
            tuple(row)
            for table in tables
            for row in store.fairlead_db.read(
                lambda c, table=table: c.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            )
            if OTHER in str(tuple(row)) or SIDS[OTHER] in str(tuple(row)) or "ticket 1" in row
        ]

    before = kept()
    ids = find_customer_ids(store.fairlead_db, store.mirror_db, [SIDS[CANARY]])
    erase_customer(store.fairlead_db, store.mirror_db, ids, "Ada", 9.0)
    assert kept() == before
    chain = store.audit.verify_chain.blocking()
    assert (chain.state, chain.erased_count) == ("verified", 3)
    newest, *_ = store.audit.list_entries.blocking()
    assert (newest.kind, newest.actor, newest.new["edits"]) == ("erasure", "Ada", 4)  # type: ignore[index,call-overload]
    assert store.sheet_reader.count_customers.blocking() == 1
    assert store.plan_retention.has_deleted_rows.blocking("1")
    assert not store.plan_retention.has_deleted_rows.blocking("2")
    again = erase_customer(store.fairlead_db, store.mirror_db, ids, "Ada", 9.0)
    assert again.is_nothing
    assert store.audit.list_entries.blocking()[0] == newest
    store.close()


def test_erased_customer_stays_left_out_by_the_ids_alone(store: WorkspaceStore) -> None:
    person = LeftOutPerson(
        str(USERS[CANARY]), SIDS[CANARY], address(CANARY), f"{CANARY} asked", "Ada", 1.0
    )
    store.sync_state.save_left_out.blocking("g", [person])
    ids = CustomerIds(sids=frozenset({SIDS[CANARY]}))
    erase_customer(store.fairlead_db, store.mirror_db, ids, "Ada", 9.0)
    (kept,) = store.sync_state.list_left_out.blocking("g")
    assert (kept.source_id, kept.target_id) == (person.source_id, person.target_id)
    assert (kept.label, kept.reason) == ("(erased)", "")
    store.close()


def test_what_waits_of_an_erased_customer_still_goes_out(store: WorkspaceStore) -> None:
    target = EditTarget(Service.SAILTHRU, SIDS[CANARY], address(CANARY))
    optout = EditRequest(EditKind.OPTOUT, target, "", "none", "all", "asked")
    store.outbox.enqueue.blocking([optout], "Ada", 1.0, [0.0])
    ids = CustomerIds(sids=frozenset({SIDS[CANARY]}))
    counts = erase_customer(store.fairlead_db, store.mirror_db, ids, "Ada", 9.0)
    assert counts.waiting_edits == 1
    claimed = store.outbox.claims.claim.blocking(2.0)
    assert claimed is not None
    assert claimed.request == optout
    store.close()


def pause_marketing(store: WorkspaceStore) -> None:
    target = EditTarget(Service.SAILTHRU, SIDS[CANARY], address(CANARY))
    terms = {"until": "2027-01-01", "user_id": None}
    pause = EditRequest(EditKind.PAUSE, target, "zendesk_paused:Support - paused", None, terms)
    store.outbox.enqueue.blocking([pause], "Ada", 1.0, [0.0])
    edit = store.outbox.claims.claim.blocking(2.0)
    assert edit is not None
    store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(edit, 2.0), 3.0, EditState.DONE, ""
    )


def test_pause_of_an_erased_customer_still_ends_by_itself(store: WorkspaceStore) -> None:
    """Its edit is all that knows when: without it Sailthru would hold mail back for ever."""
    pause_marketing(store)
    ids = CustomerIds(sids=frozenset({SIDS[CANARY]}))
    counts = erase_customer(store.fairlead_db, store.mirror_db, ids, "Ada", 9.0)
    assert (counts.standing_pauses, counts.is_complete) == (1, False)
    ((pause, _),) = store.outbox.list_pauses.blocking()
    assert pause.request.target.id == SIDS[CANARY]
    store.fairlead_db.write(lambda c: c.execute("DELETE FROM outbox WHERE kind = 'pause'"))
    store.close()


def test_pause_goes_too_where_the_customer_is_erased_at_the_services(store: WorkspaceStore) -> None:
    pause_marketing(store)
    ids = CustomerIds(sids=frozenset({SIDS[CANARY]}))
    noted: list[ErasedCounts] = []
    counts = erase_customer(
        store.fairlead_db, store.mirror_db, ids, "Ada", 9.0,
        note_erased=lambda _connection, found: noted.append(found),
    )  # fmt: skip
    assert counts.is_complete
    assert noted == [counts]
    assert store.outbox.list_pauses.blocking() == ()
    store.close()


def test_count_of_a_customer_is_what_an_erasure_then_deletes(store: WorkspaceStore) -> None:
    ids = find_customer_ids(store.fairlead_db, store.mirror_db, [address(CANARY)])
    counted = count_customer(store.fairlead_db, store.mirror_db, ids)
    assert count_customer(store.fairlead_db, store.mirror_db, ids) == counted
    assert erase_customer(store.fairlead_db, store.mirror_db, ids, "Ada", 9.0) == counted
    store.close()


def test_export_of_a_person_holds_every_row_in_which_they_are_found(store: WorkspaceStore) -> None:
    """Every column of every table is looked through, not only those that are known to name them."""
    person = LeftOutPerson(
        str(USERS[CANARY]), SIDS[CANARY], address(CANARY), f"{CANARY} asked", "Ada", 1.0
    )
    store.sync_state.save_left_out.blocking("g", [person])
    store.fairlead_db.write(remember_ids)
    ids = find_customer_ids(store.fairlead_db, store.mirror_db, [address(CANARY)])
    exported = read_person_rows(store.fairlead_db, store.mirror_db, ids)
    # The search index holds parts of what stands in the others.
    missing = [
        (table, row)
        for name, database in (("fairlead.db", store.fairlead_db), ("mirror.db", store.mirror_db))
        for table, rows in rows_with(database, CANARY, SIDS[CANARY], str(USERS[CANARY])).items()
        for row in rows
        if table not in ("search_suffix", "audit_value")
        and not any(is_same_row(row, found) for found in exported[name].get(table, []))
    ]
    assert missing == []
    assert exported["fairlead.db"]["audit"]
    others = [row for tables in exported.values() for rows in tables.values() for row in rows]
    assert [row for row in others if OTHER in str(row) or SIDS[OTHER] in str(row)] == []
    store.close()


def remember_ids(connection: sqlite3.Connection) -> None:
    """What stays after an erasure: bare ids and times."""
    user_id, sid = str(USERS[CANARY]), SIDS[CANARY]
    connection.execute("INSERT INTO touch (sync, target, at) VALUES ('g', ?, 1.0)", (sid,))
    connection.execute("INSERT INTO retry_source (sync, source) VALUES ('g', ?)", (user_id,))
    for event in (f"ticket {USERS[CANARY] + 1}", f"{user_id} 1.0"):
        connection.execute("INSERT INTO counted_event (sync, event) VALUES ('h', ?)", (event,))
    connection.execute(
        "INSERT INTO unconfirmed_increment (sync, source, target, run, job_id, sent_at, changes,"
        " events) VALUES ('g', ?, ?, 1, '', 1.0, '[]', '[]')",
        (user_id, sid),
    )
    connection.execute(
        "INSERT INTO run (sync, state, stage, trigger, actor, started_at, owner, reads_only)"
        " VALUES ('g', 'done', '', 'manual', 'Ada', 1.0, '', ?)",
        (f'["{user_id}"]',),
    )


def rows_with(database: Database, *needles: str) -> dict[str, list[dict[str, object]]]:
    """Every row of every table that holds one of these texts in any column."""

    def look(connection: sqlite3.Connection) -> dict[str, list[dict[str, object]]]:
        tables = [
            str(row[0])
            for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        return {
            table: [
                dict(row)
                for row in connection.execute(f"SELECT * FROM {table}")  # noqa: S608
                if any(needle in str(tuple(row)) for needle in needles)
            ]
            for table in tables
        }

    return database.read(look)


def is_same_row(row: dict[str, object], exported: dict[str, Any]) -> bool:
    """Whether an exported row is this one: by its plain values, JSON is decoded there."""
    return all(
        name in exported and (exported[name] == value or isinstance(exported[name], dict | list))
        for name, value in row.items()
        if not isinstance(value, bytes)
    )


async def test_erase_everybody_takes_the_people_out_of_old_plans(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    store.close()
    local = LocalDataService(Workspace("main", "0" * 32, tmp_path))
    await local.erase_kept()
    reopened = open_store(tmp_path)
    rows = reopened.fairlead_db.read(
        lambda c: [tuple(r) for r in c.execute("SELECT label, address, changes FROM plan_row")]
    )
    assert rows == [("(erased)", "", "[]")] * 2
    # The record of changes stays, and so does what syncs compare with.
    assert len(reopened.audit.list_entries.blocking()) == 6
    reopened.close()
    assert os.listdir(tmp_path)


async def test_erase_of_a_stranger_erases_nothing(store: WorkspaceStore, tmp_path: Path) -> None:
    store.close()
    local = LocalDataService(Workspace("main", "0" * 32, tmp_path))
    found = await local.erase_customer(["nobody@b.example"], "Ada", 9.0, AuditSigner())
    assert found == ErasedCounts()
    assert files_with(CANARY, tmp_path) == ["fairlead.db", "mirror.db"]


def test_each_table_is_erased_or_holds_nothing_of_a_customer(store: WorkspaceStore) -> None:
    """A new table fails here until somebody has decided."""
    erased = {table for table, _, _ in customer_erasure.MIRROR_ROWS}
    erased |= {table for table, _ in customer_erasure.MEMORY_ROWS}
    # By statements of their own, or by a trigger of theirs.
    erased |= {"audit_value", "outbox", "plan_row", "email_change", "source_correction", "draft"}
    erased |= {"feed_user_address", "search_suffix", "lead_request", "edit_batch_row", "segment"}
    # Forgets whose it was when it ends.
    erased |= {"erasure", "event", "event_delivery", "event_write"}
    ids_and_times = {
        "counted_event", "unconfirmed_increment", "superseded_increment", "touch", "retry_source",
        "plan_consequence", "shared_change",
    }  # fmt: skip
    not_of_customers = {
        "account", "audit", "catalogue", "computer", "due_run", "edit_batch", "erased_person",
        "erasure_approval", "event_action", "event_file", "event_source", "feed", "limit_approval",
        "named_event_source", "plan", "run", "sell_account", "settings_seal", "shared_state",
        "sync", "team_membership", "write_batch",
    }  # fmt: skip
    tables = {
        str(row[0])
        for database in (store.fairlead_db, store.mirror_db)
        for row in database.read(
            lambda c: c.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
            ).fetchall()
        )
    }
    assert tables == erased | ids_and_times | not_of_customers
    store.close()
