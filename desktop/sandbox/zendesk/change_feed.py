"""The sandbox's feed of users and tickets in order of last change, for the exports.

The order of generated people is known from their numbers, so a million rows are never sorted or
kept: the users and each of the ticket slots are sequences that a binary search enters.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import takewhile

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.generated_people import TICKET_SLOT_AGES_S, TICKET_SLOTS
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.seed_data import FIRST_GENERATED_USER_ID

# Unix time of the last change, and the id: the id settles equal times.
FeedPosition = tuple[float, int]
FeedRow = tuple[FeedPosition, JsonObject]
FeedSource = Callable[[FeedPosition, float], Iterator[FeedRow]]


class ChangeFeed:
    """Rows of the sandbox's Zendesk after a position, oldest change first."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository
        # Kind of records → when its list of positions was sorted, and the list.
        self._sorted: dict[str, tuple[float, list[FeedPosition]]] = {}

    def users(self, after: FeedPosition, until: float) -> Iterator[FeedRow]:
        """Return the sandbox's users changed after a position, up to a time; deleted ones too."""
        fixtures = self.repository.seed_data.fixture_people
        return _merged_until(
            until,
            self._individual_rows(self.repository.users, fixtures, after),
            self._generated_users(after),
        )

    def tickets(self, after: FeedPosition, until: float) -> Iterator[FeedRow]:
        """Return the sandbox's tickets changed after a position, up to a time; deleted too."""
        fixtures = self.repository.seed_data.fixture_tickets
        return _merged_until(
            until,
            self._individual_rows(self.repository.tickets, fixtures, after),
            *(self._generated_tickets_in_slot(slot, after) for slot in range(TICKET_SLOTS)),
        )

    def organizations(self, after: FeedPosition, until: float) -> Iterator[FeedRow]:
        """Return the sandbox's organizations changed after a position, up to a time."""
        rows = sorted(map(_feed_row, self.repository.all_organizations()), key=_position_of)
        return _merged_until(until, (row for row in rows if row[0] > after))

    def _individual_rows(
        self, table: RecordTable[int], fixture_ids: Iterable[int], after: FeedPosition
    ) -> Iterator[FeedRow]:
        """Return the sandbox's fixture and changed rows, from a list sorted once a second.

        Where changes are shown at once it is sorted each time.
        """
        now, fresh_s = self.repository.state.now(), min(1.0, self.repository.state.account.withheld)
        sorted_at, positions = self._sorted.get(table.kind, (0.0, []))
        if now - sorted_at > fresh_s or not fresh_s:
            records = map(table.get, {*fixture_ids, *table.overrides})
            positions = sorted((it["_at"], it["id"]) for it in records if it is not None)
            self._sorted[table.kind] = (now, positions)
        for position in positions[bisect_right(positions, after) :]:
            record = table.get(position[1])
            # Changed again since the list was sorted: it has moved to a later position.
            if record is not None and record["_at"] == position[0]:
                yield position, record

    def _generated_users(self, after: FeedPosition) -> Iterator[FeedRow]:
        people, changed = self.repository.state.generated_people, self.repository.users.overrides
        for index in range(people.first_index_active_since(after[0]), people.size):
            position = (people.last_active_at(index), FIRST_GENERATED_USER_ID + index)
            if position[1] not in changed and position > after:
                yield _feed_row(self.repository.seed_data.generated_user(people.person(index)))

    def _generated_tickets_in_slot(self, slot: int, after: FeedPosition) -> Iterator[FeedRow]:
        people, changed = self.repository.state.generated_people, self.repository.tickets.overrides
        # A millisecond earlier: adding and subtracting the age of the slot is not exact.
        first = people.first_index_active_since(after[0] + TICKET_SLOT_AGES_S[slot] - 0.001)
        for index in range(first, people.size):
            ticket = self.repository.seed_data.generated_ticket(people.person(index), slot)
            if ticket is not None and ticket["id"] not in changed:
                row = _feed_row(ticket)
                if row[0] > after:
                    yield row


def _feed_row(record: JsonObject) -> FeedRow:
    return (record["_at"], record["id"]), record


def _position_of(row: FeedRow) -> FeedPosition:
    return row[0]


def _merged_until(until: float, *sources: Iterable[FeedRow]) -> Iterator[FeedRow]:
    return takewhile(lambda row: row[0][0] <= until, merge(*sources, key=_position_of))
