"""Candidates for a query: the few that an index gives, or a walk through everybody."""

from collections.abc import Iterable, Iterator
from itertools import islice

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.generated_people import GeneratedPerson
from desktop.sandbox.people.person_names import fold_name
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.search_query import SearchQuery, ticket_matches, user_matches
from desktop.sandbox.zendesk.seed_data import FIRST_GENERATED_USER_ID, TAGS, tags_of

# Of a crowd that no index can narrow down, /search looks at so many and estimates the rest.
MAX_PEOPLE_SCANNED = 5_000


class SearchEngine:
    """Finds users and tickets."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def find_users(self, query: SearchQuery, most: int) -> tuple[list[JsonObject], int]:
        """Return up to `most` users that fit, and how many there are in all."""
        found: dict[int, JsonObject] = {}
        for user in self._users_by_identity(query):
            if self._matches(query, user):
                found[user["id"]] = user
        if found and len(query.terms) == 1 and "@" in query.terms[0].value:
            # A whole address belongs to one person; nobody else need be looked at.
            return list(found.values())[:most], len(found)
        members = sorted(
            {*self.repository.seed_data.fixture_people, *self.repository.users.overrides}
        )
        for number in members:
            known = self.repository.existing_user(number)
            if known is not None and number not in found and self._matches(query, known):
                found[number] = known
        singles = len(found)
        crowd, total, named = self._generated_candidates(query)
        matching = seen = 0
        for index in crowd:
            if named and len(found) >= most:
                # An index chose them, so the rest fits about as well.
                break
            seen += 1
            number = FIRST_GENERATED_USER_ID + index
            if number in self.repository.users.overrides:
                continue
            person = self.repository.state.generated_people.person(index)
            if not may_match(query, person):
                continue
            user = self.repository.seed_data.generated_user(person)
            if user_matches(query, user):
                matching += 1
                if len(found) < most:
                    found[number] = user
        estimate = matching if seen >= total else matching * total // max(seen, 1)
        return list(found.values())[:most], max(len(found), singles + estimate)

    def _matches(self, query: SearchQuery, user: JsonObject) -> bool:
        lag = self.repository.state.account.search_lag
        if lag and user["_at"] > self.repository.state.now() - lag:
            # The index lags behind writes (contract 3): fresh changes are not found yet.
            return False
        return user_matches(query, user)

    def _users_by_identity(self, query: SearchQuery) -> Iterator[JsonObject]:
        for term in query.terms:
            if term.is_negated or term.key not in ("", "email", "phone", "external_id", "user"):
                continue
            for find in (self.repository.user_by_identity, self.repository.user_by_external_id):
                if (user := find(term.value)) is not None:
                    yield user

    def _generated_candidates(self, query: SearchQuery) -> tuple[Iterable[int], int, bool]:
        """Return candidates from the crowd, of how many, and whether by an index of names."""
        crowd = self.repository.state.generated_people
        words = [fold_name(word).rstrip("*") for word in query.words]
        for term in query.terms:
            if term.key == "name" and not term.is_negated and "*" not in term.value:
                words += fold_name(term.value).split()
            if term.key in ("email", "external_id", "phone") and not term.is_negated:
                exact = "*" not in term.value
                if exact:
                    return [], 0, False
        if words and all(word.isalpha() for word in words):
            indexes, total = crowd.indexes_by_name(words, prefix=True)
            return islice(indexes, MAX_PEOPLE_SCANNED), total, True
        if words:
            return [], 0, False
        newest = range(crowd.size - 1, max(crowd.size - 1 - MAX_PEOPLE_SCANNED, -1), -1)
        return newest, crowd.size, False

    def find_tickets(self, query: SearchQuery, most: int) -> tuple[list[JsonObject], int]:
        """Return up to `most` tickets that fit, and how many there are in all."""
        requester = [t.value for t in query.terms if t.key in ("requester", "requester_id")]
        if requester and not requester[0].isdigit():
            user = self.repository.user_by_identity(requester[0])
            if user is None:
                return [], 0
            terms = tuple(t for t in query.terms if t.key not in ("requester", "requester_id"))
            rows = [
                t
                for t in self.repository.tickets_requested_by(user["id"])
                if ticket_matches(SearchQuery(query.types, terms), t)
            ]
            return rows[:most], len(rows)
        if requester:
            rows = [
                t
                for t in self.repository.tickets_requested_by(int(requester[0]))
                if ticket_matches(query, t)
            ]
            return rows[:most], len(rows)
        found: list[JsonObject] = []
        for number in sorted(
            {*self.repository.seed_data.fixture_tickets, *self.repository.tickets.overrides},
            reverse=True,
        ):
            ticket = self.repository.existing_ticket(number)
            if ticket is not None and ticket_matches(query, ticket):
                found.append(ticket)
        return self._add_generated_tickets(query, found, most)

    def _add_generated_tickets(
        self, query: SearchQuery, found: list[JsonObject], most: int
    ) -> tuple[list[JsonObject], int]:
        crowd, matching, looked_at = self.repository.state.generated_people, 0, 0
        singles = len(found)
        for index in range(crowd.size - 1, max(crowd.size - 1 - MAX_PEOPLE_SCANNED, -1), -1):
            person = crowd.person(index)
            looked_at += 1
            for slot in range(person.ticket_count):
                ticket = self.repository.seed_data.generated_ticket(person, slot)
                if ticket is None or ticket["id"] in self.repository.tickets.overrides:
                    continue
                if ticket_matches(query, ticket):
                    matching += 1
                    if len(found) < most:
                        found.append(ticket)
        estimate = matching * crowd.size // max(looked_at, 1)
        return found[:most], max(len(found), singles + estimate)


def may_match(query: SearchQuery, person: GeneratedPerson) -> bool:
    """Say cheaply whether one of the crowd can fit, before the user is made."""
    for term in query.terms:
        if term.is_negated or term.operator != ":":
            continue
        if term.key == "tags" and term.value in TAGS and term.value not in tags_of(person):
            return False
        boxed = term.value == "true"
        if (
            term.key == "sync_to_sailthru"
            and term.value in ("true", "false")
            and person.has_sync_box != boxed
        ):
            return False
        if term.key == "role" and term.value in ("agent", "admin"):
            return False
    return True
