"""The base class of a team store's repositories: its database, and the team's key."""

from desktop.store.database_thread import DatabaseThread
from desktop.store.team.team_database import TeamDatabase
from desktop.store.team.team_key import TeamKey


class TeamRepository:
    """Base class of a table's repository in the team store, for the desk `desk_id`."""

    def __init__(self, database: TeamDatabase, key: TeamKey, desk_id: str) -> None:
        self._database = database
        self._key = key
        self._desk_id = desk_id

    @property
    def database_thread(self) -> DatabaseThread:
        """The thread on which awaited calls of this team repository run."""
        return self._database.thread
