"""The base class of repositories: a SQLite file and the thread on which it is used."""

from desktop.store.database_thread import DatabaseThread
from desktop.store.sqlite_database import Database


class Repository:
    """Base class of a table's repository in one of the two SQLite files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database_thread(self) -> DatabaseThread:
        """The database thread on which awaited calls of this repository run."""
        return self._database.thread
