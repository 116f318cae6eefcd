"""The view-model of the page Many at once: one batch, its rows by page, and what people decide."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from desktop.connect.second_admin_sign_in import sign_in_second_admin
from desktop.customer.edit_batch.batch_lookup import estimate_lookup_s, zendesk_limit
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError, InvalidInput
from desktop.kit.text import format_count
from desktop.model.batch_approval import BatchApproval
from desktop.model.edit_batch import (
    BATCH_UNDO_S,
    BatchCounts,
    BatchGate,
    BatchOutcome,
    BatchStage,
    EditBatch,
    find_batch_gate,
    find_undo_gate,
)
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.pasted_addresses import MAX_PASTED_BYTES
from desktop.settings.effective_workspace_kind import effective_workspace_kind
from desktop.viewmodels import time_format
from desktop.viewmodels.batches.batch_change_draft import BatchChangeDraft
from desktop.viewmodels.batches.batch_page_context import BatchPageContext, StartedBatch
from desktop.viewmodels.batches.batch_row_view import (
    BATCH_COLUMNS,
    BatchRowView,
    build_batch_row_view,
)
from desktop.viewmodels.batches.batch_view import (
    BatchInputs,
    BatchPageView,
    approval_text,
    build_batch_view,
)
from desktop.viewmodels.form import FieldValue, FormState
from desktop.viewmodels.list_model import ListState, PagedListModel
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import check_view_permission

# A look-up that is over so soon begins by itself.
_STARTS_BY_ITSELF_S = 60.0
# Importing and signing in take some seconds on a slow computer; after so long it hangs.
_START_TIMEOUT_S = 30.0
_SENT_HERE = 25
_NO_SIGN_TEXT = "It gave no sign for half a minute. It goes on where it stopped with Resume."
# Changes of the outbox come by the dozen while a batch is sent.
_REFRESH_MS = 300
_TICK_MS = 1000
_DRAFT_MS = 800
_REASON_DRAFT = "many at once"
_TASKS = ("read", "paste", "open", "preview", "apply", "cancel", "undo")
_LISTS_QUERY = LookupQuery(LookupQueryKind.SID, "")
_RECENT = 20


class BatchPageModel(TaskOwningModel):
    """The page Many at once; `changed` tells of all but its rows."""

    def __init__(self, context: BatchPageContext) -> None:
        super().__init__()
        self._context = context
        self._batches = context.store.edit_batches
        self.table_model: PagedListModel[BatchRowView] = PagedListModel(
            BATCH_COLUMNS, self._read_row_views, self.tasks, self
        )
        self.draft = BatchChangeDraft()
        self.shown = ""
        self.search_text = ""
        self.recent: tuple[EditBatch, ...] = ()
        self._batch: EditBatch | None = None
        self._shown_number = 0
        self._counts = BatchCounts()
        self._approvals: tuple[BatchApproval, ...] = ()
        self._asked_rows = ""  # the hash of those for which an approval is asked
        self._started: StartedBatch | None = None
        self._start_error = ""
        self._lists: tuple[str, ...] = ()
        self._keys: tuple[int, ...] = ()
        self._is_visible = self._is_stale = False
        self._pasted: bytes | str = ""  # of the batch on the page
        self._pasting: bytes | str = ""  # what was taken over last
        self._refresh_timer = create_timer(self, _REFRESH_MS, self._start_reading)
        # Times left and ages move on without any change.
        self._tick_timer = create_timer(self, _TICK_MS, self._on_tick, repeats=True)
        self._draft_timer = create_timer(self, _DRAFT_MS, self._save_draft)
        self._unsubscribe = context.bus.subscribe(self._on_changes)
        self.tasks.start("draft", self._restore_draft())

    # What is shown.

    @property
    def batch(self) -> EditBatch | None:
        """The batch on the page Many at once; None: nothing was pasted yet."""
        return self._batch

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way for the batch on the page, here or in its process."""
        batch = self._batch
        busy = any(map(self.tasks.is_running, _TASKS))
        return batch is not None and not batch.is_at_work and self._started is None and not busy

    @property
    def is_looked_up(self) -> bool:
        """Whether every address of the batch on the page was looked up."""
        return self.is_idle and not self._counts.of(BatchOutcome.WAITING)

    @property
    def is_previewed(self) -> bool:
        """Whether the batch on the page has a preview."""
        return self.is_idle and self._batch is not None and self._batch.planned_at is not None

    @property
    def is_sent(self) -> bool:
        """Whether every edit of the batch on the page has ended."""
        batch = self._batch
        is_applied = batch is not None and batch.applied_at is not None
        return is_applied and self.is_idle and not self._counts.open_edits

    @property
    def refusal(self) -> str:
        """Say why the person at work may not change many customers at once, or ""."""
        context = self._context
        viewing = check_view_permission(context.workspace)
        return viewing.reason if not viewing.is_allowed else context.service.decide().reason

    def view(self) -> BatchPageView | None:
        """Build the view of the batch; None where nothing was pasted yet."""
        if self._batch is None:
            return None
        return build_batch_view(self._batch, self._counts, self._inputs())

    def form_state(self) -> FormState:
        """Build the state of the form of the batch's change."""
        return self.draft.form_state(self._lists)

    def list_state(self) -> ListState:
        """Say what stands in place of the batch's rows; without text there are rows."""
        if self.table_model.rowCount():
            return ListState(summary=format_count(self.table_model.rowCount(), "row", "rows"))
        if self.search_text.strip():
            return ListState(text="Nothing matches.", action_label="Clear filters")
        return ListState(text="No such rows.", action_label="Show all rows" if self.shown else "")

    def recent_choices(self) -> tuple[tuple[str, str], ...]:
        """Return the newest batches to open again: id, and when and by whom it was pasted."""
        now = self._context.clock.now()
        return tuple(
            (one.id, f"{time_format.format_date_and_time(one.created_at, now)}, {one.actor}")
            for one in self.recent
        )

    # What people do.

    def set_visible(self, visible: bool) -> None:
        """Read the batch as soon as its page is seen; unseen it reads nothing."""
        self._is_visible = visible
        if not visible:
            self._tick_timer.stop()
            return
        self._tick_timer.start()
        if self._is_stale or self._batch is None:
            self._start_reading()

    def paste(self, content: bytes | str) -> None:
        """Make a batch of a pasted text; the same text again shows one that is not done yet."""
        batch = self._batch
        is_done = batch is not None and batch.applied_at is not None
        is_open = batch is not None and (not is_done or bool(self._counts.open_edits))
        if is_open and content == self._pasted:
            return
        # Pressed twice, while the first is still being read.
        if content == self._pasting and self.tasks.is_running("paste"):
            return
        self._pasting = content
        self.tasks.start("paste", self._paste(content))

    def drop_file(self, path: str) -> None:
        """Make a batch of a dropped or chosen file."""
        self._pasting = ""
        self.tasks.start("paste", self._read_file(Path(path)))

    def open_batch(self, batch_id: str) -> None:
        """Show an earlier batch on the page."""
        self.tasks.start("open", self._open(batch_id))

    def look_up(self) -> None:
        """Start looking up the addresses that are not known yet, in a process of its own."""
        self._start(BatchStage.LOOKUP)

    def resume(self) -> None:
        """Start what goes on with the batch where it has stopped."""
        batch = self._batch
        if batch is None:
            return
        if batch.undo_asked_at is not None:
            self._start(BatchStage.UNDO)
        else:
            self._start(BatchStage.SEND if batch.applied_at is not None else BatchStage.LOOKUP)

    def cancel(self) -> None:
        """Stop the look-up, or withdraw what was not sent yet."""
        if self._batch is not None:
            self.tasks.start_once("cancel", self._cancel(self._batch.id))

    def edit_field(self, path: str, value: FieldValue) -> None:
        """Take a value of the change's form over."""
        self.draft = self.draft.with_value(path, value)
        if path == "reason":
            self._draft_timer.start()
        self.changed.emit()

    def preview(self) -> None:
        """Start the preview of the change for those found so far, in a process of its own."""
        if self._batch is not None:
            self.tasks.start_once("preview", self._preview(self._batch.id))

    def apply(self, confirmed: int | None = None) -> None:
        """Queue the previewed changes; `confirmed` is their number as somebody has typed it."""
        if self._batch is not None:
            self.tasks.start_once("apply", self._apply(self._batch.id, confirmed))

    def undo(self, confirmed: int | None = None) -> None:
        """Undo all of the batch, in a process of its own; `confirmed` as in `apply`."""
        if self._batch is not None:
            self.tasks.start_once("undo", self._undo(self._batch.id, confirmed))

    def undo_part(self, batch_id: str, sids: Collection[str], note: str) -> None:
        """Show what chosen customers of an earlier batch get back; nothing is changed yet."""
        self.tasks.start("open", self._undo_part(batch_id, sids, note))

    async def request_approval(self) -> None:
        """Store that the person at work asks for the approval of the batch. Raises AppError."""
        if self._batch is not None:
            self._asked_rows = await self._context.service.request_approval(self._batch.id)
            await self._read()  # the number that is shown: what changes after it is not approved

    def approval_text(self) -> str:
        """Say what another admin is to approve: for how many, of which batch, and why."""
        return approval_text(self._batch, self._inputs().gate) if self._batch is not None else ""

    async def approve_as_other_admin(self, email: str, token: str) -> None:
        """Approve the batch as another admin, who signs in for it. Raises AppError."""
        batch, context = self._batch, self._context
        if batch is None:
            return
        values = context.workspace.values
        admin = await sign_in_second_admin(context.clock, values, email, token)
        await context.service.approve(batch.id, admin, rows_hash=self._asked_rows)
        await self._read()

    def set_filter(self, shown: str, text: str) -> None:
        """Show other rows of the batch: by outcome, and with a text."""
        if (shown, text) != (self.shown, self.search_text):
            self.shown, self.search_text = shown, text
            self._start_reading()

    def customer_query(self, place: int) -> str:
        """Return the query that opens the customer of a row, "" where nobody was found."""
        row = self.table_model.row_at(place)
        return row.query if row is not None else ""

    async def close(self) -> None:
        """Stop the page's listening and reading; what was started goes on."""
        self._unsubscribe()
        for timer in (self._refresh_timer, self._tick_timer, self._draft_timer):
            timer.stop()
        await super().close()

    # How it comes about.

    def _inputs(self) -> BatchInputs:
        context, clients = self._context, self._context.workspace.clients
        waiting = self._counts.of(BatchOutcome.WAITING)
        started = self._started
        kind = effective_workspace_kind(context.workspace.values)
        gate = BatchGate(0)
        if self._batch is not None and self._batch.planned_at is not None:
            gate = find_batch_gate(
                self._counts,
                context.workspace.actor,
                kind,
                is_undo=bool(self._batch.undone_batch),
                approvals=self._approvals,
            )
        return BatchInputs(
            now=context.clock.now(),
            estimate_s=estimate_lookup_s(clients, waiting),
            zendesk_limit=zendesk_limit(clients) if clients.zendesk is not None else 0,
            started=started.stage if started is not None else None,
            start_error=self._start_error,
            refusal=self.refusal,
            missing=self.draft.missing,
            gate=gate,
            undo_gate=find_undo_gate(self._counts, kind),
            account=context.account,
        )

    async def _paste(self, content: bytes | str) -> None:
        batch = await self._context.service.create(content)
        self._pasted = content
        await self._show(batch)
        waiting = self._counts.of(BatchOutcome.WAITING)
        seconds = estimate_lookup_s(self._context.workspace.clients, waiting)
        if waiting and seconds <= _STARTS_BY_ITSELF_S:
            self.look_up()

    async def _read_file(self, path: Path) -> None:
        def read() -> bytes:
            with path.open("rb") as file:
                # One byte more tells that it is too large, without reading all of it.
                return file.read(MAX_PASTED_BYTES + 1)

        try:
            content = await self._context.store.run(read)
        except OSError as error:
            raise InvalidInput(f"{path.name} cannot be read.", str(error.strerror or "")) from error
        await self._paste(content)

    async def _undo_part(self, batch_id: str, sids: Collection[str], note: str) -> None:
        self._pasted = ""
        await self._show(await self._context.service.create_part_undo(batch_id, sids, note))
        self._start(BatchStage.PLAN, known_only=True)

    async def _open(self, batch_id: str) -> None:
        self._pasted = ""
        await self._show(await self._batches.get(batch_id))

    async def _show(self, batch: EditBatch) -> None:
        # A reading under way is of the batch before.
        self._shown_number += 1
        self._batch, self._started, self._start_error = batch, None, ""
        self.shown = self.search_text = ""
        self._keys = ()
        await self._read()

    def _start(self, stage: BatchStage, *, known_only: bool = False) -> None:
        batch = self._batch
        if batch is None or self._started is not None:
            return
        self._start_error = ""
        context = self._context
        try:
            process = (
                context.start_undo(batch.id)
                if stage is BatchStage.UNDO
                else context.start(batch.id, known_only=known_only)
            )
        except AppError as error:
            self._start_error = str(error)
        else:
            at = context.clock.monotonic()
            self._started = StartedBatch(batch.id, stage, process, at, _marker(batch))
        self.changed.emit()

    async def _cancel(self, batch_id: str) -> None:
        self._batch = await self._context.service.cancel(batch_id)
        await self._read()

    async def _preview(self, batch_id: str) -> None:
        draft = self.draft
        await self._context.service.set_action(
            batch_id, draft.to_action(), draft.reason.strip(), draft.ticket_number()
        )
        await self._read()
        self._start(BatchStage.PLAN, known_only=True)

    async def _apply(self, batch_id: str, confirmed: int | None) -> None:
        try:
            await self._context.service.apply(batch_id, confirmed=confirmed)
        finally:
            # Refused, what has become of the rights is shown.
            await self._read()
        self.edit_field("reason", "")
        # A few are sent by the window itself before another process has begun.
        if self._counts.open_edits > _SENT_HERE:
            self._start(BatchStage.SEND)

    async def _undo(self, batch_id: str, confirmed: int | None) -> None:
        try:
            await self._context.service.request_undo(batch_id, confirmed=confirmed)
        finally:
            # Refused, the number that is asked for is shown.
            await self._read()
        self._start(BatchStage.UNDO)

    def _start_reading(self) -> None:
        self._is_stale = False
        self.tasks.start("read", self._read())

    async def _read(self) -> None:
        number = self._shown_number
        self.recent = await self._batches.list_recent(_RECENT)
        batch_id = self._batch.id if self._batch is not None else None
        known = next((one for one in self.recent if one.id == batch_id), None)
        if known is None and batch_id is not None and self.recent:
            known = await self._find(batch_id)
        if batch_id is None:
            known = self._find_unfinished()
        if number != self._shown_number:
            return
        if known is None:
            self._batch, self._counts, self._keys = None, BatchCounts(), ()
            self.table_model.show_keys(())
            self.changed.emit()
            return
        counts = await self._batches.count(known.id)
        approvals = await self._context.service.list_approvals(known)
        await self._read_lists()
        if number != self._shown_number:
            return
        self._batch, self._counts, self._approvals = known, counts, approvals
        self._judge_started(known)
        await self._read_keys(known.id)
        self.changed.emit()

    def _find_unfinished(self) -> EditBatch | None:
        """Return the batch that a window which was closed, or has ended badly, has left."""
        newest, now = next(iter(self.recent), None), self._context.clock.now()
        is_recent = newest is not None and now - newest.created_at < BATCH_UNDO_S
        return newest if is_recent else None

    async def _find(self, batch_id: str) -> EditBatch | None:
        try:
            return await self._batches.get(batch_id)
        except InvalidInput:
            return None

    async def _read_lists(self) -> None:
        lists = (await self._context.store.sheet_reader.read_sheet(_LISTS_QUERY)).lists.value
        self._lists = tuple(one.name for one in lists or () if not one.smart)

    async def _read_keys(self, batch_id: str) -> None:
        keys: tuple[int, ...] = ()
        if check_view_permission(self._context.workspace).is_allowed:
            keys = await self._batches.list_row_numbers(batch_id, self.shown, self.search_text)
        if keys != self._keys or not self.table_model.rowCount():
            self._keys = keys
            self.table_model.show_keys(keys)
        else:
            self.table_model.refresh_pages()

    async def _read_row_views(self, numbers: Sequence[int]) -> Mapping[int, BatchRowView] | None:
        batch = self._batch
        if batch is None:
            return None
        now = self._context.clock.now()
        rows = await self._batches.get_rows(batch.id, numbers)
        return {row.row: build_batch_row_view(row, batch.action, now) for row in rows}

    def _judge_started(self, batch: EditBatch) -> None:
        """Find out what became of the process that this window has started."""
        started = self._started
        if started is None or started.batch_id != batch.id:
            return
        if batch.is_at_work or _marker(batch) != started.before:
            self._started = None
        elif started.process.has_exited:
            self._started = None
            # One that had nothing to do ends without a word.
            self._start_error = "" if batch.error else started.process.last_output()
        elif self._context.clock.monotonic() - started.at > _START_TIMEOUT_S:
            self._started, self._start_error = None, _NO_SIGN_TEXT

    def _on_tick(self) -> None:
        if self._batch is not None and (self._started is not None or self._batch.is_at_work):
            self._start_reading()
        else:
            self.changed.emit()

    def _on_changes(self, changes: ChangeSet) -> None:
        topics = (Topic.BATCH, Topic.OUTBOX, Topic.PERMISSIONS, Topic.CUSTOMER)
        if not changes.has_any(*topics):
            return
        if not self._is_visible:
            self._is_stale = True
        elif not self._refresh_timer.isActive():
            self._refresh_timer.start()

    async def _restore_draft(self) -> None:
        text = await self._context.store.drafts_and_links.get_draft(_REASON_DRAFT)
        if text and not self.draft.reason:
            self.draft = self.draft.with_value("reason", text)
            self.changed.emit()

    def _save_draft(self) -> None:
        now, text = self._context.clock.now(), self.draft.reason
        save = self._context.store.drafts_and_links.save_draft
        self.tasks.start("save draft", save(_REASON_DRAFT, text, now))


def _marker(batch: EditBatch) -> tuple[object, ...]:
    """Return what changes once a process has begun to work on a batch."""
    return (batch.begun_at, batch.planned_at, batch.undone_at, batch.error)
