"""Half-typed words of one customer: they survive Esc, a crash and the end of the day."""

from collections.abc import Callable

from desktop.kit.clock import Clock
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.task_registry import TaskRegistry


class ReasonDrafts:
    """`key` says whose words they are; None while nobody is shown."""

    def __init__(
        self,
        store: WorkspaceStore,
        clock: Clock,
        tasks: TaskRegistry,
        key: Callable[[], str | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._draft_owner = key
        self._unsaved_texts: dict[str, str] = {}

    def draft_text(self, panel: str) -> str:
        """What was typed and not used yet, or nothing."""
        whose = self._draft_owner()
        if whose is None:
            return ""
        key = f"{panel}:{whose}"
        # Typed a moment ago, it may not have reached the file yet.
        return (
            self._unsaved_texts[key]
            if key in self._unsaved_texts
            else self._store.drafts_and_links.get_draft.blocking(key)
        )

    def save_draft(self, panel: str, text: str) -> None:
        """Keep half-typed words; an empty text forgets them."""
        whose = self._draft_owner()
        if whose is not None:
            key = f"{panel}:{whose}"
            self._unsaved_texts[key] = text
            self._tasks.start(f"draft {key}", self._save(key, text))

    async def _save(self, key: str, text: str) -> None:
        await self._store.drafts_and_links.save_draft(key, text, self._clock.now())
