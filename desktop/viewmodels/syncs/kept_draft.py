"""What was chosen on the page and not saved yet: it survives another sync, a crash, the night."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from desktop.viewmodels.syncs.room import Room
from desktop.viewmodels.tasks import Tasks

T = TypeVar("T")


class KeptDrafts(Generic[T]):
    """Drafts of one editor (`part`), one for each sync; `kind` is what a draft is."""

    def __init__(self, room: Room, tasks: Tasks, part: str, kind: type[T]) -> None:
        self._room = room
        self._tasks = tasks
        self._part = part
        self._kind = kind
        self._known: dict[str, T | None] = {}

    def keep(self, goal: str, draft: T | None) -> None:
        """Keep it; None forgets it."""
        if goal not in self._known or self._known[goal] != draft:
            self._known[goal] = draft
            self._tasks.start(f"draft {goal}", self._save(goal, draft))

    def recall(self, goal: str, then: Callable[[T | None], None]) -> None:
        """Give `then` what was kept of a sync, or None: at once where it is known already."""
        if goal in self._known:
            then(self._known[goal])
        else:
            self._tasks.start("recall", self._read(goal, then))

    async def close(self) -> None:
        """Let what was typed last reach the file."""
        await self._tasks.finish("draft ")

    async def _save(self, goal: str, draft: T | None) -> None:
        text = "" if draft is None else msgspec.json.encode(draft).decode()
        notes, now = self._room.store.notes, self._room.clock.now()
        await self._room.run(notes.save_draft, draft_key(self._part, goal), text, now)

    async def _read(self, goal: str, then: Callable[[T | None], None]) -> None:
        text = await self._room.run(self._room.store.notes.draft, draft_key(self._part, goal))
        if goal in self._known:
            return
        self._known[goal] = self._read_text(text)
        then(self._known[goal])

    def _read_text(self, text: str) -> T | None:
        if not text:
            return None
        try:
            return msgspec.json.decode(text, type=self._kind)
        except (ValueError, msgspec.MsgspecError):
            # Kept by another version, whose choices were others.
            return None


PARTS = ("mapping", "schedule")


def draft_key(part: str, goal: str) -> str:
    """Under which name the store keeps it."""
    return f"sync.{part}:{goal}"
