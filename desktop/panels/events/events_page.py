"""Widget of the Events page: open or paste events, see what they would do to Zendesk, deliver."""

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QWidget

from desktop.events.event_action import ActionKind
from desktop.panels.events.clear_events_dialog import ClearEventsDialog
from desktop.panels.events.consequences_card import ConsequencesCard
from desktop.panels.events.create_fields_dialog import CreateFieldsDialog
from desktop.panels.events.event_actions_tab import EventActionsTab
from desktop.panels.events.event_choice_dialog import ReplayDialog, RollbackDialog
from desktop.panels.events.event_detail_card import EventDetailCard
from desktop.panels.events.event_mapping_drawer import EventMappingDrawer
from desktop.panels.events.event_sources_tab import EventSourcesTab
from desktop.panels.events.event_table_view import EventTableView
from desktop.panels.events.ignore_event_dialog import IgnoreEventDialog
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.export_file_dialog import documents_folder
from desktop.panels.widgets.label import elided_label
from desktop.panels.widgets.lazy_widget import LazyWidget
from desktop.panels.widgets.list_page import ListPage, ListPageSpec
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.events import event_consequences, event_correction_groups
from desktop.viewmodels.events.event_consequences import missing_fields
from desktop.viewmodels.events.event_mapping_model import EventMappingModel
from desktop.viewmodels.events.event_row import TICK, EventFilter
from desktop.viewmodels.events.events_page_model import EventsPageModel

_SPEC = ListPageSpec(
    name="Events",
    scope_note="nothing is written until you deliver",
    list_title="Requests",
    filters=tuple((each.name, each.value) for each in EventFilter),
    search_name="Search the events",
    search_placeholder="Customer, line, request or state",
    loading_text="Reading the events",
    export_title="Export the events",
    export_file_name="fairlead-events.csv",
)
# The list keeps the larger part of the page.
_CONSEQUENCES_SHARE = 0.34
_FILE_KINDS = "Events (*.jsonl *.json *.ndjson *.txt);;All files (*)"


