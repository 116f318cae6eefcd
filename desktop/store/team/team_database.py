"""One connection to the team store, opened when it is needed and again after it was lost.

psycopg is used in its synchronous form on a thread of its own: its asynchronous one does not run
on the loop that Windows has. It is imported at the first use, since few workspaces have a team.
"""

import select
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from desktop.model.team_address import TeamAddress
from desktop.store.database_thread import DatabaseThread
from desktop.store.team.team_errors import translate_postgres_errors

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import DictRow

    TeamDatabaseConnection = psycopg.Connection[DictRow]

T = TypeVar("T")

SCHEMA = "fairlead"
QUEUE_SCHEMA = "procrastinate"
_CONNECT_TIMEOUT_S = 5
# So long a connection is taken for alive; a computer that slept has slept longer.
_SURE_S = 2.0
# Nothing a desk asks takes longer than some milliseconds; a page of the audit some dozens.
_SESSION_SQL = (
    "SET search_path TO {schema}; SET statement_timeout TO '10s'; SET lock_timeout TO '5s';"
    " SET idle_in_transaction_session_timeout TO '15s'; SET timezone TO 'UTC';"
    # A server may be set to acknowledge what a crash of it would lose: a desk counts it handed in.
    " SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)


class TeamDatabase:
    """A team store's database, usable from any thread, one at a time.

    Raises TeamStoreAway or TeamStoreRefused from every method.
    """

    def __init__(
        self,
        address: TeamAddress,
        *,
        ca_file: str = "",
        thread: DatabaseThread | None = None,
        schema: str = SCHEMA,
    ) -> None:
        """`ca_file` is a PEM file that vouches for the server where the address names none."""
        self.address = address
        self._session_sql = _SESSION_SQL.format(schema=schema).encode()
        self.thread = thread or DatabaseThread()
        self._ca_file = ca_file
        self._lock = threading.RLock()
        self._connection: TeamDatabaseConnection | None = None
        self._used_at = 0.0

    def run(
        self, act: "Callable[[TeamDatabaseConnection], T]", *, is_one_statement: bool = False
    ) -> T:
        """Run `act` in one transaction of the team store; all of it is committed, or nothing.

        `is_one_statement`: it is a transaction of its own, without the round trips of beginning and
        ending one. A connection that was idle and turns out to be lost is opened anew before.
        """
        with self._lock, translate_postgres_errors(self.address):
            if self._connection is not None and self._is_lost(self._connection):
                self._close()
            connection = self._open()
            try:
                if is_one_statement:
                    return act(connection)
                with connection.transaction():
                    return act(connection)
            finally:
                self._used_at = time.monotonic()
                if connection.closed or connection.broken:
                    self._close()

    def open_queue(self) -> "TeamDatabase":
        """Return the same database with the queue's tables; a connection and thread of its own.

        The caller closes it. A worker's sign of life waits for nothing else on the way.
        """
        return TeamDatabase(self.address, ca_file=self._ca_file, schema=QUEUE_SCHEMA)

    def close(self) -> None:
        """Close the team store's connection and its thread."""
        with self._lock:
            self._close()
        self.thread.close()

    def _is_lost(self, connection: "TeamDatabaseConnection") -> bool:
        """Whether a connection that was idle is gone.

        Asked with an empty statement after a while; before, whether the server has said anything,
        which on an idle connection is its end.
        """
        import psycopg

        try:
            if time.monotonic() - self._used_at > _SURE_S:
                connection.execute("")
            elif select.select([connection.fileno()], [], [], 0)[0]:
                connection.pgconn.consume_input()
                connection.execute("")
        except psycopg.Error:
            return True
        return False

    def connect(self) -> "TeamDatabaseConnection":
        """Open one more connection to the team store, which the caller closes. psycopg's errors."""
        import psycopg
        from psycopg.rows import dict_row

        connection = psycopg.connect(
            "", row_factory=dict_row, autocommit=True, **self._parameters()
        )
        try:
            connection.execute(self._session_sql)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self) -> "TeamDatabaseConnection":
        if self._connection is None:
            self._connection = self.connect()
        return self._connection

    def _parameters(self) -> dict[str, Any]:
        """Return libpq's parameters, each given: none is taken from a PG… variable instead."""
        address = self.address
        is_local = address.is_on_this_computer
        return {
            "host": address.host,
            # Else PGHOSTADDR would lead the connection elsewhere.
            "hostaddr": "",
            "port": address.port,
            "dbname": address.database,
            "user": address.user,
            "password": address.password,
            "sslmode": "prefer" if is_local else "verify-full",
            "sslrootcert": address.root_certificate or self._ca_file or "system"
            if not is_local
            else "",
            "gssencmode": "disable",
            "channel_binding": "prefer",
            "target_session_attrs": "read-write",
            "options": "",
            "application_name": "fairlead",
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "keepalives_idle": 30,
            "tcp_user_timeout": 15_000,
        }

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
