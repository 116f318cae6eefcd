"""The Activity page: every change wanted here, how it ended, and what may be done about it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.customer.edit import Editor
from desktop.customer.undo import Undo
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import plural
from desktop.model.edit import EditState
from desktop.model.permission import Permission, check
from desktop.store.audit import AuditRow
from desktop.store.store import Store
from desktop.viewmodels.activity_acts import ActivityActs
from desktop.viewmodels.activity_detail import DetailView, Reality, detail, details_text
from desktop.viewmodels.activity_export import as_csv, as_json, write_file
from desktop.viewmodels.activity_log import ActivityLog
from desktop.viewmodels.activity_reality import reality_of
from desktop.viewmodels.activity_row import (
    ActivityRow,
    Sift,
    matcher,
    passes,
    query_of,
    row_of,
)
from desktop.viewmodels.activity_synced import (
    SyncedLog,
    run_of,
    synced_csv,
    synced_detail,
    synced_json,
    synced_query,
    synced_row,
    synced_text,
)
from desktop.viewmodels.activity_table import ActivityTable
from desktop.viewmodels.office import Office
from desktop.viewmodels.tasks import Tasks

# At most ten refreshes a second, however busy the outbox is.
_THROTTLE_MS = 100
_AGES_EVERY_MS = 30_000
# With a filter, older pages are read until this many lines fit.
_ENOUGH = 100
_REST_MS = 80


@dataclass(frozen=True)
class ListState:
    """How the list stands: its one sentence where there are no lines, and the next step."""

    loading: bool = False
    text: str = ""
    action: str = ""
    failed: bool = False
    summary: str = ""


class ActivityModel(QObject):
    """`changed` says that list or details are new; `failed` tells an error beside its cause."""

    changed = Signal()
    open_count_changed = Signal(int)
    attention_changed = Signal(int)
    failed = Signal(object)  # AppError
    told = Signal(str)  # one sentence: what was just done
    exported = Signal(str)
    verified = Signal(bool, str)  # whether the record is whole, in words

    def __init__(
        self, office: Office, store: Store, undo: Undo, editor: Editor, bus: Bus, clock: Clock
    ) -> None:
        super().__init__()
        self._office, self._store, self._editor, self._clock = office, store, editor, clock
        self.tasks = Tasks(self._on_trouble)
        self.table = ActivityTable(self)
        self.table.more_wanted.connect(self.read_more)
        self.log = ActivityLog(store)
        self.synced = SyncedLog(store)
        self._acts = ActivityActs(office, store, undo, editor, bus, clock, self.log)
        self.sift = Sift.ALL
        self.text = ""
        self._open_count = store.outbox.open_count()
        self._attention = 0
        self._chosen = ""
        self._audit: tuple[AuditRow, ...] = ()
        self._reality: Reality | None = None
        self._trouble: AppError | None = None
        self._visible, self._dirty, self._again = False, True, False
        self._throttle = _timer(self, _THROTTLE_MS, single=True)
        self._throttle.timeout.connect(self._on_due)
        self._resting = _timer(self, _REST_MS, single=True)
        self._resting.timeout.connect(self._on_rested)
        self._ages = _timer(self, _AGES_EVERY_MS)
        self._ages.timeout.connect(self._refill)
        self._unsubscribe = bus.subscribe(self._on_changes)

    # What the page shows.

    @property
    def open_count(self) -> int:
        """How many changes are not closed yet."""
        return self._open_count

    @property
    def attention_count(self) -> int:
        """How many conflicts and failures among the lines read wait for a decision."""
        return self._attention

    def list_state(self) -> ListState:
        """Whether there is anything to show, and if not, why not."""
        allowed = check(Permission.VIEW, self._office.actor, self._office.rules)
        if not allowed.allowed:
            return ListState(text=allowed.reason)
        if self._trouble is not None:
            return ListState(text=str(self._trouble), action="Try again", failed=True)
        if not self._read.loaded:
            return ListState(loading=True)
        if self.table.rowCount():
            return ListState(summary=self._summary())
        if not self._read.complete and self.tasks.runs("more"):
            return ListState(loading=True)
        if self.sift is Sift.SYNCS and not self.text.strip():
            return ListState(text="No sync has changed anybody yet.")
        if self.text.strip() or self.sift is not Sift.ALL:
            return ListState(text="Nothing matches.", action="Clear filters")
        return ListState(
            text="Nothing has been changed here yet. What you and others change on this "
            "computer is listed here, with how it ended."
        )

    def detail(self) -> DetailView | None:
        """Details of the chosen line."""
        now, synced = self._clock.now(), self.synced.get(self._chosen)
        if synced is not None:
            return synced_detail(synced, now)
        edit = self.log.get(self._chosen)
        if edit is None:
            return None
        row = row_of(edit, now, settled=self.log.settled(edit))
        actor = self._office.actor
        return detail(edit, row, self._audit, self._reality, self._editor, actor, now)

    def details_text(self, edit_id: str) -> str:
        """Everything about one change, to be copied."""
        synced = self.synced.get(edit_id)
        if synced is not None:
            return synced_text(synced, self._clock.now())
        edit = self.log.get(edit_id)
        if edit is None:
            return ""
        settled = self.log.settled(edit)
        return details_text(edit, row_of(edit, self._clock.now(), settled=settled))

    def query(self, edit_id: str) -> str:
        """What the search field finds this line's customer by."""
        edit, synced = self.log.get(edit_id), self.synced.get(edit_id)
        if synced is not None:
            return synced_query(synced)
        return query_of(edit) if edit is not None else ""

    def run_of(self, row_id: str) -> tuple[str, str]:
        """Sync and run that made this line, or nothing."""
        synced = self.synced.get(row_id)
        return (synced.name, run_of(synced)) if synced is not None else ("", "")

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """Only a page that is seen reads the store."""
        self._visible = visible
        if not visible:
            self._ages.stop()
            return
        self._ages.start()
        if self._dirty:
            self.refresh()

    def refresh(self) -> None:
        """Read again what may have moved."""
        self._dirty, self._trouble, self._again = False, None, True
        self._start("read", self._read_again())

    def read_more(self) -> None:
        """Read older lines."""
        self._read_on(self.table.rowCount() + _ENOUGH)

    def set_filter(self, sift: Sift, text: str) -> None:
        """Show only these lines."""
        if (sift, text) != (self.sift, self.text):
            self.sift, self.text = sift, text
            self.synced.search(text.strip() if sift is Sift.SYNCS else "")
            self._refill()
            self._read_on(_ENOUGH)

    def choose(self, edit_id: str) -> None:
        """Show one line's details."""
        if edit_id != self._chosen:
            self._chosen, self._audit, self._reality = edit_id, (), None
            self.changed.emit()
            # Arrowing through the list asks nobody anything until it rests.
            self._resting.start()

    def do(self, act: str, edit_id: str) -> None:
        """Retry, discard, undo, leave or apply one change."""
        self._start(f"{act} {edit_id}", self._do(act, edit_id))

    def verify(self) -> None:
        """Walk the chain of hashes."""
        self._start("verify", self._verify())

    def export(self, path: str, form: str) -> None:
        """Write what the filter shows, back to the first change, as `csv` or `json`."""
        self._start(f"export {path}", self._export(Path(path), form))

    async def close(self) -> None:
        """End what runs."""
        self._unsubscribe()
        for timer in (self._throttle, self._resting, self._ages):
            timer.stop()
        # What was begun a moment ago has to have begun before it can end.
        await asyncio.sleep(0)
        await self.tasks.close()

    # How it comes about.

    def _start(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        if self.tasks.runs(name):
            # Pressed twice: once is enough.
            coroutine.close()
            return
        self.tasks.start(name, coroutine)

    @property
    def _read(self) -> ActivityLog | SyncedLog:
        """What the lines shown now come from."""
        return self.synced if self.sift is Sift.SYNCS else self.log

    def _read_on(self, enough: int) -> None:
        if not self._read.complete:
            self._start("more", self._read_until_enough(enough))

    async def _read_again(self) -> None:
        while self._again:
            self._again = False
            try:
                await self.log.read_again()
                if self.sift is Sift.SYNCS:
                    await self.synced.read_again()
            except AppError as error:
                self._trouble = error
            self._refill()
        self._count()
        await self._read_detail()
        await self._read_until_enough(min(_ENOUGH, self.table.rowCount() + 1))

    async def _read_until_enough(self, enough: int) -> None:
        while not self._read.complete and self.table.rowCount() < enough:
            await self._read.read_more()
            self._refill()
        self.changed.emit()

    async def _read_detail(self) -> None:
        edit = self.log.get(self._chosen)
        if edit is None:
            return
        audit = self._store.audit
        rows = await self._store.lane.run(audit.rows, targets=(edit.intent.target.id,), limit=500)
        if edit.id != self._chosen:
            return
        self._audit = rows
        self.changed.emit()
        if edit.state is EditState.CONFLICT and self._reality is None:
            self._reality = await reality_of(edit, self._office, self._store, self._clock.now())
            self.changed.emit()

    async def _do(self, act: str, edit_id: str) -> None:
        reality = self._reality if edit_id == self._chosen else None
        words = await self._acts.do(act, edit_id, reality)
        self._refill()
        self.told.emit(words)

    async def _verify(self) -> None:
        self.verified.emit(*await self._acts.verify())

    async def _export(self, path: Path, form: str) -> None:
        if self.sift is Sift.SYNCS:
            await self._export_synced(path, form)
            return
        await self.log.read_all()
        self._refill()
        holds = matcher(self.text)
        edits = [
            edit
            for edit in self.log.edits()
            if passes(edit, self.sift, settled=self.log.settled(edit)) and holds(edit)
        ]
        await write_file(path, as_json(edits) if form == "json" else as_csv(edits))
        self.exported.emit(f"{plural(len(edits), 'change', 'changes')} written to {path.name}.")

    async def _export_synced(self, path: Path, form: str) -> None:
        # Not through the table: runs write hundreds of thousands of lines.
        every = SyncedLog(self._store)
        every.search(self.text.strip())
        rows = await every.read_all()
        text = await asyncio.to_thread(synced_json if form == "json" else synced_csv, rows)
        await write_file(path, text)
        self.exported.emit(f"{plural(len(rows), 'change', 'changes')} written to {path.name}.")

    def _refill(self) -> None:
        now, holds = self._clock.now(), matcher(self.text)
        rows: list[ActivityRow] = []
        attention = 0
        for edit in self.log.edits():
            settled = self.log.settled(edit)
            attention += passes(edit, Sift.PERSON, settled=settled)
            if passes(edit, self.sift, settled=settled) and holds(edit):
                rows.append(row_of(edit, now, settled=settled))
        if self.sift is Sift.SYNCS:
            rows = [synced_row(row, now) for row in self.synced.rows()]
        self.table.complete = self._read.complete
        self.table.show_rows(rows)
        if attention != self._attention:
            self._attention = attention
            self.attention_changed.emit(attention)
        self.changed.emit()

    def _summary(self) -> str:
        shown = plural(self.table.rowCount(), "change", "changes")
        parts = [shown if self._read.complete else f"{shown} read, older ones follow"]
        if self._open_count:
            parts.append(f"{self._open_count:,} waiting")
        if self._attention:
            parts.append(f"{self._attention:,} need{'s' * (self._attention == 1)} a person")
        return " · ".join(parts)

    def _count(self) -> None:
        count = self._store.outbox.open_count()
        if count != self._open_count:
            self._open_count = count
            self.open_count_changed.emit(count)

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches(Topic.OUTBOX, Topic.AUDIT):
            self._dirty = True
            if not self._throttle.isActive():
                self._throttle.start()
        elif changes.touches(Topic.PERMISSIONS):
            self.changed.emit()

    def _on_due(self) -> None:
        # Hidden too: the badge says when something needs a person.
        self.refresh()

    def _on_rested(self) -> None:
        self.tasks.start("detail", self._read_detail())

    def _on_trouble(self, error: AppError) -> None:
        self.failed.emit(error)


def _timer(parent: QObject, interval_ms: int, *, single: bool = False) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    timer.setSingleShot(single)
    return timer
