"""Which Sailthru profile each contact and lead of Zendesk Sell belongs to, and of which account."""

import sqlite3
from collections.abc import Iterable

from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.repository import Repository

_OURS = "account = (SELECT id FROM current_account)"
_IN = "IN (SELECT value FROM json_each(?))"


class SellPairRepository(Repository):
    """The tables `sell_pair` and `sell_account` of `fairlead.db`."""

    @database_call
    def get_account(self) -> int | None:
        """Select the Sell account that pairs and feeds are of; None before the first reading."""
        row = self._database.read(lambda c: c.execute("SELECT id FROM sell_account").fetchone())
        return int(row["id"]) if row else None

    @database_call
    def set_account(self, account_id: int) -> None:
        """Store the Sell account that is read from now on; pairs of another one are deleted."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM sell_pair")
            connection.execute("INSERT OR REPLACE INTO sell_account VALUES (1, ?)", (account_id,))
            # Their rows name contacts of the account before.
            connection.execute(
                "UPDATE plan SET state = 'discarded' WHERE state IN ('ready', 'stopped')"
                " AND (service = 'sell' OR json_extract(sync_body, '$.source.kind') LIKE 'sell%')"
            )

        self._database.write(act)

    @database_call
    def find_sids(self, records: Iterable[str]) -> dict[str, str]:
        """Select the sid paired with each of these Sell records (`contact-2101`)."""
        return self._database.read(
            lambda c: {
                row["record"]: row["sid"]
                for row in c.execute(
                    f"SELECT record, sid FROM sell_pair WHERE record {_IN} AND {_OURS}",  # noqa: S608 - ours
                    (to_json(list(records)),),
                )
            }
        )

    @database_call
    def find_records(self, sids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Select the Sell records paired with each of these sids; chosen ones alone if any is."""

        def look(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
            found: dict[str, dict[str, bool]] = {}
            for row in connection.execute(
                f"SELECT record, sid, is_chosen FROM sell_pair WHERE sid {_IN} AND {_OURS}"  # noqa: S608
                " ORDER BY record",
                (to_json(list(sids)),),
            ):
                found.setdefault(row["sid"], {})[row["record"]] = bool(row["is_chosen"])
            return {
                sid: tuple(one for one, is_chosen in ones.items() if is_chosen) or tuple(ones)
                for sid, ones in found.items()
            }

        return self._database.read(look)

    @database_call
    def choose(self, record: str, sid: str, now: float) -> None:
        """Store a person's choice of the Sell record that a profile is synced with."""
        self._database.write(lambda c: save_sell_pair(c, record, sid, now, is_chosen=True))

    @database_call
    def delete(self, record: str) -> None:
        """Delete the pair of a Sell record whose profile was merged or deleted."""
        self._database.write(
            lambda c: c.execute("DELETE FROM sell_pair WHERE record = ?", (record,))
        )


def save_sell_pair(
    connection: sqlite3.Connection, record: str, sid: str, now: float, *, is_chosen: bool = False
) -> None:
    """Store that a Sell record and a profile are one person; a chosen pair stays."""
    connection.execute(
        "INSERT INTO sell_pair (record, sid, is_chosen, at, account)"
        " VALUES (?1, ?2, ?3, ?4, (SELECT id FROM current_account))"
        " ON CONFLICT (record) DO UPDATE SET sid = ?2, is_chosen = ?3, at = ?4,"
        " account = excluded.account WHERE NOT is_chosen OR ?3",
        (record, sid, int(is_chosen), now),
    )
