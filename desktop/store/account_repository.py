"""Which account the rows in `fairlead.db` belong to, and a workspace's move to another one.

Every row that waits or is remembered carries an account's id; `account.is_current` says which one
the workspace is set up for. Deliverers and runs ask in the transaction in which they take a row.
"""

import sqlite3
import uuid
from dataclasses import dataclass, replace

from desktop.kit.errors import ConflictError
from desktop.model.account import PROBED_SIDS, Account, is_same_account
from desktop.model.edit import EditState
from desktop.store import audit_row
from desktop.store.database_call import database_call
from desktop.store.outbox_row import decode_edit
from desktop.store.repository import Repository

# Every table with a column `account`.
_WAITING_TABLES = (
    "outbox", "plan", "run", "edit_batch", "event_source", "named_event_source", "event", "erasure",
)  # fmt: skip
_MEMORY_TABLES = (
    "synced_value", "accepted_value", "written_hash", "matched_pair", "counted_event",
    "sync_member", "exchanged_profile", "source_correction", "touch", "retry_source",
    "unconfirmed_increment", "superseded_increment", "profile_link", "draft", "lead_request",
    "address_difference", "bounce_repair", "sell_pair", "sell_choice",
)  # fmt: skip
_MOVED_AWAY = "Dropped: the workspace was set up for another account."
_OPEN_EDITS_SQL = "state IN ('queued', 'waiting', 'sending', 'unknown')"


@dataclass(frozen=True)
class KeptForAccount:
    """Counts of stored edits, plans, sync state and events of the current account."""

    open_edits: int = 0
    open_plans: int = 0
    running_runs: int = 0
    remembered: int = 0
    waiting_events: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether a move to another account would drop no row of the database."""
        counts = (self.open_edits, self.open_plans, self.running_runs, self.remembered)
        return not any((*counts, self.waiting_events))


class AccountRepository(Repository):
    """The table `account`: the pairs of Zendesk and Sailthru accounts a workspace has had."""

    # The account whose services this process is connected to; None before it has connected.
    _connected_id: str | None = None

    @database_call
    def get_computer_id(self) -> str:
        """Select the random id of this computer's workspace."""
        return self._database.read(
            lambda c: str(c.execute("SELECT id FROM computer").fetchone()["id"])
        )

    @database_call
    def get_current(self) -> Account | None:
        """Select the account the workspace is set up for; None before the first connection."""
        return self._database.read(lambda c: _select_current(c)[1])

    @database_call
    def was_in_zendesk(self) -> bool:
        """Whether the table `account` has a Zendesk account, of now or before."""
        return self._database.read(
            lambda c: (
                c.execute("SELECT 1 FROM account WHERE zendesk_base_url <> ''").fetchone()
                is not None
            )
        )

    @database_call
    def list_remembered_sids(self) -> tuple[str, ...]:
        """Select some sids of the current account, by which another Sailthru key is tried."""
        return self._database.read(
            lambda c: tuple(
                str(row[0])
                for row in c.execute(
                    "SELECT sid FROM profile_link WHERE account = (SELECT id FROM current_account)"
                    " UNION SELECT sid FROM matched_pair WHERE account = (SELECT id FROM"
                    " current_account)"
                    " UNION SELECT target FROM outbox WHERE service = 'sailthru'"
                    " AND account = (SELECT id FROM current_account) AND state = 'done'"
                    " AND target NOT LIKE '%@%' LIMIT ?",
                    (PROBED_SIDS,),
                )
            )
        )

    @database_call
    def connect(self, seen: Account, now: float, *, sids_answer: bool | None = None) -> bool:
        """Record the account this process is connected to; False if `fairlead.db` has another.

        The first account there is takes over all that was written before accounts were kept. With
        another one connected, this process takes no row and reads no feed until it connects anew.
        """
        account_id, kept = self._database.read(_select_current)
        if kept is not None and kept.completed_by(seen) == kept:
            # Nothing to store, as at nearly every connection: nobody waits for the file.
            is_ours = is_same_account(kept, seen, sids_answer=sids_answer)
            self._connected_id = account_id if is_ours else ""
            return is_ours

        def act(connection: sqlite3.Connection) -> str:
            account_id, kept = _select_current(connection)
            if not seen.is_known:
                return account_id
            if kept is None:
                return _add_current(connection, seen, now)
            if not is_same_account(kept, seen, sids_answer=sids_answer):
                return ""
            if (whole := kept.completed_by(seen)) != kept:
                connection.execute(
                    "UPDATE account SET zendesk_base_url = ?, sailthru_account = ?,"
                    " sailthru_service_uri = ? WHERE id = ?",
                    (*_columns(whole), account_id),
                )
            return account_id

        self._connected_id = self._database.write(act)
        return bool(self._connected_id) or not seen.is_known

    @database_call
    def count_kept(self) -> KeptForAccount:
        """Count the rows that moving to another account would drop: edits, plans, sync state."""

        def look(connection: sqlite3.Connection) -> KeptForAccount:
            def count(sql: str) -> int:
                return int(connection.execute(sql).fetchone()[0])

            return KeptForAccount(
                count(f"SELECT count(*) FROM outbox WHERE {_OPEN_EDITS_SQL}"),  # noqa: S608 - names of ours
                count("SELECT count(*) FROM plan WHERE state IN ('ready', 'stopped', 'applying')"),
                count("SELECT count(*) FROM run WHERE state = 'running'"),
                sum(count(f"SELECT count(*) FROM {table}") for table in _MEMORY_TABLES),  # noqa: S608 - names of ours
                count("SELECT count(*) FROM event WHERE state IN ('waiting', 'open')"),
            )

        return self._database.read(look)

    @database_call
    def move(self, seen: Account, now: float) -> None:
        """Set `fairlead.db` to another account; the rows of the old one are dropped.

        Edits that waited end as undone and stand in the audit; plans are discarded, runs that had
        stopped are cancelled, syncs keep their rules and forget their records. One transaction.
        """

        def act(connection: sqlite3.Connection) -> str:
            rows = connection.execute(f"SELECT * FROM outbox WHERE {_OPEN_EDITS_SQL}").fetchall()  # noqa: S608 - names of ours
            for row in rows:
                edit = replace(decode_edit(row), state=EditState.UNDONE, detail=_MOVED_AWAY)
                connection.execute(
                    "UPDATE outbox SET state = 'undone', detail = ?, updated_at = ?, owner = NULL"
                    " WHERE id = ?",
                    (_MOVED_AWAY, now, edit.id),
                )
                audit_row.append_edit(connection, edit, EditState.UNDONE, now)
            connection.execute(
                "UPDATE plan SET state = 'discarded'"
                " WHERE state IN ('making', 'ready', 'stopped', 'applying')"
            )
            connection.execute("UPDATE write_batch SET state = 'closed' WHERE state <> 'closed'")
            connection.execute(
                "UPDATE run SET state = 'cancelled', cancel_requested = 1, ended_at = ?,"
                " error = ? WHERE state IN ('running', 'waiting', 'interrupted')",
                (now, _MOVED_AWAY),
            )
            for table in _MEMORY_TABLES:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            connection.execute(
                "UPDATE event SET state = 'closed', proof = '', reason = ?"
                " WHERE state IN ('waiting', 'open')",
                (_MOVED_AWAY,),
            )
            connection.execute(
                "UPDATE erasure SET state = 'cancelled', subject = NULL, ended_at = ?"
                " WHERE state IN ('requested', 'running')",
                (now,),
            )
            connection.execute("UPDATE sync SET watermark = ''")
            connection.execute("UPDATE account SET is_current = 0 WHERE is_current")
            return _add_current(connection, seen, now)

        self._connected_id = self._database.write(act)

    def get_deliverable(self) -> str | None:
        """Return `deliverable_account` before a read of `mirror.db`, the other file."""
        return self._database.read(self.deliverable_account)

    def require_deliverable(self) -> str:
        """Return the account whose records this process may store. Raises ConflictError."""
        account = self.get_deliverable()
        if account is None:
            raise other_account_error()
        return account

    def deliverable_account(self, connection: sqlite3.Connection) -> str | None:
        """Select the account whose rows this process may take, in the caller's transaction.

        None: it is connected to another account than the workspace is set up for.
        """
        current, _ = _select_current(connection)
        if self._connected_id is not None and self._connected_id != current:
            return None
        return current

    def require_connected(self, connection: sqlite3.Connection) -> None:
        """Raise ConflictError in a transaction if the process is connected to another account."""
        if self.deliverable_account(connection) is None:
            raise other_account_error()

    def require_account(self, connection: sqlite3.Connection, account: str) -> None:
        """Raise ConflictError where this process may not take a row of `account` now."""
        if self.deliverable_account(connection) != account:
            raise other_account_error()


