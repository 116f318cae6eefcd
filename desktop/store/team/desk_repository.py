"""The tables `team` and `desk`: whose team it is, and which computers belong to it."""

import uuid
from typing import TYPE_CHECKING

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.account import Account, is_same_account
from desktop.model.team import TeamDesk
from desktop.store.database_call import database_call
from desktop.store.team.team_errors import desk_revoked
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection


class DeskRepository(TeamRepository):
    """The tables `team` and `desk`."""

    @database_call
    def require_team(self, team_id: str, account: Account) -> None:
        """Raise ConflictError unless this is the team the desk has joined, and its account."""

        def look(connection: "TeamDatabaseConnection") -> None:
            row = connection.execute("SELECT * FROM team").fetchone()
            if row is None or row["id"] != team_id:
                raise ConflictError(
                    "This is another team's store.",
                    f"At {self._database.address.label} is not the team this computer has joined."
                    " Nothing was handed in.",
                    "Leave it first: `fairlead team leave`. Then join the other one.",
                )
            self._require_key_and_account(row, account)
            self._require_not_revoked(connection)

        self._database.run(look)

    @database_call
    def note_queue_worker(self) -> None:
        """Note that a worker at this desk looks into the team's queue now."""
        self._database.run(
            lambda c: c.execute(
                "UPDATE desk SET works_queue_at = now() WHERE id = %s", (self._desk_id,)
            )
        )

    @database_call
    def get_rows_seen(self) -> int | None:
        """Select up to which shared row this desk has told that it has them all; None: never."""
        row = self._database.run(
            lambda c: c.execute(
                "SELECT rows_seen FROM desk WHERE id = %s", (self._desk_id,)
            ).fetchone()
        )
        return None if row is None or row["rows_seen"] is None else int(row["rows_seen"])

    @database_call
    def note_rows_seen(self, seq: int) -> None:
        """Note up to which shared row this desk is about to have them all."""
        self._database.run(
            lambda c: c.execute(
                # Two processes of a desk may tell at once.
                "UPDATE desk SET rows_seen = greatest(rows_seen, %s) WHERE id = %s",
                (seq, self._desk_id),
            )
        )

    @database_call
    def join(
        self,
        name: str,
        actor: str,
        version: str,
        account: Account,
        user_id: str = "",
        continues: str = "",
    ) -> str:
        """Insert this desk; the first one makes the team, of its account. Returns the team's id.

        `user_id` is the Zendesk id of who joins it: the first desk's login acts for that admin.
        `continues`: the desk whose record this one goes on with.

        Raises ConflictError for a desk of another account, InvalidInput for another team's key.
        """

        def act(connection: "TeamDatabaseConnection") -> str:
            team_id = str(uuid.uuid4())
            is_new = connection.execute(
                "INSERT INTO team (id, zendesk_base_url, sailthru_account, sailthru_service_uri,"
                " key_check, created_by) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (
                    team_id,
                    account.zendesk_base_url,
                    account.sailthru_account,
                    account.sailthru_service_uri,
                    self._key.check_of(team_id),
                    actor,
                ),
            ).rowcount
            if is_new:
                connection.execute(
                    "INSERT INTO team_admin (login, user_id, is_first)"
                    " VALUES (session_user, %s, true) ON CONFLICT DO NOTHING",
                    (user_id,),
                )
            row = connection.execute("SELECT * FROM team").fetchone()
            assert row is not None  # noqa: S101 - inserted above, and nobody may delete it
            self._require_key_and_account(row, account)
            # What an admin called it says more than the computer's own name.
            invited = connection.execute(
                "SELECT name FROM invitation WHERE login = session_user AND made_by <> 'owner'"
            ).fetchone()
            called = str(invited["name"]) if invited is not None else name
            self._insert(connection, self._desk_id, called, actor, version, continues)
            return str(row["id"])

        return self._database.run(act)

    @database_call
    def continue_as(self, desk_id: str, name: str, actor: str, version: str) -> None:
        """Insert a new desk that goes on where this one's record no longer can."""
        self._database.run(lambda c: self._insert(c, desk_id, name, actor, version, self._desk_id))

    @database_call
    def touch(self, version: str) -> None:
        """Update when this desk was seen last. Raises DeskRevoked."""

        def act(connection: "TeamDatabaseConnection") -> None:
            self._require_not_revoked(connection)
            connection.execute(
                "UPDATE desk SET seen_at = now(), version = %s WHERE id = %s",
                (version, self._desk_id),
            )

        self._database.run(act)

    @database_call
    def may_continue(self, desk: str) -> bool:
        """Whether this connection's login may go on as that desk: its own, and not revoked."""
        row = self._database.run(
            lambda c: c.execute(
                "SELECT 1 FROM own_desks() AS own WHERE own = %s", (desk,)
            ).fetchone()
        )
        return row is not None

    @database_call
    def list_all(self) -> tuple[TeamDesk, ...]:
        """Select the team's desks, the first that joined first, with their entries' count."""

        def look(connection: "TeamDatabaseConnection") -> tuple[TeamDesk, ...]:
            rows = connection.execute(
                "SELECT desk.*, extract(epoch FROM joined_at)::float8 AS joined,"
                " extract(epoch FROM seen_at)::float8 AS seen,"
                " coalesce((SELECT max(seq) - min(seq) + 1 FROM audit WHERE desk = desk.id), 0)"
                " AS entries, extract(epoch FROM revoked_at)::float8 AS revoked,"
                " ARRAY(SELECT user_id FROM team_admin WHERE login = desk.login) AS acts_for"
                " FROM desk ORDER BY joined_at, id"
            ).fetchall()
            return tuple(
                TeamDesk(
                    row["id"],
                    row["name"],
                    row["joined_by"],
                    row["joined"],
                    row["seen"],
                    row["version"],
                    row["entries"],
                    row["revoked"],
                    row["revoked_by"],
                    tuple(row["acts_for"]),
                )
                for row in rows
            )

        return self._database.run(look)

    def _insert(
        self,
        connection: "TeamDatabaseConnection",
        desk_id: str,
        name: str,
        actor: str,
        version: str,
        continues: str,
    ) -> None:
        connection.execute(
            "INSERT INTO desk (id, name, joined_by, version, continues) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, seen_at = now(),"
            " version = excluded.version",
            (desk_id, name, actor, version, continues),
        )

    def _require_not_revoked(self, connection: "TeamDatabaseConnection") -> None:
        row = connection.execute(
            "SELECT revoked_by FROM desk WHERE id = %s AND revoked_at IS NOT NULL",
            (self._desk_id,),
        ).fetchone()
        if row is not None:
            raise desk_revoked(str(row["revoked_by"]))

    def _require_key_and_account(self, row: dict[str, object], account: Account) -> None:
        team_id = str(row["id"])
        if row["key_check"] != self._key.check_of(team_id):
            raise InvalidInput(
                "The key of the team is missing or another team's.",
                "Nothing was handed in.",
                "Copy the whole code that `fairlead team invite` prints at an admin's desk.",
            )
        kept = Account(
            str(row["zendesk_base_url"]),
            str(row["sailthru_account"]),
            str(row["sailthru_service_uri"]),
        )
        if not is_same_account(kept, account):
            raise ConflictError(
                "The team works with another account.",
                f"Its desks are connected to"
                f" {kept.zendesk_base_url or kept.sailthru_service_uri}, this one is not. Nothing"
                " was handed in.",
                "A team store is for the desks of one account.",
            )
