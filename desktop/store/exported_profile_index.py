"""The rows of one Sailthru list export in SQLite while a plan is made, by sid, address, extid."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from desktop.model.exported_profile import ExportedProfile
from desktop.store.plan_row_table import to_json
from desktop.store.sqlite_errors import translate_sqlite_errors

_TABLE = """
CREATE TABLE profile (sid TEXT PRIMARY KEY, email_hash TEXT, extid TEXT, body BLOB) WITHOUT ROWID;
CREATE INDEX profile_email_hash ON profile (email_hash);
CREATE INDEX profile_extid ON profile (extid) WHERE extid IS NOT NULL;
"""


class ExportedProfileIndex:
    """A temporary SQLite file of exported profiles, gone when closed; memory does not grow.

    Its methods belong on the database's thread.
    """

    def __init__(self) -> None:
        # Without a name: SQLite deletes the file as it opens it, and holds 2 MB of it in memory.
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._connection.executescript(f"PRAGMA journal_mode = OFF; {_TABLE}")

    def add(self, profiles: Iterable[ExportedProfile]) -> None:
        """Insert rows of a list export; a profile there twice counts as it came last."""
        with translate_sqlite_errors(Path("list export")):
            self._connection.execute("BEGIN")
            self._connection.executemany(
                "INSERT OR REPLACE INTO profile VALUES (?, ?, ?, ?)",
                ((p.sid, p.email_hash, p.extid, msgspec.json.encode(p)) for p in profiles),
            )
            self._connection.execute("COMMIT")

    def find_by_sid(self, sids: Sequence[str]) -> dict[str, tuple[ExportedProfile, ...]]:
        """Select exported profiles by their sids."""
        return self._find("sid", sids)

    def find_by_email_hash(self, hashes: Sequence[str]) -> dict[str, tuple[ExportedProfile, ...]]:
        """Select exported profiles by the MD5 of their addresses."""
        return self._find("email_hash", hashes)

    def find_by_extid(self, extids: Sequence[str]) -> dict[str, tuple[ExportedProfile, ...]]:
        """Select exported profiles by their external ids."""
        return self._find("extid", extids)

    def close(self) -> None:
        """Close and so delete the SQLite file of exported profiles."""
        self._connection.close()

    def _find(self, column: str, keys: Sequence[str]) -> dict[str, tuple[ExportedProfile, ...]]:
        found: dict[str, tuple[ExportedProfile, ...]] = {}
        with translate_sqlite_errors(Path("list export")):
            rows = self._connection.execute(
                f"SELECT {column}, body FROM profile WHERE {column} IN"  # noqa: S608 - names of ours
                " (SELECT value FROM json_each(?))",
                (to_json([key for key in keys if key]),),
            )
            for key, body in rows:
                profile = msgspec.json.decode(body, type=ExportedProfile)
                found[key] = (*found.get(key, ()), profile)
        return found
