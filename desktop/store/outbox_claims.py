"""Claims on edits of the outbox: one process takes an edit, sends it and closes it.

Every step is one BEGIN IMMEDIATE transaction, so two deliverers cannot take one row.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from desktop.kit.errors import ConflictError
from desktop.model.edit import Edit, EditState, not_sent_detail
from desktop.model.json_value import canonical_json
from desktop.model.service import Service
from desktop.store import audit_row
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.outbox_proof import OutboxProof
from desktop.store.outbox_sql import (
    NEXT_STEP_CONDITION,
    OPEN_CONDITION,
    OPEN_STATES,
    SAME_VALUE,
    WHOLES,
    select_row,
)
from desktop.store.outbox_wait_time import OutboxWaits
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_STEP_BEFORE_ENDED = {
    EditState.FAILED: "an earlier step of {whole} has failed.",
    EditState.CONFLICT: "an earlier step of {whole} has failed.",
    EditState.UNDONE: "an earlier step of {whole} was discarded.",
}
_OF_BATCH_CONDITION = "o.batch = :batch"
# The process of a batch sends its edits, many at a time.
_LEFT_BATCH_CONDITION = "o.batch NOT IN (SELECT value FROM json_each(:batch))"
_CLAIM_PAGE_ROWS = 64


class OutboxClaims(Repository):
    """Rows of the table `outbox` that this process sends; `owner` names it in them."""

    def __init__(
        self,
        database: Database,
        owner: str,
        accounts: AccountRepository,
        proof: OutboxProof,
        waits: OutboxWaits,
        owner_lives: Callable[[str], bool],
    ) -> None:
        super().__init__(database)
        self._owner = owner
        self._accounts = accounts
        self._proof = proof
        self._waits = waits
        self._is_owner_alive = owner_lives
        # What this object works on now; a row claimed and not in here was dropped on the way.
        self._active_ids: set[str] = set()

    @database_call
    def claim(
        self,
        now: float,
        *,
        only: Iterable[str] = (),
        batch: str | None = None,
        services: Iterable[Service] = tuple(Service),
        refusal: Callable[[Edit], str] = lambda _edit: "",
    ) -> Edit | None:
        """Claim the outbox's next due edit for this process, or return None.

        `refusal` says why a row may not be sent, or "": asked in this transaction of rows that
        were never sent. A refused one stays queued with that as its detail.

        `batch`: only edits of that one. Otherwise those of batches come last, and those that
        another process is sending are left to it.

        A row of a dead process is taken over; if it was being sent, it comes back as UNKNOWN.
        Rows for one value are taken in the order in which they were wanted; those before one of
        `only` are taken with it. A clock that is
        set back neither ends a wait nor makes it longer than it takes once more. Rows of another
        account than the one connected now are left alone.
        """
        ids = [int(i) for i in only]
        names = [s.value for s in services]

        def act(connection: sqlite3.Connection) -> Edit | None:
            account = self._accounts.deliverable_account(connection)
            if account is None:
                return None
            asked = {
                "account": account,
                "services": canonical_json(names),
                "all": not ids,
                "ids": canonical_json(ids),
            }
            rows = (
                self._iter_claimable(connection, asked, _OF_BATCH_CONDITION, int(batch))
                if batch is not None
                else self._iter_of_everybody(connection, asked)
            )
            for row in rows:
                if self.is_held(row):
                    continue
                edit = self._proof.decode(connection, row)
                # Kept back by the rules alone, it waits for nothing else once they allow it. A step
                # of an erasure was refused by what is asked of Zendesk: it is asked a minute later.
                is_let_go = (
                    bool(edit.not_sent_reason)
                    and edit.state is EditState.UNKNOWN
                    and edit.erasure is None
                )
                if not self._waits.is_due(connection, row, now) and not (
                    is_let_go and not refusal(edit)
                ):
                    continue
                if row["state"] in ("queued", "waiting") and (reason := refusal(edit)):
                    kept = not_sent_detail(reason)
                    # A batch that the rules hold back has thousands, asked about again and again.
                    if (row["state"], row["detail"]) != ("queued", kept):
                        connection.execute(
                            "UPDATE outbox SET state = 'queued', detail = ? WHERE id = ?",
                            (kept, row["id"]),
                        )
                    continue
                interrupted = row["state"] == "sending"
                connection.execute(
                    "UPDATE outbox SET owner = ?, updated_at = ?,"
                    " state = CASE state WHEN 'sending' THEN 'unknown'"
                    "  WHEN 'waiting' THEN 'queued' ELSE state END WHERE id = ?",
                    (self._owner, now, row["id"]),
                )
                taken = self._proof.decode(connection, row)
                self._active_ids.add(taken.id)
                if interrupted:
                    return replace(taken, state=EditState.UNKNOWN)
                if taken.state is EditState.WAITING:
                    return replace(taken, state=EditState.QUEUED)
                return taken
            return None

        return self._database.write(act)

    def _iter_of_everybody(
        self, connection: sqlite3.Connection, asked: Mapping[str, object]
    ) -> Iterator[sqlite3.Row]:
        """Yield rows that may be claimed: single edits first, then those of batches left behind."""
        yield from self._iter_claimable(connection, asked, "o.batch IS NULL")
        busy = canonical_json(self._select_busy_batches(connection))
        yield from self._iter_claimable(connection, asked, _LEFT_BATCH_CONDITION, busy)

    @staticmethod
    def _iter_claimable(
        connection: sqlite3.Connection,
        asked: Mapping[str, object],
        which: str,
        batch: int | str | None = None,
    ) -> Iterator[sqlite3.Row]:
        """Yield in pages, in the order in which they are due, the rows that none before holds up.

        Whole batches wait here: to look at each of five thousand rows for every claim took 0.12 s.
        """
        query = (
            f"SELECT * FROM outbox o WHERE {OPEN_CONDITION} AND account = :account"  # noqa: S608
            " AND (not_before, id) > (:not_before, :id)"
            " AND service IN (SELECT value FROM json_each(:services))"
            f" AND (:all OR EXISTS (SELECT 1 FROM outbox e WHERE {SAME_VALUE} AND e.id >= o.id"
            "  AND e.id IN (SELECT value FROM json_each(:ids))))"
            f" AND NOT EXISTS (SELECT 1 FROM outbox e WHERE {SAME_VALUE} AND e.id < o.id"
            "  AND e.state IN ('queued', 'waiting', 'sending', 'unknown'))"
            f" AND {NEXT_STEP_CONDITION} AND {which}"
            f" ORDER BY not_before, id LIMIT {_CLAIM_PAGE_ROWS}"
        )
        last: dict[str, object] = {"not_before": float("-inf"), "id": 0}
        while page := connection.execute(query, {**asked, **last, "batch": batch}).fetchall():
            yield from page
            last = {"not_before": page[-1]["not_before"], "id": page[-1]["id"]}

    def _select_busy_batches(self, connection: sqlite3.Connection) -> list[int]:
        rows = connection.execute("SELECT id, owner FROM edit_batch WHERE owner IS NOT NULL")
        return [row["id"] for row in rows.fetchall() if self._is_owner_alive(row["owner"])]

    @database_call
    def mark_sending(self, edit: Edit, now: float) -> Edit:
        """Commit to the outbox that an edit's request is about to be sent."""
        return self._update(edit, now, state=EditState.SENDING, tries=edit.tries + 1)

    @database_call
    def mark_accepted(self, edit: Edit, now: float) -> Edit:
        """Commit to the outbox that the service accepted an edit; it has to be read back yet."""
        return self._update(edit, now, state=EditState.UNKNOWN, accepted_at=now)

    @database_call
    def stop_work(self, edit_id: str) -> None:
        """End this process's claim on an outbox row, whatever state its edit is in."""
        self._active_ids.discard(edit_id)

    @database_call
    def release(
        self, edit: Edit, now: float, *, state: EditState, not_before: float, detail: str
    ) -> Edit:
        """Release a claimed outbox row, to be claimed again from `not_before` on."""
        released = self._update(
            edit, now, state=state, not_before=not_before, detail=detail, released=True
        )
        self._waits.remember(int(edit.id), now, not_before)
        self.stop_work.blocking(edit.id)
        return released

    def close(self, edit: Edit, now: float, result: EditState, detail: str) -> Edit:
        """Close an outbox row and append its audit row, in one transaction."""

        def act(connection: sqlite3.Connection) -> Edit:
            self._require_held(connection, edit)
            return close_with_audit(connection, edit, now, result, detail)

        closed = self._database.write(act)
        self._waits.forget(int(edit.id))
        self.stop_work.blocking(edit.id)
        return closed

    def _update(
        self,
        edit: Edit,
        now: float,
        *,
        state: EditState,
        tries: int | None = None,
        accepted_at: float | None = None,
        not_before: float | None = None,
        detail: str | None = None,
        released: bool = False,
    ) -> Edit:
        after = replace(
            edit,
            state=state,
            tries=edit.tries if tries is None else tries,
            accepted_at=edit.accepted_at if accepted_at is None else accepted_at,
            not_before=edit.not_before if not_before is None else not_before,
            detail=edit.detail if detail is None else detail,
            updated_at=now,
        )

        def act(connection: sqlite3.Connection) -> Edit:
            self._require_held(connection, edit)
            connection.execute(
                "UPDATE outbox SET state = ?, tries = ?, accepted_at = ?, not_before = ?,"
                " detail = ?,"
                " updated_at = ?, owner = ? WHERE id = ?",
                (
                    after.state.value,
                    after.tries,
                    int(after.accepted_at),
                    after.not_before,
                    after.detail,
                    now,
                    None if released else self._owner,
                    edit.id,
                ),
            )
            return after

        return self._database.write(act)

    def _require_held(self, connection: sqlite3.Connection, edit: Edit) -> None:
        row = select_row(connection, edit.id)
        if row["owner"] != self._owner or row["state"] not in OPEN_STATES:
            raise ConflictError(
                f"Edit {edit.id} is in other hands.",
                "Another Fairlead on this computer has taken it over.",
            )

    def is_replaceable(self, row: sqlite3.Row) -> bool:
        """Whether nobody has begun to send a row, so that a later change may take its place."""
        return row["state"] in ("queued", "waiting") and not self.is_held(row)

    def is_held(self, row: sqlite3.Row) -> bool:
        """Whether a process that is still alive, this one or another, works on a row."""
        owner = row["owner"]
        if owner == self._owner:
            return str(row["id"]) in self._active_ids
        return owner is not None and self._is_owner_alive(owner)


