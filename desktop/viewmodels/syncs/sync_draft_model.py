"""Base of the models of the tabs Mapping and Schedule: the saved sync and unsaved drafts."""

from abc import abstractmethod
from typing import Generic, TypeVar

from desktop.model.sync import Sync
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.syncs.unsaved_draft_store import UnsavedDraftStore
from desktop.viewmodels.task_owning_model import TaskOwningModel

DraftT = TypeVar("DraftT")
KeptT = TypeVar("KeptT")


class SyncDraftModel(TaskOwningModel, Generic[DraftT, KeptT]):
    """Edits a draft of the chosen sync; nothing of the sync changes until it is saved.

    A subclass says what a draft is made from, when it differs, and in which form (`KeptT`) it is
    kept in the store while it is not saved.
    """

    follows_clock = False  # whether what is shown changes with time alone

    def __init__(self, page: SyncPageModel, editor: str, kept_type: type[KeptT]) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self._drafts = UnsavedDraftStore(self._context, self.tasks, editor, kept_type)
        self._saved_sync: Sync | None = None
        self._draft: DraftT = self._make_draft(None)
        # The saved sync when the first change was made: it tells whether others changed it since.
        self._draft_base: Sync | None = None
        page.snapshot_read.connect(self._on_snapshot_read)
        page.sync_selected.connect(self._on_snapshot_read)
        page.sync_removed.connect(self._on_sync_removed)

    @property
    @abstractmethod
    def has_unsaved_changes(self) -> bool:
        """Whether the tab's draft differs from the saved sync."""

    def discard_draft(self) -> None:
        """Drop the tab's draft and go back to the saved sync."""
        self._draft = self._make_draft(self._saved_sync)
        self._keep_draft()
        self.changed.emit()

    async def close(self) -> None:
        """Keep the sync's draft as changed last, then cancel what the tab runs."""
        await self._drafts.close()
        await super().close()

    @abstractmethod
    def _make_draft(self, sync: Sync | None) -> DraftT:
        """Return the tab's draft of a saved sync; None: no sync is chosen."""

    @abstractmethod
    def _rebase_draft(self, draft: DraftT, sync: Sync) -> DraftT:
        """Return a tab's unsaved draft as it is over a newer version of the saved sync."""

    @abstractmethod
    def _pack_draft(self) -> KeptT:
        """Return the tab's draft as it is kept in the store."""

    @abstractmethod
    def _unpack_draft(self, kept: KeptT, sync: Sync) -> DraftT:
        """Return a draft kept in the store over the saved sync."""

    def _on_other_sync(self) -> None:
        """Forget the tab's state of the sync that was chosen before."""

    def _set_draft(self, draft: DraftT) -> None:
        if not self.has_unsaved_changes:
            self._draft_base = self._saved_sync
        self._draft = draft
        self._keep_draft()
        self.changed.emit()

    def _keep_draft(self) -> None:
        if self._saved_sync is not None:
            kept = self._pack_draft() if self.has_unsaved_changes else None
            self._drafts.save(self._saved_sync.name, kept)

    def _on_snapshot_read(self, _sync_name: str = "") -> None:
        snapshot, before = self._page.selected_sync(), self._saved_sync
        sync = snapshot.sync if snapshot is not None else None
        if sync == before:
            if self.follows_clock:
                self.changed.emit()
            return
        is_other = sync is None or before is None or sync.name != before.name
        is_unsaved = self.has_unsaved_changes
        self._saved_sync = sync
        if is_other:
            self._on_other_sync()
            self._draft = self._make_draft(sync)
            if sync is not None:
                # What was not saved of this one waits until somebody comes back.
                self._drafts.load(sync.name, self._on_draft_loaded)
        elif is_unsaved and sync is not None:
            self._draft = self._rebase_draft(self._draft, sync)
        else:
            self._draft = self._make_draft(sync)
        self.changed.emit()

    def _on_draft_loaded(self, kept: KeptT | None) -> None:
        sync = self._saved_sync
        if kept is not None and sync is not None and not self.has_unsaved_changes:
            self._draft = self._unpack_draft(kept, sync)
            self.changed.emit()

    def _on_sync_removed(self, sync_name: str) -> None:
        self._drafts.save(sync_name, None)
