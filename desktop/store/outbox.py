"""The outbox: edits that wait to be sent, each with its audit row once it has ended.

Every step is one BEGIN IMMEDIATE transaction, so an undo and a claim cannot both win.
"""

import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.model.edit import Edit, EditRequest, EditState, is_same_json
from desktop.model.email_change import EmailChangeStep
from desktop.model.json_value import canonical_json
from desktop.model.service import Service
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.edit_batch_repository import require_unapplied
from desktop.store.outbox_claims import OutboxClaims, close_with_audit
from desktop.store.outbox_proof import OutboxProof, has_ended
from desktop.store.outbox_reader import OutboxReader
from desktop.store.outbox_row import decode_edit
from desktop.store.outbox_sql import (
    OPEN_CONDITION,
    require_no_same_note,
    require_unfinished_change,
    select_open_row,
    select_row,
)
from desktop.store.outbox_wait_time import OutboxWaits
from desktop.store.planned_row_proof import BATCH_ROWS
from desktop.store.process_identity import is_owner_alive
from desktop.store.sqlite_database import Database

# Says how many seconds an intent waits for an undo, given the open edit of its value; or raises.
DelayPolicy = Callable[[EditRequest, Edit | None], float]
# Stores what belongs to edits just queued, in their transaction.
SettleWithEdits = Callable[[sqlite3.Connection, tuple[Edit, ...]], None]


class StepPlace(NamedTuple):
    """The address change or erasure (a row's id) that an edit is a step of, and its place there."""

    email_change: int | None = None
    step: int = 0
    erasure: int | None = None


NO_STEP = StepPlace()


def step_of(edit: Edit) -> StepPlace:
    """Return the address change or erasure that an outbox row is a step of, and its place there."""
    whole = [int(one) if one is not None else None for one in (edit.email_change, edit.erasure)]
    return StepPlace(whole[0], edit.step, whole[1])


