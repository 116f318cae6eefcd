"""Comments of tickets in `data.db`: which are to be read, and their words beside the first ones."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.store.database_call import database_call
from desktop.store.kept_ticket_repository import KeptWords, delete_ticket_text, insert_ticket_text
from desktop.store.repository import Repository


@dataclass(frozen=True)
class DueComments:
    """A ticket whose comments are to be read since it changed at `changed_at` (Unix seconds)."""

    ticket_id: int
    changed_at: float


class KeptCommentRepository(Repository):
    """Keeps what was written after the first message of a ticket, found like that message."""

    @database_call
    def list_due(self, limit: int) -> Sequence[DueComments]:
        """Select tickets whose comments are to be read, the newest change first."""
        rows = self._database.read(
            lambda c: c.execute(
                "SELECT ticket_id, changed_at FROM comment_due ORDER BY changed_at DESC LIMIT ?",
                (limit,),
            ).fetchall()
        )
        return [DueComments(row["ticket_id"], row["changed_at"]) for row in rows]

    @database_call
    def count_due(self) -> int:
        """Count the tickets whose comments are to be read."""
        return self._database.read(
            lambda c: int(c.execute("SELECT count(*) FROM comment_due").fetchone()[0])
        )

    @database_call
    def save(self, due: DueComments, comments: Sequence[str]) -> None:
        """Save what was written after the first message, in place of what was kept of it.

        Of a ticket whose text is not kept any more nothing is; one that has changed again since is
        due again.
        """

        def act(connection: sqlite3.Connection) -> None:
            kept = connection.execute(
                "SELECT subject, body, tags, comments FROM ticket_text WHERE id = ?",
                (due.ticket_id,),
            ).fetchone()
            newer = connection.execute(
                "SELECT changed_at FROM comment_due WHERE ticket_id = ? AND changed_at > ?",
                (due.ticket_id, due.changed_at),
            ).fetchone()
            delete_ticket_text(connection, due.ticket_id)
            if kept is None:
                return
            first = kept["body"].removesuffix(kept["comments"])
            words = KeptWords(kept["subject"], first, kept["tags"], join_comments(comments))
            insert_ticket_text(connection, due.ticket_id, words)
            if newer is not None:
                connection.execute(
                    "INSERT INTO comment_due (ticket_id, changed_at) VALUES (?, ?)",
                    (due.ticket_id, newer["changed_at"]),
                )

        self._database.write(act)


def join_comments(comments: Sequence[str]) -> str:
    """Join comments as they are kept: each begins with an empty line."""
    return "".join(f"\n\n{one.strip()}" for one in comments if one.strip())
