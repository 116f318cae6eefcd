"""The tables of erasures: whom two admins agreed to erase, and how far that is.

An erasure that begins keeps the person's keys and queues its steps in one transaction: from then on
nothing makes the person again, and nothing of it is sent that two admins have not approved.
"""

import sqlite3
from collections.abc import Iterable, Mapping

from desktop.kit.errors import ConflictError
from desktop.model.edit import Edit, EditKind, EditRequest, EditState
from desktop.model.erased_people import person_keys
from desktop.model.erasure import Erasure, ErasureState, ErasureStep, ErasureSubject
from desktop.model.erasure_steps import (
    ErasureProgress,
    build_erasure_requests,
    build_profile_deletion,
    build_ticket_closings,
    next_place,
)
from desktop.model.json_value import Json, canonical_json
from desktop.model.permission import Actor
from desktop.store import audit_row
from desktop.store.account_repository import AccountRepository
from desktop.store.audit_signer import AuditSigner
from desktop.store.customer_erasure import ErasedCounts, NoteErased
from desktop.store.database_call import database_call
from desktop.store.erased_people_repository import keep_erased, require_person_hasher
from desktop.store.erasure_table import (
    OPEN_ERASURES,
    approval_content,
    find_open_erasure,
    select_progress,
    select_steps,
)
from desktop.store.outbox import Outbox
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_RETRIED_STATES = (EditState.FAILED, EditState.CONFLICT, EditState.UNDONE)


