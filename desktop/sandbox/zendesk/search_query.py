"""Zendesk's search language in the sandbox: a parsed query tests users and tickets.

Facts: docs/zendesk.md 7.
"""

import re
from dataclasses import dataclass

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.person_names import fold_name

_TERM = re.compile(
    r"""(?P<minus>-?)(?:(?P<key>[a-z_]+)(?P<compare>:|<=|>=|<|>))?"""
    r"""(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))""",
    re.IGNORECASE,
)
# Statuses compare by their order in the life of a ticket: status<solved is all that is open.
_STATUS_ORDER = ("new", "open", "pending", "hold", "solved", "closed")
_TYPES = ("user", "ticket", "organization", "group")
_DATE_KEYS = ("created", "created_at", "updated", "updated_at")


@dataclass(frozen=True)
class SearchTerm:
    """One condition of the sandbox's search query; without a key a word found anywhere."""

    key: str
    operator: str
    value: str
    is_negated: bool

    @property
    def plain_words(self) -> list[str]:
        """The words of a search term whose key the sandbox does not know: the key is text too."""
        return f"{self.key}{self.operator}{self.value}".split()


@dataclass(frozen=True)
class SearchQuery:
    """A search query of the sandbox, parsed: record types and terms."""

    types: tuple[str, ...]
    terms: tuple[SearchTerm, ...]

    @property
    def words(self) -> list[str]:
        """The plain words that must appear in what the sandbox's search finds."""
        plain = (term for term in self.terms if not term.key and not term.is_negated)
        return [word for term in plain for word in term.value.split()]


def parse_search_query(text: str) -> SearchQuery:
    """Parse a search query to the sandbox's Zendesk; what is not understood is a word."""
    types: list[str] = []
    terms: list[SearchTerm] = []
    for match in _TERM.finditer(text):
        key, value = (match["key"] or "").lower(), match["quoted"] or match["bare"] or ""
        if key == "type" and value in _TYPES:
            types.append(value)
        elif key not in ("order_by", "sort"):
            terms.append(SearchTerm(key, match["compare"] or "", value, bool(match["minus"])))
    return SearchQuery(tuple(types), tuple(terms))


def _wildcard_matches(pattern: str, text: str) -> bool:
    """Match a value against a sandbox search's pattern, in which `*` stands for anything."""
    if "*" not in pattern:
        return pattern == text
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), text) is not None


def _phone_matches(pattern: str, stored: str) -> bool:
    """Match a phone in a sandbox search: as stored, or after a `*` its last digits (docs 17)."""
    if not pattern.startswith("*"):
        return pattern == stored
    digits = pattern[1:]
    return digits.isdigit() and re.sub(r"\D", "", stored).endswith(digits)


def _folded_matches(pattern: str, value: object) -> bool:
    return _wildcard_matches(fold_name(pattern), fold_name(str(value)))


def _compare_text(compare: str, left: str, right: str) -> bool:
    """Compare ISO dates in a sandbox search; a shorter right side, as a day, is a span."""
    if compare in (":", ""):
        return left.startswith(right) if right else not left
    if left.startswith(right):
        return compare.endswith("=")
    return left < right if compare.startswith("<") else left > right


def _has_word(word: str, texts: list[str]) -> bool:
    wanted = fold_name(word).rstrip("*")
    if not wanted:
        return False
    for text in texts:
        folded = fold_name(text)
        parts = re.split(r"[\s@._\-,<>()\"']+", folded)
        if wanted == folded or any(part.startswith(wanted) for part in parts):
            return True
        # Addresses are also found by a part of them; numbers by `phone:*` alone (docs 17).
        if wanted in folded and not wanted.isalnum() and len(wanted) > 3:
            return True
    return False


def user_matches(query: SearchQuery, user: JsonObject) -> bool:
    """Whether a sandbox user satisfies every term of a search query."""
    return all(_user_matches_term(term, user) != term.is_negated for term in query.terms)


def _user_matches_term(term: SearchTerm, user: JsonObject) -> bool:
    key, value = term.key, term.value
    if key == "name" and " " in value:
        return fold_name(value) == fold_name(user["name"])
    if key == "tags" and value == "none":
        return not user["tags"]
    if key == "phone":
        return any(_phone_matches(value, item) for item in _identities(user, "phone_number"))
    if (held := _searched_values(key, user)) is not None:
        return any(_folded_matches(value, item) for item in held)
    if key in _DATE_KEYS:
        return _compare_text(term.operator, user[f"{key.removesuffix('_at')}_at"], value)
    if key in user["user_fields"]:
        field = user["user_fields"][key]
        text = str(field).lower() if isinstance(field, bool) else str(field or "")
        return _wildcard_matches(value.lower(), text.lower())
    texts = [user["name"], *_identities(user, "email"), user["notes"] or "", user["phone"] or ""]
    return all(_has_word(word, texts) for word in term.plain_words)


def _identities(user: JsonObject, kind: str) -> list[str]:
    return [item["value"] for item in user["_identities"] if item["type"] == kind]


def _searched_values(key: str, user: JsonObject) -> list[object] | None:
    """Return a sandbox user's values that a search key names; None where it names none."""
    if key in ("email", "user"):
        return [*_identities(user, "email")]
    if key == "name":
        return [user["name"], *user["name"].split()]
    if key == "tags":
        return [*user["tags"]]
    if key == "external_id":
        return [user["external_id"] or ""]
    if key in ("role", "id", "organization_id", "verified", "suspended"):
        return [user[key]]
    return None


def ticket_matches(query: SearchQuery, ticket: JsonObject) -> bool:
    """Whether a sandbox ticket satisfies every term of a search query."""
    return all(_ticket_matches_term(term, ticket) != term.is_negated for term in query.terms)


def _ticket_matches_term(term: SearchTerm, ticket: JsonObject) -> bool:
    key, value = term.key, term.value
    if key == "status":
        if term.operator == ":":
            return str(ticket["status"]) == value
        if value not in _STATUS_ORDER or ticket["status"] not in _STATUS_ORDER:
            return False
        places = [str(_STATUS_ORDER.index(status)) for status in (ticket["status"], value)]
        return _compare_text(term.operator, *places)
    if key == "tags":
        return any(_wildcard_matches(value, tag) for tag in ticket["tags"])
    if key in ("requester", "requester_id"):
        return value in ("", str(ticket["requester_id"]))
    if key in ("priority", "external_id", "assignee_id", "organization_id", "subject"):
        return _folded_matches(value, ticket[key] or "")
    if key in _DATE_KEYS:
        return _compare_text(term.operator, ticket[f"{key.removesuffix('_at')}_at"], value)
    texts = [ticket["subject"] or "", ticket["description"] or "", str(ticket["id"])]
    return all(_has_word(word, texts) for word in term.plain_words)


def organization_matches(query: SearchQuery, organization: JsonObject) -> bool:
    """Whether a sandbox organization satisfies every term of a search query."""
    return all(
        _organization_matches_term(term, organization) != term.is_negated for term in query.terms
    )


def _organization_matches_term(term: SearchTerm, organization: JsonObject) -> bool:
    if term.key not in organization:
        return all(_has_word(word, [organization["name"]]) for word in term.value.split())
    held = organization[term.key]
    if isinstance(held, list):
        return term.value in held
    return _folded_matches(term.value, held or "")
