"""What syncs remember between runs.

Who is whom, what was last the same, what was added up, whom they put on lists, and what people
corrected.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from desktop.model.json_value import Json
from desktop.model.sync_state import SourceCorrection, SyncMember, WrittenHash
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.repository import Repository


class SyncStateRepository(Repository):
    """Small tables with one question each."""

    @database_call
    def get_synced_values(self, sync: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        """The last values both sides had, by target and field."""
        return self._select_values("synced", sync, targets)

    @database_call
    def get_accepted_values(self, sync: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        """What was written and not read back yet, by target and field."""
        return self._select_values("accepted", sync, targets)

    def _select_values(
        self, table: str, sync: str, targets: Sequence[str]
    ) -> dict[str, dict[str, Json]]:
        def look(connection: sqlite3.Connection) -> dict[str, dict[str, Json]]:
            found: dict[str, dict[str, Json]] = {}
            for row in connection.execute(
                f"SELECT target, field, value FROM {table} WHERE goal = ?"  # noqa: S608 - ours
                " AND target IN (SELECT value FROM json_each(?))",
                (sync, to_json(list(targets))),
            ):
                value = msgspec.json.decode(row["value"])
                found.setdefault(row["target"], {})[row["field"]] = value
            return found

        return self._database.read(look)

    @database_call
    def get_written_hashes(
        self, service: str, targets: Sequence[str]
    ) -> dict[str, dict[str, WrittenHash]]:
        """What any sync wrote last, by target and field."""

        def look(connection: sqlite3.Connection) -> dict[str, dict[str, WrittenHash]]:
            found: dict[str, dict[str, WrittenHash]] = {}
            for row in connection.execute(
                "SELECT target, field, hash, origin FROM written WHERE service = ?"
                " AND target IN (SELECT value FROM json_each(?))",
                (service, to_json(list(targets))),
            ):
                kept = WrittenHash(row["hash"], row["origin"])
                found.setdefault(row["target"], {})[row["field"]] = kept
            return found

        return self._database.read(look)

    @database_call
    def find_sids(self, people: Sequence[int]) -> dict[int, str]:
        """The known sid of each Zendesk person; what somebody chose by hand wins."""

        def look(connection: sqlite3.Connection) -> dict[int, str]:
            wanted = to_json(list(people))
            found: dict[int, str] = {}
            for table in ("pair", "link"):
                rows = connection.execute(
                    f"SELECT person, sid FROM {table} WHERE person IN"  # noqa: S608 - names of ours
                    " (SELECT value FROM json_each(?))",
                    (wanted,),
                )
                found |= {row["person"]: row["sid"] for row in rows}
            return found

        return self._database.read(look)

    @database_call
    def find_user_ids(self, sids: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """The Zendesk people known to have each of these profiles."""
        wanted = to_json(list(sids))

        def look(connection: sqlite3.Connection) -> dict[str, tuple[int, ...]]:
            found: dict[str, tuple[int, ...]] = {}
            for row in connection.execute(
                "SELECT sid, person FROM link WHERE sid IN (SELECT value FROM json_each(?1))"
                " UNION SELECT sid, person FROM pair WHERE sid IN (SELECT value FROM json_each(?1))"
                " AND person NOT IN (SELECT person FROM link)",
                (wanted,),
            ):
                found[row["sid"]] = (*found.get(row["sid"], ()), int(row["person"]))
            return found

        return self._database.read(look)

    @database_call
    def delete_pair(self, person: int) -> None:
        """They are not the same after all (merged, deleted)."""
        self._database.write(lambda c: c.execute("DELETE FROM pair WHERE person = ?", (person,)))

    @database_call
    def filter_new_events(self, sync: str, events: Sequence[str]) -> tuple[str, ...]:
        """Those that were not added up yet."""

        def look(connection: sqlite3.Connection) -> tuple[str, ...]:
            known = {
                row[0]
                for row in connection.execute(
                    "SELECT event FROM ledger WHERE goal = ?"
                    " AND event IN (SELECT value FROM json_each(?))",
                    (sync, to_json(list(events))),
                )
            }
            return tuple(event for event in events if event not in known)

        return self._database.read(look)

    @database_call
    def list_members(self, sync: str, after: str = "", limit: int = 500) -> tuple[SyncMember, ...]:
        """Whom this goal keeps on its lists or tagged, by target."""
        return self._database.read(
            lambda c: tuple(
                SyncMember(row["target"], row["source"], row["label"])
                for row in c.execute(
                    "SELECT * FROM member WHERE goal = ? AND target > ? ORDER BY target LIMIT ?",
                    (sync, after, limit),
                )
            )
        )

    @database_call
    def members_by_source(self, sync: str, sources: Sequence[str]) -> dict[str, SyncMember]:
        """Those of them that came from these source records, by source."""
        return self._database.read(
            lambda c: {
                row["source"]: SyncMember(row["target"], row["source"], row["label"])
                for row in c.execute(
                    "SELECT * FROM member WHERE goal = ?"
                    " AND source IN (SELECT value FROM json_each(?))",
                    (sync, to_json(list(sources))),
                )
            }
        )

    @database_call
    def list_retry_sources(self, sync: str) -> tuple[str, ...]:
        """Source records the next plan looks at whether they changed or not."""
        return self._database.read(
            lambda c: tuple(
                row[0]
                for row in c.execute(
                    "SELECT source FROM again WHERE goal = ? ORDER BY source", (sync,)
                )
            )
        )

    @database_call
    def count_waiting_for_person(self, sync: str) -> int:
        """How many of them wait for a person."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM again WHERE goal = ? AND person", (sync,)
                ).fetchone()[0]
            )
        )

    @database_call
    def count_exchanged_profiles(self, sync: str | None = None) -> int:
        """Distinct profiles ever enriched, created or exported, by one goal or any."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(DISTINCT target) FROM exchanged WHERE ?1 IS NULL OR goal = ?1",
                    (sync,),
                ).fetchone()[0]
            )
        )

    @database_call
    def get_touch_times(
        self, sync: str, targets: Sequence[str], since: float
    ) -> dict[str, tuple[float, ...]]:
        """When each was touched by this goal since then (Unix seconds)."""

        def look(connection: sqlite3.Connection) -> dict[str, tuple[float, ...]]:
            found: dict[str, tuple[float, ...]] = {}
            for row in connection.execute(
                "SELECT target, at FROM touch WHERE goal = ? AND at >= ?"
                " AND target IN (SELECT value FROM json_each(?)) ORDER BY at",
                (sync, since, to_json(list(targets))),
            ):
                found[row["target"]] = (*found.get(row["target"], ()), row["at"])
            return found

        return self._database.read(look)

    # Corrections.

    @database_call
    def save_corrections(
        self, sync: str, source: str, values: Mapping[str, Json], actor: str, now: float,
        reason: str = "",
    ) -> None:  # fmt: skip
        """Use these values of a source record instead of its own, from the next plan on."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO correction (goal, source, field, value, reason, actor, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(sync, source, f, to_json(v), reason, actor, now) for f, v in values.items()],
            )
        )

    @database_call
    def save_ignored(
        self, sync: str, sources: Iterable[str], reason: str, actor: str, now: float
    ) -> None:
        """Leave these source records out for ever, with the reason."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO correction (goal, source, field, value, reason, actor, at)"
                " VALUES (?, ?, '', 'true', ?, ?, ?)",
                [(sync, source, reason, actor, now) for source in sources],
            )
        )

    @database_call
    def delete_corrections(self, sync: str, source: str) -> None:
        """Take back every correction of a source record, and that it is ignored."""
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM correction WHERE goal = ? AND source = ?", (sync, source)
            )
        )

    @database_call
    def corrections_by_source(self, sync: str) -> dict[str, tuple[SourceCorrection, ...]]:
        """All of a goal's, by source record. People make them by hand: there are few."""

        def look(connection: sqlite3.Connection) -> dict[str, tuple[SourceCorrection, ...]]:
            found: dict[str, tuple[SourceCorrection, ...]] = {}
            for row in connection.execute("SELECT * FROM correction WHERE goal = ?", (sync,)):
                kept = SourceCorrection(
                    row["source"],
                    row["field"],
                    msgspec.json.decode(row["value"]),
                    row["reason"],
                    row["actor"],
                    row["at"],
                )
                found[row["source"]] = (*found.get(row["source"], ()), kept)
            return found

        return self._database.read(look)
