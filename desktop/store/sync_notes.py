"""What syncs remember between runs.

Who is whom, what was last the same, what was added up, whom they put on lists, and what people
corrected.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from desktop.model.json_value import Json
from desktop.store.database import Database
from desktop.store.plan_row import encode


@dataclass(frozen=True)
class Correction:
    """Somebody's correction of one field of a source record; field "" means: ignore for ever."""

    source: str
    field: str
    value: Json
    reason: str
    actor: str
    at: float


@dataclass(frozen=True)
class Member:
    """Somebody this goal keeps on its lists or tagged."""

    target: str
    source: str
    label: str


@dataclass(frozen=True)
class Written:
    """The fingerprint of a value that a sync wrote, and the field of the other service it was from.

    `origin` is empty for what came from no field, None where nobody knows any more.
    """

    hash: str
    origin: str | None


class SyncNotes:
    """Small tables with one question each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def synced(self, goal: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        """The last values both sides had, by target and field."""
        return self._values("synced", goal, targets)

    def accepted(self, goal: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        """What was written and not read back yet, by target and field."""
        return self._values("accepted", goal, targets)

    def _values(self, table: str, goal: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        def look(connection: sqlite3.Connection) -> dict[str, dict[str, Json]]:
            found: dict[str, dict[str, Json]] = {}
            for row in connection.execute(
                f"SELECT target, field, value FROM {table} WHERE goal = ?"  # noqa: S608 - ours
                " AND target IN (SELECT value FROM json_each(?))",
                (goal, encode(list(targets))),
            ):
                value = msgspec.json.decode(row["value"])
                found.setdefault(row["target"], {})[row["field"]] = value
            return found

        return self._database.read(look)

    def written(self, service: str, targets: Sequence[str]) -> dict[str, dict[str, Written]]:
        """What any sync wrote last, by target and field."""

        def look(connection: sqlite3.Connection) -> dict[str, dict[str, Written]]:
            found: dict[str, dict[str, Written]] = {}
            for row in connection.execute(
                "SELECT target, field, hash, origin FROM written WHERE service = ?"
                " AND target IN (SELECT value FROM json_each(?))",
                (service, encode(list(targets))),
            ):
                kept = Written(row["hash"], row["origin"])
                found.setdefault(row["target"], {})[row["field"]] = kept
            return found

        return self._database.read(look)

    def sids(self, people: Sequence[int]) -> dict[int, str]:
        """The known sid of each Zendesk person; what somebody chose by hand wins."""

        def look(connection: sqlite3.Connection) -> dict[int, str]:
            wanted = encode(list(people))
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

    def people(self, sids: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """The Zendesk people known to have each of these profiles."""
        wanted = encode(list(sids))

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

    def forget_pair(self, person: int) -> None:
        """They are not the same after all (merged, deleted)."""
        self._database.write(lambda c: c.execute("DELETE FROM pair WHERE person = ?", (person,)))

    def new_events(self, goal: str, events: Sequence[str]) -> tuple[str, ...]:
        """Those that were not added up yet."""

        def look(connection: sqlite3.Connection) -> tuple[str, ...]:
            known = {
                row[0]
                for row in connection.execute(
                    "SELECT event FROM ledger WHERE goal = ?"
                    " AND event IN (SELECT value FROM json_each(?))",
                    (goal, encode(list(events))),
                )
            }
            return tuple(event for event in events if event not in known)

        return self._database.read(look)

    def members(self, goal: str, after: str = "", limit: int = 500) -> tuple[Member, ...]:
        """Whom this goal keeps on its lists or tagged, by target."""
        return self._database.read(
            lambda c: tuple(
                Member(row["target"], row["source"], row["label"])
                for row in c.execute(
                    "SELECT * FROM member WHERE goal = ? AND target > ? ORDER BY target LIMIT ?",
                    (goal, after, limit),
                )
            )
        )

    def members_from(self, goal: str, sources: Sequence[str]) -> dict[str, Member]:
        """Those of them that came from these source records, by source."""
        return self._database.read(
            lambda c: {
                row["source"]: Member(row["target"], row["source"], row["label"])
                for row in c.execute(
                    "SELECT * FROM member WHERE goal = ?"
                    " AND source IN (SELECT value FROM json_each(?))",
                    (goal, encode(list(sources))),
                )
            }
        )

    def again(self, goal: str) -> tuple[str, ...]:
        """Source records the next plan looks at whether they changed or not."""
        return self._database.read(
            lambda c: tuple(
                row[0]
                for row in c.execute(
                    "SELECT source FROM again WHERE goal = ? ORDER BY source", (goal,)
                )
            )
        )

    def waiting(self, goal: str) -> int:
        """How many of them wait for a person."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM again WHERE goal = ? AND person", (goal,)
                ).fetchone()[0]
            )
        )

    def exchanged(self, goal: str | None = None) -> int:
        """Distinct profiles ever enriched, created or exported, by one goal or any."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(DISTINCT target) FROM exchanged WHERE ?1 IS NULL OR goal = ?1",
                    (goal,),
                ).fetchone()[0]
            )
        )

    def touches(
        self, goal: str, targets: Sequence[str], since: float
    ) -> dict[str, tuple[float, ...]]:
        """When each was touched by this goal since then (Unix seconds)."""

        def look(connection: sqlite3.Connection) -> dict[str, tuple[float, ...]]:
            found: dict[str, tuple[float, ...]] = {}
            for row in connection.execute(
                "SELECT target, at FROM touch WHERE goal = ? AND at >= ?"
                " AND target IN (SELECT value FROM json_each(?)) ORDER BY at",
                (goal, since, encode(list(targets))),
            ):
                found[row["target"]] = (*found.get(row["target"], ()), row["at"])
            return found

        return self._database.read(look)

    # Corrections.

    def correct(
        self, goal: str, source: str, values: Mapping[str, Json], actor: str, now: float,
        reason: str = "",
    ) -> None:  # fmt: skip
        """Use these values of a source record instead of its own, from the next plan on."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO correction (goal, source, field, value, reason, actor, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(goal, source, f, encode(v), reason, actor, now) for f, v in values.items()],
            )
        )

    def ignore(
        self, goal: str, sources: Iterable[str], reason: str, actor: str, now: float
    ) -> None:
        """Leave these source records out for ever, with the reason."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO correction (goal, source, field, value, reason, actor, at)"
                " VALUES (?, ?, '', 'true', ?, ?, ?)",
                [(goal, source, reason, actor, now) for source in sources],
            )
        )

    def heed_again(self, goal: str, source: str) -> None:
        """Take back every correction of a source record, and that it is ignored."""
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM correction WHERE goal = ? AND source = ?", (goal, source)
            )
        )

    def corrections(self, goal: str) -> dict[str, tuple[Correction, ...]]:
        """All of a goal's, by source record. People make them by hand: there are few."""

        def look(connection: sqlite3.Connection) -> dict[str, tuple[Correction, ...]]:
            found: dict[str, tuple[Correction, ...]] = {}
            for row in connection.execute("SELECT * FROM correction WHERE goal = ?", (goal,)):
                kept = Correction(
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
