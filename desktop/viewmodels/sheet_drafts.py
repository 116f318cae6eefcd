"""Half-typed words of one customer: they survive Esc, a crash and the end of the day."""

from collections.abc import Callable

from desktop.kit.clock import Clock
from desktop.store.store import Store
from desktop.viewmodels.tasks import Tasks


class Drafts:
    """`key` says whose words they are; None while nobody is shown."""

    def __init__(
        self, store: Store, clock: Clock, tasks: Tasks, key: Callable[[], str | None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._key = key
        self._typed: dict[str, str] = {}

    def text(self, panel: str) -> str:
        """What was typed and not used yet, or nothing."""
        whose = self._key()
        if whose is None:
            return ""
        key = f"{panel}:{whose}"
        # Typed a moment ago, it may not have reached the file yet.
        return self._typed[key] if key in self._typed else self._store.notes.draft(key)

    def keep(self, panel: str, text: str) -> None:
        """Keep half-typed words; an empty text forgets them."""
        whose = self._key()
        if whose is not None:
            key = f"{panel}:{whose}"
            self._typed[key] = text
            self._tasks.start(f"draft {key}", self._save(key, text))

    async def _save(self, key: str, text: str) -> None:
        await self._store.lane.run(self._store.notes.save_draft, key, text, self._clock.now())
