"""Listens for what other desks tell by NOTIFY, on a connection of its own.

psycopg is used in its synchronous form, in a thread of the caller's: its asynchronous one does not
run on the loop that Windows has.
"""

import select
import socket
from collections.abc import Callable

from desktop.store.team.team_database import TeamDatabase
from desktop.store.team.team_errors import translate_postgres_errors

# What is lost without a word is found by TCP's keep-alive; this is for a connection that is closed.
_LOOK_S = 60.0


class TeamListener:
    """One connection that hears notices until it is stopped or lost."""

    def __init__(self, database: TeamDatabase) -> None:
        self._database = database
        self._is_stopped = False
        # Only sockets can be waited for on Windows.
        self._stop_reader, self._stop_writer = socket.socketpair()

    def listen(self, on_notice: Callable[[str], None]) -> None:
        """Call `on_notice` in this thread for each notice, with "" once it begins to hear.

        Returns when stopped. Raises TeamStoreAway when the connection is lost.
        """
        with translate_postgres_errors(self._database.address):
            connection = self._database.connect()
            try:
                connection.execute("LISTEN fairlead")
                on_notice("")
                while not self._is_stopped:
                    select.select(
                        [connection.fileno(), self._stop_reader.fileno()], [], [], _LOOK_S
                    )
                    connection.pgconn.consume_input()
                    while (notice := connection.pgconn.notifies()) is not None:
                        on_notice(notice.extra.decode())
            finally:
                connection.close()
                self._stop_reader.close()

    def stop(self) -> None:
        """Have `listen` return, from any thread; once stopped it hears no more."""
        self._is_stopped = True
        self._stop_writer.close()
