"""The tables of approvals: what desks ask of one another's admins, and the answers. Append-only.

An answer names the whole question: none can be taken for another. Whether who gave it is an admin
is asked of Zendesk by the desk that goes by it.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.json_value import Json, canonical_json
from desktop.model.permission import Actor
from desktop.model.team import ApprovalAnswer, ApprovalKind, ApprovalRequest
from desktop.store.database_call import database_call
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

_REQUESTS = uuid.UUID("6c3d0f5e-8b1a-4c57-9d5e-0f6f6a3b9e21")
_SELECT_SQL = (
    "SELECT request.*, desk.name AS desk_name, approval_end.request IS NOT NULL AS is_ended"
    " FROM approval_request AS request JOIN desk ON desk.id = request.desk"
    " LEFT JOIN approval_end ON approval_end.request = request.id"
)


class ApprovalRepository(TeamRepository):
    """The tables `approval_request`, `approval_answer` and `approval_end` of the team store."""

    @database_call
    def ask(
        self, kind: ApprovalKind, subject: str, content: Mapping[str, Json], who: str, now: float
    ) -> str:
        """Insert a request for another admin's approval of `subject`; returns its id.

        Of one subject at one desk there is one request, however often it is asked.
        """
        request = self.request_id(kind, subject)
        text = canonical_json(dict(content))
        said = _question(request, self._desk_id, kind.value, text)
        values = (
            request,
            self._desk_id,
            kind.value,
            text,
            who,
            now,
            self._key.prove("approval request", said),
        )
        self._database.run(
            lambda c: c.execute(
                "INSERT INTO approval_request (id, desk, kind, content, asked_by, asked_at, proof)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                values,
            )
        )
        return request

    def request_id(self, kind: ApprovalKind, subject: str) -> str:
        """Return the id of this desk's request for an approval of `subject`."""
        return uuid.uuid5(_REQUESTS, f"{self._desk_id} {kind.value} {subject}").hex

    @database_call
    def answer(self, request: ApprovalRequest, admin: Actor, now: float) -> None:
        """Insert an admin's approval of a request, given at this desk; twice counts once.

        Raises ConflictError where the request has ended meanwhile, or was made by nobody of the
        team; TeamStoreRefused where this desk's login does not act for that admin.
        """
        said = _answer(request, admin.approver_id, admin.name, admin.credential, self._desk_id, now)
        proof = self._key.prove("approval answer", said)
        values = (
            request.id,
            admin.approver_id,
            self._desk_id,
            admin.name,
            admin.credential,
            now,
            proof,
        )

        def act(connection: "TeamDatabaseConnection") -> None:
            found = self._select(connection, request.id)
            if found.is_ended or not found.is_proven:
                raise ConflictError(
                    "This approval is not asked for any more."
                    if found.is_ended
                    else "Nobody of the team has asked for this approval.",
                    "Nothing was approved.",
                )
            connection.execute(
                "INSERT INTO approval_answer (request, user_id, desk, name, credential,"
                " answered_at, proof) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                values,
            )

        self._database.run(act)

    @database_call
    def end(self, request: str) -> None:
        """Insert that an approval request needs no answer any more."""
        self._database.run(
            lambda c: c.execute(
                "INSERT INTO approval_end (request, desk) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (request, self._desk_id),
            )
        )

    @database_call
    def get(self, request: str) -> ApprovalRequest:
        """Select one approval request with its answers. Raises InvalidInput."""
        return self._database.run(lambda c: self._select(c, request))

    @database_call
    def list_open(self) -> tuple[ApprovalRequest, ...]:
        """Select what all desks ask for, the oldest first."""

        def look(connection: "TeamDatabaseConnection") -> tuple[ApprovalRequest, ...]:
            rows = connection.execute(
                f"{_SELECT_SQL} WHERE approval_end.request IS NULL ORDER BY asked_at, request.id"
            ).fetchall()
            return tuple(self._to_request(connection, row) for row in rows)

        return self._database.run(look)

    @database_call
    def list_own(self) -> tuple[ApprovalRequest, ...]:
        """Select the approvals that this desk asks other desks for."""
        return tuple(one for one in self.list_open.blocking() if one.desk == self._desk_id)

    def _select(self, connection: "TeamDatabaseConnection", request: str) -> ApprovalRequest:
        row = connection.execute(f"{_SELECT_SQL} WHERE request.id = %s", (request,)).fetchone()
        if row is None:
            raise InvalidInput(
                f"No approval “{request[:40]}” is asked for.",
                "",
                "`fairlead team approvals` lists them.",
            )
        return self._to_request(connection, row)

    def _to_request(
        self, connection: "TeamDatabaseConnection", row: Mapping[str, object]
    ) -> ApprovalRequest:
        text = str(row["content"])
        said = _question(str(row["id"]), str(row["desk"]), str(row["kind"]), text)
        request = ApprovalRequest(
            id=str(row["id"]),
            desk=str(row["desk"]),
            desk_name=str(row["desk_name"]),
            kind=ApprovalKind(row["kind"]),
            content=msgspec.json.decode(text, type=dict[str, Json]),
            asked_by=str(row["asked_by"]),
            asked_at=float(str(row["asked_at"])),
            is_ended=bool(row["is_ended"]),
            is_proven=self._key.is_proven(str(row["proof"]), "approval request", said),
        )
        answers = connection.execute(
            "SELECT approval_answer.*, revoked_at IS NOT NULL AS is_revoked FROM approval_answer"
            " JOIN desk ON desk.id = desk WHERE request = %s ORDER BY answered_at, user_id",
            (request.id,),
        ).fetchall()
        return replace(request, answers=tuple(self._to_answer(request, one) for one in answers))

    def _to_answer(self, request: ApprovalRequest, row: Mapping[str, object]) -> ApprovalAnswer:
        user_id, name, credential, desk = (
            str(row[column]) for column in ("user_id", "name", "credential", "desk")
        )
        at = float(str(row["answered_at"]))
        said = _answer(request, user_id, name, credential, desk, at)
        # A desk may have been revoked because it was not its admin who answered.
        is_proven = not row["is_revoked"] and self._key.is_proven(
            str(row["proof"]), "approval answer", said
        )
        return ApprovalAnswer(request.id, user_id, name, credential, desk, at, is_proven)


def _question(request: str, desk: str, kind: str, content: str) -> Json:
    """Return what the proof of a request is of."""
    return [request, desk, kind, content]


def _answer(
    request: ApprovalRequest, user_id: str, name: str, credential: str, desk: str, at: float
) -> Json:
    """Return what the proof of an answer is of: the whole question, and who answers it where."""
    question = _question(
        request.id, request.desk, request.kind.value, canonical_json(dict(request.content))
    )
    return [question, user_id, name, credential, desk, at]
