"""Model of the card of protected fields: which fields a data source may change, by every sync."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from desktop.model.field_mapping import FieldProtection
from desktop.model.service import Service
from desktop.sync.sync_service import SyncService
from desktop.viewmodels.settings.card_model import CardModel

PROTECTION_LABELS = {
    FieldProtection.OPEN: "May change it",
    FieldProtection.IF_EMPTY: "Only if empty",
    FieldProtection.NEVER: "Never",
}


@dataclass(frozen=True)
class ProtectedFieldRow:
    """A field that a sync writes: the sync, the field's place in its mapping, its protection."""

    sync: str
    place: int
    text: str
    protection: FieldProtection


class FieldProtectionModel(CardModel):
    """The fields that syncs write from one service; saved into the sync as its Mapping does."""

    def __init__(self, get_syncs: Callable[[], SyncService] | None) -> None:
        """`get_syncs` is None where there are no syncs yet, in the set-up of a new workspace."""
        super().__init__()
        self._get_syncs = get_syncs

    def rows(self, service: Service) -> tuple[ProtectedFieldRow, ...]:
        """List the fields that syncs write from a service, by sync and place."""
        if self._get_syncs is None:
            return ()
        return tuple(
            ProtectedFieldRow(sync.name, place, f"{row.target}, by {sync.title}", row.protection)
            for sync in [state.sync for state in self._get_syncs().list_states()]
            if sync.source.kind.service is service
            for place, row in enumerate(sync.mapping)
            if row.on
        )

    def refusal(self) -> str:
        """Say why the person at work may not change syncs; "" where they may."""
        if self._get_syncs is None:
            return ""
        return self._get_syncs().check_configuration_permission().reason

    def protect(self, row: ProtectedFieldRow, protection: FieldProtection) -> None:
        """Save another protection of a field; its sync is checked again before it runs."""
        self._start_work("protect", self._save(row, protection), "Saving…")

    async def _save(self, row: ProtectedFieldRow, protection: FieldProtection) -> None:
        if self._get_syncs is not None:
            syncs = self._get_syncs()
            sync = next(one.sync for one in syncs.list_states() if one.sync.name == row.sync)
            mapping = list(sync.mapping)
            mapping[row.place] = replace(mapping[row.place], protection=protection)
            syncs.save_sync(replace(sync, mapping=tuple(mapping)))
        self._finish_work()
