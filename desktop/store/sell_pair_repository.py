"""Which Sailthru profile each contact and lead of Zendesk Sell belongs to, and of which account."""

import sqlite3
from collections.abc import Iterable

from desktop.model.sell_record import SellRecordKind
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.repository import Repository

_SELL_ACCOUNT = "coalesce((SELECT id FROM sell_account), 0)"
_OURS = f"account = (SELECT id FROM current_account) AND sell_account = {_SELL_ACCOUNT}"  # noqa: S608
_IN = "IN (SELECT value FROM json_each(?))"


class SellPairRepository(Repository):
    """The tables `sell_pair`, `sell_choice` and `sell_account` of `fairlead.db`."""

    @database_call
    def get_account(self) -> int | None:
        """Select the Sell account that pairs and feeds are of; None before the first reading."""
        row = self._database.read(lambda c: c.execute("SELECT id FROM sell_account").fetchone())
        return int(row["id"]) if row else None

    @database_call
    def set_account(self, account_id: int) -> None:
        """Store the Sell account that is read from now on; pairs of another one count no more.

        They stay: other desks of the team may work with that account.
        """

        def act(connection: sqlite3.Connection) -> None:
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
        """Select the Sell records, contacts and leads, paired with each of these sids."""

        def look(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
            found: dict[str, tuple[str, ...]] = {}
            for row in connection.execute(
                f"SELECT record, sid FROM sell_pair WHERE sid {_IN} AND {_OURS}"  # noqa: S608
                " ORDER BY record",
                (to_json(list(sids)),),
            ):
                found[row["sid"]] = (*found.get(row["sid"], ()), row["record"])
            return found

        return self._database.read(look)

    @database_call
    def save(self, record: str, sid: str, now: float) -> None:
        """Store a person's word that a Sell record and a profile are one person."""
        self._database.write(lambda c: save_sell_pair(c, record, sid, now))

    @database_call
    def choose(
        self, kind: SellRecordKind, email_hash: str, record: str, actor: str, now: float
    ) -> None:
        """Store which of several Sell records with one address somebody chose to be synced."""
        self._database.write(
            lambda c: c.execute(
                "INSERT OR REPLACE INTO sell_choice"  # noqa: S608 - ours
                " (kind, email_hash, record, actor, at, account, sell_account)"
                f" VALUES (?, ?, ?, ?, ?, (SELECT id FROM current_account), {_SELL_ACCOUNT})",
                (kind.value, email_hash.lower(), record, actor, now),
            )
        )

    @database_call
    def find_choices(self, kind: SellRecordKind, hashes: Iterable[str]) -> dict[str, str]:
        """Select the chosen Sell record of each address that has one, by the address's md5."""
        return self._database.read(
            lambda c: {
                row["email_hash"]: row["record"]
                for row in c.execute(
                    f"SELECT email_hash, record FROM sell_choice WHERE email_hash {_IN}"  # noqa: S608
                    f" AND kind = ? AND {_OURS}",
                    (to_json([one.lower() for one in hashes]), kind.value),
                )
            }
        )

    @database_call
    def delete(self, record: str) -> None:
        """Delete the pair of a Sell record whose profile was merged or deleted."""
        self._database.write(
            lambda c: c.execute(
                f"DELETE FROM sell_pair WHERE record = ? AND {_OURS}",  # noqa: S608 - ours
                (record,),
            )
        )


def save_sell_pair(connection: sqlite3.Connection, record: str, sid: str, now: float) -> None:
    """Store that a Sell record and a profile are one person."""
    connection.execute(
        "INSERT OR REPLACE INTO sell_pair (record, sid, at, account, sell_account)"  # noqa: S608
        f" VALUES (?, ?, ?, (SELECT id FROM current_account), {_SELL_ACCOUNT})",
        (record, sid, now),
    )
