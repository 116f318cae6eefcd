"""Desks that come and go: one-time codes, revoked desks, and the logins that act for an admin."""

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from desktop.model.team import RevokedLogin
from desktop.model.team_address import TeamAddress
from desktop.store.database_call import database_call
from desktop.store.team.team_database import TeamDatabase
from desktop.store.team.team_errors import TeamStoreRefused
from desktop.store.team.team_migrations import DESK_ROLE
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

# A code is passed on by hand, to somebody who is at work.
CODE_LASTS_S = 24 * 3600
_PASSWORD_BYTES = 24


class EnrolmentRepository(TeamRepository):
    """The tables `invitation` and `team_admin`, and the functions that make and end logins."""

    @database_call
    def invite(
        self, name: str, actor: str, *, person: str = "", is_worker: bool = False
    ) -> TeamAddress:
        """Make a login for one desk, named for people; returns the one-time code as an address.

        `person`: the Zendesk user id in whose name alone the desk may ask a worker; `is_worker`: it
        may answer others.
        Raises TeamStoreRefused where this desk's login acts for no admin.
        """
        address = _new_login(self._database.address)
        self._database.run(
            lambda c: c.execute(
                "SELECT invite_desk(%s, %s, %s, %s, make_interval(secs => %s), %s, %s)",
                (
                    address.user,
                    _verifier(c, address),
                    name,
                    actor,
                    CODE_LASTS_S,
                    person,
                    is_worker,
                ),
            )
        )
        return address

    @database_call
    def use_invitation(self, new: TeamAddress | None) -> bool:
        """Use the code that this connection signed in with: from now on `new`'s password counts.

        None keeps the password. Returns False where the login is no code's. Raises TeamStoreRefused
        for a code that was used before, or whose time is over.
        """
        row = self._database.run(
            lambda c: c.execute(
                "SELECT use_invitation(%s) AS is_code", (_verifier(c, new) if new else "",)
            ).fetchone()
        )
        return row is not None and bool(row["is_code"])

    @database_call
    def revoke(self, desk: str, actor: str) -> RevokedLogin:
        """End a desk and its login from afar; returns what became of the login.

        Raises TeamStoreRefused where this desk's login acts for no admin, or `desk` was revoked.
        """
        row = self._database.run(
            lambda c: c.execute("SELECT revoke_desk(%s, %s) AS kept", (desk, actor)).fetchone()
        )
        assert row is not None  # noqa: S101 - a function's one value
        return RevokedLogin(row["kept"])

    @database_call
    def acts_for(self, user_id: str) -> bool:
        """Whether this desk's login may answer approvals as the admin with this Zendesk id."""
        row = self._database.run(
            lambda c: c.execute(
                "SELECT 1 FROM team_admin WHERE login = session_user AND user_id = %s", (user_id,)
            ).fetchone()
        )
        return row is not None


def invite_first(database: TeamDatabase, person: str = "") -> TeamAddress | None:
    """Make the code with which the first desk joins, as the owner; None where there are desks.

    `person` as for `EnrolmentRepository.invite`.
    """
    from psycopg import sql

    address = _new_login(database.address)

    def act(connection: "TeamDatabaseConnection") -> TeamAddress | None:
        if connection.execute("SELECT 1 FROM desk LIMIT 1").fetchone() is not None:
            return None
        made = connection.execute(
            "INSERT INTO invitation (login, name, made_by, expires_at, user_id) VALUES"
            " (%s, 'the first computer', 'owner', now() + make_interval(secs => %s), %s)"
            " RETURNING expires_at::text AS until",
            (address.user, CODE_LASTS_S, person),
        ).fetchone()
        assert made is not None  # noqa: S101 - inserted
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} VALID UNTIL {} IN ROLE {}").format(
                sql.Identifier(address.user),
                sql.Literal(_verifier(connection, address)),
                sql.Literal(made["until"]),
                sql.Identifier(DESK_ROLE),
            )
        )
        return address

    return database.run(act)


def name_admin(database: TeamDatabase, desk: str, user_id: str) -> str:
    """Let a desk's login act for an admin, as the owner of the database; returns the desk's name.

    `desk` is the name or the id of one desk. Raises TeamStoreRefused for none or several.
    """

    def act(connection: "TeamDatabaseConnection") -> str:
        found = connection.execute(
            "SELECT name, login FROM desk WHERE revoked_at IS NULL AND (id = %s OR name = %s)",
            (desk, desk),
        ).fetchall()
        if len(found) != 1:
            raise TeamStoreRefused(
                f"{'No' if not found else 'More than one'} computer of the team is “{desk[:40]}”.",
                "Nothing was changed.",
                "`fairlead team --json` tells the id of each.",
            )
        connection.execute(
            "INSERT INTO team_admin (login, user_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (found[0]["login"], user_id),
        )
        return str(found[0]["name"])

    return database.run(act)


def _new_login(address: TeamAddress) -> TeamAddress:
    """Return the address of the same team store with a login that is not there yet."""
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    return replace(address, user=f"desk_{secrets.token_hex(8)}", password=password)


def _verifier(connection: "TeamDatabaseConnection", address: TeamAddress) -> str:
    """Return what PostgreSQL keeps of a login's password, so that it never gets the password."""
    made = connection.pgconn.encrypt_password(
        address.password.encode(), address.user.encode(), b"scram-sha-256"
    )
    return made.decode()
