"""The table `presence`: who has which customer open, as keyed hashes of the customers' ids."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from desktop.model.team import Colleague
from desktop.store.database_call import database_call
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

# A desk says so three times as often; what it no longer says has ended without a word.
FRESH_S = 60


class PresenceRepository(TeamRepository):
    """Which customer each desk of the team has open now, and since when."""

    @database_call
    def set_open(self, ids: Sequence[str], who: str) -> None:
        """Store that `who` has the customers with these ids open at this desk, and nobody else."""
        hashes = [self._key.hash_person(one) for one in ids]

        def act(connection: "TeamDatabaseConnection") -> None:
            connection.execute(
                "DELETE FROM presence WHERE desk = %s AND NOT person_hash = ANY(%s)",
                (self._desk_id, hashes),
            )
            connection.execute(
                "UPDATE presence SET seen_at = now(), who = %s WHERE desk = %s",
                (who, self._desk_id),
            )
            connection.execute(
                "INSERT INTO presence (desk, person_hash, who) SELECT %s, new.hash, %s"
                " FROM unnest(%s::text[]) AS new (hash) ON CONFLICT DO NOTHING",
                (self._desk_id, who, hashes),
            )

        self._database.run(act)

    @database_call
    def list_others(self, ids: Sequence[str]) -> dict[str, tuple[Colleague, ...]]:
        """Select who has the customers with these ids open at other desks, by id, longest first."""
        hashes = {self._key.hash_person(one): one for one in ids}
        rows = self._database.run(
            lambda c: c.execute(
                "SELECT person_hash, who, desk.name, extract(epoch FROM since)::float8 AS since"
                " FROM presence JOIN desk ON desk.id = desk WHERE person_hash = ANY(%s)"
                " AND desk <> %s AND revoked_at IS NULL"
                " AND presence.seen_at > now() - make_interval(secs => %s) ORDER BY since, who",
                (list(hashes), self._desk_id, FRESH_S),
            ).fetchall()
        )
        found: dict[str, tuple[Colleague, ...]] = {}
        for row in rows:
            key = hashes[row["person_hash"]]
            found[key] = (*found.get(key, ()), Colleague(row["who"], row["name"], row["since"]))
        return found
