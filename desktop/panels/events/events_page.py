"""Widget of the Events page: open a file, see what it would do to Zendesk, deliver it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from desktop.panels.events.consequences_card import ConsequencesCard
from desktop.panels.events.event_detail_card import EventDetailCard
from desktop.panels.events.event_table_view import EventTableView
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.export_file_dialog import documents_folder
from desktop.panels.widgets.list_page import ListPage, ListPageSpec
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.events.event_row import EventFilter
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
_FILE_KINDS = "Events (*.jsonl *.json *.ndjson *.txt);;All files (*)"


class EventsPage(ListPage):
    """The Events page's widget: simulator, log, what needs correction; one request's details."""

    customer_requested = Signal(str)  # a query for the search field

    def __init__(self, model: EventsPageModel, parent: QWidget | None = None) -> None:
        self._model = model
        self.table = EventTableView(model.table_model)
        self.detail_card = EventDetailCard()
        self.consequences_card = ConsequencesCard()
        self.open_button = secondary_button("Open file…", name="Open file…")
        self.deliver_button = primary_button("Deliver", name="Deliver")
        super().__init__(
            _SPEC,
            self.table,
            self.detail_card,
            head_buttons=[self.open_button, self.deliver_button],
            below_filters=self.consequences_card,
            parent=parent,
        )
        self.setAcceptDrops(True)
        self._connect()
        self._on_changed()

    def open_path(self, path: str) -> None:
        """Simulate the file at a path, as chosen or dropped."""
        self.banner.clear()
        self.filter_control.set_value(EventFilter.SIMULATION.name)
        self.search_field.clear()
        self._model.open_file(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.open_path(files[0])
            event.acceptProposedAction()

    def _connect(self) -> None:
        model, table = self._model, self.table
        self.visibility_changed.connect(model.set_visible)
        model.changed.connect(self._on_changed)
        model.failed.connect(self.show_error)
        model.message_posted.connect(self._on_message_posted)
        self.filter_changed.connect(self._on_filter_changed)
        self.retry_requested.connect(model.refresh)
        self.export_file_chosen.connect(model.export)
        self.open_button.clicked.connect(self._on_open)
        self.deliver_button.clicked.connect(model.deliver)
        self.consequences_card.removals_ticked.connect(self._on_removals_ticked)
        self.detail_card.retry_requested.connect(model.retry)
        self.detail_card.customer_requested.connect(self._on_customer)
        self.detail_card.copy_requested.connect(self._on_copy)
        table.current_row_changed.connect(self._on_current_row_changed)
        table.row_opened.connect(self._on_row_opened)
        table.clicked.connect(self._on_row_clicked)
        table.copy_requested.connect(self._on_copy)

    # What the model says.

    def _on_changed(self) -> None:
        model = self._model
        if self.filter_control.value() != model.event_filter.name:
            self.filter_control.set_value(model.event_filter.name)
        self.show_state(model.list_state())
        removals = model.file.removals if model.file is not None else 0
        self.consequences_card.show_consequences(
            model.consequences(), removals, is_ticked=model.sends_removals
        )
        refusal = model.delivery_refusal()
        count = model.delivered_count
        self.deliver_button.set_text(f"Deliver {count:,}" if count else "Deliver")
        self.deliver_button.set_enabled(not refusal, refusal)
        retry_refusal = "A delivery is under way." if "…" in model.progress else ""
        self.detail_card.show_row(
            model.detail(), can_retry=model.can_retry, retry_refusal=retry_refusal
        )
        file = model.file
        self.scope_note.setText(
            model.progress or (file.path.name if file is not None else _SPEC.scope_note)
        )

    def _on_message_posted(self, sentence: str) -> None:
        self.show_result(sentence)
        announce(self, sentence)

    # What the person does.

    def _on_open(self) -> None:
        dialog = QFileDialog(self, "Open events", documents_folder(), _FILE_KINDS)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.open_path)
        dialog.open()

    def _on_filter_changed(self, key: str, text: str) -> None:
        self._model.set_filter(EventFilter[key], text)

    def _on_removals_ticked(self, is_ticked: bool) -> None:
        self._model.set_sends_removals(on=is_ticked)

    def _on_current_row_changed(self, place: int) -> None:
        row = self._model.table_model.row_at(place)
        self._model.select(row.id if row is not None else "")

    def _on_row_clicked(self) -> None:
        if not self.is_wide:
            self._on_row_opened(self.table.current_row())

    def _on_row_opened(self, place: int) -> None:
        self._on_current_row_changed(place)
        if self.is_wide:
            self._on_customer()
            return
        self.open_detail()
        self.back_button.setFocus()

    def _on_customer(self) -> None:
        row = self._model.detail()
        if row is not None and row.query:
            self.customer_requested.emit(row.query)

    def _on_copy(self) -> None:
        row = self._model.detail()
        if row is not None:
            QApplication.clipboard().setText(f"{row.note}\n{row.body}".strip())
            announce(self, "Request copied")
