"""Who has an address in Sell's feed: found by an index, however many the feed holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.model.match_keys import hash_email
from desktop.model.sell_record import SellContact, SellLead, SellRecordKind
from desktop.store import sell_feed_repository
from desktop.store.sell_feed_repository import SellChange
from desktop.store.workspace_store import WorkspaceStore
from tests.support.fresh_store import open_fresh_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (sell_feed_repository.FIND_BY_HASH_SQL, ("[]", "contact")),
        (sell_feed_repository.LIST_BY_HASH_SQL, ("[]",)),
    ],
)
def test_sell_records_of_an_address_are_found_by_an_index(
    store: WorkspaceStore, sql: str, values: tuple[str, ...]
) -> None:
    steps = store.mirror_db.read(
        lambda c: [str(row["detail"]) for row in c.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    )
    assert any("feed_sell USING INDEX feed_sell_hash" in step for step in steps), steps


def test_sell_records_are_listed_by_address_and_by_id_without_the_deleted(
    store: WorkspaceStore,
) -> None:
    ann, gone = hash_email("ann@x.example"), hash_email("gone@x.example")
    for kind, made in ((SellRecordKind.CONTACT, SellContact), (SellRecordKind.LEAD, SellLead)):
        people = [made(1, email="ANN@x.example"), made(2, email="gone@x.example"), made(3)]
        changes = [SellChange(one, 1) for one in people] + [SellChange(made(2, is_deleted=True), 2)]
        store.sell_feeds.save.blocking(kind, changes, "")
    found = store.sell_feeds.list_by_email_hash.blocking([ann.upper(), gone, ""])
    assert {key: [one.record_id for one in people] for key, people in found.items()} == {
        ann: ["contact-1", "lead-1"]
    }
    every = ["contact-1", "contact-2", "lead-1", "contact-9"]
    there = store.sell_feeds.filter_there.blocking([SellRecordKind.CONTACT], every)
    assert there == {"contact-1"}
