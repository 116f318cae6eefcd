"""Notes which data sources a set-up has connected, to which account, and by whose word."""

from collections.abc import Collection, Mapping
from typing import Any

from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.errors import NotPermitted
from desktop.model.data_source import DataSourceKind
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.settings import settings_table
from desktop.settings.data_source_records import connected_records, is_left
from desktop.settings.setting_definition import Setting
from desktop.settings.settings_file import SettingsValues
from desktop.vault.secret import Secret

_ACCOUNTS: tuple[tuple[DataSourceKind, Secret, Setting[Any]], ...] = (
    (DataSourceKind.SUPPORT, Secret.ZENDESK_TOKEN, settings_table.ZENDESK_BASE_URL),
    (DataSourceKind.SAILTHRU, Secret.SAILTHRU_KEY, settings_table.SERVICE_URI),
    (DataSourceKind.SELL, Secret.SELL_TOKEN, settings_table.SELL_BASE_URL),
    (DataSourceKind.SELL, Secret.SELL_REFRESH, settings_table.SELL_BASE_URL),
)


def require_may_connect_again(
    before: SettingsValues, secrets: Collection[Secret], actor: Actor | None
) -> None:
    """Raise NotPermitted where somebody but an admin brings a disconnected data source back."""
    if actor is not None and actor.role is Role.ADMIN:
        return
    for kind, secret, _ in _ACCOUNTS:
        if secret in secrets and is_left(before, kind):
            by = before.get(settings_table.SOURCE_RECORDS)[kind].by
            raise NotPermitted(
                f"{kind.title} was disconnected here{f' by {by}' if by else ''}.",
                "Nothing was stored.",
                "Only an admin connects it again.",
            )


def hold_new_events(
    before: SettingsValues, settings: Mapping[str, Json], *, was_connected: bool
) -> dict[str, Json]:
    """Return the change of settings that keeps a new workspace's events from being delivered.

    `settings` are those of its first set-up: whoever switches changes on in it lets events go too.
    A workspace that was connected before keeps what it has.
    """
    row = settings_table.EVENTS_DELIVERED
    is_chosen = row.key in settings or before.is_set(row)
    if was_connected or is_chosen or settings.get(settings_table.CHANGES_ENABLED.key):
        return {}
    return {row.key: False}


def note_data_source_connections(
    config: ConnectionConfig,
    before: SettingsValues,
    values: SettingsValues,
    secrets: Mapping[Secret, str],
    actor: Actor | None,
) -> dict[str, Json]:
    """Return the change of settings that notes the data sources whose secrets were given.

    `before` are the settings that were stored, `values` those of the set-up. One that was left
    before is connected again by it.
    """
    given = [
        (kind, values.get(address)) for kind, secret, address in _ACCOUNTS if secrets.get(secret)
    ]
    if not given:
        return {}
    by = actor.name if actor is not None else config.computer_user
    return connected_records(before, given, by, config.clock.now())
