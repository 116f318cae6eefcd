"""The team's record: the audit of every desk, handed in exactly once, read as one."""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from desktop.kit.errors import ConflictError
from desktop.model.json_value import Json
from desktop.model.team import TeamEntry
from desktop.store.audit_row import hash_actor, hash_row
from desktop.store.database_call import database_call
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

_CHAINED = (
    "desk", "seq", "at", "kind", "service", "name", "edit", "result", "computer", "account",
    "actor", "actor_salt", "actor_hash", "values_hash", "key_id", "prev_hash", "hash", "mac",
    "person_hash", "team_proof",
)  # fmt: skip
_INSERT_SQL = (
    f"INSERT INTO audit ({', '.join(_CHAINED)})"  # noqa: S608 - names of ours
    f" VALUES ({', '.join(['%s'] * len(_CHAINED))}) ON CONFLICT (desk, seq) DO NOTHING"
)
_ERASED_ACTOR = "(erased)"


class AuditForked(ConflictError):
    """The error for a desk whose audit does not continue what it has handed in before."""

    code = "audit_forked"


class SharedAudit(TeamRepository):
    """The table `audit` of the team store: a desk adds its own rows and reads everybody's."""

    @database_call
    def hand_in(self, rows: Sequence[sqlite3.Row]) -> None:
        """Insert rows of this desk's audit, in order; those that are there already stay as is.

        Raises AuditForked where another row stands under one of their numbers: the file was
        restored from a copy, or two computers use one.
        """
        values = [self._to_values(row) for row in rows]

        def act(connection: "TeamDatabaseConnection") -> None:
            with connection.cursor() as cursor:
                cursor.executemany(_INSERT_SQL, values)
            stored = connection.execute(
                "SELECT seq, hash FROM audit WHERE desk = %s AND seq BETWEEN %s AND %s",
                (self._desk_id, rows[0]["seq"], rows[-1]["seq"]),
            ).fetchall()
            hashes = {row["seq"]: row["hash"] for row in stored}
            if any(hashes.get(row["seq"]) != row["hash"] for row in rows):
                raise AuditForked(
                    "This computer's record does not continue what it handed in before.",
                    "Its file was restored from a copy, or another computer works with one.",
                )

        if rows:
            self._database.run(act)

    @database_call
    def find_newest_own(self) -> tuple[int, str] | None:
        """Select number and hash of the newest row that this desk has handed in, or None."""
        row = self._database.run(
            lambda c: c.execute(
                "SELECT seq, hash FROM audit WHERE desk = %s ORDER BY seq DESC LIMIT 1",
                (self._desk_id,),
            ).fetchone()
        )
        return (int(row["seq"]), str(row["hash"])) if row is not None else None

    @database_call
    def list_ends(self) -> dict[str, tuple[int, str]]:
        """Select number and hash of every desk's newest row, by the desk."""
        return self._database.run(
            lambda c: {
                row["desk"]: (row["seq"], row["hash"])
                for row in c.execute(
                    "SELECT desk.id AS desk, newest.seq, newest.hash FROM desk CROSS JOIN LATERAL"
                    " (SELECT seq, hash FROM audit WHERE audit.desk = desk.id"
                    " ORDER BY seq DESC LIMIT 1) AS newest"
                ).fetchall()
            }
        )

    @database_call
    def find_desk_of(self, first_hash: str) -> str:
        """Select the desk whose first row has this hash; "" for none."""
        row = self._database.run(
            lambda c: c.execute(
                # By each desk's first row: no index has the hash.
                "SELECT desk.id AS desk FROM desk JOIN audit ON audit.desk = desk.id"
                " AND audit.seq = 1 WHERE audit.hash = %s LIMIT 1",
                (first_hash,),
            ).fetchone()
        )
        return str(row["desk"]) if row is not None else ""

    @database_call
    def list_continued_hashes(self, until: int) -> dict[int, str]:
        """Select number and hash of the rows up to `until` of desks whose record this one goes on.

        None of its own is among them.
        """
        return self._database.run(
            lambda c: {
                row["seq"]: row["hash"]
                for row in c.execute(
                    "WITH RECURSIVE before AS ("
                    " SELECT continues AS id FROM desk WHERE id = %s"
                    " UNION SELECT continues FROM desk JOIN before USING (id))"
                    " SELECT seq, hash FROM audit JOIN before ON audit.desk = before.id"
                    " WHERE seq <= %s",
                    (self._desk_id, until),
                ).fetchall()
            }
        )

    @database_call
    def list_own_hashes(self) -> dict[int, str]:
        """Select number and hash of every row that this desk has handed in."""
        return self._database.run(
            lambda c: {
                row["seq"]: row["hash"]
                for row in c.execute(
                    "SELECT seq, hash FROM audit WHERE desk = %s", (self._desk_id,)
                ).fetchall()
            }
        )

    @database_call
    def list_entries(
        self,
        *,
        people: Sequence[str] = (),
        before: tuple[float, str, int] | None = None,
        limit: int = 200,
        without_own: bool = False,
        since: float | None = None,
        until: float | None = None,
    ) -> tuple[TeamEntry, ...]:
        """Select a page of the team's record, the newest first.

        `people`: only entries about whoever has one of these ids or addresses; `before`: the place
        of the last one of the page before; `since` and `until` (Unix seconds): written from and
        before then.
        """
        hashes = [self._key.hash_person(one) for one in people]
        conditions, values = [], dict[str, object]()
        if people:
            conditions.append("person_hash = ANY(%(people)s)")
            values["people"] = hashes
        if before is not None:
            conditions.append("(at, audit.desk, seq) < (%(at)s, %(desk)s, %(seq)s)")
            values |= dict(zip(("at", "desk", "seq"), before, strict=True))
        if without_own:
            conditions.append("audit.desk <> %(own)s")
            values["own"] = self._desk_id
        if since is not None:
            conditions.append("at >= %(since)s")
            values["since"] = since
        if until is not None:
            conditions.append("at < %(until)s")
            values["until"] = until
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        query = (
            "SELECT audit.*, desk.name AS desk_name FROM audit JOIN desk ON desk.id = audit.desk"  # noqa: S608
            f"{where} ORDER BY at DESC, audit.desk DESC, seq DESC LIMIT %(limit)s"
        )
        found = self._database.run(
            lambda c: c.execute(query.encode(), {**values, "limit": limit}).fetchall()
        )
        return tuple(self._to_entry(row) for row in found)

    @database_call
    def find_broken(self) -> tuple[int, list[tuple[str, int]]]:
        """Walk every desk's chain; returns how many rows there are, and (desk, seq) of misfits.

        A row fits where it hashes to what it says, continues the row before it, and somebody with
        the team's key wrote it.
        """

        def look(connection: "TeamDatabaseConnection") -> tuple[int, list[tuple[str, int]]]:
            count, broken = 0, list[tuple[str, int]]()
            last: dict[str, tuple[int, str]] = {}
            with connection.cursor(name="chain") as cursor:
                cursor.execute("SELECT * FROM audit ORDER BY desk, seq")
                for row in cursor:
                    count += 1
                    seq, before = last.get(row["desk"], (row["seq"] - 1, row["prev_hash"]))
                    fits = (row["seq"], row["prev_hash"]) == (seq + 1, before)
                    if not (fits and self._is_row_sound(row)):
                        broken.append((row["desk"], row["seq"]))
                    last[row["desk"]] = row["seq"], row["hash"]
            return count, broken

        return self._database.run(look)

    def _is_row_sound(self, row: dict[str, object]) -> bool:
        # Rows of version 0.2.0 hash the values themselves, which are not here.
        is_hash_right = not row["values_hash"] or hash_row(row) == row["hash"]
        is_actor_right = row["actor_salt"] is None or hash_actor(row) == row["actor_hash"]
        return is_hash_right and is_actor_right and self._is_proven(row)

    def _is_proven(self, row: dict[str, object]) -> bool:
        return self._key.is_proven(str(row["team_proof"]), "audit", _proven_content(row))

    def _to_values(self, row: sqlite3.Row) -> tuple[object, ...]:
        is_known = row["actor_salt"] is not None
        values: dict[str, object] = {
            **{name: row[name] for name in _CHAINED if name in row.keys()},  # noqa: SIM118 - a Row iterates values
            "desk": self._desk_id,
            "actor": row["actor"] if is_known else None,
            "person_hash": self._key.hash_person(row["target"] or ""),
        }
        values["team_proof"] = self._key.prove("audit", _proven_content(values))
        return tuple(values[name] for name in _CHAINED)

    def _to_entry(self, row: dict[str, object]) -> TeamEntry:
        seq, at = row["seq"], row["at"]
        assert isinstance(seq, int)  # noqa: S101 - the table's column
        assert isinstance(at, float)  # noqa: S101 - the table's column
        return TeamEntry(
            desk=str(row["desk"]),
            desk_name=str(row["desk_name"]),
            seq=seq,
            at=at,
            actor=str(row["actor"] or _ERASED_ACTOR),
            kind=str(row["kind"]),
            service=str(row["service"]),
            name=str(row["name"]),
            result=str(row["result"]),
            person_hash=str(row["person_hash"]),
            is_proven=self._is_row_sound(row),
        )


def _proven_content(row: dict[str, object]) -> Json:
    """Return what the team's key vouches for in a row; its hash covers the rest."""
    return [str(row[name]) for name in ("desk", "seq", "hash", "actor_hash", "person_hash")]
