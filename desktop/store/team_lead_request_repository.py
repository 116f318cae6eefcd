"""The table of requests to a lead: edits that somebody without the right has asked for."""

import sqlite3
from collections.abc import Sequence

import msgspec

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.edit import Edit, EditKind, EditRequest, EditTarget
from desktop.model.json_value import canonical_json
from desktop.model.service import Service
from desktop.model.team_lead_request import TeamLeadRequest, TeamLeadRequestState
from desktop.store import audit_row
from desktop.store.database_call import database_call
from desktop.store.outbox import SettleWithEdits
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged

_HERE = "account = (SELECT id FROM current_account)"


class TeamLeadRequestRepository(Repository):
    """The table `lead_request`; each row's beginning and end stand in the audit too."""

    @database_call
    def add(self, request: EditRequest, actor: str, actor_key: str, now: float) -> TeamLeadRequest:
        """Insert a request to a lead. Raises ConflictError where the same is asked already."""

        def act(connection: sqlite3.Connection) -> TeamLeadRequest:
            return _decode(_insert(connection, request, (actor, actor_key), now))

        return self._database.write(act)

    def add_within(
        self, request: EditRequest, actor: str, actor_key: str, now: float
    ) -> SettleWithEdits:
        """Return what inserts a request to a lead in the transaction that queues its note."""

        def act(connection: sqlite3.Connection, _edits: tuple[Edit, ...]) -> None:
            _insert(connection, request, (actor, actor_key), now)

        return act

    @database_call
    def answer(
        self, request_id: str, state: TeamLeadRequestState, who: str, now: float, answer: str = ""
    ) -> TeamLeadRequest:
        """Update an open request to a lead with its end. Raises ConflictError for an ended one."""
        return self._database.write(
            lambda connection: _end(connection, request_id, state, who, now, answer, None)
        )

    def answer_within(self, request_id: str, who: str, now: float) -> SettleWithEdits:
        """Return what ends a request as done, in the transaction that queues the edit it asks for.

        It raises ConflictError where somebody else has answered meanwhile: nothing is queued then.
        """

        def act(connection: sqlite3.Connection, edits: tuple[Edit, ...]) -> None:
            edit = int(edits[0].id) if edits else None
            _end(connection, request_id, TeamLeadRequestState.DONE, who, now, "", edit)

        return act

    @database_call
    def get(self, request_id: str) -> TeamLeadRequest:
        """Select one request to a lead of this account. Raises InvalidInput for an unknown id."""
        return self._database.read(lambda c: _decode(_select(c, request_id)))

    @database_call
    def list_open(self, targets: Sequence[str] | None = None) -> tuple[TeamLeadRequest, ...]:
        """Select the open requests to a lead, oldest first; `targets`: of these records alone."""
        condition = "AND target IN (SELECT value FROM json_each(?))" if targets is not None else ""
        query = (
            f"SELECT * FROM lead_request WHERE state = 'open' AND {_HERE} {condition} ORDER BY id"  # noqa: S608 - ours
        )
        values = (canonical_json(list(targets)),) if targets is not None else ()
        return self._database.read(lambda c: tuple(map(_decode, c.execute(query, values))))

    @database_call
    def list_recent(self, limit: int = 300) -> tuple[TeamLeadRequest, ...]:
        """Select the newest requests to a lead, open or ended, the newest first."""
        query = f"SELECT * FROM lead_request WHERE {_HERE} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return self._database.read(lambda c: tuple(map(_decode, c.execute(query, (limit,)))))


def _insert(
    connection: sqlite3.Connection, request: EditRequest, maker: tuple[str, str], now: float
) -> sqlite3.Row:
    target = request.target
    same = (request.kind.value, target.service.value, target.id, request.name)
    new = canonical_json(request.new)
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM lead_request WHERE state = 'open' AND kind = ? AND service = ?"  # noqa: S608
        f" AND target = ? AND name = ? AND new = ? AND {_HERE}",
        (*same, new),
    ).fetchone()
    if found is not None:
        raise ConflictError(
            f"{found['actor']} has asked for this already.", "Nothing was asked again."
        )
    cursor = connection.execute(
        "INSERT INTO lead_request (account, kind, service, target, name, label, old, new, reason,"
        " ticket, actor, actor_key, asked_at)"
        " VALUES ((SELECT id FROM current_account), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*same, target.label, canonical_json(request.old), new, request.reason, request.ticket,
         *maker, now),
    )  # fmt: skip
    row = _select(connection, str(cursor.lastrowid))
    audit_row.append_lead_request(connection, _decode(row), maker[0], now)
    return row


def _end(
    connection: sqlite3.Connection,
    request_id: str,
    state: TeamLeadRequestState,
    who: str,
    now: float,
    answer: str,
    edit: int | None,
) -> TeamLeadRequest:
    before = _decode(_select(connection, request_id))
    if not before.is_open:
        raise ConflictError(
            f"Request {request_id} is {before.state.value} already.",
            f"{before.answered_by} has answered it. Nothing was changed.",
        )
    connection.execute(
        "UPDATE lead_request SET state = ?, answered_by = ?, answered_at = ?, answer = ?, edit = ?"
        " WHERE id = ?",
        (state.value, who, now, answer, edit, int(request_id)),
    )
    ended = _decode(_select(connection, request_id))
    audit_row.append_lead_request(connection, ended, who, now)
    return ended


def _select(connection: sqlite3.Connection, request_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = None
    if request_id.isascii() and request_id.isdigit() and int(request_id) < 2**63:
        row = connection.execute(
            f"SELECT * FROM lead_request WHERE id = ? AND {_HERE}",  # noqa: S608
            (int(request_id),),
        ).fetchone()
    if row is None:
        raise InvalidInput(f"There is no request “{request_id[:20]}”.")
    return row


def _decode(row: sqlite3.Row) -> TeamLeadRequest:
    try:
        request = EditRequest(
            EditKind(row["kind"]),
            EditTarget(Service(row["service"]), row["target"], row["label"]),
            row["name"],
            msgspec.json.decode(row["old"]),
            msgspec.json.decode(row["new"]),
            row["reason"],
            row["ticket"],
        )
        return TeamLeadRequest(
            id=str(row["id"]),
            request=request,
            actor=row["actor"],
            actor_key=row["actor_key"],
            asked_at=row["asked_at"],
            state=TeamLeadRequestState(row["state"]),
            answered_by=row["answered_by"],
            answered_at=row["answered_at"],
            answer=row["answer"],
            edit=str(row["edit"]) if row["edit"] is not None else None,
        )
    except (ValueError, TypeError) as error:
        raise DatabaseDamaged(f"row {row['id']} of lead_request makes no sense") from error
