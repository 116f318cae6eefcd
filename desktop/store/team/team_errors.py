"""Turns PostgreSQL's errors into sentences; psycopg's own exceptions leave this package never."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from desktop.kit.errors import AppError, ServiceUnreachable, StopsRun
from desktop.model.team_address import TeamAddress

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

_ASK_OWNER = "Ask whoever looks after the database."


class TeamStoreAway(ServiceUnreachable):
    """The error for a team store that cannot be reached, or did not answer in time."""

    code = "team_store_away"


class TeamStoreRefused(StopsRun):
    """The error for a team store that is there and cannot be used as it is."""

    code = "team_store_refused"


class DeskRevoked(TeamStoreRefused):
    """The error for a desk that an admin has taken out of the team from afar."""

    code = "desk_revoked"


def desk_revoked(by: str = "") -> DeskRevoked:
    """Return the error for a revoked desk; `by`: the admin who revoked it, where that is known."""
    return DeskRevoked(
        f"{by or 'An admin'} has taken this computer out of the team.",
        "What is done here is kept on this computer alone. Scheduled syncs don't start.",
        "To come back, join with a new code: `fairlead team join`. To work alone: `fairlead team"
        " leave`.",
    )


@contextmanager
def translate_postgres_errors(address: TeamAddress) -> Iterator[None]:
    """Raise TeamStoreAway or TeamStoreRefused for what PostgreSQL or the network raises."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise to_team_error(error, address) from error


def to_team_error(error: "psycopg.Error", address: TeamAddress) -> AppError:
    """Return the error of a person for one of psycopg's, by its SQLSTATE, else by its text."""
    import psycopg

    state, text = error.sqlstate or "", str(error)
    where = address.label
    if state == "42501" and "row-level security" in text:
        return TeamStoreRefused(
            "The team store does not allow that.",
            f"The login {address.user} at {where} may not write in the name of this desk.",
            "Use the login that this computer joined with, or have the owner of the database note"
            " the new one: desktop/docs/team-store.md.",
        )
    if state == "42501":
        return TeamStoreRefused(
            "The team store does not allow that.",
            f"The login {address.user} at {where} lacks a right.",
            "`fairlead team migrate`, run with the owner's login, gives desks what they need.",
        )
    if state in ("3F000", "42P01", "42703", "42883"):
        return not_prepared(address)
    if state.startswith("23"):
        return TeamStoreRefused(
            "The team store refused what this computer handed in.",
            f"It breaks a rule of {where} ({state}).",
            "See `fairlead team status`.",
        )
    if state == "P0001":
        return TeamStoreRefused(
            "The team store refused that.", f"{error.diag.message_primary} Nothing was changed."
        )
    if (found := _refused_sign_in(state, text, address)) is not None:
        return found
    if isinstance(error, psycopg.OperationalError | psycopg.errors.QueryCanceled):
        what = "did not answer in time" if state == "57014" else "can't be reached"
        return TeamStoreAway(
            f"The team store {what}.",
            f"It is at {where}. Changes made here are kept and handed in later; scheduled syncs"
            " wait.",
            "Fairlead tries again by itself.",
        )
    log.error("The team store answered %s: %s", type(error).__name__, text)
    return TeamStoreRefused(f"The team store at {where} refused ({state or 'no code'}).")


def not_prepared(address: TeamAddress) -> TeamStoreRefused:
    """Return the error for a database without the tables of a team store."""
    return TeamStoreRefused(
        f"The database {address.database} is no team store yet, or one of another version.",
        f"It is at {address.label}.",
        "Whoever owns it runs `fairlead team migrate` once after each update.",
    )


def _refused_sign_in(state: str, text: str, address: TeamAddress) -> TeamStoreRefused | None:
    """Return the error for a refused connection; libpq gives no SQLSTATE before there is one."""
    where = address.label
    if "is not permitted to log in" in text:
        return desk_revoked()
    signs = ("authentication failed", "no password", "role ")
    if state.startswith("28") or any(sign in text for sign in signs):
        return TeamStoreRefused(
            f"The team store refused the sign-in as {address.user}.",
            f"The password for {where} is wrong, or the login may not be used from here. A code"
            " counts once, and for a day.",
            "Join again with the right address or a new code: `fairlead team join`.",
        )
    if "pg_hba.conf" in text:
        return TeamStoreRefused(
            f"The team store does not take connections from this computer as {address.user}.",
            f"{where} has no rule for it.",
            _ASK_OWNER,
        )
    if state == "3D000" or ("database" in text and "does not exist" in text):
        return TeamStoreRefused(
            f"There is no database “{address.database}”.", f"Asked at {where}.", _ASK_OWNER
        )
    if "does not support SSL" in text or "SSL is not enabled" in text:
        return TeamStoreRefused(
            "The team store does not offer TLS.",
            f"{where} would be reached in the clear, so nothing was sent.",
            _ASK_OWNER,
        )
    if "certificate" in text:
        return TeamStoreRefused(
            "The team store's certificate was refused.",
            f"Nobody vouches for {where} under that name.",
            "Name the file of your organisation's certificates: ?sslrootcert=FILE in the address,"
            " or Settings › Advanced › Certificate file.",
        )
    return None
