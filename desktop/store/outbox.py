"""The outbox: edits that wait to be sent, claimed by one process, closed with an audit row.

Every step is one BEGIN IMMEDIATE transaction, so two deliverers cannot take one row, and an undo
and a claim cannot both win.
"""

import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.model.edit import (
    EMAIL_CHANGE_KINDS,
    Edit,
    EditRequest,
    EditState,
    is_same_json,
    not_sent_detail,
)
from desktop.model.email_change import EmailChangeStep, place_of
from desktop.model.json_value import Json, canonical_json
from desktop.model.service import Service
from desktop.store import audit_row
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.edit_batch_repository import require_unapplied
from desktop.store.outbox_row import decode_edit
from desktop.store.planned_row_proof import BATCH_ROWS
from desktop.store.process_identity import is_owner_alive
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_STEP_BEFORE_ENDED = {
    EditState.FAILED: "an earlier step of {whole} has failed.",
    EditState.CONFLICT: "an earlier step of {whole} has failed.",
    EditState.UNDONE: "an earlier step of {whole} was discarded.",
}
# What several edits are the steps of, by the column of its id.
_WHOLES = {"email_change": "the change of the address", "erasure": "the erasure"}
OPEN_STATES = ("queued", "waiting", "sending", "unknown")
# A step of an address change or an erasure is sent once each one before it is done.
_NEXT_STEP_CONDITION = " AND ".join(
    f"(o.{whole} IS NULL OR NOT EXISTS (SELECT 1 FROM outbox e"  # noqa: S608 - names of ours
    f" WHERE e.{whole} = o.{whole} AND e.step < o.step AND NOT EXISTS"
    f" (SELECT 1 FROM outbox d WHERE d.{whole} = e.{whole} AND d.step = e.step"
    " AND d.state = 'done')))"
    for whole in _WHOLES
)
_OF_BATCH_CONDITION = "o.batch = :batch"
# The process of a batch sends its edits, many at a time.
_LEFT_BATCH_CONDITION = "o.batch NOT IN (SELECT value FROM json_each(:batch))"
_CLAIM_PAGE_ROWS = 64
_OPEN_CONDITION = "state IN ('queued', 'waiting', 'sending', 'unknown')"
_SAME_VALUE = (
    "e.account = o.account AND e.service = o.service AND e.target = o.target AND e.kind = o.kind"
    " AND e.name = o.name"
)
# Pauses of marketing that stand in this account. Of a customer the newest counts; one that is being
# ended by an open edit is left out, and one whose end was refused.
STANDING_PAUSES_SQL = (
    "SELECT o.id FROM outbox o WHERE o.kind = 'pause' AND o.state = 'done' AND o.new <> 'null'"
    " AND o.account = (SELECT id FROM current_account) AND NOT EXISTS"
    " (SELECT 1 FROM outbox e WHERE e.kind = 'pause' AND e.service = o.service"
    " AND e.target = o.target AND e.id > o.id"
    " AND (e.state IN ('queued', 'waiting', 'sending', 'unknown', 'done')"
    " OR (e.undoes = o.id AND e.state IN ('conflict', 'failed'))))"
)
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


