"""Drafts of edit reasons, and the Sailthru profiles people chose for Zendesk users."""

import sqlite3
from dataclasses import dataclass

from desktop.store.database_call import database_call
from desktop.store.repository import Repository


@dataclass(frozen=True)
class ProfileLink:
    """The Sailthru profile that somebody (`actor`) chose for a Zendesk user at `at` (Unix s)."""

    user_id: int
    sid: str
    actor: str
    at: float

    def save_within(self, connection: sqlite3.Connection) -> None:
        """Insert or replace the link's row in a transaction under way."""
        connection.execute(
            "INSERT OR REPLACE INTO profile_link (user_id, sid, actor, at, account)"
            " VALUES (?, ?, ?, ?, (SELECT id FROM current_account))",
            (self.user_id, self.sid, self.actor, self.at),
        )


class DraftAndLinkRepository(Repository):
    """The tables `draft` (a reason being typed) and `profile_link` (a user's chosen profile)."""

    @database_call
    def save_draft(self, key: str, text: str, at: float) -> None:
        """Store the draft of an edit's reason; an empty text deletes its row."""

        def act(connection: sqlite3.Connection) -> None:
            if text:
                connection.execute(
                    "INSERT OR REPLACE INTO draft (key, text, at, account)"
                    " VALUES (?, ?, ?, (SELECT id FROM current_account))",
                    (key, text, at),
                )
            else:
                connection.execute("DELETE FROM draft WHERE key = ?", (key,))

        self._database.write(act)

    @database_call
    def get_draft(self, key: str) -> str:
        """Select the draft of an edit's reason, or "" for none."""

        def look(connection: sqlite3.Connection) -> str:
            row = connection.execute(
                "SELECT text FROM draft WHERE key = ? AND account = (SELECT id FROM"
                " current_account)",
                (key,),
            ).fetchone()
            return str(row["text"]) if row else ""

        return self._database.read(look)

    @database_call
    def save_link(self, person: int, sid: str, actor: str, at: float) -> None:
        """Store which Sailthru profile somebody chose for a Zendesk user."""
        self._database.write(ProfileLink(person, sid, actor, at).save_within)

    @database_call
    def delete_link(self, person: int) -> None:
        """Delete the row of the profile that was chosen for a Zendesk user."""
        self._database.write(
            lambda c: c.execute("DELETE FROM profile_link WHERE user_id = ?", (person,))
        )

    @database_call
    def get_link(self, person: int) -> str | None:
        """Select the sid that was chosen for a Zendesk user, or None."""

        def look(connection: sqlite3.Connection) -> str | None:
            row = connection.execute(
                "SELECT sid FROM profile_link WHERE user_id = ? AND account = (SELECT id FROM"
                " current_account)",
                (person,),
            ).fetchone()
            return str(row["sid"]) if row else None

        return self._database.read(look)
