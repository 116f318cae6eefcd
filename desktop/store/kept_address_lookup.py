"""Reads from both SQLite files, for many addresses at once, what is kept about each of them."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from desktop.model.email_address import email_spellings
from desktop.model.kept_address import KeptAddress
from desktop.model.match_keys import hash_email
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.mirror_feed_repository import USERS_FEED

T = TypeVar("T")
# So many that no other reader waits long for its turn.
ADDRESSES_PER_READ = 250


def read_kept_addresses(
    connection: sqlite3.Connection, addresses: Sequence[str]
) -> dict[str, KeptAddress]:
    """Select what is kept about these addresses, by address.

    `connection` is the read-only one with both files. Who is in the export of all Zendesk users is
    known from there, and so is, while it is of this account, that somebody is not.
    """
    spellings = {address: email_spellings(address) for address in addresses}
    every = [key for keys in spellings.values() for key in keys]
    cached = _select(connection, _CACHED_USERS_SQL, every)
    profiles = _select(connection, _PROFILES_SQL, every)
    exported, exported_at = _read_exported(connection, every)
    user_ids = {row["id"] for row in cached.values() if row["id"] is not None} | {
        user.id for user in exported.values()
    }
    paired_sids = {
        row["user_id"]: row["sid"]
        for row in connection.execute(_PAIRS_SQL, (_to_json(sorted(user_ids)),))
    }
    paired = {
        row["sid"]: row
        for row in connection.execute(_PROFILES_BY_SID_SQL, (_to_json(paired_sids.values()),))
    }
    found: dict[str, KeptAddress] = {}
    for address, keys in spellings.items():
        kept_user = _first(cached, keys)
        user, user_at, has_several = _choose_user(kept_user, _first(exported, keys), exported_at)
        own = _first(profiles, keys)
        sid = paired_sids.get(user.id, "") if user is not None else ""
        pair = paired.get(sid)
        profile = _decode(own["body"], SailthruProfile) if own is not None else None
        # One that a newer version has written cannot be read: as good as not kept.
        is_read = own is not None and (own["sid"] is None or profile is not None)
        found[address] = KeptAddress(
            user,
            user_at,
            has_several,
            profile,
            own["read_at"] if own is not None and is_read else None,
            sid,
            _decode(pair["body"], SailthruProfile) if pair is not None else None,
            pair["read_at"] if pair is not None else None,
        )
    return found


_IN = "IN (SELECT value FROM json_each(?1))"
_CACHED_USERS_SQL = (
    "SELECT a.address AS key, a.user_id AS id, u.body, coalesce(u.read_at, a.read_at) AS read_at"  # noqa: S608 - names of ours
    " FROM mirror.user_address a LEFT JOIN mirror.cached_user u ON u.id = a.user_id"
    f" WHERE a.address {_IN}"
)
_PROFILES_SQL = (
    "SELECT a.address AS key, a.sid, p.body, coalesce(p.read_at, a.read_at) AS read_at"  # noqa: S608
    " FROM mirror.profile_address a LEFT JOIN mirror.cached_profile p ON p.sid = a.sid"
    f" WHERE a.address {_IN}"
)
_PROFILES_BY_SID_SQL = f"SELECT sid, body, read_at FROM mirror.cached_profile WHERE sid {_IN}"  # noqa: S608
_EXPORTED_SQL = (
    f"SELECT u.email_hash AS hash, u.body FROM mirror.feed_user u WHERE u.active"  # noqa: S608
    f" AND u.email_hash <> '' AND u.email_hash {_IN} UNION ALL"
    " SELECT a.email_hash, u.body FROM mirror.feed_user_address a"
    f" JOIN mirror.feed_user u ON u.id = a.user_id WHERE u.active AND a.email_hash {_IN}"
)
_FEED_SQL = (
    "SELECT ended_at FROM mirror.feed WHERE name = ? AND ended_at IS NOT NULL"
    " AND account IN ('', (SELECT id FROM main.current_account))"
)
# What somebody chose goes before what a run matched.
_PAIRS_SQL = (
    "SELECT user_id, sid FROM main.matched_pair"  # noqa: S608 - names of ours
    f" WHERE account = (SELECT id FROM main.current_account) AND user_id {_IN} UNION ALL"
    " SELECT user_id, sid FROM main.profile_link"
    f" WHERE account = (SELECT id FROM main.current_account) AND user_id {_IN}"
)


def _read_exported(
    connection: sqlite3.Connection, spellings: Iterable[str]
) -> tuple[dict[str, ZendeskUser], float | None]:
    """Read who has the addresses by the export of all Zendesk users, and how old that is."""
    feed = connection.execute(_FEED_SQL, (USERS_FEED,)).fetchone()
    if feed is None:
        return {}, None
    by_hash = {hash_email(key): key for key in spellings}
    found: dict[str, ZendeskUser] = {}
    for row in connection.execute(_EXPORTED_SQL, (_to_json(by_hash),)):
        user = _decode(row["body"], ZendeskUser)
        if user is not None:
            found[by_hash[row["hash"]]] = user
    return found, float(feed["ended_at"])


def _choose_user(
    kept: sqlite3.Row | None, exported: ZendeskUser | None, exported_at: float | None
) -> tuple[ZendeskUser | None, float | None, bool]:
    """Choose who has an address of what both readings say: user, when read, whether they differ."""
    user = _decode(kept["body"], ZendeskUser) if kept is not None else None
    kept_at = kept["read_at"] if kept is not None else None
    if kept is not None and kept["id"] is not None and user is None:
        kept_at = None
    if exported_at is None:
        return user, kept_at, False
    if exported is None:
        # The export has nobody with it; a search that found somebody later is newer.
        is_newer = kept_at is not None and kept_at > exported_at
        return (user, kept_at, False) if is_newer else (None, exported_at, user is not None)
    if user is None or user.id == exported.id:
        return exported, exported_at, kept_at is not None and user is None and kept_at > exported_at
    return user, kept_at, True


def _select(
    connection: sqlite3.Connection, query: str, keys: Sequence[str]
) -> dict[str, sqlite3.Row]:
    return {row["key"]: row for row in connection.execute(query, (_to_json(keys),))}


def _first(found: Mapping[str, T], keys: Iterable[str]) -> T | None:
    return next((found[key] for key in keys if key in found), None)


def _decode(body: str | None, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=kind) if body is not None else None
    except msgspec.MsgspecError:
        return None


def _to_json(values: Iterable[object]) -> str:
    return msgspec.json.encode(list(values)).decode()
