"""Numbered migrations of the team store, run by its owner; desks only ask which version it has."""

from typing import TYPE_CHECKING

from desktop.store.sqlite_database import load_migrations
from desktop.store.team.team_database import SCHEMA, TeamDatabase
from desktop.store.team.team_errors import TeamStoreRefused, not_prepared

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

DESK_ROLE = "fairlead_desk"
# Two owners at once: the second waits for the first. An arbitrary number of this program's own.
_MIGRATION_LOCK = 7_305_481_972
_CHANGES_AUDIT_SQL = (
    "SELECT rolsuper OR has_table_privilege('audit', 'UPDATE') OR"
    " has_table_privilege('audit', 'DELETE') OR has_table_privilege('audit', 'TRUNCATE')"
    " AS may_change FROM pg_roles WHERE rolname = current_user"
)


def migrate_team_store(database: TeamDatabase) -> tuple[int, int]:
    """Bring a team store's tables up to date, as its owner; returns the versions before and after.

    Makes the role `fairlead_desk`, which a desk's login has to be a member of. Each migration is
    committed with its number. Raises TeamStoreRefused for one of a newer version.
    """
    steps = load_migrations("team")
    before = database.run(_prepare)
    if before > steps[-1][0]:
        raise _newer_store(before)
    for number, script in steps:
        if number > before:
            database.run(lambda c, n=number, s=script: _apply(c, n, s))  # type: ignore[misc]
    return before, steps[-1][0]


def require_usable(database: TeamDatabase) -> None:
    """Raise TeamStoreRefused unless a desk can work with the team store and only add to its audit.

    A login that could change the record of others is refused, however it came to that right.
    """
    newest = load_migrations("team")[-1][0]

    def look(connection: "TeamDatabaseConnection") -> tuple[int, bool]:
        is_there = connection.execute("SELECT to_regclass('fairlead.migration') AS t").fetchone()
        if is_there is None or is_there["t"] is None:
            return 0, False
        version = _read_version(connection)
        row = connection.execute(_CHANGES_AUDIT_SQL).fetchone() if version else None
        return version, bool(row is None or row["may_change"])

    version, may_change = database.run(look)
    if version > newest:
        raise _newer_store(version)
    if version < newest:
        raise not_prepared(database.address)
    if may_change:
        raise TeamStoreRefused(
            f"The login {database.address.user} may change what other desks have recorded.",
            "A desk's login may only add to the record.",
            f"Use one that is a member of {DESK_ROLE} and nothing more.",
        )


def _prepare(connection: "TeamDatabaseConnection") -> int:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (DESK_ROLE,)).fetchone()
    if found is None:
        connection.execute(f"CREATE ROLE {DESK_ROLE} NOLOGIN")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {SCHEMA}.migration ("
        "number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {DESK_ROLE}")
    connection.execute(f"GRANT SELECT ON {SCHEMA}.migration TO {DESK_ROLE}")
    return _read_version(connection)


def _apply(connection: "TeamDatabaseConnection", number: int, script: str) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
    if _read_version(connection) < number:
        connection.execute(script.encode())
        connection.execute("INSERT INTO migration (number) VALUES (%s)", (number,))


def _read_version(connection: "TeamDatabaseConnection") -> int:
    row = connection.execute(
        f"SELECT coalesce(max(number), 0) AS number FROM {SCHEMA}.migration"  # noqa: S608 - ours
    ).fetchone()
    return int(row["number"]) if row is not None else 0


def _newer_store(version: int) -> TeamStoreRefused:
    return TeamStoreRefused(
        "The team store was written by a newer Fairlead.",
        f"It has version {version}. Nothing was changed.",
        "Install the newer version.",
    )