class ErasureRepository(Repository):
    """The tables `erasure` and `erasure_approval`; `outbox` takes the steps."""

    def __init__(self, database: Database, outbox: Outbox, accounts: AccountRepository) -> None:
        super().__init__(database)
        self._outbox = outbox
        self._accounts = accounts

    @property
    def _signer(self) -> AuditSigner:
        return self._database.audit_signer

    @database_call
    def request(
        self, subject: ErasureSubject, counts: Mapping[str, int], actor: Actor, now: float
    ) -> str:
        """Insert an erasure with its first approval, its requester's; returns the id.

        Raises ConflictError while another erasure of the same person is open, StorageError where
        no key is here that those erased could be kept under.
        """
        subject_hash = require_person_hasher(self._signer)(subject.confirmed_key)

        def act(connection: sqlite3.Connection) -> str:
            if find_open_erasure(connection, subject.target_ids) is not None:
                raise ConflictError(
                    "The erasure of this person is requested already.", "Nothing was changed."
                )
            cursor = connection.execute(
                "INSERT INTO erasure (account, subject, subject_hash, state, counts, actor,"
                " created_at)"
                " VALUES ((SELECT id FROM current_account), ?, ?, 'requested', ?, ?, ?)",
                (
                    canonical_json(subject.as_json()),
                    subject_hash,
                    canonical_json(dict(counts)),
                    actor.signature,
                    now,
                ),
            )
            self._insert_approval(connection, int(cursor.lastrowid or 0), actor, now)
            return str(cursor.lastrowid)

        return self._database.write(act)

    @database_call
    def approve(self, erasure_id: str, admin: Actor, now: float) -> ErasureProgress:
        """Insert an admin's approval of an erasure; with the second one it begins.

        Raises ConflictError for one that is not open.
        """

        def act(connection: sqlite3.Connection) -> ErasureProgress:
            self._require_open(connection, erasure_id)
            self._insert_approval(connection, int(erasure_id), admin, now)
            erasure = self._require_open(connection, erasure_id)
            if erasure.state is ErasureState.REQUESTED and erasure.is_approved:
                self._begin(connection, erasure, admin, now)
            return self._progress(connection, erasure_id)

        return self._database.write(act)

    @database_call
    def cancel(self, erasure_id: str, actor: str, now: float) -> None:
        """Update an erasure as cancelled, and forget whose it was.

        Raises ConflictError once a step was sent: what is erased is erased.
        """

        def act(connection: sqlite3.Connection) -> None:
            erasure = self._require_open(connection, erasure_id)
            for edit in select_steps(connection, erasure_id):
                if edit.tries or edit.state is EditState.DONE:
                    raise ConflictError(
                        "A step of this erasure was sent already.",
                        "What is erased can't be brought back: it can only be finished.",
                        "Resume it.",
                    )
            for table in ("outbox", "erased_person"):
                connection.execute(
                    f"DELETE FROM {table} WHERE erasure = ?",  # noqa: S608 - names of ours
                    (int(erasure_id),),
                )
            connection.execute(
                "UPDATE erasure SET state = 'cancelled', subject = NULL, ended_at = ?, counts ="
                " '{}' WHERE id = ?",
                (now, int(erasure_id)),
            )
            words = "The erasure of one person was cancelled; nothing was erased."
            content: Json = {"erasure": erasure.id}
            audit_row.append_erasure_end(
                connection, at=now, actor=actor, content=content, reason=words
            )

        self._database.write(act)

    @database_call
    def queue_again(
        self, erasure_id: str, tickets: Iterable[int], actor: Actor, now: float
    ) -> None:
        """Insert the failed and discarded steps of a running erasure into the outbox again.

        `tickets` are to be closed before: they were not there when it began.
        """

        def act(connection: sqlite3.Connection) -> None:
            erasure = self._require_open(connection, erasure_id)
            newest = {edit.step: edit for edit in select_steps(connection, erasure_id)}
            # A step that somebody has written into the file is not made a proven one.
            again = {
                p: e.request
                for p, e in newest.items()
                if e.state in _RETRIED_STATES and self._outbox.is_proven_within(connection, e.id)
            }
            if erasure.subject is not None:
                known = {e.request.name for e in newest.values()}
                more = [number for number in tickets if str(number) not in known]
                first = next_place(EditKind.CLOSE_TICKET, newest)
                again |= build_ticket_closings(erasure.subject, more, first)
            self._queue(connection, erasure_id, dict(sorted(again.items())), actor, now)

        self._database.write(act)

    @database_call
    def delete_profile_again(self, erasure_id: str, sid: str, actor: Actor, now: float) -> None:
        """Insert one more step into a running erasure: a profile that has come back is deleted."""

        def act(connection: sqlite3.Connection) -> None:
            erasure = self._require_open(connection, erasure_id)
            if erasure.subject is None:
                return
            places = [edit.step for edit in select_steps(connection, erasure_id)]
            keys = person_keys(sids=(sid,))
            keep_erased(connection, self._signer, int(erasure_id), keys, now)
            request = build_profile_deletion(erasure.subject.label, sid)
            place = next_place(EditKind.DELETE_PROFILE, places)
            self._queue(connection, erasure_id, {place: request}, actor, now)

        self._database.write(act)

    def make_note_erased(self, progress: ErasureProgress) -> NoteErased:
        """Return what updates an erasure with what was erased here, in the same transaction.

        Its steps go with the person's edits: what they were and when they ended is kept. One that
        was cut short adds to what it had erased before.
        """
        erasure = progress.erasure
        steps = [step.as_json() for step in progress.steps if step.is_of_services]

        def note(connection: sqlite3.Connection, counts: ErasedCounts) -> None:
            erased = dict(erasure.erased)
            for name, count in counts.erased_rows.items():
                erased[name] = erased.get(name, 0) + count
            connection.execute(
                "UPDATE erasure SET erased = ?, ended_steps = ? WHERE id = ?",
                (canonical_json(erased), canonical_json(steps), int(erasure.id)),
            )

        return note

    @database_call
    def end(self, erasure_id: str, now: float) -> None:
        """Update an erasure as done; of whom, it does not say any more."""

        def act(connection: sqlite3.Connection) -> None:
            erasure = self._require_open(connection, erasure_id)
            here: Json = {
                "name": ErasureStep.ERASE_HERE.value, "state": "done", "count": 1, "ended_at": now,
            }  # fmt: skip
            steps: list[Json] = [*map(dict, erasure.ended_steps), here]
            connection.execute(
                "UPDATE erasure SET state = 'done', subject = NULL, ended_at = ?, ended_steps = ?"
                " WHERE id = ?",
                (now, canonical_json(steps), int(erasure_id)),
            )
            content: Json = {
                "erasure": erasure.id,
                "subject_hash": erasure.subject_hash,
                "counts": dict(erasure.counts),
                "erased": dict(erasure.erased),
                "steps": steps,
            }
            words = "One person was erased from both services and from this computer."
            audit_row.append_erasure_end(
                connection, at=now, actor=erasure.actor, content=content, reason=words
            )

        self._database.write(act)

    @database_call
    def get_progress(self, erasure_id: str) -> ErasureProgress:
        """Select an erasure with the progress of its steps. Raises InvalidInput."""
        return self._database.read(lambda c: self._progress(c, erasure_id))

    @database_call
    def list_edits(self, erasure_id: str) -> tuple[Edit, ...]:
        """Select the edits of an erasure, each try of a step."""
        return self._database.read(lambda c: select_steps(c, erasure_id))

    @database_call
    def list_progress(self, *, open_only: bool = False) -> tuple[ErasureProgress, ...]:
        """Select the erasures of this account with their progress, the newest first."""
        where = f" AND {OPEN_ERASURES}" if open_only else ""
        query = (
            "SELECT id FROM erasure WHERE account = (SELECT id FROM current_account)"  # noqa: S608
            f"{where} ORDER BY id DESC"
        )
        return self._database.read(
            lambda c: tuple(self._progress(c, str(row[0])) for row in c.execute(query).fetchall())
        )

    @database_call
    def find_open(self, ids: Iterable[str]) -> ErasureProgress | None:
        """Select the open erasure of whoever has one of these ids or addresses, or None."""
        wanted = tuple(ids)

        def look(connection: sqlite3.Connection) -> ErasureProgress | None:
            found = find_open_erasure(connection, wanted)
            return self._progress(connection, found) if found is not None else None

        return self._database.read(look)

    def _begin(
        self, connection: sqlite3.Connection, erasure: Erasure, admin: Actor, now: float
    ) -> None:
        if erasure.subject is None:
            raise ConflictError("The erasure has ended.", "Nothing was changed.")
        keep_erased(connection, self._signer, int(erasure.id), erasure.subject.keys, now)
        connection.execute("UPDATE erasure SET state = 'running' WHERE id = ?", (int(erasure.id),))
        self._queue(connection, erasure.id, build_erasure_requests(erasure.subject), admin, now)

    def _queue(
        self,
        connection: sqlite3.Connection,
        erasure_id: str,
        requests: Mapping[int, EditRequest],
        actor: Actor,
        now: float,
    ) -> None:
        maker = (actor.signature, actor.key)
        self._outbox.enqueue_erasure_within(connection, requests, maker, now, int(erasure_id))

    def _insert_approval(
        self, connection: sqlite3.Connection, erasure_id: int, admin: Actor, now: float
    ) -> None:
        row = connection.execute("SELECT * FROM erasure WHERE id = ?", (erasure_id,)).fetchone()
        content = approval_content(row, admin.approver_id, admin.credential, self._signer)
        seq = audit_row.append_erasure_approval(
            connection, at=now, actor=admin.name, content=content
        )
        connection.execute(
            "INSERT OR REPLACE INTO erasure_approval (erasure, user_id, name, credential,"
            " approved_at, audit_seq) VALUES (?, ?, ?, ?, ?, ?)",
            (erasure_id, admin.approver_id, admin.name, admin.credential, now, seq),
        )

    def _require_open(self, connection: sqlite3.Connection, erasure_id: str) -> Erasure:
        erasure = self._progress(connection, erasure_id).erasure
        row = connection.execute(
            "SELECT account FROM erasure WHERE id = ?", (int(erasure_id),)
        ).fetchone()
        # Ids of one account are somebody else's in another.
        self._accounts.require_account(connection, row["account"])
        if not erasure.is_open:
            raise ConflictError(
                f"Erasure {erasure_id} is {erasure.state.value}.", "Nothing was changed."
            )
        return erasure

    def _progress(self, connection: sqlite3.Connection, erasure_id: str) -> ErasureProgress:
        return select_progress(connection, erasure_id, self._signer)
