"""Zendesk's search language, as far as the contract tells it: a query becomes a test of records."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.person_names import fold_name

_TERM = re.compile(
    r"""(?P<minus>-?)(?:(?P<key>[a-z_]+)(?P<compare>:|<=|>=|<|>))?"""
    r"""(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))""",
    re.IGNORECASE,
)
_STATUS_ORDER = ("new", "open", "pending", "hold", "solved", "closed")
_TYPES = ("user", "ticket", "organization", "group")


@dataclass(frozen=True)
class SearchTerm:
    """One condition of a query; without a key it is a word to be found anywhere."""

    key: str
    operator: str
    value: str
    is_negated: bool


@dataclass(frozen=True)
class SearchQuery:
    """A whole query."""

    types: tuple[str, ...]
    terms: tuple[SearchTerm, ...]

    @property
    def words(self) -> list[str]:
        """The plain words that must appear."""
        return [
            word
            for term in self.terms
            if not term.key and not term.is_negated
            for word in term.value.split()
        ]


def parse_search_query(text: str) -> SearchQuery:
    """Read a query; what is not understood is a word."""
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
    """Compare a value with a pattern in which `*` stands for anything."""
    if "*" not in pattern:
        return pattern == text
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), text) is not None


def _compare_text(compare: str, left: str, right: str) -> bool:
    if compare in (":", ""):
        return left.startswith(right) if right else not left
    if compare.startswith("<"):
        return left < right or (compare == "<=" and left.startswith(right))
    return (left > right and not left.startswith(right)) or (
        compare == ">=" and left.startswith(right)
    )


def _words_of(text: str) -> list[str]:
    return [word for word in re.split(r"[\s@._\-,<>()\"']+", fold_name(text)) if word]


def _has_word(word: str, texts: list[str]) -> bool:
    wanted = fold_name(word).rstrip("*")
    if not wanted:
        return False
    for text in texts:
        folded = fold_name(text)
        if wanted == folded or any(part.startswith(wanted) for part in _words_of(text)):
            return True
        # Addresses and numbers are also found by a part of them.
        if wanted in folded and (not wanted.isalnum() or wanted.isdigit()) and len(wanted) > 3:
            return True
    return False


TermTest = Callable[[SearchTerm, JsonObject], bool]


def user_matches(query: SearchQuery, user: JsonObject) -> bool:
    """Say whether a user satisfies every term."""
    return all(_user_matches_term(term, user) != term.is_negated for term in query.terms)


def _user_matches_term(term: SearchTerm, user: JsonObject) -> bool:
    key, value = term.key, term.value
    emails = [item["value"] for item in user["_identities"] if item["type"] == "email"]
    simple = {
        "email": emails,
        "user": emails,
        "name": [user["name"], *user["name"].split()],
        "phone": [it["value"] for it in user["_identities"] if it["type"] == "phone_number"],
        "external_id": [user["external_id"] or ""],
        "role": [user["role"]],
        "tags": user["tags"],
        "id": [str(user["id"])],
        "organization_id": [str(user["organization_id"])],
        "verified": [str(user["verified"]).lower()],
        "suspended": [str(user["suspended"]).lower()],
    }
    if key == "name" and " " in value:
        return fold_name(value) == fold_name(user["name"])
    if key == "tags" and value == "none":
        return not user["tags"]
    if key in simple:
        return any(
            _wildcard_matches(fold_name(value), fold_name(str(item))) for item in simple[key]
        )
    if key in ("created", "created_at", "updated", "updated_at"):
        return _compare_text(term.operator, user[f"{key.removesuffix('_at')}_at"], value)
    if key in user["user_fields"]:
        held = user["user_fields"][key]
        text = str(held).lower() if isinstance(held, bool) else str(held or "")
        return _wildcard_matches(value.lower(), text.lower())
    whole = f"{key}{term.operator}{value}" if key else value
    texts = [user["name"], *emails, user["notes"] or "", user["phone"] or ""]
    return all(_has_word(word, texts) for word in whole.split())


def ticket_matches(query: SearchQuery, ticket: JsonObject) -> bool:
    """Say whether a ticket satisfies every term."""
    return all(_ticket_matches_term(term, ticket) != term.is_negated for term in query.terms)


def _ticket_matches_term(term: SearchTerm, ticket: JsonObject) -> bool:
    key, value = term.key, term.value
    if key == "status":
        if term.operator == ":":
            return str(ticket["status"]) == value
        if value not in _STATUS_ORDER or ticket["status"] not in _STATUS_ORDER:
            return False
        places = (f"{_STATUS_ORDER.index(ticket['status'])}", f"{_STATUS_ORDER.index(value)}")
        return _compare_text(term.operator, *places)
    if key == "tags":
        return any(_wildcard_matches(value, tag) for tag in ticket["tags"])
    if key in ("requester", "requester_id"):
        return value in ("", str(ticket["requester_id"]))
    if key in ("priority", "external_id", "assignee_id", "organization_id", "subject"):
        return _wildcard_matches(fold_name(value), fold_name(str(ticket[key] or "")))
    if key in ("created", "created_at", "updated", "updated_at"):
        return _compare_text(term.operator, ticket[f"{key.removesuffix('_at')}_at"], value)
    whole = f"{key}{term.operator}{value}" if key else value
    texts = [ticket["subject"] or "", ticket["description"] or "", f"{ticket['id']}"]
    return all(_has_word(word, texts) for word in whole.split())


def organization_matches(query: SearchQuery, organization: JsonObject) -> bool:
    """Say whether an organization satisfies every term."""
    for term in query.terms:
        held = organization.get(term.key) if term.key else None
        if isinstance(held, list):
            fits = term.value in held
        elif term.key in organization:
            fits = _wildcard_matches(fold_name(term.value), fold_name(str(held or "")))
        else:
            fits = all(_has_word(word, [organization["name"]]) for word in term.value.split())
        if fits == term.is_negated:
            return False
    return True