class EventsPage(ListPage):
    """The Events page's widget: simulator, actions, log, what needs correction; one's details."""

    customer_requested = Signal(str)  # a query for the search field

    def __init__(self, model: EventsPageModel, parent: QWidget | None = None) -> None:
        self._model = model
        self._mapping_model = EventMappingModel(model.actions)
        self.mapping_drawer: EventMappingDrawer | None = None
        self.table = EventTableView(model.table_model)
        self.detail_card = EventDetailCard()
        self.consequences_card = ConsequencesCard()
        # Half of the page's time: built when they are first shown.
        self._lazy_actions_tab = LazyWidget(self._create_actions_tab)
        self._lazy_sources_tab = LazyWidget(self._create_sources_tab)
        self._full_view_by_filter: dict[EventFilter, QWidget] = {
            EventFilter.ACTIONS: self._lazy_actions_tab,
            EventFilter.SOURCES: self._lazy_sources_tab,
        }
        self.open_button = secondary_button("Open file…", name="Open file…")
        self.paste_button = secondary_button("Paste", name="Paste events", tip="Ctrl+V")
        self.pause_button = secondary_button("Pause", name="Pause or resume")
        self.pause_button.hide()
        self.deliver_button = primary_button("Deliver", name="Deliver")
        self.replay_button = secondary_button("Send again…", name="Send events again…")
        self.rollback_button = secondary_button("Set back…", name="Set events back…")
        self.clear_button = secondary_button("Clear…", name="Clear delivered events…")
        self.estimate_label = elided_label("", "muted")
        self.estimate_label.setMinimumHeight(fonts.scaled(26))
        super().__init__(
            _SPEC,
            self.table,
            self.detail_card,
            tick_column=TICK,
            head_buttons=[
                *(self.open_button, self.paste_button, self.pause_button),
                *(self.replay_button, self.rollback_button, self.clear_button),
                self.deliver_button,
            ],
            below_filters=self.consequences_card,
            parent=parent,
        )
        self.list_card.add_footer(self.estimate_label)
        for view in self._full_view_by_filter.values():
            self.add_full_view(view)
        self.setAcceptDrops(True)
        self._connect()
        self._on_changed()

    @property
    def actions_tab(self) -> EventActionsTab:
        """The tab Actions, built if it was not shown yet."""
        return self._lazy_actions_tab.ensure_content()

    @property
    def sources_tab(self) -> EventSourcesTab:
        """The tab Sources, built if it was not shown yet."""
        return self._lazy_sources_tab.ensure_content()

    def _create_actions_tab(self, parent: QWidget) -> EventActionsTab:
        tab = EventActionsTab(self._model.actions, parent)
        tab.preview_requested.connect(self._model.simulation.preview_drafts)
        tab.mapping_requested.connect(self.open_mapping)
        return tab

    def _create_sources_tab(self, parent: QWidget) -> EventSourcesTab:
        tab = EventSourcesTab(self._model.sources, parent)
        tab.events_requested.connect(self._on_source_events)
        return tab

    def open_path(self, path: str) -> None:
        """Simulate the file at a path, as chosen or dropped."""
        self.banner.clear()
        self.search_field.clear()
        self._model.simulation.open_file(path)

    def paste(self) -> None:
        """Simulate what the clipboard holds: a file, or the text of events."""
        self._take(QApplication.clipboard().mimeData())

    def open_mapping(self, kind: ActionKind) -> None:
        """Show the mapping and the options of an action in a drawer over the window."""
        if self.mapping_drawer is None:
            self.mapping_drawer = EventMappingDrawer(self._mapping_model, self.window())
        self.mapping_drawer.open_for(kind)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if data.hasText() or any(url.isLocalFile() for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self._take(event.mimeData())
        event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Where the keyboard is in a text the text takes it.
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_consequences()

    def _fit_consequences(self) -> None:
        self.consequences_card.fit_height(int(self.height() * _CONSEQUENCES_SHARE))

    def arrange(self) -> None:
        super().arrange()
        view = self._full_view_by_filter.get(self._model.event_filter)
        self.show_full_view(view)
        self.export_button.setVisible(view is None)
        for button in (self.replay_button, self.rollback_button, self.clear_button):
            button.setVisible(self._model.event_filter is EventFilter.LOG)
        self.deliver_button.setVisible(self._model.event_filter is EventFilter.SIMULATION)

    def _take(self, data: QMimeData | None) -> None:
        # An empty clipboard has none, whatever Qt's types say.
        urls = data.urls() if data is not None else []
        files = [url.toLocalFile() for url in urls if url.isLocalFile()]
        if files:
            self.open_path(files[0])
            return
        self.banner.clear()
        self.search_field.clear()
        self._model.simulation.paste(data.text() if data is not None and data.hasText() else "")

    def _connect(self) -> None:
        model, table = self._model, self.table
        self.visibility_changed.connect(model.set_visible)
        model.changed.connect(self._on_changed)
        for source in (model, model.actions, model.sources, self._mapping_model):
            source.failed.connect(self.show_error)
            source.message_posted.connect(self._on_message_posted)
        self.filter_changed.connect(self._on_filter_changed)
        self.retry_requested.connect(model.refresh)
        self.export_file_chosen.connect(model.export)
        self.open_button.clicked.connect(self._on_open)
        self.paste_button.clicked.connect(self.paste)
        self.deliver_button.clicked.connect(self._on_deliver)
        self.replay_button.clicked.connect(self._on_replay)
        self.rollback_button.clicked.connect(self._on_rollback)
        self.clear_button.clicked.connect(self._on_clear)
        self.pause_button.clicked.connect(self._on_pause)
        self.consequences_card.action_triggered.connect(self._on_consequence)
        self.consequences_card.ticket_requested.connect(self._on_ticket)
        self.detail_card.retry_requested.connect(self._on_retry)
        self.detail_card.mapping_requested.connect(self._on_row_mapping)
        self.detail_card.event_edited.connect(self._on_event_edited)
        self.detail_card.correction_requested.connect(self._on_correct)
        self.detail_card.ignore_requested.connect(self._on_ignore_event)
        self.detail_card.customer_requested.connect(self._on_customer)
        self.detail_card.copy_requested.connect(self._on_copy)
        self.row_selected.connect(model.select_place)
        self.row_followed.connect(self._on_customer)
        table.tick_toggled.connect(model.toggle_tick)
        table.copy_requested.connect(self._on_copy)

    # What the model says.

    def _on_deliver(self) -> None:
        simulation = self._model.simulation
        asked = simulation.delivery_confirmation()
        if asked is None:
            simulation.deliver()
            return
        question = ConfirmationDialog(
            self,
            asked.title,
            asked.message,
            confirm=asked.confirm_label,
            cancel="Cancel",
            text_to_type=asked.text_to_type,
            type_prompt=f"Type {asked.text_to_type} to confirm.",
        )
        question.accepted.connect(simulation.deliver)
        question.finished.connect(question.deleteLater)
        question.open()

    def _on_changed(self) -> None:
        model = self._model
        if self.filter_control.value() != model.event_filter.name:
            self.filter_control.set_value(model.event_filter.name)
            self.arrange()
        count, name = model.stored.waiting_for_person, EventFilter.CORRECTION.value
        word = f"{name} {count:,}" if count else name
        self.filter_control.set_text(EventFilter.CORRECTION.name, word)
        self.show_state(model.list_state())
        if model.event_filter not in self._full_view_by_filter:
            is_correction = model.event_filter is EventFilter.CORRECTION
            self.consequences_card.set_title(
                "What they wait for" if is_correction else "What people will notice"
            )
            self.consequences_card.show_consequences(model.consequences())
            self._fit_consequences()
        is_simulation = model.event_filter is EventFilter.SIMULATION
        self.table.set_ticks(shown=is_simulation, editable=model.can_tick)
        refusal = model.simulation.delivery_refusal()
        count = model.simulation.delivered_count
        self.deliver_button.set_text(f"Deliver {count:,}" if count else "Deliver")
        self.deliver_button.set_enabled(not refusal, refusal)
        is_told = is_simulation or model.delivery.is_running
        estimate = model.simulation.estimate() if is_told else ""
        self.estimate_label.setText(estimate)
        self.estimate_label.setVisible(bool(estimate))
        self.scope_note.setText(model.source_text or _SPEC.scope_note)
        row, retry_refusal = model.detail(), model.delivery.refusal()
        can_retry = row is not None and bool(row.event_text and row.action)
        self.detail_card.show_row(row, can_retry=can_retry, retry_refusal=retry_refusal)
        self.detail_card.show_correction(
            model.correction.text_of(row), model.correction.fault, retry_refusal
        )
        self._show_pause()

    def _show_pause(self) -> None:
        """Draw Pause while a delivery is under way, and Resume where one was paused."""
        delivery = self._model.delivery
        self.pause_button.setVisible(delivery.is_running or delivery.paused is not None)
        self.pause_button.set_text("Pause" if delivery.is_running else "Resume")
        reason = delivery.pause_refusal()
        self.pause_button.set_enabled(not reason, reason)

    def _on_message_posted(self, sentence: str) -> None:
        self.show_result(sentence)

    # What the person does.

    def take_next_step(self) -> None:
        """Open a file of events where none is open; else clear the filters."""
        if self._model.wants_source and not self._model.search_text.strip():
            self._on_open()
        else:
            super().take_next_step()

    def _on_open(self) -> None:
        dialog = QFileDialog(self, "Open events", documents_folder(), _FILE_KINDS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.open_path)
        self._open(dialog)

    def _on_filter_changed(self, key: str, text: str) -> None:
        self._model.set_filter(EventFilter[key], text)
        self.arrange()

    def _on_source_events(self, name: str) -> None:
        self._model.set_filter(EventFilter.LOG, name)
        self.search_field.setText(name)
        self.arrange()

    def _on_consequence(self, key: str, action: str) -> None:
        model, simulation = self._model, self._model.simulation
        if action in (event_consequences.TICK, event_consequences.UNTICK):
            simulation.set_sends_removals(on=action == event_consequences.TICK)
        elif action == event_consequences.CREATE:
            self._open_create_fields()
        elif action == event_consequences.ACCEPT and simulation.simulated is not None:
            needs = simulation.simulated.counts.effects.organization_fields
            planned = simulation.simulated.request.organization_fields
            simulation.set_created_fields(organization_fields=(*planned, *missing_fields(needs)))
        elif action == event_consequences.DONT_CREATE:
            simulation.set_created_fields((), ())
        elif action == event_consequences.LEAVE_DRAFTS:
            simulation.leave_drafts()
        elif action == event_consequences.SWITCH_ON:
            model.sources.set_destination(on=True)
        elif action == event_consequences.OPTIONS:
            self.open_mapping(ActionKind.UPSERT_USER)
        elif action in (event_correction_groups.SHOW, event_correction_groups.SHOW_ALL):
            model.correction.show_cause(key if action == event_correction_groups.SHOW else "")
        elif action == event_correction_groups.RETRY:
            model.correction.retry_cause(key)
        else:
            simulation.ignore(key)

    def _on_replay(self) -> None:
        model = self._model
        self._open(ReplayDialog(model.replay, model.stored.source_names, self.window()))

    def _on_rollback(self) -> None:
        model = self._model
        self._open(RollbackDialog(model.rollback, model.stored.source_names, self.window()))

    def _on_clear(self) -> None:
        self._open(ClearEventsDialog(self._model.clearing, self.window()))

    def _open(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _on_pause(self) -> None:
        delivery = self._model.delivery
        if delivery.is_running:
            delivery.pause()
        else:
            delivery.resume()

    def _on_ignore_event(self) -> None:
        row = self._model.detail()
        if row is None:
            return
        dialog = IgnoreEventDialog(f"Line {row.line}", self.window())
        dialog.reason_given.connect(self._on_reason_given)
        self._open(dialog)

    def _on_reason_given(self, reason: str) -> None:
        self._model.correction.ignore(self._model.detail(), reason)

    def _on_row_mapping(self) -> None:
        row = self._model.detail()
        if row is not None and row.action:
            self.open_mapping(ActionKind(row.action))
            # Tried on the very event that was looked at, where it is one of the sample's.
            self._mapping_model.choose_line(row.line)

    def _on_retry(self) -> None:
        self._model.correction.retry(self._model.detail())

    def _on_event_edited(self, text: str) -> None:
        self._model.correction.edit(self._model.detail(), text)

    def _on_correct(self) -> None:
        self._model.correction.correct(self._model.detail())

    def _open_create_fields(self) -> None:
        simulated = self._model.simulation.simulated
        if simulated is None:
            return
        needs = simulated.counts.effects.discarded
        fields = missing_fields(needs)
        counts = [needs[field.key].count for field in fields]
        dialog = CreateFieldsDialog(
            fields,
            counts,
            self._model.simulation.creation_refusal(),
            self.window(),
            fields_address=self._model.simulation.user_fields_address,
        )
        dialog.fields_chosen.connect(self._on_fields_chosen)
        self._open(dialog)

    def _on_fields_chosen(self, fields: object) -> None:
        simulated = self._model.simulation.simulated
        if simulated is not None and isinstance(fields, tuple):
            self._model.simulation.set_created_fields((*simulated.request.user_fields, *fields))

    def _on_ticket(self, ticket: int) -> None:
        self.customer_requested.emit(f"#{ticket}")

    def _on_customer(self) -> None:
        row = self._model.detail()
        if row is not None and row.query:
            self.customer_requested.emit(row.query)

    def _on_copy(self) -> None:
        row = self._model.detail()
        if row is not None:
            QApplication.clipboard().setText(f"{row.note}\n{row.body}".strip())
            announce(self, "Request copied")
