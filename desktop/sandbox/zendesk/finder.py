"""Candidates for a query: the few that an index gives, or a walk through everybody."""

from collections.abc import Iterable, Iterator
from itertools import islice

from desktop.sandbox.call import Record
from desktop.sandbox.people.crowd import Person
from desktop.sandbox.people.names import plain
from desktop.sandbox.zendesk.base import TAGS, USERS_FROM, tags_of
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.query import Query, fits_ticket, fits_user

# Of a crowd that no index can narrow down, /search looks at so many and estimates the rest.
WINDOW = 5_000


class Finder:
    """Finds users and tickets."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def users(self, query: Query, most: int) -> tuple[list[Record], int]:
        """Return up to `most` users that fit, and how many there are in all."""
        found: dict[int, Record] = {}
        for user in self._at_hand(query):
            if self._fits(query, user):
                found[user["id"]] = user
        if found and len(query.terms) == 1 and "@" in query.terms[0].value:
            # A whole address belongs to one person; nobody else need be looked at.
            return list(found.values())[:most], len(found)
        members = sorted({*self.book.base.members, *self.book.users.changed})
        for number in members:
            known = self.book.live_user(number)
            if known is not None and number not in found and self._fits(query, known):
                found[number] = known
        singles = len(found)
        crowd, total, named = self._crowd(query)
        matching = seen = 0
        for index in crowd:
            if named and len(found) >= most:
                # An index chose them, so the rest fits about as well.
                break
            seen += 1
            number = USERS_FROM + index
            if number in self.book.users.changed:
                continue
            person = self.book.world.crowd.person(index)
            if not may_fit(query, person):
                continue
            user = self.book.base.crowd_user(person)
            if fits_user(query, user):
                matching += 1
                if len(found) < most:
                    found[number] = user
        estimate = matching if seen >= total else matching * total // max(seen, 1)
        return list(found.values())[:most], max(len(found), singles + estimate)

    def _fits(self, query: Query, user: Record) -> bool:
        lag = self.book.world.account.search_lag
        if lag and user["_at"] > self.book.world.now() - lag:
            # The index lags behind writes (contract 3): fresh changes are not found yet.
            return False
        return fits_user(query, user)

    def _at_hand(self, query: Query) -> Iterator[Record]:
        for term in query.terms:
            if term.negative or term.key not in ("", "email", "phone", "external_id", "user"):
                continue
            for find in (self.book.user_by_identity, self.book.user_by_external_id):
                if (user := find(term.value)) is not None:
                    yield user

    def _crowd(self, query: Query) -> tuple[Iterable[int], int, bool]:
        """Return candidates from the crowd, of how many, and whether by an index of names."""
        crowd = self.book.world.crowd
        words = [plain(word).rstrip("*") for word in query.words]
        for term in query.terms:
            if term.key == "name" and not term.negative and "*" not in term.value:
                words += plain(term.value).split()
            if term.key in ("email", "external_id", "phone") and not term.negative:
                exact = "*" not in term.value
                if exact:
                    return [], 0, False
        if words and all(word.isalpha() for word in words):
            indexes, total = crowd.named(words, prefix=True)
            return islice(indexes, WINDOW), total, True
        if words:
            return [], 0, False
        newest = range(crowd.size - 1, max(crowd.size - 1 - WINDOW, -1), -1)
        return newest, crowd.size, False

    def tickets(self, query: Query, most: int) -> tuple[list[Record], int]:
        """Return up to `most` tickets that fit, and how many there are in all."""
        requester = [t.value for t in query.terms if t.key in ("requester", "requester_id")]
        if requester and not requester[0].isdigit():
            user = self.book.user_by_identity(requester[0])
            if user is None:
                return [], 0
            terms = tuple(t for t in query.terms if t.key not in ("requester", "requester_id"))
            rows = [
                t
                for t in self.book.tickets_of(user["id"])
                if fits_ticket(Query(query.types, terms), t)
            ]
            return rows[:most], len(rows)
        if requester:
            rows = [t for t in self.book.tickets_of(int(requester[0])) if fits_ticket(query, t)]
            return rows[:most], len(rows)
        found: list[Record] = []
        for number in sorted({*self.book.base.stories, *self.book.tickets.changed}, reverse=True):
            ticket = self.book.live_ticket(number)
            if ticket is not None and fits_ticket(query, ticket):
                found.append(ticket)
        return self._crowd_tickets(query, found, most)

    def _crowd_tickets(
        self, query: Query, found: list[Record], most: int
    ) -> tuple[list[Record], int]:
        crowd, matching, looked_at = self.book.world.crowd, 0, 0
        singles = len(found)
        for index in range(crowd.size - 1, max(crowd.size - 1 - WINDOW, -1), -1):
            person = crowd.person(index)
            looked_at += 1
            for slot in range(person.tickets):
                ticket = self.book.base.crowd_ticket(person, slot)
                if ticket is None or ticket["id"] in self.book.tickets.changed:
                    continue
                if fits_ticket(query, ticket):
                    matching += 1
                    if len(found) < most:
                        found.append(ticket)
        estimate = matching * crowd.size // max(looked_at, 1)
        return found[:most], max(len(found), singles + estimate)


def may_fit(query: Query, person: Person) -> bool:
    """Say cheaply whether one of the crowd can fit, before the user is made."""
    for term in query.terms:
        if term.negative or term.compare != ":":
            continue
        if term.key == "tags" and term.value in TAGS and term.value not in tags_of(person):
            return False
        boxed = term.value == "true"
        if (
            term.key == "sync_to_sailthru"
            and term.value in ("true", "false")
            and person.boxed != boxed
        ):
            return False
        if term.key == "role" and term.value in ("agent", "admin"):
            return False
    return True
