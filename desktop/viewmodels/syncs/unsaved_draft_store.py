"""Keep unsaved drafts of a sync's tab in the store, over another choice and a crash."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.task_registry import TaskRegistry

T = TypeVar("T")


class UnsavedDraftStore(Generic[T]):
    """The unsaved drafts of the tab `mapping` or `schedule`, by sync; stored as JSON."""

    def __init__(
        self, context: SyncPageContext, tasks: TaskRegistry, editor: str, draft_type: type[T]
    ) -> None:
        self._context = context
        self._tasks = tasks
        self._editor = editor
        self._draft_type = draft_type
        # Ahead of the store: what is being written there stands here already.
        self._drafts_by_sync: dict[str, T | None] = {}

    def save(self, sync_name: str, draft: T | None) -> None:
        """Store a sync's unsaved draft; None forgets it."""
        # Each key typed gives a draft; equal ones are not written again.
        if sync_name not in self._drafts_by_sync or self._drafts_by_sync[sync_name] != draft:
            self._drafts_by_sync[sync_name] = draft
            self._tasks.start(f"draft {sync_name}", self._save(sync_name, draft))

    def load(self, sync_name: str, then: Callable[[T | None], None]) -> None:
        """Call `then` with a sync's unsaved draft, or None: at once where it is known already."""
        if sync_name in self._drafts_by_sync:
            then(self._drafts_by_sync[sync_name])
        else:
            self._tasks.start("load draft", self._load(sync_name, then))

    async def close(self) -> None:
        """Wait until the unsaved draft that was changed last is in the store."""
        await self._tasks.wait_for_prefix("draft ")

    async def _save(self, sync_name: str, draft: T | None) -> None:
        text = "" if draft is None else msgspec.json.encode(draft).decode()
        drafts, now = self._context.store.drafts_and_links, self._context.clock.now()
        await drafts.save_draft(self._key(sync_name), text, now)

    async def _load(self, sync_name: str, then: Callable[[T | None], None]) -> None:
        text = await self._context.store.drafts_and_links.get_draft(self._key(sync_name))
        # Edited while it was read: what was kept before is out of date.
        if sync_name not in self._drafts_by_sync:
            self._drafts_by_sync[sync_name] = self._decode(text)
            then(self._drafts_by_sync[sync_name])

    def _decode(self, text: str) -> T | None:
        try:
            return msgspec.json.decode(text, type=self._draft_type) if text else None
        except (ValueError, msgspec.MsgspecError):
            # Kept by another version, whose choices were others.
            return None

    def _key(self, sync_name: str) -> str:
        return f"sync.{self._editor}:{sync_name}"
