"""What was chosen on the page and not saved yet: it survives another sync, a crash, the night."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.task_registry import TaskRegistry

T = TypeVar("T")


class UnsavedDraftStore(Generic[T]):
    """Drafts of one editor (`part`), one for each sync; `kind` is what a draft is."""

    def __init__(
        self, context: SyncPageContext, tasks: TaskRegistry, part: str, kind: type[T]
    ) -> None:
        self._context = context
        self._tasks = tasks
        self._editor = part
        self._draft_type = kind
        self._drafts_by_sync: dict[str, T | None] = {}

    def save(self, sync_name: str, draft: T | None) -> None:
        """Keep it; None forgets it."""
        if sync_name not in self._drafts_by_sync or self._drafts_by_sync[sync_name] != draft:
            self._drafts_by_sync[sync_name] = draft
            self._tasks.start(f"draft {sync_name}", self._save(sync_name, draft))

    def load(self, sync_name: str, then: Callable[[T | None], None]) -> None:
        """Give `then` what was kept of a sync, or None: at once where it is known already."""
        if sync_name in self._drafts_by_sync:
            then(self._drafts_by_sync[sync_name])
        else:
            self._tasks.start("recall", self._load(sync_name, then))

    async def close(self) -> None:
        """Let what was typed last reach the file."""
        await self._tasks.wait_for_prefix("draft ")

    async def _save(self, sync_name: str, draft: T | None) -> None:
        text = "" if draft is None else msgspec.json.encode(draft).decode()
        notes, now = self._context.store.drafts_and_links, self._context.clock.now()
        await notes.save_draft(draft_note_key(self._editor, sync_name), text, now)

    async def _load(self, sync_name: str, then: Callable[[T | None], None]) -> None:
        text = await self._context.store.drafts_and_links.get_draft(
            draft_note_key(self._editor, sync_name)
        )
        if sync_name in self._drafts_by_sync:
            return
        self._drafts_by_sync[sync_name] = self._decode(text)
        then(self._drafts_by_sync[sync_name])

    def _decode(self, text: str) -> T | None:
        if not text:
            return None
        try:
            return msgspec.json.decode(text, type=self._draft_type)
        except (ValueError, msgspec.MsgspecError):
            # Kept by another version, whose choices were others.
            return None


DRAFT_EDITORS = ("mapping", "schedule")


def draft_note_key(part: str, sync_name: str) -> str:
    """Under which name the store keeps it."""
    return f"sync.{part}:{sync_name}"
