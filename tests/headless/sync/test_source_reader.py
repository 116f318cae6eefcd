"""Which records of a source a plan looks at: what changed, and once what waits for another try."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from desktop.kit.errors import UserDecisionNeeded
from desktop.model.customer_value import CustomerValueSource
from desktop.model.exported_profile import ExportedProfile
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.model.sync_state import SyncMember
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.mirror_feed_repository import TICKETS_FEED, USERS_FEED, list_feed_name
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync import source_reader
from desktop.sync.source_reader import SourceReader
from desktop.sync.sync_context import SyncContext
from tests.support.clocks import ManualClock
from tests.support.fresh_store import open_fresh_store

USERS = ("1", "2", "3", "4", "5")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkspaceStore]:
    monkeypatch.setattr(source_reader, "_PAGE_ROWS", 2)
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


def _reader(
    store: WorkspaceStore,
    kind: SourceKind,
    lists: tuple[str, ...] = (),
    *,
    segment: str = "",
    rule_source: object = None,
) -> SourceReader:
    source = SyncSource(kind, lists=lists, segment=segment)
    value_source = CustomerValueSource("", (), {})
    context = SimpleNamespace(
        store=store, clock=ManualClock(), value_source=value_source, rule_source=rule_source
    )
    effects = SyncEffects(remove_when_gone=True)
    return SourceReader(cast(SyncContext, context), Sync("g", "G", source, effects=effects), lists)


def _wait(store: WorkspaceStore, *sources: str) -> None:
    def act(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO retry_source (sync, source) VALUES ('g', ?)", [(s,) for s in sources]
        )

    store.fairlead_db.write(act)


def _save_users(store: WorkspaceStore, *names: str) -> None:
    users = [ZendeskUser(int(id_), name) for id_, name in zip(USERS, names, strict=True)]
    store.feeds.save_users.blocking(users, "c")


def _users_with_two_and_four_changed(store: WorkspaceStore) -> tuple[SourceReader, str]:
    store.feeds.begin_reading.blocking(USERS_FEED, 1.0)
    _save_users(store, "a", "b", "c", "d", "e")
    mark = store.feeds.get_state.blocking(USERS_FEED).watermark
    _save_users(store, "a", "B", "c", "D", "e")
    return _reader(store, SourceKind.ZENDESK_USERS), mark


def _tickets_with_two_and_four_changed(store: WorkspaceStore) -> tuple[SourceReader, str]:
    _users_with_two_and_four_changed(store)
    store.feeds.begin_reading.blocking(TICKETS_FEED, 1.0)

    def save(*statuses: str) -> None:
        store.feeds.save_tickets.blocking(
            [
                ExportedTicket(10 + int(id_), "", status, None, int(id_), 1.0, 2.0)
                for id_, status in zip(USERS, statuses, strict=True)
            ],
            "c",
        )

    save("open", "open", "open", "open", "open")
    mark = store.feeds.get_state.blocking(TICKETS_FEED).watermark
    save("open", "solved", "open", "solved", "open")
    return _reader(store, SourceKind.ZENDESK_TICKETS), mark


def _lists_with_two_and_four_changed(store: WorkspaceStore) -> tuple[SourceReader, str]:
    """Profile 1 has changed on the second list alone, where it does not count."""
    for name in ("L", "M"):
        store.feeds.begin_reading.blocking(list_feed_name(name), 1.0)

    def save(name: str, *extids: str) -> None:
        profiles = [ExportedProfile(sid, extid=e) for sid, e in zip(USERS, extids, strict=True)]
        store.feeds.save_profiles.blocking(name, profiles, "")

    save("L", "a", "b", "c", "d", "e")
    save("M", "a", "b", "c", "d", "e")
    mark = store.feeds.get_state.blocking(list_feed_name("L")).watermark
    save("L", "a", "B", "c", "D", "e")
    save("M", "A", "b", "c", "d", "e")
    return _reader(store, SourceKind.SAILTHRU_LISTS, ("L", "M")), mark


@pytest.mark.parametrize(
    ("make", "feeds"),
    [
        (_users_with_two_and_four_changed, (USERS_FEED,)),
        (_tickets_with_two_and_four_changed, (TICKETS_FEED,)),
        (_lists_with_two_and_four_changed, (list_feed_name("L"), list_feed_name("M"))),
    ],
)
@pytest.mark.parametrize(
    ("waiting", "also", "expected"),
    [
        ((), (), ["2", "4"]),
        (("1", "2", "3", "4", "5"), (), ["2", "4", "1", "3", "5"]),
        (("2", "5"), (), ["2", "4", "5"]),
        (("1", "3"), ("3", "4", "5"), ["2", "4", "1", "3", "5"]),
        (("9", "not a number"), ("8",), ["2", "4"]),
    ],
)
def test_records_to_plan_are_the_changed_and_the_waiting_each_once(
    store: WorkspaceStore,
    make: Callable[[WorkspaceStore], tuple[SourceReader, str]],
    feeds: tuple[str, ...],
    waiting: tuple[str, ...],
    also: tuple[str, ...],
    expected: list[str],
) -> None:
    reader, mark = make(store)
    before = dict.fromkeys(feeds, mark)
    # Marks of the second list: all of it is known.
    before |= {name: store.feeds.get_state.blocking(name).watermark for name in feeds[1:]}
    _wait(store, *waiting)
    assert [r.id for r in reader.iter_records(before, also=also)] == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(SourceKind.ZENDESK_USERS, ["5", "2"]), (SourceKind.ZENDESK_TICKETS, ["2"])],
)
def test_segment_is_the_people_of_a_sync_whatever_has_changed(
    store: WorkspaceStore, kind: SourceKind, expected: list[str]
) -> None:
    _users_with_two_and_four_changed(store)
    store.feeds.begin_reading.blocking(TICKETS_FEED, 1.0)
    ticket = ExportedTicket(12, "", "open", None, 2, 1.0, 2.0)
    store.feeds.save_tickets.blocking([ticket], "c")
    asked: list[str] = []

    def list_segment(name: str) -> list[int]:
        asked.append(name)
        return [5, 2, 77]

    people = SimpleNamespace(list_segment=list_segment)
    reader = _reader(store, kind, segment="VIP", rule_source=people)
    # Somebody may come in or leave without a change of their user.
    store.syncs.set_watermark.blocking("g", '{"users": "9"}')
    assert reader.last_watermarks() == {}
    # Who waits for another try and is in it no more is left to what they lose.
    _wait(store, "1", "2")
    assert [record.id for record in reader.iter_records({})] == expected
    assert reader.count_changed({}) == 3
    assert [record.id for record in reader.sample({}, 9)] == expected
    assert reader.plans_gone_members
    members = [SyncMember(id_, id_, "") for id_ in ("1", "2")]
    assert [reader.is_still_member(one) for one in members] == [False, True]
    assert asked == ["VIP"]
    with pytest.raises(UserDecisionNeeded):
        list(_reader(store, kind, segment="VIP").iter_records({}))


def test_records_that_wait_are_read_page_by_page(store: WorkspaceStore) -> None:
    reader, _ = _users_with_two_and_four_changed(store)
    _wait(store, *USERS)
    records = reader.iter_records(reader.current_watermarks())
    assert next(records).id == "1"
    store.fairlead_db.write(lambda c: c.execute("DELETE FROM retry_source"))
    # The rest of the first page was read already, the second page never is.
    assert [record.id for record in records] == ["2"]
