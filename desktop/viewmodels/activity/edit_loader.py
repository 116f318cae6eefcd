"""Loads the page Activity's edits page by page, and knows which somebody has settled."""

from collections.abc import Mapping

from desktop.customer.pause_release import ActivePause, PauseRelease
from desktop.kit.errors import InvalidInput
from desktop.model.edit import Edit
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.activity.activity_row import needs_person

_FIRST_PAGE_SIZE = 200
# Of the newest edits, this many are read again whenever something moved.
_NEWEST_COUNT = 100
_FieldKey = tuple[str, str, str, str]


class EditLoader:
    """The edits that the page Activity has read, newest first; it grows, and never forgets one."""

    def __init__(self, store: WorkspaceStore, pauses: PauseRelease) -> None:
        self._store = store
        self._pauses = pauses
        self.active_pauses: Mapping[str, ActivePause] = {}  # that go on, by the id of their edit
        self._edits: dict[int, Edit] = {}
        self._settled: set[str] = set()
        self._limit = 0
        self._oldest_read_at: float | None = None
        self.is_complete = False

    @property
    def is_loaded(self) -> bool:
        """Whether the page Activity has read its first edits."""
        return self._limit > 0

    def edits(self) -> tuple[Edit, ...]:
        """Return the edits that the page Activity has read so far, newest first."""
        return tuple(self._edits[key] for key in sorted(self._edits, reverse=True))

    def find(self, edit_id: str) -> Edit | None:
        """Return the page Activity's edit with this id, None where none is loaded."""
        return self._edits.get(int(edit_id)) if edit_id.isdigit() else None

    @property
    def oldest_read_at(self) -> float | None:
        """From which Unix second on Activity has read every edit; None before the first page."""
        return self._oldest_read_at

    def is_settled(self, edit: Edit) -> bool:
        """Whether a person settled an Activity row: left its conflict, or edited it later."""
        return edit.id in self._settled

    async def read_more(self) -> None:
        """Load older edits of Activity; the limit doubles: n edits cost at most 2 n rows."""
        limit = max(_FIRST_PAGE_SIZE, self._limit * 2)
        edits = await self._store.outbox.list_recent(limit)
        self._limit = limit
        self.is_complete = len(edits) < limit
        self._oldest_read_at = edits[-1].created_at if edits else None
        await self._read_pauses()
        await self._add_edits(edits)

    async def read_again(self) -> None:
        """Load Activity's edits that may have moved: newest, open, and open before."""
        outbox = self._store.outbox
        if not self.is_loaded:
            await self.read_more()
            return
        found = {edit.id: edit for edit in await outbox.list_recent(_NEWEST_COUNT)}
        # A filter by state may show edits far older than the newest.
        found |= {e.id: e for e in await outbox.list_recent(self._limit, open_only=True)}
        moved = [e.id for e in self._edits.values() if not e.state.is_final and e.id not in found]
        # An undo that was confirmed closes the edit it takes back.
        moved += [e.request.undoes for e in found.values() if e.request.undoes]
        for edit_id in moved:
            if edit_id not in found:
                found[edit_id] = await outbox.get_edit(edit_id)
        await self._read_pauses()
        await self._add_edits(tuple(found.values()))

    async def read_all(self) -> tuple[Edit, ...]:
        """Load every edit of the page Activity back to the first, for its export."""
        while not self.is_complete:
            await self.read_more()
        return self.edits()

    async def mark_settled(self, edit_id: str, actor: str, now: float) -> None:
        """Remember, over a restart, that somebody left an Activity row's conflict or failure."""
        # Kept beside the edit: the audit is append-only and says how the edit ended.
        await self._store.drafts_and_links.save_draft(_settled_note_key(edit_id), actor, now)
        self._settled.add(edit_id)

    async def _read_pauses(self) -> None:
        """Load the pauses that go on, however old the edits that made them are."""
        pauses = await self._pauses.list_active()
        self.active_pauses = {pause.edit.id: pause for pause in pauses}
        self._edits |= {int(pause.edit.id): pause.edit for pause in pauses}

    async def _add_edits(self, edits: tuple[Edit, ...]) -> None:
        self._edits |= {int(edit.id): edit for edit in edits}
        later: set[_FieldKey] = set()
        for edit in self.edits():
            field = _field_key(edit)
            if needs_person(edit) and edit.id not in self._settled:
                if field in later or await self._is_left(edit):
                    self._settled.add(edit.id)
            elif not needs_person(edit):
                # Retried meanwhile: if it fails again, somebody has to decide again.
                self._settled.discard(edit.id)
            later.add(field)

    async def _is_left(self, edit: Edit) -> bool:
        """Return whether somebody left an edit as it is, or ended the change it is a step of."""
        if await self._store.drafts_and_links.get_draft(_settled_note_key(edit.id)):
            return True
        if edit.email_change is None:
            return False
        try:
            progress = await self._store.email_changes.get_progress(edit.email_change)
        except InvalidInput:
            # A step without its change: somebody edited the database.
            return False
        return progress.change.ended_at is not None


def _field_key(edit: Edit) -> _FieldKey:
    request = edit.request
    return (request.target.service.value, request.target.id, request.kind.value, request.name)


def _settled_note_key(edit_id: str) -> str:
    return f"activity.left.{edit_id}"