class Outbox(Repository):
    """The table `outbox` of edits. `owner` names this process in its claims."""

    def __init__(
        self,
        database: Database,
        owner: str,
        accounts: AccountRepository | None = None,
        *,
        owner_lives: Callable[[str], bool] = is_owner_alive,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(database)
        self._owner = owner
        self._accounts = accounts or AccountRepository(database)
        self._is_owner_alive = owner_lives
        # What this object works on now; a row claimed and not in here was dropped on the way.
        self._active_ids: set[str] = set()
        # By id: the not_before of a wait that began in this process, and its end in `monotonic`
        # seconds, which no correction of the clock moves.
        self._monotonic = monotonic
        self._wait_ends: dict[int, tuple[float, float]] = {}

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
                self._prove(connection, edit_id)
            return edits

        return self._database.write(act)

    def _select_proven_steps(self, connection: sqlite3.Connection, change: int) -> list[int]:
        rows = connection.execute(
            f"SELECT * FROM outbox WHERE email_change = ? AND {_OPEN_CONDITION}",  # noqa: S608
            (change,),
        ).fetchall()
        return [row["id"] for row in rows if self._is_proven(connection, row)]

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
        if _select_open_row(connection, request) is not None:
            raise InvalidInput("Another change of it waits to be sent", "", "Nothing was changed.")
        delay_s = judge(request, None)
        return int(self._enqueue_one(connection, request, maker, now, delay_s, batch=batch).id)

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
                if self._is_held(row):
                    continue
                edit = self._decode(connection, row)
                # Kept back by the rules alone, it waits for nothing else once they allow it. A step
                # of an erasure was refused by what is asked of Zendesk: it is asked a minute later.
                is_let_go = (
                    bool(edit.not_sent_reason)
                    and edit.state is EditState.UNKNOWN
                    and edit.erasure is None
                )
                if not self._is_due(connection, row, now) and not (is_let_go and not refusal(edit)):
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
                taken = self._decode(connection, row)
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
            f"SELECT * FROM outbox o WHERE {_OPEN_CONDITION} AND account = :account"  # noqa: S608
            " AND (not_before, id) > (:not_before, :id)"
            " AND service IN (SELECT value FROM json_each(:services))"
            f" AND (:all OR EXISTS (SELECT 1 FROM outbox e WHERE {_SAME_VALUE} AND e.id >= o.id"
            "  AND e.id IN (SELECT value FROM json_each(:ids))))"
            f" AND NOT EXISTS (SELECT 1 FROM outbox e WHERE {_SAME_VALUE} AND e.id < o.id"
            "  AND e.state IN ('queued', 'waiting', 'sending', 'unknown'))"
            f" AND {_NEXT_STEP_CONDITION} AND {which}"
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
        self._remember_wait(int(edit.id), now, not_before)
        self.stop_work.blocking(edit.id)
        return released

    def close(self, edit: Edit, now: float, result: EditState, detail: str) -> Edit:
        """Close an outbox row and append its audit row, in one transaction."""

        def act(connection: sqlite3.Connection) -> Edit:
            self._require_held(connection, edit)
            return _close_with_audit(connection, edit, now, result, detail)

        closed = self._database.write(act)
        self._wait_ends.pop(int(edit.id), None)
        self.stop_work.blocking(edit.id)
        return closed

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
            row = self._select_row(connection, edit_id)
            if not self._is_replaceable(row):
                return None
            return _close_with_audit(
                connection, self._decode(connection, row), now, EditState.UNDONE, detail
            )

        return self._database.write(act)

    @database_call
    def withdraw_batch(self, batch_id: str, now: float, detail: str, limit: int = 200) -> int:
        """Withdraw up to `limit` edits of a batch that nobody has begun to send; returns how many.

        Undos of the batch stay: they take back what was sent.
        """

        def act(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                "SELECT * FROM outbox WHERE batch = ? AND undoes IS NULL"
                " AND state IN ('queued', 'waiting') ORDER BY id",
                (int(batch_id),),
            ).fetchall()
            mine = [row for row in rows if self._is_replaceable(row)][:limit]
            for row in mine:
                _close_with_audit(
                    connection, self._decode(connection, row), now, EditState.UNDONE, detail
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
            row = self._select_row(connection, edit_id)
            self._accounts.require_account(connection, row["account"])
            edit = self._decode(connection, row)
            if edit.state is EditState.FAILED:
                _require_unfinished_change(connection, edit)
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
            if self._has_ended(connection, row):
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
                edit = self._decode(connection, self._select_row(connection, edit_id))
                is_nobodys = edit.is_author_proven and not edit.actor_key
                if is_nobodys and not edit.state.is_final:
                    self._set_author(connection, edit_id, actor, actor_key)

        self._database.write(act)

    @database_call
    def get_edit(self, edit_id: str) -> Edit:
        """Return one edit of the outbox. Raises InvalidInput for an unknown id."""
        return self._database.read(lambda c: self._decode(c, self._select_row(c, edit_id)))

    @database_call
    def has_later_level(self, edit_id: str) -> bool:
        """Whether a later outbox row or audit row set the opt-out level of an edit's customer."""

        def look(connection: sqlite3.Connection) -> bool:
            own = self._select_row(connection, edit_id)
            found = connection.execute(
                "SELECT 1 FROM outbox WHERE service = :service AND target = :target AND id > :id"
                " AND kind = 'optout' AND undoes IS NOT :id"
                " AND (state = 'done' OR (state = 'undone' AND tries > 0)) UNION ALL"
                " SELECT 1 FROM audit_entry WHERE kind = 'sync' AND target = :target"
                " AND at >= :created_at AND instr(new, '\"optout\"') LIMIT 1",
                {name: own[name] for name in ("service", "target", "id", "created_at")},
            ).fetchone()
            return found is not None

        return self._database.read(look)

    @database_call
    def require_own_account(self, edit_id: str) -> None:
        """Raise ConflictError for an outbox row of another account than the one connected now."""
        self._database.read(
            lambda c: self._accounts.require_account(c, self._select_row(c, edit_id)["account"])
        )

    @database_call
    def find_open_edit(self, intent: EditRequest) -> Edit | None:
        """Select the newest open outbox row of the same value as this edit request, or None."""

        def look(connection: sqlite3.Connection) -> Edit | None:
            row = _select_open_row(connection, intent)
            return self._decode(connection, row) if row is not None else None

        return self._database.read(look)

    @database_call
    def list_pauses(self) -> tuple[tuple[Edit, Edit | None], ...]:
        """Return the outbox's edits whose pause of marketing stands in this account, oldest first.

        Each with the edit that is to end it and has not: open or failed. Of a customer the newest
        pause counts. One whose end met another value is left out: it was changed elsewhere.
        """
        query = (
            "SELECT o.*, (SELECT max(e.id) FROM outbox e WHERE e.kind = 'pause'"
            " AND e.service = o.service AND e.target = o.target AND e.id > o.id"
            " AND (e.state IN ('queued', 'waiting', 'sending', 'unknown')"
            " OR (e.undoes = o.id AND e.state = 'failed'))) AS end_id"
            " FROM outbox o WHERE kind = 'pause' AND state = 'done' AND new <> 'null'"
            " AND account = (SELECT id FROM current_account) AND NOT EXISTS"
            " (SELECT 1 FROM outbox e WHERE e.kind = 'pause' AND e.service = o.service"
            " AND e.target = o.target AND e.id > o.id"
            " AND (e.state = 'done' OR (e.undoes = o.id AND e.state = 'conflict'))) ORDER BY id"
        )

        def look(connection: sqlite3.Connection) -> tuple[tuple[Edit, Edit | None], ...]:
            return tuple(
                (decode_edit(row), self._find_edit(connection, row["end_id"]))
                for row in connection.execute(query).fetchall()
            )

        return self._database.read(look)

    def _find_edit(self, connection: sqlite3.Connection, edit_id: int | None) -> Edit | None:
        if edit_id is None:
            return None
        return decode_edit(self._select_row(connection, str(edit_id)))

    @database_call
    def list_recent(self, limit: int = 300, *, open_only: bool = False) -> tuple[Edit, ...]:
        """Select a page of the outbox, the newest first; a negative `limit` selects all of it."""
        where = f"WHERE {_OPEN_CONDITION}" if open_only else ""
        query = f"SELECT * FROM outbox {where} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return self._database.read(
            lambda c: tuple(self._decode(c, row) for row in c.execute(query, (limit,)))
        )

    @database_call
    def seconds_until_due(
        self, now: float, *, elapsed_s: float = 0.0, batch: str | None = None
    ) -> float | None:
        """Return the seconds until the next outbox row may be claimed; None when none waits.

        Those that were due `elapsed_s` seconds ago are left out: they were tried. `batch`: only
        the rows of that one.
        """
        query = (
            f"SELECT id, not_before, updated_at FROM outbox o WHERE {_OPEN_CONDITION}"  # noqa: S608
            f" AND {_NEXT_STEP_CONDITION} AND (?1 IS NULL OR batch = ?1)"
        )
        number = int(batch) if batch is not None else None
        rows = self._database.read(lambda c: c.execute(query, (number,)).fetchall())
        waits = [wait_s for row in rows if (wait_s := self._wait_s(row, now)) + elapsed_s > 0]
        return max(0.0, min(waits)) if waits else None

    @database_call
    def count_open(self) -> int:
        """Count the outbox rows that are not closed yet."""
        query = f"SELECT count(*) AS n FROM outbox WHERE {_OPEN_CONDITION}"  # noqa: S608
        return int(self._database.read(lambda c: c.execute(query).fetchone()["n"]))

    @database_call
    def list_services_waited_for(self) -> tuple[Service, ...]:
        """List the services that outbox rows which are not closed yet are for."""
        query = f"SELECT DISTINCT service FROM outbox WHERE {_OPEN_CONDITION}"  # noqa: S608
        return self._database.read(
            lambda c: tuple(Service(row["service"]) for row in c.execute(query))
        )

    @database_call
    def list_of_batch(self, batch_id: str) -> tuple[Edit, ...]:
        """Select the outbox rows of a batch, its undos among them, in the order they were made."""
        query = "SELECT * FROM outbox WHERE batch = ? ORDER BY id"
        number = int(batch_id)
        return self._database.read(
            lambda c: tuple(self._decode(c, row) for row in c.execute(query, (number,)))
        )

    @database_call
    def count_open_of_batch(self, batch_id: str) -> int:
        """Count the outbox rows of a batch that are not closed yet."""
        query = f"SELECT count(*) AS n FROM outbox WHERE batch = ? AND {_OPEN_CONDITION}"  # noqa: S608
        return int(
            self._database.read(lambda c: c.execute(query, (int(batch_id),)).fetchone()["n"])
        )

    @database_call
    def count_not_sent(self) -> int:
        """Count the open outbox rows that the permission rules refused at the last try."""
        query = f"SELECT count(*) AS n FROM outbox WHERE {_OPEN_CONDITION} AND detail GLOB ?"  # noqa: S608
        pattern = not_sent_detail("*")
        return int(self._database.read(lambda c: c.execute(query, (pattern,)).fetchone()["n"]))

    def _is_due(self, connection: sqlite3.Connection, row: sqlite3.Row, now: float) -> bool:
        """Whether an outbox row's wait is over; one of an earlier process may begin anew."""
        wait_s = self._wait_s(row, now)
        if wait_s > 0 and now < row["updated_at"]:
            # The clock was set back since: how much of the wait has passed is not known.
            connection.execute(
                "UPDATE outbox SET not_before = ?, updated_at = ? WHERE id = ?",
                (now + wait_s, now, row["id"]),
            )
            self._remember_wait(row["id"], now, now + wait_s)
        return wait_s <= 0

    def _wait_s(self, row: sqlite3.Row, now: float) -> float:
        not_before, known = row["not_before"], self._wait_ends.get(row["id"])
        if self._monotonic is not None and known is not None and known[0] == not_before:
            return known[1] - self._monotonic()
        # Never more than was asked for when the row was last touched.
        return float(min(not_before - now, not_before - row["updated_at"]))

    def _remember_wait(self, edit_id: int, now: float, not_before: float) -> None:
        if self._monotonic is not None:
            self._wait_ends[edit_id] = (not_before, self._monotonic() + not_before - now)

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
        earlier = _select_open_row(connection, intent)
        based = self._rebase(intent, earlier)
        delay_s = judge(based, self._decode(connection, earlier) if earlier is not None else None)
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
        is_founded = True
        if intent.undoes:
            undone = self._select_row(connection, intent.undoes)
            self._accounts.require_account(connection, undone["account"])
            # An undo is no more proven than what it undoes: the end of a pause asks nobody.
            is_founded = self._is_proven(connection, undone, accepts_unknown=True)
        earlier = _select_open_row(connection, intent)
        if earlier is not None:
            before = self._decode(connection, earlier)
            if self._is_replaceable(earlier):
                if is_same_json(before.request.new, intent.new):
                    return before
                replaced = _close_with_audit(
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
        self._remember_wait(int(cursor.lastrowid or 0), now, now + delay_s)
        stored = self._select_row(connection, str(cursor.lastrowid))
        if is_founded:
            self._prove(connection, stored["id"])
        return decode_edit(stored)

    def _set_author(
        self, connection: sqlite3.Connection, edit_id: str, actor: str, actor_key: str
    ) -> Edit:
        connection.execute(
            "UPDATE outbox SET actor = ?, actor_key = ? WHERE id = ?", (actor, actor_key, edit_id)
        )
        self._prove(connection, int(edit_id))
        return decode_edit(self._select_row(connection, edit_id))

    def _prove(self, connection: sqlite3.Connection, edit_id: int) -> None:
        """Write into an outbox row the proof that Fairlead has put it there as it stands."""
        row = self._select_row(connection, str(edit_id))
        proof = self._database.audit_signer.prove("edit", _proven_content(connection, row))
        connection.execute("UPDATE outbox SET proof = ? WHERE id = ?", (proof, edit_id))

    def _decode(self, connection: sqlite3.Connection, row: sqlite3.Row) -> Edit:
        """Decode an outbox row, and whether it is as its author has queued it."""
        edit = decode_edit(row)
        is_step = row["email_change"] is not None or edit.request.kind in EMAIL_CHANGE_KINDS
        if is_step and (row["email_change"] is None or place_of(edit.request) != row["step"]):
            return replace(edit, is_author_proven=False, is_in_order=False)
        if self._is_proven(connection, row):
            return replace(edit, is_author_proven=not self._has_ended(connection, row))
        # Without its key nobody can say that a step was moved, only who may not have made it.
        is_moved = is_step and self._database.audit_signer.disproves(
            row["proof"], "edit", _proven_content(connection, row)
        )
        return replace(edit, is_author_proven=False, is_in_order=not is_moved)

    @staticmethod
    def _has_ended(connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
        """Whether the audit tells the end of an open outbox row: somebody has opened it again."""
        if row["state"] not in OPEN_STATES:
            return False
        found = connection.execute("SELECT 1 FROM audit WHERE edit = ? LIMIT 1", (row["id"],))
        return found.fetchone() is not None

    def is_proven_within(self, connection: sqlite3.Connection, edit_id: str) -> bool:
        """Whether Fairlead has written an outbox row as it stands, in the caller's transaction."""
        return self._is_proven(connection, self._select_row(connection, edit_id))

    def _is_proven(
        self, connection: sqlite3.Connection, row: sqlite3.Row, *, accepts_unknown: bool = False
    ) -> bool:
        return self._database.audit_signer.is_proven(
            row["proof"], "edit", _proven_content(connection, row), accepts_unknown=accepts_unknown
        )

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
        row = self._select_row(connection, edit.id)
        if row["owner"] != self._owner or row["state"] not in OPEN_STATES:
            raise ConflictError(
                f"Edit {edit.id} is in other hands.",
                "Another Fairlead on this computer has taken it over.",
            )

    def _rebase(self, intent: EditRequest, earlier: sqlite3.Row | None) -> EditRequest:
        if earlier is None:
            return intent
        before = decode_edit(earlier).request
        return replace(intent, old=before.old if self._is_replaceable(earlier) else before.new)

    def _is_replaceable(self, row: sqlite3.Row) -> bool:
        return row["state"] in ("queued", "waiting") and not self._is_held(row)

    def _is_held(self, row: sqlite3.Row) -> bool:
        owner = row["owner"]
        if owner == self._owner:
            return str(row["id"]) in self._active_ids
        return owner is not None and self._is_owner_alive(owner)

    @staticmethod
    def _select_row(connection: sqlite3.Connection, edit_id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = None
        if edit_id.isascii() and edit_id.isdigit() and len(edit_id) < 19:
            row = connection.execute(
                "SELECT * FROM outbox WHERE id = ?", (int(edit_id),)
            ).fetchone()
        if row is None:
            raise InvalidInput(
                f"There is no edit {edit_id[:40]}.",
                "",
                "`fairlead outbox` lists them with their ids.",
            )
        return row


def _proven_content(connection: sqlite3.Connection, row: sqlite3.Row) -> list[Json]:
    """Return what an outbox row's proof covers: what is wanted of whom, by whose right.

    Of an address change's step also its place, and which steps are before it.
    """
    columns = (
        "idem_key", "kind", "service", "target", "name", "new", "ticket", "undoes", "actor_key",
        "account",
    )  # fmt: skip
    content: list[Json] = [row[name] for name in columns]
    # Rows that were queued before there were batches and erasures are proven without them.
    if row["batch"] is not None:
        content.append(row["batch"])
    if row["erasure"] is not None:
        content += ["erasure", row["erasure"], row["step"]]
    if row["email_change"] is None:
        return content
    earlier = connection.execute(
        "SELECT DISTINCT step FROM outbox WHERE email_change = ? AND step < ? ORDER BY step",
        (row["email_change"], row["step"]),
    )
    return [*content, row["email_change"], row["step"], [one["step"] for one in earlier]]


def _select_open_row(connection: sqlite3.Connection, intent: EditRequest) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM outbox WHERE service = ? AND target = ? AND kind = ? AND name = ?"  # noqa: S608
        f" AND {_OPEN_CONDITION} AND account = (SELECT id FROM current_account) ORDER BY id"
        f" DESC LIMIT 1",
        (intent.target.service.value, intent.target.id, intent.kind.value, intent.name),
    ).fetchone()
    return row


def _require_unfinished_change(connection: sqlite3.Connection, edit: Edit) -> None:
    if edit.erasure is not None:
        raise InvalidInput(
            f"Edit {edit.id} is a step of an erasure.",
            "Nothing was sent.",
            "Resume the erasure instead: `fairlead privacy erase WHO --confirm ADDRESS`.",
        )
    change = connection.execute(
        "SELECT ended_at FROM email_change WHERE id = ?", (edit.email_change,)
    ).fetchone()
    if change is not None and change["ended_at"] is not None:
        raise InvalidInput(
            f"Edit {edit.id} is a step of a change of address that has ended.",
            "Nothing was sent.",
            "Change the address again instead: `fairlead edit WHO --email NEW`.",
        )


def _close_with_audit(
    connection: sqlite3.Connection, edit: Edit, now: float, result: EditState, detail: str
) -> Edit:
    closed = replace(edit, state=result, detail=detail, updated_at=now)
    connection.execute(
        "UPDATE outbox SET state = ?, tries = ?, detail = ?, updated_at = ?, owner = NULL"
        " WHERE id = ?",
        (result.value, edit.tries, detail, now, edit.id),
    )
    if result is not EditState.DONE:
        # What follows counted on this one: it is compared with what stood before it instead.
        connection.execute(
            f"UPDATE outbox AS e SET old = o.old FROM outbox o WHERE o.id = ? AND {_SAME_VALUE}"  # noqa: S608
            " AND e.id > o.id AND e.state IN ('queued', 'waiting') AND e.old = o.new",
            (int(edit.id),),
        )
    audit_row.append_edit(connection, closed, result, now)
    for column, whole in _WHOLES.items():
        whole_id = edit.email_change if column == "email_change" else edit.erasure
        if whole_id is not None and result in _STEP_BEFORE_ENDED:
            words = _STEP_BEFORE_ENDED[result].format(whole=whole)
            connection.execute(
                f"UPDATE outbox SET detail = ? WHERE {column} = ? AND step > ?"  # noqa: S608
                f" AND {_OPEN_CONDITION}",
                (not_sent_detail(words), int(whole_id), edit.step),
            )
    if result is EditState.DONE and edit.request.undoes:
        connection.execute(
            "UPDATE outbox SET state = 'undone', updated_at = ? WHERE id = ? AND state = 'done'",
            (now, int(edit.request.undoes)),
        )
    return closed
