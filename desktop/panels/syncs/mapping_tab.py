"""Widget of the tab Mapping: field rows, tried on a customer, and the rules of the sync."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from desktop.model.sync import SourceKind
from desktop.panels.syncs.left_out_card import LeftOutCard
from desktop.panels.syncs.mapping_row_form import MappingRowForm
from desktop.panels.syncs.mapping_table import MappingTable
from desktop.panels.syncs.sync_rules_editor import SyncRulesEditor
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.button import (
    icon_button,
    primary_button,
    quiet_button,
    secondary_button,
)
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.lazy_widget import LazyWidget
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.syncs.left_out_model import LeftOutModel
from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorModel, MappingEditorView
from desktop.viewmodels.syncs.mapping_row_view import direction_labels

_SIDE_BY_SIDE_MIN_WIDTH = 620


class MappingTab(QWidget):
    """Widget of the mapping draft; its foot says what is wrong with it and saves it."""

    def __init__(
        self, model: MappingEditorModel, left_out: LeftOutModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.test_customer_field = LineEdit()
        self.test_customer_field.setAccessibleName("Customer to test on")
        self.test_customer_field.setObjectName("Customer to test on")
        self.test_customer_field.setPlaceholderText("E-mail address of a customer")
        self.test_customer_field.setMaxLength(320)
        self.test_customer_field.setMinimumWidth(fonts.scaled(80))
        self.test_button = secondary_button("Test on a customer", name="Test on a customer")
        self.test_result_label = label("", wrap=True)
        self.mapping_table = MappingTable()
        self.row_form = MappingRowForm()
        self.add_button = quiet_button("Add a row", name="Add a row")
        self.add_button.set_icon("plus")
        self.duplicate_button = icon_button("copy", "Duplicate the row")
        self.move_up_button = icon_button("chevron-up", "Move the row up")
        self.move_down_button = icon_button("chevron-down", "Move the row down")
        self.delete_button = icon_button("trash", "Delete the row")
        # Below the fields, and half of the tab's time.
        self._lazy_rules = LazyWidget(self._create_rules_editor, later=True)
        self.left_out_card = LeftOutCard(left_out)
        self.error_label = label("", wrap=True, tone="bad")
        self.discard_button = secondary_button(
            "Discard changes", name="Discard changes of the mapping"
        )
        self.save_button = primary_button("Save", name="Save the mapping")
        self._lay_out()
        self._connect()
        self.show_mapping()

    @property
    def rules_editor(self) -> SyncRulesEditor:
        """The cards of the sync's rules, built if they were not yet."""
        return self._lazy_rules.ensure_content()

    def _create_rules_editor(self, parent: QWidget) -> SyncRulesEditor:
        editor = SyncRulesEditor(self._model, parent)
        if (view := self._model.view()) is not None:
            editor.show_sync(view.sync, view.source_fields, view.segments)
        return editor

    def show_mapping(self) -> None:
        """Draw the mapping draft as its model is now."""
        view = self._model.view()
        if view is None:
            return
        source, target = direction_labels(view.sync)
        heads = (f"From {source}", "How", f"To {target}", "What it does")
        self.mapping_table.show_lines(view.rows, view.selected_index, heads)
        chosen = self._model.selected_row()
        line = view.rows[view.selected_index] if chosen is not None else None
        self.row_form.show_row(chosen, line.problem if line else "", view)
        if (rules := self._lazy_rules.content_if_built) is not None:
            rules.show_sync(view.sync, view.source_fields, view.segments)
        self._place_fields(is_rule=view.sync.is_rule)
        self.test_customer_field.setPlaceholderText(
            "SKU of a product" if view.sync.is_of_products else "E-mail address of a customer"
        )
        # It writes the opt-out level alone, by rules of its own.
        self._fields.setVisible(view.sync.source.kind is not SourceKind.SELL_OPTOUTS)
        self._show_state(view)

    def _place_fields(self, *, is_rule: bool) -> None:
        """Put the fields first, but of a rule behind what it waits for: few rules set any."""
        place = int(is_rule)
        if self._column.indexOf(self._fields) != place:
            self._column.removeWidget(self._fields)
            self._column.insertWidget(place, self._fields)
            self._fields.set_title("Fields it sets" if is_rule else "Fields")

    def _show_state(self, view: MappingEditorView) -> None:
        self.test_result_label.setText(
            "Asking both services…" if view.is_busy else view.trial_text or view.trial_error
        )
        self.test_result_label.set_tone("bad" if view.trial_error and not view.is_busy else "text")
        self.test_result_label.setVisible(bool(self.test_result_label.text()))
        # Another sync was chosen: the customer tried before belongs to the old one.
        if (
            not view.trial_query
            and self.test_customer_field.text()
            and not self.test_customer_field.hasFocus()
        ):
            self.test_customer_field.clear()
        words = view.problems[0] if view.problems else view.unsaved_text
        self.error_label.setText(words)
        self.error_label.set_tone("bad" if view.problems else "warn")
        self.discard_button.setVisible(view.has_unsaved_changes)
        self.save_button.set_enabled(not view.save_disabled_reason, view.save_disabled_reason)
        for part in (self._fields, self._lazy_rules):
            # Shown all the same: who may not change a mapping may read it.
            part.setEnabled(view.can_change)
        many = len(view.rows)
        self.move_up_button.set_enabled(view.selected_index > 0, "It is the first.")
        self.move_down_button.set_enabled(view.selected_index < many - 1, "It is the last.")
        for button in (self.duplicate_button, self.delete_button):
            button.set_enabled(many > 0, "There is no row.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= fonts.scaled(_SIDE_BY_SIDE_MIN_WIDTH)
        direction = QBoxLayout.Direction
        self._test_layout.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.row_form.set_wide(wide)
        self.mapping_table.fit_columns(self.width() - fonts.scaled(44))

    def _lay_out(self) -> None:
        # From the outside in: what is added with much in it is styled anew, all of it.
        inside = QWidget()
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addWidget(wrap_in_scroll_area(inside), 1)
        self._column = column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(CARD_GAP))
        self._fields = Card("Fields")
        column.addWidget(self._fields)
        column.addWidget(self._lazy_rules)
        column.addWidget(self.left_out_card)
        column.addStretch(1)
        self._test_layout = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._test_layout.setSpacing(fonts.scaled(8))
        asked = QHBoxLayout()
        asked.setSpacing(fonts.scaled(8))
        asked.addWidget(self.test_customer_field, 1)
        asked.addWidget(self.test_button)
        self._test_layout.addLayout(asked, 2)
        self._test_layout.addWidget(self.test_result_label, 3)
        tools = QHBoxLayout()
        tools.setSpacing(fonts.scaled(2))
        tools.addWidget(self.add_button)
        tools.addStretch(1)
        for button in (
            self.duplicate_button,
            self.move_up_button,
            self.move_down_button,
            self.delete_button,
        ):
            tools.addWidget(button)
        line = QFrame()
        line.setProperty("ground", "line")
        line.setFixedHeight(1)
        self._fields.add(self._test_layout)
        self._fields.add(8)
        self._fields.add(self.mapping_table)
        self._fields.add(tools)
        self._fields.add(4)
        self._fields.add(line)
        self._fields.add(10)
        self._fields.add(self.row_form)
        foot = QHBoxLayout()
        foot.setSpacing(fonts.scaled(8))
        foot.addWidget(self.error_label, 1)
        foot.addWidget(self.discard_button)
        foot.addWidget(self.save_button)
        page.addLayout(foot)

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self.show_mapping)
        self.test_button.clicked.connect(self._on_test)
        self.test_customer_field.returnPressed.connect(self._on_test)
        self.mapping_table.row_chosen.connect(model.select_row)
        self.mapping_table.row_toggled.connect(self._on_switched)
        self.mapping_table.move_requested.connect(model.move_row)
        self.mapping_table.delete_requested.connect(model.delete_row)
        self.mapping_table.duplicate_requested.connect(model.duplicate_row)
        self.row_form.edited.connect(model.change_row)
        for picker in (self.row_form.source_picker, self.row_form.target_picker):
            picker.choices_wanted.connect(model.read_fields)
        self.add_button.clicked.connect(self._on_add)
        self.duplicate_button.clicked.connect(model.duplicate_row)
        self.move_up_button.clicked.connect(self._on_up)
        self.move_down_button.clicked.connect(self._on_down)
        self.delete_button.clicked.connect(model.delete_row)
        self.discard_button.clicked.connect(model.discard_draft)
        self.save_button.clicked.connect(model.save_draft)

    def _on_test(self) -> None:
        self._model.try_on_customer(self.test_customer_field.text())

    def _on_switched(self, place: int, on: bool) -> None:
        self._model.set_row_enabled(place, on=on)

    def _on_add(self) -> None:
        self._model.add_row()
        self.row_form.take_focus()

    def _on_up(self) -> None:
        self._model.move_row(-1)

    def _on_down(self) -> None:
        self._model.move_row(1)
