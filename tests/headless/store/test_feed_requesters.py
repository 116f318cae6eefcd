"""Whose tickets changed, by pages: each once, and no page sorts the whole feed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.model.match_keys import hash_email
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store import mirror_feed_repository, zendesk_user_lookup
from desktop.store.mirror_feed_repository import TICKETS_FEED, USERS_FEED
from desktop.store.workspace_store import WorkspaceStore
from tests.support.fresh_store import open_fresh_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


def test_feed_requesters_no_page_sorts_the_feed(store: WorkspaceStore) -> None:
    steps = store.mirror_db.read(
        lambda c: [
            str(row["detail"])
            for row in c.execute(
                f"EXPLAIN QUERY PLAN {mirror_feed_repository._REQUESTERS_SQL}", (0, 0, 9, 500)
            )
        ]
    )
    assert [step for step in steps if "TEMP B-TREE" in step or "SCAN" in step] == []


def test_feed_requesters_are_told_once_and_only_if_changed(
    store: WorkspaceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_feed_repository, "_PAGE_ROWS", 2)
    store.feeds.begin_reading.blocking(TICKETS_FEED, 1.0)
    whose = [5, 3, 5, 9, 1, 7, 3]
    tickets = [
        ExportedTicket(n, "", "open", None, requester, 1.0, 2.0)
        for n, requester in enumerate(whose, start=1)
    ]
    store.feeds.save_tickets.blocking(tickets, "c")
    assert list(store.feeds.iter_requesters()) == [1, 3, 5, 7, 9]
    # Tickets 5 to 7 alone: of requesters 1, 7 and 3.
    assert list(store.feeds.iter_requesters(after=4)) == [1, 3, 7]
    assert list(store.feeds.iter_requesters(after=1, up_to=3)) == [3, 5]


def test_feed_users_by_phone_end_are_found_by_an_index(store: WorkspaceStore) -> None:
    store.feeds.begin_reading.blocking(USERS_FEED, 1.0)
    numbers = {1: "+44 20 7946 0958", 2: "020 79460958", 3: "+49 20 7946 0958", 4: "", 5: "0958"}
    store.feeds.save_users.blocking(
        [ZendeskUser(id=n, name="", phone=number) for n, number in numbers.items()], "c"
    )
    steps = store.mirror_db.read(
        lambda c: [
            str(row["detail"])
            for row in c.execute(
                f"EXPLAIN QUERY PLAN {zendesk_user_lookup.FIND_BY_PHONE_END_SQL}", ("[]",)
            )
        ]
    )
    assert any("feed_user USING INDEX feed_user_phone_end" in step for step in steps), steps
    found = store.zendesk_users.find_by_phone.blocking(["+442079460958", "0958"])
    assert found == {"+442079460958": (1, 2)}


def test_feed_user_is_found_by_each_spelling_of_the_address_of_now(store: WorkspaceStore) -> None:
    store.feeds.begin_reading.blocking(USERS_FEED, 1.0)
    books, ascii_books = "anna@b\u00fccher.example", "anna@xn--bcher-kva.example"

    def found(address: str) -> tuple[int, ...]:
        key = hash_email(address)
        return store.zendesk_users.find_by_email_hash.blocking([key]).get(key, ())

    for identities_read in (False, True):
        for number, email in enumerate((books, ascii_books, "anna@lopez.example"), 1):
            user = ZendeskUser(
                7, "Anna", email, identities_read=identities_read, updated_at=float(number)
            )
            store.feeds.save_users.blocking([user], "c")
            is_books = email != "anna@lopez.example"
            assert found(books) == found(ascii_books) == ((7,) if is_books else ())
            assert found(email) == (7,)
        store.feeds.reset.blocking(USERS_FEED)
        store.mirror_db.write(lambda c: c.execute("DELETE FROM feed_user"))
