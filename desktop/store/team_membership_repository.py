"""The table of `fairlead.db` that says to which team the workspace belongs."""

import sqlite3
from collections.abc import Mapping

from desktop.model.json_value import Json
from desktop.model.team import TeamMembership
from desktop.store.database_call import database_call
from desktop.store.repository import Repository


class TeamMembershipRepository(Repository):
    """The table `team_membership`, and the rows of the audit to be handed in."""

    @database_call
    def get(self) -> TeamMembership | None:
        """Select the workspace's membership of a team; None: it works alone."""

        def look(connection: sqlite3.Connection) -> TeamMembership | None:
            row = connection.execute("SELECT * FROM team_membership").fetchone()
            if row is None:
                return None
            return TeamMembership(
                row["team"],
                row["desk"],
                row["store_label"],
                row["joined_by"],
                row["joined_at"],
                row["handed_in_seq"],
                self._database.audit_signer.is_proven(row["proof"], "team", _said(row)),
            )

        return self._database.read(look)

    @database_call
    def save(self, membership: TeamMembership) -> None:
        """Insert the membership of a team, or replace it; proven with the audit's key."""
        values: dict[str, Json] = {
            "team": membership.team_id,
            "desk": membership.desk_id,
            "store_label": membership.store_label,
            "joined_by": membership.joined_by,
            "joined_at": membership.joined_at,
            "handed_in_seq": membership.handed_in_seq,
        }
        values["proof"] = self._database.audit_signer.prove("team", _said(values))
        self._database.write(
            lambda c: c.execute(
                "INSERT OR REPLACE INTO team_membership VALUES (1, :team, :desk, :store_label,"
                " :joined_by, :joined_at, :handed_in_seq, :proof)",
                values,
            )
        )

    @database_call
    def set_handed_in(self, desk_id: str, seq: int) -> None:
        """Update up to which entry the team store has the audit of this desk."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE team_membership SET handed_in_seq = ? WHERE desk = ?", (seq, desk_id)
            )
        )

    @database_call
    def remove(self) -> None:
        """Delete the membership: the workspace works alone from now on."""
        self._database.write(lambda c: c.execute("DELETE FROM team_membership"))

    @database_call
    def list_unhanded(self, after: int, limit: int) -> tuple[sqlite3.Row, ...]:
        """Select the audit's rows with their values from behind `after` on, in order."""
        return self._database.read(
            lambda c: tuple(
                c.execute(
                    "SELECT * FROM audit_entry WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
                )
            )
        )

    @database_call
    def list_hashes(self) -> dict[int, str]:
        """Select number and hash of every row of the audit."""
        return self._database.read(
            lambda c: {row["seq"]: row["hash"] for row in c.execute("SELECT seq, hash FROM audit")}
        )

    @database_call
    def find_hash(self, seq: int) -> str:
        """Select the hash of one row of the audit; "" for none."""

        def look(connection: sqlite3.Connection) -> str:
            row = connection.execute("SELECT hash FROM audit WHERE seq = ?", (seq,)).fetchone()
            return str(row["hash"]) if row is not None else ""

        return self._database.read(look)

    @database_call
    def count_unhanded(self) -> int:
        """Count the audit's rows that are not known to be in the team store yet."""
        return int(
            self._database.read(
                lambda c: c.execute(
                    "SELECT count(*) FROM audit WHERE seq >"
                    " coalesce((SELECT handed_in_seq FROM team_membership), 0)"
                ).fetchone()[0]
            )
        )


def _said(row: Mapping[str, Json] | sqlite3.Row) -> Json:
    """Return what the proof of a membership is of."""
    return [row["team"], row["desk"], row["joined_by"], row["joined_at"]]