class Outbox(OutboxReader):
    """The table `outbox` of edits; `claims` are those that `owner`, this process, sends."""

    def __init__(
        self,
        database: Database,
        owner: str,
        accounts: AccountRepository | None = None,
        *,
        owner_lives: Callable[[str], bool] = is_owner_alive,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        accounts = accounts or AccountRepository(database)
        proof, waits = OutboxProof(database.audit_signer), OutboxWaits(monotonic)
        super().__init__(database, accounts, proof, waits)
        self.claims = OutboxClaims(database, owner, accounts, proof, waits, owner_lives)

    @database_call
    def enqueue(
        self,
        intents: Sequence[EditRequest],
        actor: str,
        now: float,
        delays_s: Sequence[float] | DelayPolicy,
        *,
        actor_key: str = "",
        batch: str | None = None,
    ) -> tuple[Edit, ...]:
        """Insert edits into the outbox, all or none; `delays_s` is how long each waits for an undo.

        `actor` is the name of who wants them, `actor_key` proves it; empty: nobody confirmed it.
        `batch`: the batch that they belong to.

        A judge is asked within the transaction: with the intent as from where the service will
        stand when its turn comes, and the newest open edit of that value. What it raises puts
        nothing in.

        A change of a value that is still waiting replaces the waiting one; taking it back to
        what it was leaves nothing to send, and the waiting edit is returned as undone.
        """
        maker = (actor, actor_key)
        number = int(batch) if batch is not None else None

        def act(connection: sqlite3.Connection) -> tuple[Edit, ...]:
            if callable(delays_s):
                return tuple(
                    self._enqueue_with_policy(
                        connection, intent, maker, now, delays_s, batch=number
                    )
                    for intent in intents
                )
            return tuple(
                self._enqueue_one(connection, intent, maker, now, delay)
                for intent, delay in zip(intents, delays_s, strict=True)
            )

        return self._database.write(act)

    @database_call
    def enqueue_and_settle(
        self,
        requests: Sequence[EditRequest],
        actor: str,
        now: float,
        judge: DelayPolicy,
        settle: SettleWithEdits,
        *,
        actor_key: str = "",
    ) -> tuple[Edit, ...]:
        """Insert edits into the outbox as `enqueue`, and what belongs to them in one transaction.

        `settle` gets the edits; what it raises queues nothing.
        """

        def act(connection: sqlite3.Connection) -> tuple[Edit, ...]:
            edits = tuple(
                self._enqueue_with_policy(connection, request, (actor, actor_key), now, judge)
                for request in requests
            )
            settle(connection, edits)
            return edits

        return self._database.write(act)

    @database_call
    def enqueue_steps(
        self,
        change_id: Callable[[sqlite3.Connection], int],
        requests: Mapping[EmailChangeStep, EditRequest],
        actor: str,
        now: float,
        judge: DelayPolicy,
        *,
        actor_key: str = "",
    ) -> tuple[Edit, ...]:
        """Insert the steps of an address change into the outbox, all or none.

        `change_id` gives the id of its row, in the same transaction; what it raises queues nothing.
        """

        def act(connection: sqlite3.Connection) -> tuple[Edit, ...]:
            change = change_id(connection)
            waiting = self._select_proven_steps(connection, change)
            edits = tuple(
                self._enqueue_with_policy(
                    connection,
                    request,
                    (actor, actor_key),
                    now,
                    judge,
                    StepPlace(change, place.value),
                )
                for place, request in sorted(requests.items())
            )
            # A step that came in before another is part of what that one's proof says.
            for edit_id in waiting:
                self._proof.prove(connection, edit_id)
            return edits

        return self._database.write(act)

    def _select_proven_steps(self, connection: sqlite3.Connection, change: int) -> list[int]:
        rows = connection.execute(
            f"SELECT * FROM outbox WHERE email_change = ? AND {OPEN_CONDITION}",  # noqa: S608
            (change,),
        ).fetchall()
        return [row["id"] for row in rows if self._proof.is_proven(connection, row)]

    def enqueue_erasure_within(
        self,
        connection: sqlite3.Connection,
        requests: Mapping[int, EditRequest],
        maker: tuple[str, str],
        now: float,
        erasure_id: int,
    ) -> None:
        """Insert steps of an approved erasure, by their places, in the transaction of its row.

        `maker` is the name and key of who sends them off. They are due at once.
        """
        for place, request in requests.items():
            step = StepPlace(step=place, erasure=erasure_id)
            self._enqueue_one(connection, request, maker, now, 0.0, step)

    @database_call
    def enqueue_batch(
        self,
        batch_id: str,
        requests: Mapping[int, EditRequest],
        actor: str,
        now: float,
        judge: DelayPolicy,
        *,
        planned_at: float | None,
        actor_key: str = "",
    ) -> int:
        """Insert the edits of a batch into the outbox, all in one transaction; returns how many.

        `requests` are by the batch's row, of its plan of `planned_at`. Who gets none (another
        change waits, or the judge refuses this one) is left, and the row says why. Raises
        ConflictError for a batch that was applied, planned anew, or changed outside Fairlead.
        """
        number = int(batch_id)

        def act(connection: sqlite3.Connection) -> int:
            row = connection.execute("SELECT * FROM edit_batch WHERE id = ?", (number,)).fetchone()
            require_unapplied(row)
            if row["planned_at"] != planned_at:
                raise ConflictError(
                    f"Batch {batch_id} was previewed anew meanwhile.",
                    "Nothing was changed.",
                    "Look at the new preview, and apply that.",
                )
            BATCH_ROWS.require(connection, number)
            self._accounts.require_account(connection, row["account"])
            connection.execute("UPDATE edit_batch SET applied_at = ? WHERE id = ?", (now, number))
            count = 0
            for place, request in requests.items():
                try:
                    edit_id = self._enqueue_of_batch(
                        connection, request, (actor, actor_key), now, judge, number
                    )
                except (NotPermitted, InvalidInput) as error:
                    connection.execute(
                        "UPDATE edit_batch_row SET fate = 'skipped', why = ?"
                        " WHERE batch = ? AND row = ?",
                        (str(error), number, place),
                    )
                    continue
                count += 1
                connection.execute(
                    "UPDATE edit_batch_row SET edit = ? WHERE batch = ? AND row = ?",
                    (edit_id, number, place),
                )
            return count

        return self._database.write(act)

    def _enqueue_of_batch(
        self,
        connection: sqlite3.Connection,
        request: EditRequest,
        maker: tuple[str, str],
        now: float,
        judge: DelayPolicy,
        batch: int,
    ) -> int:
        # A change that somebody made meanwhile is not replaced by one of many.
        if select_open_row(connection, request) is not None:
            raise InvalidInput("Another change of it waits to be sent", "", "Nothing was changed.")
        delay_s = judge(request, None)
        return int(self._enqueue_one(connection, request, maker, now, delay_s, batch=batch).id)

    @database_call
    def end_undo_waits(self, now: float) -> None:
        """Update the outbox so that every edit waiting for its undo time is due."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE outbox SET not_before = ?, updated_at = ? WHERE state = 'waiting'"
                # A batch's own process waits, and outlives the window that asks for this.
                " AND batch IS NULL AND account = (SELECT id FROM current_account)",
                (now, now),
            )
        )

    @database_call
    def end_retry_waits(self, service: Service, now: float) -> None:
        """Update the outbox so that edits which wait for a service's return are due."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE outbox SET not_before = ?1 WHERE state IN ('queued', 'unknown')"
                " AND service = ?2 AND not_before > ?1"
                " AND account = (SELECT id FROM current_account)",
                (now, service.value),
            )
        )

    @database_call
    def withdraw_unsent(self, edit_id: str, now: float, detail: str) -> Edit | None:
        """Withdraw an outbox row that nobody has begun to send; None when sending has begun."""

        def act(connection: sqlite3.Connection) -> Edit | None:
            row = select_row(connection, edit_id)
            if not self.claims.is_replaceable(row):
                return None
            return close_with_audit(
                connection, self._proof.decode(connection, row), now, EditState.UNDONE, detail
            )

        return self._database.write(act)

    @database_call
    def withdraw_batch(self, batch_id: str, now: float, detail: str, limit: int = 200) -> int:
        """Withdraw up to `limit` edits of a batch that nobody has begun to send; returns how many.

        Undos of the batch stay: they take back what was sent.
        """

        def act(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                "SELECT * FROM outbox WHERE batch = ?1 AND (undoes IS NULL OR id IN"
                " (SELECT edit FROM edit_batch_row WHERE batch = ?1 AND edit IS NOT NULL))"
                " AND state IN ('queued', 'waiting') ORDER BY id",
                (int(batch_id),),
            ).fetchall()
            mine = [row for row in rows if self.claims.is_replaceable(row)][:limit]
            for row in mine:
                close_with_audit(
                    connection, self._proof.decode(connection, row), now, EditState.UNDONE, detail
                )
            return len(mine)

        return self._database.write(act)

    @database_call
    def retry(
        self, edit_id: str, now: float, *, actor: str, actor_key: str, judge: DelayPolicy
    ) -> Edit:
        """Make an open outbox row due at once; a failed one becomes a new edit of `actor`.

        Its end stands in the audit, and one edit has one end. `judge` is asked of the new one, and
        what it raises leaves all as it was. Raises InvalidInput for any other edit.
        """

        def act(connection: sqlite3.Connection) -> Edit:
            row = select_row(connection, edit_id)
            self._accounts.require_account(connection, row["account"])
            edit = self._proof.decode(connection, row)
            if edit.state is EditState.FAILED:
                require_unfinished_change(connection, edit)
                again = self._enqueue_with_policy(
                    connection,
                    edit.request,
                    (actor, actor_key),
                    now,
                    judge,
                    step_of(edit),
                    batch=row["batch"],
                )
                connection.execute(
                    "UPDATE edit_batch_row SET edit = ? WHERE batch = ? AND edit = ?",
                    (int(again.id), row["batch"], row["id"]),
                )
                detail = f"{edit.detail} Tried again as {again.id}.".strip()
                connection.execute(
                    "UPDATE outbox SET detail = ? WHERE id = ?", (detail, int(edit.id))
                )
                return again
            if edit.state.is_final:
                raise InvalidInput(
                    f"Edit {edit_id} is {edit.state.value}.",
                    "Only an edit that waits or failed can be tried again.",
                )
            if has_ended(connection, row):
                raise InvalidInput(
                    f"Edit {edit_id} has ended once, and was queued again outside Fairlead.",
                    "Nothing was sent.",
                    f"Drop it: `fairlead outbox discard {edit_id}`.",
                )
            is_nobodys = not edit.actor_key or not edit.is_author_proven
            if is_nobodys and actor_key and not edit.request.undoes and edit.erasure is None:
                # Nobody knows who wanted it: from here on whoever retries it does.
                judge(edit.request, None)
                edit = self._set_author(connection, edit.id, actor, actor_key)
            connection.execute(
                "UPDATE outbox SET not_before = ?, updated_at = ? WHERE id = ?", (now, now, edit.id)
            )
            return replace(edit, not_before=now, updated_at=now)

        return self._database.write(act)

    @database_call
    def confirm_author(self, edit_ids: Iterable[str], actor: str, actor_key: str) -> None:
        """Update the author of open outbox rows that were queued before it was known who that is.

        Rows that have an author, or were changed outside Fairlead, stay as they are.
        """

        def act(connection: sqlite3.Connection) -> None:
            for edit_id in edit_ids:
                edit = self._proof.decode(connection, select_row(connection, edit_id))
                is_nobodys = edit.is_author_proven and not edit.actor_key
                if is_nobodys and not edit.state.is_final:
                    self._set_author(connection, edit_id, actor, actor_key)

        self._database.write(act)

    def _enqueue_with_policy(
        self,
        connection: sqlite3.Connection,
        intent: EditRequest,
        maker: tuple[str, str],
        now: float,
        judge: DelayPolicy,
        step: StepPlace = NO_STEP,
        batch: int | None = None,
    ) -> Edit:
        # What is under way counts as if it stood already; what still waits would be replaced.
        earlier = select_open_row(connection, intent)
        based = self._rebase(intent, earlier)
        delay_s = judge(
            based, self._proof.decode(connection, earlier) if earlier is not None else None
        )
        return self._enqueue_one(connection, based, maker, now, delay_s, step, batch=batch)

    def _enqueue_one(
        self,
        connection: sqlite3.Connection,
        intent: EditRequest,
        maker: tuple[str, str],
        now: float,
        delay_s: float,
        step: StepPlace = NO_STEP,
        batch: int | None = None,
    ) -> Edit:
        # Otherwise what was read from one account would be stamped as the other's.
        self._accounts.require_connected(connection)
        require_no_same_note(connection, intent)
        is_founded = True
        if intent.undoes:
            undone = select_row(connection, intent.undoes)
            self._accounts.require_account(connection, undone["account"])
            # An undo is no more proven than what it undoes: the end of a pause asks nobody.
            is_founded = self._proof.is_proven(connection, undone)
        earlier = select_open_row(connection, intent)
        if earlier is not None:
            before = self._proof.decode(connection, earlier)
            if self.claims.is_replaceable(earlier):
                if is_same_json(before.request.new, intent.new):
                    return before
                replaced = close_with_audit(
                    connection, before, now, EditState.UNDONE, "Replaced by a later change."
                )
                if is_same_json(before.request.old, intent.new):
                    return replaced
            else:
                # Settled at once, by reading: the new edit waits for that and not for a retry.
                connection.execute(
                    "UPDATE outbox SET not_before = min(not_before, ?) WHERE id = ?",
                    (now, earlier["id"]),
                )
            intent = self._rebase(intent, earlier)
        state = EditState.WAITING if delay_s > 0 else EditState.QUEUED
        key = uuid.uuid4().hex
        cursor = connection.execute(
            "INSERT INTO outbox (idem_key, kind, service, target, label, name, old, new, reason,"
            " ticket, actor, actor_key, undoes, state, not_before, created_at, updated_at,"
            " email_change, step, erasure, batch, proof, account)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '',"
            " (SELECT id FROM current_account))",
            (
                key,
                intent.kind.value,
                intent.target.service.value,
                intent.target.id,
                intent.target.label,
                intent.name,
                canonical_json(intent.old),
                canonical_json(intent.new),
                intent.reason,
                intent.ticket,
                *maker,
                int(intent.undoes) if intent.undoes else None,
                state.value,
                now + delay_s,
                now,
                now,
                *step,
                batch,
            ),
        )
        self._waits.remember(int(cursor.lastrowid or 0), now, now + delay_s)
        stored = select_row(connection, str(cursor.lastrowid))
        if is_founded:
            self._proof.prove(connection, stored["id"])
        return decode_edit(stored)

    def _set_author(
        self, connection: sqlite3.Connection, edit_id: str, actor: str, actor_key: str
    ) -> Edit:
        connection.execute(
            "UPDATE outbox SET actor = ?, actor_key = ? WHERE id = ?", (actor, actor_key, edit_id)
        )
        self._proof.prove(connection, int(edit_id))
        return decode_edit(select_row(connection, edit_id))

    def _rebase(self, intent: EditRequest, earlier: sqlite3.Row | None) -> EditRequest:
        if earlier is None:
            return intent
        before = decode_edit(earlier).request
        return replace(
            intent, old=before.old if self.claims.is_replaceable(earlier) else before.new
        )
