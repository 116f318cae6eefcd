"""Lists what Fairlead stores on this computer and where, for the wizard and privacy notes."""

from dataclasses import dataclass

from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.text import format_count, join_words
from desktop.settings import settings_table
from desktop.store.cached_sheet_reader import KeptData


@dataclass(frozen=True)
class StoredDataItem:
    """One kind of stored data, and its location."""

    description: str
    location: str


def list_stored_data(config: ConnectionConfig) -> tuple[StoredDataItem, ...]:
    """List everything this workspace stores on this computer, and where."""
    folder = config.workspace.folder
    where = config.vault.location_label
    values = config.settings_file.load().values
    days, event_days = (
        values.get(one) for one in (settings_table.CACHE_DAYS, settings_table.EVENT_DAYS)
    )
    return (
        StoredDataItem(
            "Keys and sign-ins",
            where[:1].upper() + where[1:],
        ),
        StoredDataItem("Settings, without any key", str(config.workspace.settings_path)),
        StoredDataItem(
            "What waits, and what was changed by whom",
            f"{folder / 'fairlead.db'}, kept when you sign out",
        ),
        StoredDataItem(
            "Customers you opened",
            f"{folder / 'mirror.db'}, for {days} days, erased when you sign out",
        ),
        StoredDataItem(
            "Users, tickets and profiles that syncs read",
            f"{folder / 'mirror.db'}, until you sign out or erase them",
        ),
        StoredDataItem(
            "Events, and how far each was delivered",
            f"{folder / 'fairlead.db'}, delivered ones for {event_days} days; sign-out keeps them",
        ),
        StoredDataItem(
            "Keyed hashes of people who were erased, so that nothing makes them again",
            f"{folder / 'fairlead.db'}, kept when you sign out",
        ),
    )


def describe_kept_data(kept: KeptData) -> str:
    """Describe for the wizard how much of both services is kept on this computer."""
    parts = [format_count(kept.customers, "customer", "customers")]
    if kept.records:
        parts.append(f"{format_count(kept.records, 'record', 'records')} that syncs read")
    if kept.events:
        parts.append(format_count(kept.events, "event", "events"))
    if kept.people:
        parts.append(f"{format_count(kept.people, 'person', 'people')} of the audience")
    return join_words(parts)
