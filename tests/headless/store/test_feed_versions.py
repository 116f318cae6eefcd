"""Two versions of one record in a page or feed: the later one counts."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.clients.field_parser import FieldParser
from desktop.clients.zendesk.wire_to_model import parse_exported_ticket, parse_many, parse_users
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.mirror_feed_repository import USERS_FEED
from tests.support.fresh_store import open_fresh_store

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("versions", "name"),
    [
        ([("old", EARLY), ("new", LATE)], "new"),
        ([("new", LATE), ("old", EARLY)], "new"),
        ([("first", EARLY), ("last", EARLY)], "last"),
        ([("first", None), ("last", None)], "last"),
        ([("dated", LATE), ("last", None)], "last"),
        ([("a", EARLY), ("new", LATE), ("b", EARLY)], "new"),
    ],
)
def test_user_twice_on_a_page_later_version_counts(
    versions: list[tuple[str, str | None]], name: str
) -> None:
    users = [{"id": 7, "name": text, "updated_at": at} for text, at in versions]
    (found,) = parse_users({"users": users}, FieldParser())
    assert found.name == name


def test_ticket_twice_on_a_page_goes_by_its_generated_timestamp() -> None:
    document = {
        "tickets": [
            {"id": 1, "status": "solved", "updated_at": EARLY, "generated_timestamp": 200},
            {"id": 2, "status": "open", "updated_at": EARLY, "generated_timestamp": 100},
            {"id": 1, "status": "open", "updated_at": LATE, "generated_timestamp": 100},
        ]
    }
    found = parse_many(document, "tickets", parse_exported_ticket, FieldParser())
    assert [(ticket.id, ticket.status) for ticket in found] == [(1, "solved"), (2, "open")]


def test_feed_keeps_the_later_version_of_a_record(tmp_path: Path) -> None:
    store = open_fresh_store(tmp_path)
    feeds = store.feeds
    feeds.begin_reading.blocking(USERS_FEED, 1.0)
    late = ZendeskUser(7, "New", updated_at=200.0)
    ticket = ExportedTicket(1, "Hi", "solved", None, 7, 1.0, 200.0, changed_at=300.0)
    feeds.save_users.blocking([late], "")
    feeds.save_tickets.blocking([ticket], "")
    # A page of the search, which is minutes behind.
    assert feeds.save_users.blocking([replace(late, name="Old", updated_at=100.0)], "") == 0
    old = replace(ticket, status="open", changed_at=250.0, updated_at=400.0)
    assert feeds.save_tickets.blocking([old], "") == 0
    assert feeds.get_user.blocking(7) == late
    assert feeds.list_tickets.blocking(7) == (ticket,)
    assert feeds.save_users.blocking([replace(late, name="Newer")], "") == 1
    store.close()
