"""Which profile a source or target record was matched with before, whatever service it is of.

On the database's thread.
"""

from collections.abc import Iterable

from desktop.model.service import Service
from desktop.store.workspace_store import WorkspaceStore


def find_paired_sids(
    store: WorkspaceStore, service: Service, record_ids: Iterable[str]
) -> dict[str, str]:
    """Find with which Sailthru sid a sync has paired each record before, by the record's id."""
    ids = list(record_ids)
    if service is Service.SELL:
        return store.sell_pairs.find_sids.blocking(ids)
    users = [int(one) for one in ids if one.isdigit()]
    return {str(user): sid for user, sid in store.sync_state.find_sids.blocking(users).items()}


def find_paired_records(
    store: WorkspaceStore, service: Service, sids: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Find the records of Zendesk or Sell that are remembered with each of these sids."""
    if service is Service.SELL:
        return store.sell_pairs.find_records.blocking(sids)
    found = store.sync_state.find_user_ids.blocking(sids)
    return {sid: tuple(map(str, users)) for sid, users in found.items()}


def delete_pair(store: WorkspaceStore, service: Service, record_id: str) -> None:
    """Forget whose profile a record of Zendesk or Sell has: it was merged or deleted."""
    if service is Service.SELL:
        store.sell_pairs.delete.blocking(record_id)
    else:
        store.sync_state.delete_pair.blocking(int(record_id))