def other_account_error() -> ConflictError:
    """Return the error for an outbox or plan row that was made for another account."""
    return ConflictError(
        "This belongs to another account than the one connected now.",
        "Nothing was sent.",
        "Connect the account it was made for. `fairlead setup --from FILE --move-account` sets the"
        " workspace up for the new one and drops what waits.",
    )


def account_of_row(connection: sqlite3.Connection, table: str, row_id: str) -> str:
    """Return the account id of a row of the table `plan` or `run`; '' for no such row."""
    row = connection.execute(
        f"SELECT account FROM {table} WHERE id = ?",  # noqa: S608 - names of ours
        (int(row_id),),
    ).fetchone()
    return str(row["account"]) if row else ""


def _select_current(connection: sqlite3.Connection) -> tuple[str, Account | None]:
    row = connection.execute("SELECT * FROM account WHERE is_current").fetchone()
    if row is None:
        return "", None
    found = Account(row["zendesk_base_url"], row["sailthru_account"], row["sailthru_service_uri"])
    return str(row["id"]), found


def _add_current(connection: sqlite3.Connection, account: Account, now: float) -> str:
    new = uuid.uuid4().hex
    connection.execute(
        "INSERT INTO account (zendesk_base_url, sailthru_account, sailthru_service_uri, id,"
        " is_current, created_at) VALUES (?, ?, ?, ?, 1, ?)",
        (*_columns(account), new, now),
    )
    for table in (*_WAITING_TABLES, "sync", *_MEMORY_TABLES):
        connection.execute(
            f"UPDATE {table} SET account = ? WHERE account = ''",  # noqa: S608 - names of ours
            (new,),
        )
    return new


def _columns(account: Account) -> tuple[str, str, str]:
    return account.zendesk_base_url, account.sailthru_account, account.sailthru_service_uri
