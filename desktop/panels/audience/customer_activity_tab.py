"""Tab of the Audience page: what customers did, filtered, with the whole text of one entry."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHeaderView, QWidget

from desktop.model.customer_activity import CustomerAct, CustomerActivity
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.list_page import ListPage, ListPageSpec
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.search_field import SEARCHES_PAGE
from desktop.panels.widgets.two_line_row_delegate import TWO_LINE_ROW_HEIGHT, TwoLineRowDelegate
from desktop.viewmodels.audience.customer_activity_model import (
    PERSON,
    TIME,
    TYPE,
    WHAT,
    ActivityGroup,
    CustomerActivityModel,
    below_text,
    person_text,
    tone_of,
    what_text,
    written_text,
)
from desktop.viewmodels.list_model import GrowingListModel

_COLUMNS_MIN_WIDTH = 520
_SPEC = ListPageSpec(
    name="What customers did",
    scope_note="as read on this computer",
    list_title="Entries",
    filters=tuple((each.name, each.value) for each in ActivityGroup),
    search_name="Word or phrase",
    search_placeholder="Word or phrase in tickets, ratings’ tickets and events",
    loading_text="Reading what customers did",
    export_title="",
    export_file_name="",
)


class CustomerActivityDelegate(TwoLineRowDelegate[CustomerActivity]):
    """Paints an entry: time, person over address, what over its text, the type as a chip."""

    chip_column = TYPE

    def cell_texts(self, column: int, row: CustomerActivity) -> tuple[str, str]:
        if column == TIME:
            return self._time(row), ""
        if column == PERSON:
            return person_text(row), row.email if row.name else ""
        return what_text(row), below_text(row)

    def single_texts(self, row: CustomerActivity) -> tuple[str, str]:
        return person_text(row), f"{what_text(row)} · {self._time(row)}"

    def chip(self, row: CustomerActivity) -> tuple[str, str]:
        return row.act.label, tone_of(row)

    def _time(self, row: CustomerActivity) -> str:
        model = self._view.model()
        return model.columns[TIME].text(row) if isinstance(model, GrowingListModel) else ""


class CustomerActivityTable(ListTableView[CustomerActivityDelegate]):
    """The table of what customers did; where it is narrow one column holds the whole row."""

    def __init__(self, model: CustomerActivityModel) -> None:
        super().__init__(
            "What customers did", model.table_model, CustomerActivityDelegate, leading_column=WHAT
        )
        self.set_row_height(fonts.scaled(TWO_LINE_ROW_HEIGHT))
        self.horizontalHeader().setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)

    def update_columns(self) -> None:
        narrow = self.width() < fonts.scaled(_COLUMNS_MIN_WIDTH)
        self.row_delegate.is_single_column = narrow
        for column in (TIME, PERSON, TYPE):
            self.setColumnHidden(column, narrow)
        self.horizontalHeader().setVisible(not narrow)
        self.setColumnWidth(TIME, fonts.scaled(104))
        self.setColumnWidth(PERSON, fonts.scaled(190))
        self.setColumnWidth(TYPE, fonts.scaled(124))


class CustomerActivityDetail(Card):
    """The card of one entry: its facts, and what was written, whole."""

    customer_requested = Signal()

    def __init__(self) -> None:
        super().__init__("Entry", name="Entry")
        allow_full_height(self)
        self.facts = KeyValueTable("Facts", label_width=80)
        self.text_label = label("", wrap=True, selectable=True)
        self.open_button = secondary_button("Open customer", name="Open the customer")
        self.open_button.clicked.connect(self.customer_requested)
        self.text_title = label("", "title")
        foot = hbox(self.open_button)
        foot.addStretch(1)
        for part in (self.facts, self.text_title, self.text_label, foot):
            self.add(part)
        self.body.setSpacing(fonts.scaled(8))

    def show_entry(self, model: CustomerActivityModel) -> None:
        """Draw the selected entry; without one, a text that asks to choose."""
        row = model.selected
        if row is None:
            self.set_title("Entry")
            self.show_empty("Choose an entry to read all of it.")
            return
        self.set_title(what_text(row))
        self.facts.set_rows(model.detail_rows())
        text = written_text(row)
        is_event = row.act is CustomerAct.EVENT
        self.text_title.setText("What the event says" if is_event else "What was written")
        self.text_label.setText(text)
        for part in (self.text_title, self.text_label):
            part.setVisible(bool(text))
        has_customer = bool(row.email or row.person_id or row.sid)
        self.open_button.set_enabled(has_customer, "Nobody in Zendesk or Sailthru is known for it.")
        self.show_content()


class CustomerActivityTab(ListPage):
    """The list of what customers did as a page of its own; opens the sheet."""

    customer_requested = Signal(str)  # a query for the search field
    reading_requested = Signal()  # where everybody's data is begun to be read

    def __init__(
        self,
        model: CustomerActivityModel,
        *,
        has_types: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        """`has_types`: whether types of things can be chosen; of one data source there are few."""
        self._model = model
        self.table = CustomerActivityTable(model)
        self.detail_card = CustomerActivityDetail()
        self.person_edit = _filter_field("Person", "Address, name or id of a person")
        self.agent_edit = _filter_field("Agent", "Agent of the ticket")
        self.new_button = quiet_button("", name="Show what is new")
        people = QWidget()
        people.setLayout(hbox(self.person_edit, self.agent_edit))
        super().__init__(_SPEC, self.table, self.detail_card, below_filters=people, parent=parent)
        self.export_button.hide()
        self.filter_control.setVisible(has_types)
        self.list_card.set_corner_widget(self.new_button)
        self._connect()
        self._on_changed()

    @property
    def model(self) -> CustomerActivityModel:
        """The view-model of the list, which the screenshot tour drives."""
        return self._model

    def take_next_step(self) -> None:
        """Ask for where reading is begun where nobody was read yet; else clear the filters."""
        if self.model.is_unread:
            self.reading_requested.emit()
        else:
            super().take_next_step()

    def _connect(self) -> None:
        model, table = self._model, self.table
        self.visibility_changed.connect(model.set_visible)
        model.changed.connect(self._on_changed)
        model.failed.connect(self.show_error)
        self.filter_changed.connect(self._on_filter_changed)
        self.filters_cleared.connect(self._on_filters_cleared)
        self.retry_requested.connect(model.reload)
        self.new_button.clicked.connect(self._on_show_new)
        for field in (self.person_edit, self.agent_edit):
            field.textChanged.connect(self._on_people)
        self.row_selected.connect(model.select)
        self.row_followed.connect(lambda _place: self._on_customer())
        table.doubleClicked.connect(lambda _index: self._on_customer())
        table.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.detail_card.customer_requested.connect(self._on_customer)

    def _on_changed(self) -> None:
        model = self._model
        self.show_state(model.list_state())
        self.detail_card.show_entry(model)
        self.agent_edit.setVisible(model.may_name_agents)
        self.new_button.setVisible(bool(model.new_count))
        self.new_button.set_text(f"Show {model.new_count} new")

    def _on_filter_changed(self, key: str, text: str) -> None:
        self._model.set_filter(ActivityGroup[key], text)

    def _on_people(self, _text: str) -> None:
        self._model.set_people(self.person_edit.text(), self.agent_edit.text())

    def _on_filters_cleared(self) -> None:
        self.person_edit.clear()
        self.agent_edit.clear()

    def _on_scrolled(self, value: int) -> None:
        self._model.is_at_top = value == 0

    def _on_show_new(self) -> None:
        self.table.scrollToTop()
        self._model.reload()

    def _on_customer(self) -> None:
        if query := self._model.customer_query(self.table.current_row()):
            self.customer_requested.emit(query)


def _filter_field(name: str, placeholder: str) -> LineEdit:
    field = LineEdit()
    field.setAccessibleName(name)
    field.setObjectName(name)
    field.setPlaceholderText(placeholder)
    field.setClearButtonEnabled(True)
    field.setProperty(SEARCHES_PAGE, True)
    return field
