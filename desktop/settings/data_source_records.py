"""What is stored of data sources: whether one was left, and who connected it when."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from desktop.model.data_source import DataSourceKind, DataSourceRecord, DataSourceState
from desktop.model.event_delivery import DESTINATION_OFF_TEXT, EVENTS_LEFT_TEXT
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues


def is_left(values: SettingsValues, kind: DataSourceKind) -> bool:
    """Whether somebody disconnected a data source: no credentials of it are used until it is not.

    Also not those that the environment gives.
    """
    record = values.get(settings_table.SOURCE_RECORDS).get(kind)
    return record is not None and record.state is not DataSourceState.CONNECTED


def why_events_stay(values: SettingsValues) -> str:
    """Say why no event is delivered to Zendesk now, whoever delivers and from wherever; else ""."""
    if is_left(values, DataSourceKind.EVENTS):
        return EVENTS_LEFT_TEXT
    return "" if values.get(settings_table.EVENTS_DELIVERED) else DESTINATION_OFF_TEXT


def connected_records(
    values: SettingsValues, accounts: Iterable[tuple[DataSourceKind, str]], by: str, now: float
) -> dict[str, Json]:
    """Return the change of settings that notes data sources as connected, with their accounts.

    One that was there before keeps its name.
    """
    setting = settings_table.SOURCE_RECORDS
    kept_records: Mapping[DataSourceKind, DataSourceRecord] = values.get(setting)
    records = dict(kept_records)
    for kind, account in accounts:
        kept = records.get(kind) or DataSourceRecord(DataSourceState.CONNECTED)
        records[kind] = replace(
            kept, state=DataSourceState.CONNECTED, account=account, by=by, at=now
        )
    return {setting.key: setting.serialize(records)}
