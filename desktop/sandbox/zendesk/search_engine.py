"""Search engine of the Zendesk sandbox: candidates from an index, or from the newest people.

Where no index narrows the generated people down, only the newest are looked at, and the number of
results is an estimate.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.generated_people import GeneratedPeople, GeneratedPerson
from desktop.sandbox.people.person_names import fold_name
from desktop.sandbox.people.sample_texts import USER_TAGS
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.search_query import SearchQuery, ticket_matches, user_matches
from desktop.sandbox.zendesk.seed_data import FIRST_GENERATED_USER_ID, tags_of

# Looking at so many people takes up to a second.
MAX_PEOPLE_SCANNED = 5_000
_REQUESTER_KEYS = ("requester", "requester_id")


def newest_generated_people(people: GeneratedPeople) -> Iterator[GeneratedPerson]:
    """Make the newest generated people, up to the number that a sandbox search looks at."""
    oldest = max(people.size - MAX_PEOPLE_SCANNED, 0)
    return map(people.person, range(people.size - 1, oldest - 1, -1))


class SearchEngine:
    """Finds users and tickets of the sandbox's Zendesk by a parsed query."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository
        self.people = repository.state.generated_people

    def find_users(self, query: SearchQuery, most: int) -> tuple[list[JsonObject], int]:
        """Search the sandbox's users: up to `most`, and how many there are in all."""
        known = [user for user in self._users_by_identity(query) if self._matches(query, user)]
        found = {user["id"]: user for user in known}
        if found and len(query.terms) == 1 and "@" in query.terms[0].value:
            # A whole address belongs to one user; nobody else need be looked at.
            return list(found.values())[:most], len(found)
        for user in self.repository.individual_users():
            if user["id"] not in found and self._matches(query, user):
                found[user["id"]] = user
        individuals = len(found)
        candidates, total, is_indexed = self._generated_candidates(query)
        matching = seen = 0
        for person in candidates:
            if is_indexed and len(found) >= most:
                # An index of names chose them, so the rest matches about as well.
                break
            seen += 1
            user_id = FIRST_GENERATED_USER_ID + person.index
            if user_id in self.repository.users.overrides or not may_match(query, person):
                continue
            user = self.repository.seed_data.generated_user(person)
            if user_matches(query, user):
                matching += 1
                if len(found) < most:
                    found[user_id] = user
        estimate = matching if seen >= total else matching * total // max(seen, 1)
        return list(found.values())[:most], max(len(found), individuals + estimate)

    def _matches(self, query: SearchQuery, user: JsonObject) -> bool:
        lag = self.repository.state.account.search_lag
        if lag and user["_at"] > self.repository.state.now() - lag:
            # Zendesk's index lags behind writes: fresh changes are not found yet.
            return False
        return user_matches(query, user)

    def _users_by_identity(self, query: SearchQuery) -> Iterator[JsonObject]:
        for term in query.terms:
            if term.is_negated or term.key not in ("", "email", "phone", "external_id", "user"):
                continue
            for find in (self.repository.user_by_identity, self.repository.user_by_external_id):
                if (user := find(term.value)) is not None:
                    yield user

    def _generated_candidates(
        self, query: SearchQuery
    ) -> tuple[Iterable[GeneratedPerson], int, bool]:
        """Return generated people a sandbox search may match, their number, if by name."""
        words = [fold_name(word).rstrip("*") for word in query.words]
        for term in query.terms:
            if term.is_negated:
                continue
            if term.key == "phone" and re.fullmatch(r"\*\d{7,}", term.value):
                # Their numbers end with their index in seven digits.
                numbers = range(int(term.value[-7:]), self.people.size, 10**7)
                return map(self.people.person, numbers), len(numbers), False
            if "*" in term.value:
                continue
            if term.key == "name":
                words += fold_name(term.value).split()
            if term.key in ("email", "external_id", "phone"):
                # `_users_by_identity` has found the one user already.
                return (), 0, False
        if words and all(word.isalpha() for word in words):
            indexes, total = self.people.indexes_by_name(words, prefix=True)
            return map(self.people.person, islice(indexes, MAX_PEOPLE_SCANNED)), total, True
        if words:
            return (), 0, False
        return newest_generated_people(self.people), self.people.size, False

    def find_tickets(self, query: SearchQuery, most: int) -> tuple[list[JsonObject], int]:
        """Search the sandbox's tickets: up to `most`, and how many there are in all."""
        requesters = [term.value for term in query.terms if term.key in _REQUESTER_KEYS]
        if requesters:
            return self._find_tickets_of(query, requesters[0], most)
        tickets = reversed(self.repository.individual_tickets())
        found = [ticket for ticket in tickets if ticket_matches(query, ticket)]
        individuals, matching, seen = len(found), 0, 0
        for person in newest_generated_people(self.people):
            seen += 1
            for ticket in self.repository.unchanged_tickets_of(person):
                if ticket_matches(query, ticket):
                    matching += 1
                    if len(found) < most:
                        found.append(ticket)
        estimate = matching * self.people.size // max(seen, 1)
        return found[:most], max(len(found), individuals + estimate)

    def _find_tickets_of(
        self, query: SearchQuery, requester: str, most: int
    ) -> tuple[list[JsonObject], int]:
        if requester.isdigit():
            user_id = int(requester)
        else:
            user = self.repository.user_by_identity(requester)
            if user is None:
                return [], 0
            user_id = user["id"]
            # Tickets know their requester's id only: the address is settled here.
            terms = tuple(term for term in query.terms if term.key not in _REQUESTER_KEYS)
            query = SearchQuery(query.types, terms)
        tickets = self.repository.tickets_requested_by(user_id)
        found = [ticket for ticket in tickets if ticket_matches(query, ticket)]
        return found[:most], len(found)


def may_match(query: SearchQuery, person: GeneratedPerson) -> bool:
    """Whether a generated person can match a sandbox search, without making the user."""
    for term in query.terms:
        if term.is_negated or term.operator != ":":
            continue
        if term.key == "tags" and term.value in USER_TAGS and term.value not in tags_of(person):
            return False
        has_box = str(person.has_sync_box).lower()
        if term.key == "sync_to_sailthru" and term.value in {"true", "false"} - {has_box}:
            return False
        if term.key == "role" and term.value in ("agent", "admin"):
            return False
    return True
