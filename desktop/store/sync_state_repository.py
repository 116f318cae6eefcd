"""The sync state between runs: matches, synced values, increments, members, corrections.

Who is whom, what was last the same, what was added up, whom they put on lists, and what people
corrected.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from desktop.model.json_value import Json
from desktop.model.sync_state import (
    KeptForm,
    LeftOutPerson,
    SourceCorrection,
    SyncMember,
    WrittenHash,
)
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.repository import Repository


class SyncStateRepository(Repository):
    """The tables of sync state, such as `synced_value`, `written_hash` and `matched_pair`."""

    @database_call
    def get_synced_values(self, sync: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        """Select the last values that both services had, by target and field."""
        return self._select_values("synced_value", sync, targets)

    @database_call
    def get_accepted_values(self, sync: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        """Select values that were written and not read back yet, by target and field."""
        return self._select_values("accepted_value", sync, targets)

    @database_call
    def get_kept_forms(self, sync: str, targets: Sequence[str]) -> dict[str, dict[str, KeptForm]]:
        """Select what services store in another form than it was written, by target and field."""

        def look(connection: sqlite3.Connection) -> dict[str, dict[str, KeptForm]]:
            found: dict[str, dict[str, KeptForm]] = {}
            for row in connection.execute(
                "SELECT target, field, value, seen, misses FROM accepted_value WHERE sync = ?"
                " AND seen IS NOT NULL AND target IN (SELECT value FROM json_each(?))",
                (sync, to_json(list(targets))),
            ):
                wanted, seen = (msgspec.json.decode(row[name]) for name in ("value", "seen"))
                kept = KeptForm(wanted, seen, row["misses"])
                found.setdefault(row["target"], {})[row["field"]] = kept
            return found

        return self._database.read(look)

    @database_call
    def list_write_times(
        self, syncs: Sequence[str], fields: Sequence[str], targets: Sequence[str]
    ) -> dict[tuple[str, str], list[float]]:
        """Select when syncs have last written fields of targets (Unix seconds), by both."""

        def look(connection: sqlite3.Connection) -> dict[tuple[str, str], list[float]]:
            found: dict[tuple[str, str], list[float]] = {}
            for table in ("synced_value", "accepted_value"):
                for row in connection.execute(
                    f"SELECT target, field, at FROM {table} WHERE"  # noqa: S608 - names of ours
                    " sync IN (SELECT value FROM json_each(?))"
                    " AND target IN (SELECT value FROM json_each(?))"
                    " AND field IN (SELECT value FROM json_each(?))",
                    (to_json(list(syncs)), to_json(list(targets)), to_json(list(fields))),
                ):
                    found.setdefault((row["target"], row["field"]), []).append(row["at"])
            return found

        return self._database.read(look)

    def _select_values(
        self, table: str, sync: str, targets: Sequence[str]
    ) -> dict[str, dict[str, Json]]:
        def look(connection: sqlite3.Connection) -> dict[str, dict[str, Json]]:
            found: dict[str, dict[str, Json]] = {}
            for row in connection.execute(
                f"SELECT target, field, value FROM {table} WHERE sync = ?"  # noqa: S608 - ours
                " AND target IN (SELECT value FROM json_each(?))",
                (sync, to_json(list(targets))),
            ):
                value = msgspec.json.decode(row["value"])
                found.setdefault(row["target"], {})[row["field"]] = value
            return found

        return self._database.read(look)

    @database_call
    def get_synced_times(self, sync: str, targets: Sequence[str]) -> dict[str, dict[str, float]]:
        """Select when a sync last wrote each value (Unix seconds), read back or not, by target."""

        def look(connection: sqlite3.Connection) -> dict[str, dict[str, float]]:
            found: dict[str, dict[str, float]] = {}
            for row in connection.execute(
                "SELECT target, field, max(at) AS at FROM ("
                "SELECT target, field, at FROM synced_value"
                " WHERE sync = ?1 AND target IN (SELECT value FROM json_each(?2))"
                " UNION ALL SELECT target, field, at FROM accepted_value"
                " WHERE sync = ?1 AND target IN (SELECT value FROM json_each(?2)))"
                " GROUP BY target, field",
                (sync, to_json(list(targets))),
            ):
                found.setdefault(row["target"], {})[row["field"]] = row["at"]
            return found

        return self._database.read(look)

    @database_call
    def get_written_hashes(
        self, service: str, targets: Sequence[str]
    ) -> dict[str, dict[str, WrittenHash]]:
        """Select the hashes of what any sync wrote last, by target and field."""

        def look(connection: sqlite3.Connection) -> dict[str, dict[str, WrittenHash]]:
            found: dict[str, dict[str, WrittenHash]] = {}
            for row in connection.execute(
                "SELECT target, field, hash, source_field FROM written_hash WHERE service = ?"
                " AND target IN (SELECT value FROM json_each(?))",
                (service, to_json(list(targets))),
            ):
                kept = WrittenHash(row["hash"], row["source_field"])
                found.setdefault(row["target"], {})[row["field"]] = kept
            return found

        return self._database.read(look)

    @database_call
    def find_sids(self, people: Sequence[int]) -> dict[int, str]:
        """Select the known sid of each Zendesk user; one that somebody chose by hand wins."""

        def look(connection: sqlite3.Connection) -> dict[int, str]:
            wanted = to_json(list(people))
            found: dict[int, str] = {}
            for table in ("matched_pair", "profile_link"):
                rows = connection.execute(
                    f"SELECT user_id, sid FROM {table} WHERE user_id IN"  # noqa: S608 - names of ours
                    " (SELECT value FROM json_each(?)) AND account = (SELECT id FROM"
                    " current_account)",
                    (wanted,),
                )
                found |= {row["user_id"]: row["sid"] for row in rows}
            return found

        return self._database.read(look)

    @database_call
    def list_pairs(self) -> dict[int, str]:
        """Select the known sid of every matched Zendesk user; one chosen by hand wins."""

        def look(connection: sqlite3.Connection) -> dict[int, str]:
            found: dict[int, str] = {}
            for table in ("matched_pair", "profile_link"):
                rows = connection.execute(
                    f"SELECT user_id, sid FROM {table} WHERE account ="  # noqa: S608
                    " (SELECT id FROM current_account)"
                )
                found |= {int(row["user_id"]): row["sid"] for row in rows}
            return found

        return self._database.read(look)

    @database_call
    def find_user_ids(self, sids: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Select the Zendesk user ids that are matched with each of these sids."""
        wanted = to_json(list(sids))

        def look(connection: sqlite3.Connection) -> dict[str, tuple[int, ...]]:
            found: dict[str, tuple[int, ...]] = {}
            for row in connection.execute(
                "SELECT sid, user_id FROM profile_link"
                " WHERE sid IN (SELECT value FROM json_each(?1)) AND account = (SELECT id FROM"
                " current_account)"
                " UNION SELECT sid, user_id FROM matched_pair"
                " WHERE sid IN (SELECT value FROM json_each(?1)) AND account = (SELECT id FROM"
                " current_account)"
                " AND user_id NOT IN (SELECT user_id FROM profile_link)",
                (wanted,),
            ):
                found[row["sid"]] = (*found.get(row["sid"], ()), int(row["user_id"]))
            return found

        return self._database.read(look)

    @database_call
    def delete_pair(self, person: int) -> None:
        """Delete the matched pair of a Zendesk user who was merged or deleted."""
        self._database.write(
            lambda c: c.execute("DELETE FROM matched_pair WHERE user_id = ?", (person,))
        )

    @database_call
    def filter_new_events(self, sync: str, events: Sequence[str]) -> tuple[str, ...]:
        """Select the events that a sync has not added to an increment yet."""

        def look(connection: sqlite3.Connection) -> tuple[str, ...]:
            known = {
                row[0]
                for row in connection.execute(
                    "SELECT event FROM counted_event WHERE sync = ? AND account = (SELECT id"
                    " FROM current_account)"
                    " AND event IN (SELECT value FROM json_each(?))",
                    (sync, to_json(list(events))),
                )
            }
            return tuple(event for event in events if event not in known)

        return self._database.read(look)

    @database_call
    def list_members(self, sync: str, after: str = "", limit: int = 500) -> tuple[SyncMember, ...]:
        """Select a page of the records a sync keeps on its lists or tagged, by target."""
        return self._database.read(
            lambda c: tuple(
                SyncMember(row["target"], row["source"], row["label"])
                for row in c.execute(
                    "SELECT * FROM sync_member WHERE sync = ? AND target > ? ORDER BY target"
                    " LIMIT ?",
                    (sync, after, limit),
                )
            )
        )

    @database_call
    def count_members(self, sync: str) -> int:
        """Count the records a sync keeps on its lists, tagged or paused."""
        return self._database.read(
            lambda c: int(
                c.execute("SELECT count(*) FROM sync_member WHERE sync = ?", (sync,)).fetchone()[0]
            )
        )

    @database_call
    def members_by_source(self, sync: str, sources: Sequence[str]) -> dict[str, SyncMember]:
        """Select the members of a sync that come from these source records, by source."""
        return self._database.read(
            lambda c: {
                row["source"]: SyncMember(row["target"], row["source"], row["label"])
                for row in c.execute(
                    "SELECT * FROM sync_member WHERE sync = ?"
                    " AND source IN (SELECT value FROM json_each(?))",
                    (sync, to_json(list(sources))),
                )
            }
        )

    @database_call
    def list_retry_sources(self, sync: str, after: str = "", limit: int = -1) -> tuple[str, ...]:
        """Select source records that the next plan reads again even if unchanged (-1: all)."""
        return self._database.read(
            lambda c: tuple(
                row[0]
                for row in c.execute(
                    "SELECT source FROM retry_source WHERE sync = ? AND source > ?"
                    " ORDER BY source LIMIT ?",
                    (sync, after, limit),
                )
            )
        )

    @database_call
    def filter_retry_sources(self, sync: str, sources: Sequence[str]) -> frozenset[str]:
        """Select those of these source records that wait for another try."""
        return self._database.read(
            lambda c: frozenset(
                row[0]
                for row in c.execute(
                    "SELECT source FROM retry_source WHERE sync = ?"
                    " AND source IN (SELECT value FROM json_each(?))",
                    (sync, to_json(list(sources))),
                )
            )
        )

    @database_call
    def count_waiting_for_person(self, sync: str) -> int:
        """Count by SQL the source records that wait for a person's decision."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM retry_source WHERE sync = ? AND needs_person", (sync,)
                ).fetchone()[0]
            )
        )

    @database_call
    def count_exchanged_profiles(self, sync: str | None = None) -> int:
        """Count by SQL the distinct profiles ever enriched, created or exported, by sync or all."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(DISTINCT target) FROM exchanged_profile WHERE ?1 IS NULL OR"
                    " sync = ?1",
                    (sync,),
                ).fetchone()[0]
            )
        )

    @database_call
    def get_touch_times(
        self, sync: str, targets: Sequence[str], since: float
    ) -> dict[str, tuple[float, ...]]:
        """Select when a sync contacted each target since a time (Unix seconds).

        What it wrote before it had a frequency cap stands in the audit alone.
        """

        def look(connection: sqlite3.Connection) -> dict[str, tuple[float, ...]]:
            found: dict[str, tuple[float, ...]] = {}
            for row in connection.execute(
                "SELECT target, at FROM touch WHERE sync = ?1 AND at >= ?2"
                " AND target IN (SELECT value FROM json_each(?3))"
                " UNION SELECT v.target, a.at FROM audit_value v JOIN audit a ON a.seq = v.seq"
                " WHERE v.target IN (SELECT value FROM json_each(?3))"
                " AND a.kind = 'sync' AND a.name = ?1 AND a.at >= ?2 ORDER BY at",
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
        """Insert a person's corrections of a source record, used from the next plan on."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO source_correction (sync, source, field, value, reason,"
                " actor, at, account)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT id FROM current_account))",
                [(sync, source, f, to_json(v), reason, actor, now) for f, v in values.items()],
            )
        )

    @database_call
    def is_corrected(self, sync: str, source: str) -> bool:
        """Whether a correction of a source record is stored for a sync."""
        return self._database.read(
            lambda c: (
                c.execute(
                    "SELECT 1 FROM source_correction WHERE sync = ? AND source = ? AND field <> ''",
                    (sync, source),
                ).fetchone()
                is not None
            )
        )

    @database_call
    def corrections_by_source(self, sync: str) -> dict[str, tuple[SourceCorrection, ...]]:
        """Select all corrections of a sync, by source record."""

        def look(connection: sqlite3.Connection) -> dict[str, tuple[SourceCorrection, ...]]:
            found: dict[str, tuple[SourceCorrection, ...]] = {}
            for row in connection.execute(
                "SELECT * FROM source_correction WHERE sync = ? AND field <> ''", (sync,)
            ):
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

    # People who are always left out: rows of `source_correction` without a field.

    @database_call
    def save_left_out(self, sync: str, people: Iterable[LeftOutPerson]) -> None:
        """Insert people whom a sync leaves out from now on, in place of entries of the same key."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO source_correction (sync, source, field, value, reason,"
                " actor, at, account)"
                " VALUES (?, ?, '', ?, ?, ?, ?, (SELECT id FROM current_account))",
                [
                    (
                        sync,
                        person.key,
                        to_json([person.source_id, person.target_id, person.label]),
                        person.reason,
                        person.actor,
                        person.left_out_at,
                    )
                    for person in people
                ],
            )
        )

    @database_call
    def delete_left_out(self, sync: str, key: str) -> bool:
        """Delete the row of a left-out person; returns whether there was one."""
        return (
            self._database.write(
                lambda c: (
                    c.execute(
                        "DELETE FROM source_correction"
                        " WHERE sync = ? AND source = ? AND field = ''",
                        (sync, key),
                    ).rowcount
                )
            )
            > 0
        )

    @database_call
    def list_left_out(self, sync: str) -> tuple[LeftOutPerson, ...]:
        """Select the people whom a sync always leaves out, the newest entry first."""
        rows = self._database.read(
            lambda c: c.execute(
                "SELECT * FROM source_correction WHERE sync = ? AND field = ''"
                " ORDER BY at DESC, source",
                (sync,),
            ).fetchall()
        )
        return tuple(map(_decode_left_out, rows))


def _decode_left_out(row: sqlite3.Row) -> LeftOutPerson:
    kept = msgspec.json.decode(row["value"])
    # Before 0.3 only the source id was kept.
    source, target, label = kept if isinstance(kept, list) else (row["source"], "", row["source"])
    return LeftOutPerson(source, target, label, row["reason"], row["actor"], row["at"])
