"""The SQLite index that finds cached customers by any part of a name, address or number."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from desktop.kit.text import fold_text
from desktop.model.customer_sheet import CustomerMatch, TicketPage, match_of_profile, match_of_user
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser

T = TypeVar("T")
# Whether texts of a record hold what was typed.
_TextTest = Callable[[Iterable[str]], bool]
# A match, and the addresses by which its record is known.
_FoundRecord = tuple[CustomerMatch, frozenset[str]]

# What is stored of one text: parts behind its 120th character, or longer than 40, are compared
# with the record itself.
_MAX_TEXT_LENGTH, _MAX_SUFFIX_LENGTH = 120, 40
# Records read to compare them with all the words typed; more have to be narrowed down by typing.
_MAX_CANDIDATES = 400
# Entries of the index that are read for one part; a part of two letters has tens of thousands.
_MAX_SUFFIXES = 4_000
# Customers opened last who are asked whether they have the part, however many have it.
_MAX_RECENT = 200
_LAST_CHARACTER = "\U0010ffff"
_PHONE_PART = re.compile(r"[\d\s+().\-/]*\d[\d\s+().\-/]*")


def index_user(connection: sqlite3.Connection, user: ZendeskUser) -> None:
    """Index a cached user by name, addresses and numbers, in place of what was there before."""
    _replace_suffixes(connection, "user", str(user.id), _texts_of_user(user))


def index_profile(connection: sqlite3.Connection, profile: SailthruProfile) -> None:
    """Index a cached profile by name and address, in place of what was there before."""
    _replace_suffixes(connection, "profile", profile.sid, _texts_of_profile(profile))


def search_customers(
    connection: sqlite3.Connection, text: str, limit: int
) -> tuple[CustomerMatch, ...]:
    """Select cached customers who have every word of `text` in a name, address or number.

    Those opened last come first, of a part that thousands have the 200 opened last. Accents and
    case do not matter. The mirror is attached.
    """
    if _PHONE_PART.fullmatch(text.strip()):
        # In groups as people write numbers; the trunk zero is not part of an international one.
        digits = re.sub(r"\D", "", text)
        numbers = tuple({digits, digits.lstrip("0") or digits})
        return _select_matches(connection, numbers, limit, is_any=True)
    words = tuple(fold_text(text).split())
    return _select_matches(connection, words, limit) if words else ()


def list_recent_customers(connection: sqlite3.Connection, limit: int) -> tuple[CustomerMatch, ...]:
    """Select the cached customers opened last, the newest first. The mirror is attached."""
    opened = connection.execute(
        "SELECT kind, id, at AS opened_at FROM mirror.opened_customer"
        # One customer may have been opened as user and as profile.
        " ORDER BY at DESC, kind DESC LIMIT ?",
        (4 * limit,),
    )
    return _read_matches(connection, opened, (), limit)


def _select_matches(
    connection: sqlite3.Connection, words: tuple[str, ...], limit: int, *, is_any: bool = False
) -> tuple[CustomerMatch, ...]:
    """Select cached customers whose indexed texts hold all the words, or any."""
    # The longest word is in the fewest texts.
    starts = words if is_any else (max(words, key=len),)
    where = " OR ".join("s.suffix >= ? AND s.suffix < ?" for _ in starts)
    bounds = [
        bound
        for start in starts
        for bound in (
            start[:_MAX_SUFFIX_LENGTH],
            start[:_MAX_SUFFIX_LENGTH] + _LAST_CHARACTER,
        )
    ]
    found = connection.execute(
        # A part that very many have costs no more than one that few have: the first ones of the
        # index, and whoever was opened lately.
        "SELECT s.kind, s.id, o.at AS opened_at FROM"  # noqa: S608 - our own conditions
        " (SELECT kind, id FROM"
        f" (SELECT kind, id FROM mirror.search_suffix s WHERE {where} LIMIT {_MAX_SUFFIXES})"
        " UNION SELECT r.kind, r.id FROM (SELECT kind, id FROM mirror.opened_customer"
        f" ORDER BY at DESC LIMIT {_MAX_RECENT}) r WHERE EXISTS (SELECT 1 FROM"
        f" mirror.search_suffix s WHERE s.kind = r.kind AND s.id = r.id AND ({where}))) s"
        " LEFT JOIN mirror.opened_customer o ON o.kind = s.kind AND o.id = s.id"
        " ORDER BY o.at IS NULL, o.at DESC, s.kind DESC, s.id LIMIT ?",
        (*bounds, *bounds, _MAX_CANDIDATES),
    )
    return _read_matches(connection, found, words, limit, is_any=is_any)


def _read_matches(
    connection: sqlite3.Connection,
    rows: Iterable[sqlite3.Row],
    words: tuple[str, ...],
    limit: int,
    *,
    is_any: bool = False,
) -> tuple[CustomerMatch, ...]:
    """Read the cached records of (kind, id, opened_at) that hold all the words, or any."""

    def holds(texts: Iterable[str]) -> bool:
        found = [any(word in text for text in texts) for word in words]
        return any(found) if is_any else all(found)

    matches: list[CustomerMatch] = []
    shown_addresses: set[str] = set()
    for row in rows:
        read = _read_user if row["kind"] == "user" else _read_profile
        found = read(connection, row, holds)
        if found is None or not shown_addresses.isdisjoint(found[1]):
            continue
        shown_addresses.update(found[1])
        matches.append(found[0])
        if len(matches) >= limit:
            break
    return tuple(matches)


def _read_user(
    connection: sqlite3.Connection, row: sqlite3.Row, holds: _TextTest
) -> _FoundRecord | None:
    body = connection.execute(
        "SELECT body FROM mirror.cached_user WHERE id = ?", (int(row["id"]),)
    ).fetchone()
    user = _decode(body, ZendeskUser)
    # The tickets only of who is shown: a page of them costs more than the rest together.
    if user is None or not holds(tuple(_texts_of_user(user))):
        return None
    body = connection.execute(
        "SELECT body FROM mirror.user_tickets WHERE user_id = ?", (user.id,)
    ).fetchone()
    page = _decode(body, TicketPage)
    ticket = max(page.tickets, key=lambda t: t.id, default=None) if page else None
    return match_of_user(user, ticket, opened_at=row["opened_at"]), frozenset(user.emails)


def _read_profile(
    connection: sqlite3.Connection, row: sqlite3.Row, holds: _TextTest
) -> _FoundRecord | None:
    """Read a cached profile's match; None too where the user of its address stands for both."""
    body = connection.execute(
        "SELECT body FROM mirror.cached_profile WHERE sid = ?", (row["id"],)
    ).fetchone()
    profile = _decode(body, SailthruProfile)
    if profile is None or not holds(tuple(_texts_of_profile(profile))):
        return None
    address = (profile.email or "").lower()
    known = connection.execute(
        "SELECT 1 FROM mirror.user_address a JOIN mirror.cached_user u ON u.id = a.user_id"
        " WHERE a.address = ?",
        (address,),
    ).fetchone()
    if known is not None:
        return None
    addresses = frozenset((address,) if address else ())
    return match_of_profile(profile, opened_at=row["opened_at"]), addresses