def close_with_audit(
    connection: sqlite3.Connection, edit: Edit, now: float, result: EditState, detail: str
) -> Edit:
    """Write the end of an edit: its row, its audit row, and what that changes for later rows."""
    closed = replace(edit, state=result, detail=detail, updated_at=now)
    connection.execute(
        "UPDATE outbox SET state = ?, tries = ?, detail = ?, updated_at = ?, owner = NULL"
        " WHERE id = ?",
        (result.value, edit.tries, detail, now, edit.id),
    )
    if result is not EditState.DONE:
        # What follows counted on this one: it is compared with what stood before it instead.
        connection.execute(
            f"UPDATE outbox AS e SET old = o.old FROM outbox o WHERE o.id = ? AND {SAME_VALUE}"  # noqa: S608
            " AND e.id > o.id AND e.state IN ('queued', 'waiting') AND e.old = o.new",
            (int(edit.id),),
        )
    audit_row.append_edit(connection, closed, result, now)
    for column, whole in WHOLES.items():
        whole_id = edit.email_change if column == "email_change" else edit.erasure
        if whole_id is not None and result in _STEP_BEFORE_ENDED:
            words = _STEP_BEFORE_ENDED[result].format(whole=whole)
            connection.execute(
                f"UPDATE outbox SET detail = ? WHERE {column} = ? AND step > ?"  # noqa: S608
                f" AND {OPEN_CONDITION}",
                (not_sent_detail(words), int(whole_id), edit.step),
            )
    if result is EditState.DONE and edit.request.undoes:
        connection.execute(
            "UPDATE outbox SET state = 'undone', updated_at = ? WHERE id = ? AND state = 'done'",
            (now, int(edit.request.undoes)),
        )
    return closed
