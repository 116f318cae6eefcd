"""The table `desk_request`: calls that desks hand to a worker, and its answers; they live seconds.

Whose request it is, PostgreSQL says: the person whom the code of the desk's login was made for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.kit.errors import ConflictError
from desktop.store.database_call import database_call
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

# A worker that was away so long finds nothing: whoever asked has given up.
_ASKED_S = 30


@dataclass(frozen=True)
class DeskRequest:
    """What a desk asks a worker for, in the name of a Zendesk user; `content` is JSON."""

    id: int
    desk: str
    user_id: str
    content: str


class RelayedCallRepository(TeamRepository):
    """Requests of desks without the Sailthru key, and what a worker answered to each."""

    @database_call
    def has_person(self) -> bool:
        """Whether this desk's login may ask: its code was made for one person."""
        row = self._database.run(lambda c: c.execute("SELECT own_person() AS id").fetchone())
        return row is not None and bool(row["id"])

    @database_call
    def may_answer(self) -> bool:
        """Whether this desk's login is a worker's, or acts for an admin."""
        row = self._database.run(lambda c: c.execute("SELECT may_answer_desks() AS may").fetchone())
        return row is not None and bool(row["may"])

    @database_call
    def ask(self, content: str) -> int:
        """Insert a request; returns its number. Raises TeamStoreRefused for nobody's login."""
        proof = self._key.prove("desk request", [self._desk_id, content])
        row = self._database.run(
            lambda c: c.execute(
                "INSERT INTO desk_request (desk, content, proof) VALUES (%s, %s, %s) RETURNING id",
                (self._desk_id, content, proof),
            ).fetchone(),
            is_one_statement=True,
        )
        assert row is not None  # noqa: S101 - inserted
        return int(row["id"])

    @database_call
    def take_answer(self, request: int) -> str | None:
        """Select a request's answer and delete both; None: there is none yet.

        Raises ConflictError for an answer that nobody of the team wrote.
        """

        def act(connection: "TeamDatabaseConnection") -> str | None:
            row = connection.execute(
                "DELETE FROM desk_request WHERE id = %s AND answer IS NOT NULL"
                " RETURNING answer, answer_proof",
                (request,),
            ).fetchone()
            if row is None:
                return None
            said = [request, row["answer"]]
            if not self._key.is_proven(row["answer_proof"], "desk answer", said):
                raise ConflictError("Nobody of the team answered.", "The answer was put aside.")
            return str(row["answer"])

        return self._database.run(act, is_one_statement=True)

    @database_call
    def is_open(self, request: int) -> bool:
        """Whether no worker has taken a request yet."""
        row = self._database.run(
            lambda c: c.execute(
                "SELECT 1 FROM desk_request WHERE id = %s AND taken_by IS NULL", (request,)
            ).fetchone()
        )
        return row is not None

    @database_call
    def withdraw(self, request: int) -> bool:
        """Delete a request that is given up; returns whether a worker had taken it."""
        row = self._database.run(
            lambda c: c.execute(
                "DELETE FROM desk_request WHERE id = %s RETURNING taken_by", (request,)
            ).fetchone()
        )
        return row is not None and row["taken_by"] is not None

    @database_call
    def take_next(self) -> DeskRequest | None:
        """Take the oldest open request for this worker; None: there is none.

        What nobody of the team wrote is passed over.
        """

        def act(connection: "TeamDatabaseConnection") -> DeskRequest | None:
            rows = connection.execute(
                "UPDATE desk_request SET taken_by = %s WHERE id = (SELECT id FROM desk_request"
                " WHERE taken_by IS NULL AND asked_at > now() - make_interval(secs => %s)"
                " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
                (self._desk_id, _ASKED_S),
            ).fetchall()
            for row in rows:
                said = [row["desk"], row["content"]]
                if self._key.is_proven(row["proof"], "desk request", said):
                    return DeskRequest(row["id"], row["desk"], row["user_id"], row["content"])
            return None

        return self._database.run(act, is_one_statement=True)

    @database_call
    def answer(self, request: int, answer: str) -> None:
        """Update a request with its answer; nothing where it was given up meanwhile."""
        proof = self._key.prove("desk answer", [request, answer])
        self._database.run(
            lambda c: c.execute(
                "UPDATE desk_request SET answer = %s, answer_proof = %s, taken_by = %s"
                " WHERE id = %s AND answer IS NULL",
                (answer, proof, self._desk_id, request),
            ),
            is_one_statement=True,
        )

    @database_call
    def delete_old(self) -> None:
        """Delete what desks have left behind that ended without a word."""
        self._database.run(
            lambda c: c.execute(
                "DELETE FROM desk_request WHERE asked_at < now() - interval '10 minutes'"
            )
        )