def _texts_of_user(user: ZendeskUser) -> Iterator[str]:
    yield " ".join(fold_text(user.name).split())
    yield from map(fold_text, user.emails)
    numbers = [user.phone or "", *(i.value for i in user.identities if i.type == "phone_number")]
    for number in dict.fromkeys(numbers):
        if digits := re.sub(r"\D", "", number):
            yield digits


def _texts_of_profile(profile: SailthruProfile) -> Iterator[str]:
    yield " ".join(fold_text(match_of_profile(profile).title).split())
    if profile.email:
        yield fold_text(profile.email)


def _replace_suffixes(
    connection: sqlite3.Connection, kind: str, record_id: str, texts: Iterable[str]
) -> None:
    connection.execute("DELETE FROM search_suffix WHERE kind = ? AND id = ?", (kind, record_id))
    suffixes = {
        text[place : place + _MAX_SUFFIX_LENGTH]
        for text in texts
        for place in range(min(len(text), _MAX_TEXT_LENGTH))
        if text[place] != " "
    }
    connection.executemany(
        "INSERT INTO search_suffix (suffix, kind, id) VALUES (?, ?, ?)",
        [(suffix, kind, record_id) for suffix in sorted(suffixes)],
    )


def _decode(row: sqlite3.Row | None, kind: type[T]) -> T | None:
    if row is None:
        return None
    try:
        return msgspec.json.decode(row["body"], type=kind)
    except msgspec.MsgspecError:
        # Written by another version of the model: it is read again when it is opened.
        return None
