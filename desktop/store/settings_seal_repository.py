"""The one row of the table `settings_seal`: the protected settings under their seal."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import msgspec

from desktop.model.json_value import Json, canonical_json
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged


@dataclass(frozen=True)
class SettingsSealRow:
    """A row of `settings_seal`: its number, values by setting, an HMAC by key id.

    `number` 0: the settings of an earlier version are to be adopted.
    """

    number: int
    values: Mapping[str, Json]
    macs: Mapping[str, str]


class SettingsSealRepository(Repository):
    """The table `settings_seal`; what a seal proves is decided by who knows the keys."""

    @database_call
    def read(self) -> SettingsSealRow | None:
        """Select the settings' seal; None: nothing was ever sealed here."""

        def look(connection: sqlite3.Connection) -> SettingsSealRow | None:
            row = connection.execute("SELECT * FROM settings_seal").fetchone()
            if row is None:
                return None
            try:
                values = msgspec.json.decode(row["sealed_values"], type=dict[str, object])
                macs = msgspec.json.decode(row["macs"], type=dict[str, str])
            except msgspec.DecodeError as error:
                raise DatabaseDamaged("the seal of the settings makes no sense") from error
            return SettingsSealRow(row["number"], cast("Mapping[str, Json]", values), macs)

        return self._database.read(look)

    @database_call
    def replace(self, row: SettingsSealRow) -> None:
        """Insert a settings' seal in place of the one before."""
        self._database.write(
            lambda c: c.execute(
                "INSERT OR REPLACE INTO settings_seal (id, number, sealed_values, macs)"
                " VALUES (1, ?, ?, ?)",
                (row.number, canonical_json(row.values), canonical_json(row.macs)),
            )
        )
