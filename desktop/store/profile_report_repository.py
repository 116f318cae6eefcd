"""Health, customer value and opt-out levels of profiles over time, as `history.db` keeps them."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from desktop.store.database_call import database_call
from desktop.store.health_value_move_table import FIRST, NONE_SET, STATE_READINGS
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database
from desktop.store.ticket_rollup_repository import quarter_of


@dataclass(frozen=True)
class OptOutReading:
    """A profile's opt-out level as a look-up read it; times are Unix seconds.

    `told_at` is when Sailthru says it was opted out; None: it does not say.
    """

    sid: str
    at: float
    level: str
    told_at: float | None = None


class ProfileReportRepository(Repository):
    """Selects what was read of profiles over time, and keeps opt-out levels that were looked up."""

    def __init__(self, history: Database, data: Database) -> None:
        super().__init__(history)
        self._data = data

    @database_call
    def count_states(
        self, what: str, ends: Sequence[float], moves_from: float
    ) -> tuple[
        Mapping[str | int | None, Sequence[int]],
        Mapping[tuple[str | int | None, str | int | None], int],
    ]:
        """Count profiles by their `health` or `value` as it stood at each of `ends`, ascending.

        None: it was set once and is not any more. What was never set is not counted. Beside it
        how many readings since `moves_from` have moved from one state to another. `ends` and
        `moves_from` are Unix seconds at whole quarters of an hour.
        """
        quarters = [quarter_of(end) for end in ends]

        def look(
            connection: sqlite3.Connection,
        ) -> tuple[
            dict[str | int | None, list[int]], dict[tuple[str | int | None, str | int | None], int]
        ]:
            running: Counter[str | int | None] = Counter()
            found: dict[str | int | None, list[int]] = {}
            place = 0
            # What was before the first end counts as one move, whenever it was.
            rows = connection.execute(
                "SELECT max(quarter, ?2) AS quarter, was, now, sum(count) AS n FROM state_move"
                " WHERE what = ?1 AND quarter < ?3 GROUP BY 1, 2, 3 ORDER BY 1",
                (what, quarters[0] - 1, quarters[-1]),
            )
            for row in rows:
                while row["quarter"] >= quarters[place]:
                    _note(found, running, place, len(ends))
                    place += 1
                running[_to_state(what, row["now"])] += row["n"]
                if row["was"] != FIRST:
                    running[_to_state(what, row["was"])] -= row["n"]
            for rest in range(place, len(ends)):
                _note(found, running, rest, len(ends))
            moved = connection.execute(
                "SELECT was, now, sum(count) AS n FROM state_move WHERE what = ? AND quarter >= ?"
                " AND quarter < ? AND was <> ? GROUP BY 1, 2",
                (what, quarter_of(moves_from), quarters[-1], FIRST),
            )
            return found, {
                (_to_state(what, row["was"]), _to_state(what, row["now"])): row["n"]
                for row in moved
            }

        return self._database.read(look)

    @database_call
    def find_first_reading(self, what: str) -> float | None:
        """Return when `health`, `value` or `optout` was first read (Unix seconds); None: never."""
        table = "optout_reading" if what == "optout" else STATE_READINGS[what][0]
        found: float | None = self._database.read(
            lambda c: c.execute(f"SELECT min(at) FROM {table}").fetchone()[0]  # noqa: S608
        )
        return found

    @database_call
    def count_profiles(self) -> int:
        """Count the profiles that the kept exports of lists told."""
        return self._data.read(
            lambda c: int(c.execute("SELECT count(*) FROM profile").fetchone()[0])
        )

    @database_call
    def find_people(self, sids: Sequence[str]) -> Mapping[str, int]:
        """Select whom profiles were matched with: Zendesk user ids by sid."""

        def look(connection: sqlite3.Connection) -> dict[str, int]:
            found = {}
            for sid in sids:
                row = connection.execute(
                    "SELECT id FROM person WHERE sid = ? AND id > 0 LIMIT 1", (sid,)
                ).fetchone()
                if row is not None:
                    found[sid] = int(row[0])
            return found

        return self._data.read(look)

    @database_call
    def find_last_opens(self, sids: Sequence[str]) -> Mapping[str, float]:
        """Select when profiles opened an e-mail last (Unix seconds), as kept exports tell."""
        rows = self._data.read(
            lambda c: c.execute(
                "SELECT sid, last_open_at FROM profile WHERE last_open_at IS NOT NULL"
                " AND sid IN (SELECT value FROM json_each(?))",
                (msgspec.json.encode(list(sids)).decode(),),
            ).fetchall()
        )
        return {row[0]: row[1] for row in rows}

    @database_call
    def note_optouts(self, readings: Iterable[OptOutReading]) -> None:
        """Insert opt-out levels where they differ from the reading before; older ones are left.

        The people of those profiles get their newest level, by which they are picked.
        """

        def act(connection: sqlite3.Connection) -> None:
            for one in readings:
                kept = connection.execute(
                    "SELECT at, level, told_at FROM optout_reading WHERE sid = ?"
                    " ORDER BY at DESC LIMIT 1",
                    (one.sid,),
                ).fetchone()
                if kept is not None and (
                    kept["at"] >= one.at
                    or (kept["level"], kept["told_at"]) == (one.level, one.told_at)
                ):
                    continue
                connection.execute(
                    "INSERT INTO optout_reading (sid, at, level, told_at) VALUES (?, ?, ?, ?)",
                    (one.sid, one.at, one.level, one.told_at),
                )

        self._database.write(act)
        self._show_levels()

    def _show_levels(self) -> None:
        """Give people the newest level of their profile, from all readings: a match may be new."""
        levels = self._database.read(
            lambda c: {
                row["sid"]: row["level"]
                # The column beside max() is that of its row (sqlite.org/lang_select.html, 2.5).
                for row in c.execute("SELECT sid, level, max(at) FROM optout_reading GROUP BY sid")
            }
        )
        wanted = msgspec.json.encode(levels).decode()
        outdated = self._data.read(
            lambda c: [
                (levels[row["sid"]], row["id"])
                for row in c.execute(
                    "SELECT p.id, p.sid FROM json_each(?) l JOIN person p ON p.sid = l.key"
                    " WHERE p.optout IS NOT l.value",
                    (wanted,),
                )
            ]
        )
        if outdated:
            self._data.write(
                lambda c: c.executemany("UPDATE person SET optout = ? WHERE id = ?", outdated)
            )

    @database_call
    def list_optout_readings(self) -> tuple[tuple[OptOutReading | None, OptOutReading], ...]:
        """Select every reading of an opt-out level with the one before it of the same profile."""

        def look(connection: sqlite3.Connection) -> list[OptOutReading]:
            rows = connection.execute("SELECT * FROM optout_reading ORDER BY sid, at")
            return [OptOutReading(row["sid"], row["at"], row["level"], row["told_at"])
                    for row in rows]  # fmt: skip

        readings = self._database.read(look)
        return tuple(
            (before if before is not None and before.sid == reading.sid else None, reading)
            for before, reading in zip([None, *readings], readings, strict=False)
        )


def _to_state(what: str, key: str) -> str | int | None:
    if key == NONE_SET:
        return None
    return int(key) if what == "value" else key


def _note(
    found: dict[str | int | None, list[int]],
    running: Counter[str | int | None],
    place: int,
    places: int,
) -> None:
    for state, count in running.items():
        found.setdefault(state, [0] * places)[place] = count
