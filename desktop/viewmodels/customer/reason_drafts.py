"""Drafts of half-typed reasons and notes, per customer and panel, over Esc, crash and restart."""

from collections.abc import Callable

from desktop.kit.clock import Clock
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.task_registry import TaskRegistry

NOTE_DRAFT = "note"  # the drawer Add note, beside the panels with a reason


class ReasonDrafts:
    """Half-typed texts by customer panel; `key` returns the sid shown, else the user id."""

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
        self._unsaved_texts: dict[str, str] = {}  # by panel and customer

    def draft_text(self, panel: str, owner: str | None = None) -> str:
        """Return a panel's half-typed text for the customer shown, or for `owner`; else ""."""
        whose = owner or self._draft_owner()
        if whose is None:
            return ""
        key = f"{panel}:{whose}"
        # Typed a moment ago, it may not have reached the file yet.
        return (
            self._unsaved_texts[key]
            if key in self._unsaved_texts
            else self._store.drafts_and_links.get_draft.blocking(key)
        )

    def save_draft(self, panel: str, text: str, owner: str | None = None) -> None:
        """Save a panel's half-typed text in the background; an empty text deletes it.

        It is the draft of the customer shown, or of `owner`.
        """
        whose = owner or self._draft_owner()
        if whose is not None:
            key = f"{panel}:{whose}"
            self._unsaved_texts[key] = text
            self._tasks.start(f"draft {key}", self._save(key, text))

    def forget(self, owner: str) -> None:
        """Forget the half-typed texts of a customer who was erased from this computer."""
        for key in [key for key in self._unsaved_texts if key.partition(":")[2] == owner]:
            self._tasks.cancel(f"draft {key}")
            del self._unsaved_texts[key]

    async def _save(self, key: str, text: str) -> None:
        await self._store.drafts_and_links.save_draft(key, text, self._clock.now())
        # From now on the file has it: erased there, it is nowhere.
        if self._unsaved_texts.get(key) == text:
            del self._unsaved_texts[key]
