"""The table of address changes; their steps are edits of the outbox."""

import sqlite3
from collections.abc import Callable

import msgspec

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.edit import Edit
from desktop.model.email_change import (
    EmailChange,
    EmailChangeProgress,
    EmailChangeStep,
    EmailConflictPolicy,
    email_change_progress,
)
from desktop.model.json_value import canonical_json
from desktop.model.profile_snapshot import (
    EmailVerification,
    parse_snapshot,
    parse_verification,
)
from desktop.store.database_call import database_call
from desktop.store.draft_and_link_repository import ProfileLink
from desktop.store.outbox_row import decode_edit
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged

_OF_CUSTOMER = (
    "(user_id = :user_id OR (sid = :sid AND sid <> ''))"
    " AND account = (SELECT id FROM current_account)"
)
# In the JSON of what was found: Sell could not be asked who there has the old address.
_WAITS_KEY = "waits_for_sell"
_WAITS = f"json_extract(verification, '$.{_WAITS_KEY}') = 1"


class EmailChangeRepository(Repository):
    """The table `email_change`, whose rows tie edits of the outbox together."""

    def insert_within(
        self, change: EmailChange, link: ProfileLink | None = None
    ) -> Callable[[sqlite3.Connection], int]:
        """Return what inserts an address change in the transaction that queues its steps.

        `link` is stored with it: which profile was decided to be the customer's. It returns the
        row's id and raises ConflictError while another change of the same customer has steps left
        to do; one that takes another back ends that in the same transaction.
        """

        def act(connection: sqlite3.Connection) -> int:
            if change.undoes is not None:
                connection.execute(
                    "UPDATE email_change SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                    (change.created_at, int(change.undoes)),
                )
            unfinished = connection.execute(
                f"SELECT new FROM email_change WHERE {_OF_CUSTOMER} AND ended_at IS NULL",  # noqa: S608
                {"user_id": change.user_id, "sid": change.sid},
            ).fetchone()
            if unfinished is not None:
                raise ConflictError(
                    "The address of this customer is being changed already.",
                    f"The change to {unfinished['new']} is not finished.",
                    "Resume it or take it back first.",
                )
            expected = change.expected.as_json() if change.expected is not None else None
            found = {_WAITS_KEY: True} if change.waits_for_sell else None
            cursor = connection.execute(
                "INSERT INTO email_change (account, user_id, sid, label, old, new, policy,"
                " keeps_old, expected, actor, created_at, undoes, is_automatic, verification)"
                " VALUES ((SELECT id FROM current_account), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    change.user_id,
                    change.sid,
                    change.label,
                    change.old,
                    change.new,
                    change.policy.value,
                    int(change.keeps_old),
                    canonical_json(expected),
                    change.actor,
                    change.created_at,
                    int(change.undoes) if change.undoes is not None else None,
                    int(change.is_automatic),
                    canonical_json(found),
                ),
            )
            if link is not None:
                link.save_within(connection)
            return int(cursor.lastrowid or 0)

        return act

    @database_call
    def get_progress(self, change_id: str) -> EmailChangeProgress:
        """Select an address change with the progress of its steps. Raises InvalidInput."""

        def look(connection: sqlite3.Connection) -> EmailChangeProgress:
            row = connection.execute(
                "SELECT * FROM email_change WHERE id = ?", (int(change_id),)
            ).fetchone()
            if row is None:
                raise InvalidInput(f"There is no change of address {change_id}.")
            return _progress(connection, row)

        return self._database.read(look)

    @database_call
    def find_newest(self, user_id: int | None, sid: str) -> EmailChangeProgress | None:
        """Select the newest address change of one customer in this account, or None."""

        def look(connection: sqlite3.Connection) -> EmailChangeProgress | None:
            row = connection.execute(
                f"SELECT * FROM email_change WHERE {_OF_CUSTOMER} ORDER BY id DESC LIMIT 1",  # noqa: S608
                {"user_id": user_id, "sid": sid},
            ).fetchone()
            return _progress(connection, row) if row is not None else None

        return self._database.read(look)

    def update_within(
        self, change: EmailChange, link: ProfileLink | None = None
    ) -> Callable[[sqlite3.Connection], int]:
        """Return what updates an address change in the transaction that queues more of its steps.

        Its policy, what is expected under it, whether the old address is kept, and whether it is
        Fairlead's own; `link` is stored with it. It returns the row's id and raises
        ConflictError where the change has ended.
        """
        expected = change.expected.as_json() if change.expected is not None else None

        def act(connection: sqlite3.Connection) -> int:
            updated = connection.execute(
                "UPDATE email_change SET policy = ?, expected = ?, keeps_old = ?, is_automatic = ?"
                " WHERE id = ? AND ended_at IS NULL",
                (
                    change.policy.value,
                    canonical_json(expected),
                    int(change.keeps_old),
                    int(change.is_automatic),
                    int(change.id),
                ),
            )
            if not updated.rowcount:
                raise ConflictError("This change of the address has ended meanwhile.")
            if link is not None:
                link.save_within(connection)
            return int(change.id)

        return act

    @database_call
    def update(self, change: EmailChange, link: ProfileLink | None = None) -> None:
        """Update an address change as `update_within` does. Raises ConflictError."""
        self._database.write(self.update_within(change, link))

    @database_call
    def end(self, change_id: str, at: float, verification: EmailVerification | None = None) -> None:
        """Update an address change as ended, with what was found after its last step."""
        found = canonical_json(verification.as_json() if verification is not None else None)
        # A merge patch of null would leave nothing: what waits for Sell stays noted.
        self._database.write(
            lambda c: c.execute(
                "UPDATE email_change SET ended_at = ?1, verification = CASE WHEN ?2 = 'null'"
                " THEN verification ELSE json_patch(verification, ?2) END"
                " WHERE id = ?3 AND ended_at IS NULL",
                (at, found, int(change_id)),
            )
        )

    @database_call
    def list_waiting_for_sell(self, limit: int) -> tuple[EmailChange, ...]:
        """Select ended address changes that Sell was not asked about, in no order.

        So those that stay do not keep the others from their turn.
        """
        query = (
            f"SELECT * FROM email_change WHERE {_WAITS} AND ended_at IS NOT NULL"  # noqa: S608
            " AND account = (SELECT id FROM current_account) ORDER BY random() LIMIT ?"
        )
        return self._database.read(lambda c: tuple(map(_decode_change, c.execute(query, (limit,)))))

    @database_call
    def list_of_customer_waiting_for_sell(
        self, user_id: int | None, sid: str
    ) -> tuple[EmailChange, ...]:
        """Select one customer's ended address changes that Sell was not asked about."""
        query = (
            f"SELECT * FROM email_change WHERE {_OF_CUSTOMER} AND {_WAITS}"  # noqa: S608
            " AND ended_at IS NOT NULL ORDER BY id"
        )
        given = {"user_id": user_id, "sid": sid}
        return self._database.read(lambda c: tuple(map(_decode_change, c.execute(query, given))))

    @database_call
    def stop_waiting_for_sell(self, change_id: str) -> None:
        """Update an address change: Sell has been asked, or somebody lets its address be."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE email_change SET"  # noqa: S608
                f" verification = json_remove(verification, '$.{_WAITS_KEY}')"
                f" WHERE id = ? AND {_WAITS}",
                (int(change_id),),
            )
        )


def _progress(connection: sqlite3.Connection, row: sqlite3.Row) -> EmailChangeProgress:
    edits: dict[EmailChangeStep, Edit] = {}
    for found in connection.execute(
        "SELECT * FROM outbox WHERE email_change = ? ORDER BY id", (row["id"],)
    ):
        # The newest of a step: the one before it failed and was tried again.
        edits[_decode_step(found)] = decode_edit(found)
    return email_change_progress(_decode_change(row), edits)


def _decode_step(row: sqlite3.Row) -> EmailChangeStep:
    try:
        return EmailChangeStep(row["step"])
    except ValueError as error:
        raise DatabaseDamaged(f"the step of row {row['id']} of the outbox is none") from error


def _decode_change(row: sqlite3.Row) -> EmailChange:
    try:
        return _parse_change(row)
    except (ValueError, AttributeError, TypeError) as error:
        raise DatabaseDamaged(f"row {row['id']} of email_change makes no sense") from error


def _parse_change(row: sqlite3.Row) -> EmailChange:
    expected, found = (msgspec.json.decode(row[name]) for name in ("expected", "verification"))
    waits_for_sell = found is not None and bool(found.pop(_WAITS_KEY, False))
    return EmailChange(
        id=str(row["id"]),
        user_id=row["user_id"],
        sid=row["sid"],
        label=row["label"],
        old=row["old"],
        new=row["new"],
        policy=EmailConflictPolicy(row["policy"]),
        keeps_old=bool(row["keeps_old"]),
        expected=parse_snapshot(expected) if expected is not None else None,
        actor=row["actor"],
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        # Of a customer without a profile nothing is compared.
        verification=parse_verification(found) if found else None,
        undoes=str(row["undoes"]) if row["undoes"] is not None else None,
        is_automatic=bool(row["is_automatic"]),
        waits_for_sell=waits_for_sell,
    )
