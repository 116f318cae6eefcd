"""Users and tickets in order of their last change, for the incremental exports (contract 8).

The crowd's order is known from the numbers, so a million rows are never sorted or kept: each of
the ticket slots and the users are sequences that a binary search enters.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from heapq import merge

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.generated_people import TICKET_SLOT_AGES_S, TICKET_SLOTS
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.seed_data import FIRST_GENERATED_USER_ID

FeedPosition = tuple[float, int]
FeedRow = tuple[float, int, JsonObject]


class ChangeFeed:
    """Rows after a place, oldest change first."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository
        self._sorted: dict[str, tuple[float, list[FeedPosition]]] = {}

    def users(self, after: FeedPosition, until: float) -> Iterator[FeedRow]:
        """Return the users changed after a place, up to a time."""
        singles = self._individual_rows(
            self.repository.users, list(self.repository.seed_data.fixture_people), after
        )
        return _rows_until(merge(singles, self._generated_users(after), key=_row_position), until)

    def tickets(self, after: FeedPosition, until: float) -> Iterator[FeedRow]:
        """Return the tickets changed after a place, up to a time."""
        singles = self._individual_rows(
            self.repository.tickets, list(self.repository.seed_data.fixture_tickets), after
        )
        slots = (self._generated_tickets_in_slot(slot, after) for slot in range(TICKET_SLOTS))
        return _rows_until(merge(singles, *slots, key=_row_position), until)

    def _individual_rows(
        self, table: RecordTable[int], fixed: list[int], after: FeedPosition
    ) -> Iterator[FeedRow]:
        """Return the cast's and the changed rows, from a list that is sorted once a second.

        What is shown at once is sorted each time.
        """
        now, fresh_s = self.repository.state.now(), min(1.0, self.repository.state.account.withheld)
        made, places = self._sorted.get(table.kind, (0.0, []))
        if now - made > fresh_s or not fresh_s:
            records = (table.get(number) for number in {*fixed, *table.overrides})
            places = sorted((r["_at"], r["id"]) for r in records if r is not None)
            self._sorted[table.kind] = (now, places)
        for at, number in places[bisect_right(places, after) :]:
            record = table.get(number)
            # Changed again since the list was made: it has moved to a later place.
            if record is not None and record["_at"] == at:
                yield at, number, record

    def _generated_users(self, after: FeedPosition) -> Iterator[FeedRow]:
        crowd, changed = self.repository.state.generated_people, self.repository.users.overrides
        for index in range(crowd.first_index_active_since(after[0]), crowd.size):
            number = FIRST_GENERATED_USER_ID + index
            if number not in changed and (crowd.last_active_at(index), number) > after:
                record = self.repository.seed_data.generated_user(crowd.person(index))
                yield record["_at"], number, record

    def _generated_tickets_in_slot(self, slot: int, after: FeedPosition) -> Iterator[FeedRow]:
        crowd, changed = self.repository.state.generated_people, self.repository.tickets.overrides
        for index in range(
            crowd.first_index_active_since(after[0] + TICKET_SLOT_AGES_S[slot] - 0.001), crowd.size
        ):
            record = self.repository.seed_data.generated_ticket(crowd.person(index), slot)
            if record is not None and record["id"] not in changed:
                row = (record["_at"], record["id"], record)
                if row[:2] > after:
                    yield row


def _row_position(row: FeedRow) -> FeedPosition:
    return row[0], row[1]


def _rows_until(rows: Iterator[FeedRow], until: float) -> Iterator[FeedRow]:
    for row in rows:
        if row[0] > until:
            return
        yield row


FeedSource = Callable[[FeedPosition, float], Iterator[FeedRow]]
