"""Users and tickets in order of their last change, for the incremental exports (contract 8).

The crowd's order is known from the numbers, so a million rows are never sorted or kept: each of
the ticket slots and the users are sequences that a binary search enters.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from heapq import merge

from desktop.sandbox.call import Record
from desktop.sandbox.people.crowd import SLOT_AGES_S, SLOTS
from desktop.sandbox.table import Table
from desktop.sandbox.zendesk.base import USERS_FROM
from desktop.sandbox.zendesk.book import Book

Place = tuple[float, int]
Row = tuple[float, int, Record]


class Feed:
    """Rows after a place, oldest change first."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._sorted: dict[str, tuple[float, list[Place]]] = {}

    def users(self, after: Place, until: float) -> Iterator[Row]:
        """Return the users changed after a place, up to a time."""
        singles = self._singles(self.book.users, list(self.book.base.members), after)
        return _until(merge(singles, self._crowd_users(after), key=_place), until)

    def tickets(self, after: Place, until: float) -> Iterator[Row]:
        """Return the tickets changed after a place, up to a time."""
        singles = self._singles(self.book.tickets, list(self.book.base.stories), after)
        slots = (self._crowd_slot(slot, after) for slot in range(SLOTS))
        return _until(merge(singles, *slots, key=_place), until)

    def _singles(self, table: Table[int], fixed: list[int], after: Place) -> Iterator[Row]:
        """Return the cast's and the changed rows, from a list that is sorted once a second.

        What is shown at once is sorted each time.
        """
        now, fresh_s = self.book.world.now(), min(1.0, self.book.world.account.withheld)
        made, places = self._sorted.get(table.kind, (0.0, []))
        if now - made > fresh_s or not fresh_s:
            records = (table.get(number) for number in {*fixed, *table.changed})
            places = sorted((r["_at"], r["id"]) for r in records if r is not None)
            self._sorted[table.kind] = (now, places)
        for at, number in places[bisect_right(places, after) :]:
            record = table.get(number)
            # Changed again since the list was made: it has moved to a later place.
            if record is not None and record["_at"] == at:
                yield at, number, record

    def _crowd_users(self, after: Place) -> Iterator[Row]:
        crowd, changed = self.book.world.crowd, self.book.users.changed
        for index in range(crowd.first_active(after[0]), crowd.size):
            number = USERS_FROM + index
            if number not in changed and (crowd.active(index), number) > after:
                record = self.book.base.crowd_user(crowd.person(index))
                yield record["_at"], number, record

    def _crowd_slot(self, slot: int, after: Place) -> Iterator[Row]:
        crowd, changed = self.book.world.crowd, self.book.tickets.changed
        for index in range(crowd.first_active(after[0] + SLOT_AGES_S[slot] - 0.001), crowd.size):
            record = self.book.base.crowd_ticket(crowd.person(index), slot)
            if record is not None and record["id"] not in changed:
                row = (record["_at"], record["id"], record)
                if row[:2] > after:
                    yield row


def _place(row: Row) -> Place:
    return row[0], row[1]


def _until(rows: Iterator[Row], until: float) -> Iterator[Row]:
    for row in rows:
        if row[0] > until:
            return
        yield row


Source = Callable[[Place, float], Iterator[Row]]
