"""The changes read from the store so far, newest first; grows page by page, never shrinks."""

from desktop.model.edit import Edit
from desktop.store.store import Store
from desktop.viewmodels.activity_row import needs_person

FIRST_PAGE = 200
# Of the newest edits, this many are read again whenever something moved.
_NEWEST = 100
_Value = tuple[str, str, str, str]


class ActivityLog:
    """Edits by id. Reading runs in the store's lane; everything else is arithmetic."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._edits: dict[int, Edit] = {}
        self._settled: set[str] = set()
        self._limit = 0
        self.complete = False

    @property
    def loaded(self) -> bool:
        """Whether anything was read yet."""
        return self._limit > 0

    def edits(self) -> tuple[Edit, ...]:
        """Give all read so far, newest first."""
        return tuple(self._edits[key] for key in sorted(self._edits, reverse=True))

    def get(self, edit_id: str) -> Edit | None:
        """One of them."""
        return self._edits.get(int(edit_id)) if edit_id.isdigit() else None

    def settled(self, edit: Edit) -> bool:
        """Whether a person decided to leave it, or the same value was changed later."""
        return edit.id in self._settled

    async def read_more(self) -> None:
        """Read further back; pages double, so that reading all costs twice the end."""
        limit = max(FIRST_PAGE, self._limit * 2)
        edits = await self._store.lane.run(self._store.outbox.recent, limit)
        self._limit = limit
        self.complete = len(edits) < limit
        await self._take(edits)

    async def read_again(self) -> None:
        """Read what may have moved: the newest, the open ones, and what was open before."""
        lane, outbox = self._store.lane, self._store.outbox
        if not self.loaded:
            await self.read_more()
            return
        newest = await lane.run(outbox.recent, _NEWEST)
        found = {edit.id: edit for edit in newest}
        found |= {e.id: e for e in await lane.run(outbox.recent, self._limit, open_only=True)}
        moved = [e.id for e in self._edits.values() if not e.state.final and e.id not in found]
        # An undo that was confirmed closes the edit it takes back.
        moved += [e.intent.undoes for e in found.values() if e.intent.undoes]
        for edit_id in moved:
            if edit_id not in found:
                found[edit_id] = await lane.run(outbox.get, edit_id)
        await self._take(tuple(found.values()))

    async def read_all(self) -> tuple[Edit, ...]:
        """Read to the very first one."""
        while not self.complete:
            await self.read_more()
        return self.edits()

    async def settle(self, edit_id: str, actor: str, now: float) -> None:
        """Remember, over a restart, that somebody decided to leave it."""
        # A short note beside the edit: the audit is append-only and says how the edit ended.
        await self._store.lane.run(self._store.notes.save_draft, _note(edit_id), actor, now)
        self._settled.add(edit_id)

    async def _take(self, edits: tuple[Edit, ...]) -> None:
        self._edits |= {int(edit.id): edit for edit in edits}
        later: set[_Value] = set()
        for edit in self.edits():
            value = _value(edit)
            if needs_person(edit) and edit.id not in self._settled:
                note = await self._store.lane.run(self._store.notes.draft, _note(edit.id))
                if note or value in later:
                    self._settled.add(edit.id)
            elif not needs_person(edit):
                # Tried again and on its way: no longer left.
                self._settled.discard(edit.id)
            later.add(value)


def _value(edit: Edit) -> _Value:
    intent = edit.intent
    return (intent.target.service.value, intent.target.id, intent.kind.value, intent.name)


def _note(edit_id: str) -> str:
    return f"activity.left.{edit_id}"
