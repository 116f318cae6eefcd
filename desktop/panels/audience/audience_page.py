"""Widget of the Audience page: segments, conditions, people in a table, one person beside it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.audience_condition import CUSTOM_PREFIX
from desktop.model.audience_person import AudienceColumn, AudienceOrder
from desktop.panels.audience.columns_dialog import ColumnsDialog
from desktop.panels.audience.condition_card import ConditionCard
from desktop.panels.audience.field_catalogue_dialog import FieldCatalogueDialog
from desktop.panels.audience.people_table_view import PeopleTableView
from desktop.panels.audience.person_peek_card import PersonPeekCard
from desktop.panels.audience.segment_list import SegmentList
from desktop.panels.page_commands import REPEATS_WINDOW_ACTION
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.export_file_dialog import LONG_LIST_FORMATS, ExportFileDialog
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import ElidedLabel, elided_label
from desktop.panels.widgets.list_detail_page import ListDetailPage, fix_or_free_width
from desktop.panels.widgets.list_page import show_list_state
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.text_field import TextField
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.audience.audience_page_model import (
    ALL_PEOPLE,
    AudiencePageModel,
    SourceAge,
)

_TWO_COLUMNS_MIN_WIDTH = 760
# Narrower than this the segments are a drop-down above the list.
_SEGMENTS_MIN_WIDTH = 980
_SEGMENTS_WIDTH, _PEEK_WIDTH = 168, 222
_SKELETON_ROWS = 9
_ORDERS = (
    ("last_ticket desc", "Newest ticket", AudienceOrder()),
    ("name asc", "Name", AudienceOrder(AudienceColumn.NAME, is_descending=False)),
    ("open_tickets desc", "Most open tickets", AudienceOrder(AudienceColumn.OPEN_TICKETS)),
    ("value desc", "Highest value", AudienceOrder(AudienceColumn.VALUE)),
    ("rating asc", "Bad ratings first", AudienceOrder(AudienceColumn.RATING, is_descending=False)),
    ("created desc", "Newest in Zendesk", AudienceOrder(AudienceColumn.CREATED)),
    ("last_open desc", "Opened last", AudienceOrder(AudienceColumn.LAST_OPEN)),
)


class AudiencePage(ListDetailPage):
    """The Audience page's widget; where it is narrow the peek stands in place of the list."""

    customer_requested = Signal(str)  # a query for the search field
    change_requested = Signal(str)  # the addresses of people to change at once, one a line

    def __init__(
        self, model: AudiencePageModel, clock: Clock, parent: QWidget | None = None
    ) -> None:
        super().__init__(_TWO_COLUMNS_MIN_WIDTH, parent)
        self._model = model
        self._clock = clock
        self.setAccessibleName("Audience")
        self.setObjectName("Audience")
        self.segment_list = SegmentList()
        self.segment_dropdown = DropdownField("Segment")
        self.segment_dropdown.allow_shrinking()
        self.title_label = elided_label("", "heading")
        self.changed_chip = Chip("Changed, not saved", "warn")
        self.reset_button = secondary_button("Reset", name="Reset the conditions")
        self.save_button = secondary_button("Save", name="Save the segment")
        self.save_as_button = secondary_button("Save as…", name="Save as a segment")
        self.remove_button = quiet_button("Remove segment", name="Remove the segment")
        self.name_edit = TextField("Name of the segment", "Name of the segment", max_length=80)
        self.name_save_button = secondary_button("Save", name="Save under this name")
        self.name_cancel_button = quiet_button("Cancel", name="Cancel saving")
        self.condition_card = ConditionCard(model)
        self.order_dropdown = DropdownField("Sort by", [(key, text) for key, text, _ in _ORDERS])
        self.order_dropdown.allow_shrinking()
        self.order_dropdown.setMinimumContentsLength(11)
        self.refresh_button = quiet_button("Refresh", name="Read what has changed")
        self.change_button = quiet_button("Change them…", name="Change these people")
        self.fields_button = quiet_button("Fields…", name="Fields of Zendesk and Sailthru")
        self.fields_button.setProperty(REPEATS_WINDOW_ACTION, True)
        self.columns_button = quiet_button("Columns…", name="Columns of the people table")
        self.export_button = secondary_button("Export…", name="Export the people")
        self.stop_export_button = quiet_button("Cancel export", name="Cancel the export")
        self.stop_reading_button = quiet_button("Stop reading", name="Stop reading everybody")
        self.zendesk_label = elided_label("", "small")
        self.sailthru_label = elided_label("", "small")
        self.progress_label = elided_label("", "small", tone="accent")
        self.table = PeopleTableView(model.table_model)
        self.list_card = Card("People", name="List of people")
        self.peek_card = PersonPeekCard()
        self.banner = Banner()
        self.banner.hide()
        self.back_button = quiet_button("Back to the list", name="Back to the list")
        self.back_button.set_icon("chevron-left")
        self._lay_out()
        self._connect()
        self._on_changed()

    @property
    def model(self) -> AudiencePageModel:
        """The view-model of the Audience page, which the screenshot tour drives."""
        return self._model

    def take_focus(self) -> None:
        """Put the keyboard on the table of people."""
        self.table.setFocus()

    def show_error(self, error: AppError) -> None:
        """Show an error on the page's banner, below its table."""
        self.banner.show_message("bad", error.title, error.message, error.hint, close="Close")

    # How it is put together.

    def _lay_out(self) -> None:
        self.title_label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(fonts.scaled(8))
        self._head.addWidget(self.segment_dropdown)
        self._head.addWidget(self.title_label)
        self._head.addWidget(self.changed_chip)
        self._head.addStretch(1)
        # In lines of their own where the window is narrow, each as wide as its words.
        buttons = QWidget()
        flow = FlowLayout(fonts.scaled(8), fonts.scaled(6), buttons)
        for button in (
            self.remove_button,
            self.reset_button,
            self.save_button,
            self.save_as_button,
            self.columns_button,
            self.fields_button,
            self.change_button,
        ):
            flow.addWidget(button)
        self._head.addWidget(buttons)
        self._name_row = QWidget()
        naming = QHBoxLayout(self._name_row)
        naming.setContentsMargins(0, 0, 0, 0)
        for part in (self.name_edit, self.name_save_button, self.name_cancel_button):
            naming.addWidget(part)
        naming.addStretch(1)
        self._name_row.hide()
        policy = self.list_card.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Expanding)
        self.list_card.setSizePolicy(policy)
        self.list_card.add(self._build_toolbar())
        self.list_card.add(self.table)
        inside = QWidget()
        peek = QVBoxLayout(inside)
        peek.setContentsMargins(0, 0, 0, 0)
        peek.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignLeft)
        peek.addWidget(self.peek_card)
        peek.addStretch(1)
        self._peek_scroll = wrap_in_scroll_area(inside)
        self._body = QHBoxLayout()
        self._body.setSpacing(fonts.scaled(CARD_GAP))
        self._body.addWidget(self.list_card, 1)
        self._body.addWidget(self._peek_scroll)
        right = QVBoxLayout()
        right.setSpacing(fonts.scaled(10))
        right.addLayout(self._head)
        right.addWidget(self._name_row)
        right.addWidget(self.condition_card)
        right.addLayout(self._body, 1)
        # Below the list: nothing moves under the pointer.
        right.addWidget(self.banner)
        page = QHBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(CARD_GAP + 2))
        page.addWidget(self.segment_list)
        page.addLayout(right, 1)

    def _build_toolbar(self) -> QWidget:
        """Build the row above the table: how old the data is, the order, refresh and export."""
        bar, ages, acts = QWidget(), QWidget(), QWidget()
        ages.setLayout(
            hbox(self.zendesk_label, self.sailthru_label, self.progress_label, spacing=12)
        )
        acts.setLayout(
            hbox(
                self.order_dropdown,
                self.refresh_button,
                self.stop_reading_button,
                self.stop_export_button,
                self.export_button,
            )
        )
        # The ages are never cut for the buttons: these go to a line of their own.
        flow = FlowLayout(fonts.scaled(12), fonts.scaled(4), bar, alignment="spread")
        for part in (ages, acts):
            flow.addWidget(part)
        return bar

    def _connect(self) -> None:
        model, table = self._model, self.table
        self.visibility_changed.connect(model.set_visible)
        self.layout_changed.connect(self._arrange)
        self.detail_closed.connect(self.take_focus)
        model.changed.connect(self._on_changed)
        model.failed.connect(self.show_error)
        model.message_posted.connect(self._on_message_posted)
        self.segment_list.segment_chosen.connect(self._on_segment)
        self.segment_dropdown.chosen.connect(self._on_segment)
        self.reset_button.clicked.connect(model.reset)
        self.save_button.clicked.connect(lambda: model.save_segment(model.segment_name))
        self.save_as_button.clicked.connect(self._on_save_as)
        self.remove_button.clicked.connect(model.remove_segment)
        self.name_save_button.clicked.connect(self._on_name_saved)
        self.name_edit.returnPressed.connect(self._on_name_saved)
        self.name_cancel_button.clicked.connect(self._close_naming)
        self.order_dropdown.chosen.connect(self._on_order)
        self.refresh_button.clicked.connect(model.refresh_data)
        self.stop_reading_button.clicked.connect(model.stop_reading)
        self.export_button.clicked.connect(self._on_export)
        self.change_button.clicked.connect(model.collect_addresses)
        model.addresses_collected.connect(self.change_requested)
        self.fields_button.clicked.connect(self.open_fields)
        self.columns_button.clicked.connect(self.open_columns)
        model.columns_changed.connect(self._on_columns_changed)
        self.stop_export_button.clicked.connect(model.cancel_export)
        self.list_card.action_requested.connect(model.take_next_step)
        self.list_card.retry_requested.connect(model.take_next_step)
        table.order_requested.connect(model.set_order)
        table.current_row_changed.connect(model.select)
        model.table_model.page_read.connect(self._on_page_read)
        table.row_opened.connect(self._on_row_opened)
        table.clicked.connect(self._on_row_clicked)
        table.doubleClicked.connect(lambda _index: self._on_customer())
        self.peek_card.customer_requested.connect(self._on_customer)
        self.back_button.clicked.connect(self.close_detail)

    def open_fields(self) -> FieldCatalogueDialog:
        """Open the catalogue of fields over the page."""
        dialog = FieldCatalogueDialog(self._model, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def open_columns(self) -> ColumnsDialog:
        """Open the dialog of the table's columns over the page."""
        shown, fields = self._model.table_model.shown_columns, self._model.field_keys
        dialog = ColumnsDialog(shown, self, [f"{CUSTOM_PREFIX}{key}" for key in fields])
        dialog.chosen.connect(self._model.set_columns)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    # What the model says.

    def _on_columns_changed(self) -> None:
        person = self._model.person
        self.table.update_columns()
        # The table was laid out anew, and has forgotten its row.
        place = -1 if person is None else self._model.table_model.place_of(person.id)
        if place >= 0:
            self.table.select_row(place)

    def _on_changed(self) -> None:
        model = self._model
        chosen = model.segment_name or ALL_PEOPLE
        views = model.segments()
        self.segment_list.show_segments(views, chosen)
        options = [(one.name, " · ".join(filter(None, (one.name, one.count)))) for one in views]
        self.segment_dropdown.set_options(options)
        self.segment_dropdown.set_value(chosen)
        self.title_label.setText(model.title)
        self._show_buttons()
        self.condition_card.show_conditions()
        state = model.list_state()
        self.list_card.set_title(state.summary or "People")
        show_list_state(self.list_card, state, _SKELETON_ROWS, "Looking people up")
        # A sentence alone stands at the top; a list fills the page.
        fills = bool(state.summary) or state.is_loading
        top = Qt.AlignmentFlag(0) if fills else Qt.AlignmentFlag.AlignTop
        self._body.setAlignment(self.list_card, top)
        _show_age(self.zendesk_label, model.zendesk_age())
        _show_age(self.sailthru_label, model.sailthru_age())
        self.progress_label.setText(self._progress_text())
        set_shown(self.progress_label, bool(self.progress_label.text()))
        self._show_order()
        self.peek_card.show_person(model, self._clock.now())
        self._arrange()

    def _progress_text(self) -> str:
        model = self._model
        if model.exported is not None:
            return f"Exported {model.exported:,} of {model.total or 0:,}"
        return model.reading_text()

    def _show_buttons(self) -> None:
        model = self._model
        set_shown(self.changed_chip, model.is_changed)
        set_shown(self.reset_button, model.is_changed)
        set_shown(self.save_button, model.is_changed and bool(model.segment_name))
        set_shown(self.save_as_button, not model.group.is_everybody)
        set_shown(self.remove_button, bool(model.segment_name) and not model.is_changed)
        refusal = model.export_refusal()
        self.export_button.set_enabled(not refusal, refusal)
        refusal = model.change_disabled_reason
        self.change_button.set_enabled(not refusal, refusal)
        set_shown(self.stop_export_button, model.exported is not None)
        refusal = model.refresh_refusal()
        self.refresh_button.set_enabled(not refusal, refusal)
        # In its place, so that nothing beside it moves.
        set_shown(self.refresh_button, not model.is_reading)
        set_shown(self.stop_reading_button, model.is_reading)

    def _show_order(self) -> None:
        order = self._model.table_model.order
        self.order_dropdown.set_value(next((key for key, _, one in _ORDERS if one == order), None))
        self.table.show_order()

    def _on_message_posted(self, sentence: str) -> None:
        self.banner.show_message("info", sentence, close="Close")

    def _on_page_read(self, _page: int) -> None:
        # The first person is in the peek without a press.
        if self.table.current_row() < 0:
            self.table.select_row(0)
        else:
            self._model.select(self.table.current_row())

    def _arrange(self) -> None:
        """Put segments and peek beside the list as the width allows."""
        wide = self.is_wide
        has_list = self.width() >= fonts.scaled(_SEGMENTS_MIN_WIDTH)
        has_people = bool(self._model.list_state().summary)
        detail_alone = not wide and self.is_detail_open
        set_shown(self.segment_list, has_list)
        set_shown(self.segment_dropdown, not has_list and not detail_alone)
        # In its place the drop-down says the same.
        set_shown(self.title_label, has_list or detail_alone)
        direction = QBoxLayout.Direction
        self._head.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        set_shown(self.list_card, not detail_alone)
        set_shown(self.condition_card, not detail_alone and self._model.coverage is not None)
        set_shown(self._peek_scroll, (wide and has_people) or detail_alone)
        set_shown(self.back_button, not wide)
        self.condition_card.set_narrow(not wide)
        fix_or_free_width(self.segment_list, _SEGMENTS_WIDTH)
        fix_or_free_width(self._peek_scroll, _PEEK_WIDTH if wide else None)

    # What the person does.

    def _on_segment(self, name: str) -> None:
        self._close_naming()
        self._model.choose_segment("" if name == ALL_PEOPLE else name)

    def _on_save_as(self) -> None:
        self._name_row.show()
        self.name_edit.setFocus()

    def _on_name_saved(self) -> None:
        if self.name_edit.text().strip():
            self._model.save_segment(self.name_edit.text())
            self._close_naming()

    def _close_naming(self) -> None:
        if self._name_row.isVisible():
            self._name_row.hide()
            self.name_edit.clear()
            self.save_as_button.setFocus()

    def _on_order(self, key: str) -> None:
        self._model.set_order(next(order for name, _, order in _ORDERS if name == key))

    def _on_export(self) -> None:
        dialog = ExportFileDialog("Export people", "fairlead-audience.csv", self, LONG_LIST_FORMATS)
        dialog.file_chosen.connect(self._model.export)
        dialog.open()

    def _on_row_clicked(self) -> None:
        if not self.is_wide:
            self.open_detail()

    def _on_row_opened(self, _place: int) -> None:
        self._on_customer()

    def _on_customer(self) -> None:
        person = self._model.person
        if person is not None:
            self.customer_requested.emit(person.query)


def _show_age(shown: ElidedLabel, age: SourceAge) -> None:
    shown.setText(age.text)
    shown.set_tone("warn" if age.is_old else "muted")
    shown.set_tooltip(age.tip)
