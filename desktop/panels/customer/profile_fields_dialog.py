"""Dialog “Profile data”: every field in a table with a filter, and a form to edit one."""

import json

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.kit.errors import AppError
from desktop.model.edit import is_same_json
from desktop.model.json_value import Json
from desktop.model.sailthru_naming_rules import validate_var_name
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, quiet_button, secondary_button
from desktop.panels.widgets.copy_menu import CopyMenu
from desktop.panels.widgets.dialog import Dialog
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.opaque_table_view import OpaqueTableView
from desktop.viewmodels.customer.header_view import build_header_view
from desktop.viewmodels.customer.profile_data_view import (
    ProfileFieldRow,
    build_profile_data_view,
    protected_field_reason,
)
from desktop.viewmodels.customer.profile_table_model import (
    FIELD_TYPES,
    ProfileTableModel,
    field_text,
    parse_field_value,
)
from desktop.viewmodels.customer.sheet_edits import SettledEdit, SubmittedEdit
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel

_NARROW_WIDTH = 520  # px at the base font


class ProfileFieldsDialog(Dialog):
    """The dialog that edits profile fields, and stays open; a saved one shows as waiting."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._fields = ProfileTableModel()
        self.setWindowTitle("Profile data")
        self.setObjectName("All profile data")
        room = self.screen().availableSize()
        self.resize(QSize(fonts.scaled(720), fonts.scaled(560)).boundedTo(room))
        self._filter = QLineEdit(self)
        self._filter.setPlaceholderText("Filter fields and values")
        self._filter.setAccessibleName("Filter fields and values")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._fields.set_filter)
        self._table = OpaqueTableView(self)
        self._table.setAccessibleName("Fields")
        self._table.setModel(self._fields)
        self._table.setItemDelegate(_RowDelegate(self._table))
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        # Tab leaves the table; thousands of rows would hold it for ever.
        self._table.setTabKeyNavigation(False)
        self._table.setShowGrid(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._table.verticalHeader().setDefaultSectionSize(fonts.scaled(26))
        head = self._table.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        head.resizeSection(3, fonts.scaled(90))
        self._table.selectionModel().currentChanged.connect(self._on_current)
        self._name = LineEdit(parent=self)
        self._name.setAccessibleName("Field name")
        self._name.setMaxLength(64)  # names of vars are single words
        self._value = LineEdit(parent=self)
        self._value.setAccessibleName("Field value")
        self._name_label, self._value_label = label("Field"), label("Value")
        self._name_label.setBuddy(self._name)
        self._value_label.setBuddy(self._value)
        self._type = DropdownField(
            "Field type", [(each, each.capitalize()) for each in FIELD_TYPES]
        )
        self._type.set_value("text")
        self._type_label = label("Type")
        self._type_label.setBuddy(self._type)
        self._save = primary_button("Save")
        # Enter in one of the two fields saves.
        self._save.setDefault(True)
        self._save.clicked.connect(self._on_save)
        self._clear = secondary_button("Clear value")
        self._clear.clicked.connect(self._on_clear)
        # The toasts of the window lie behind this dialog.
        self._undo = LinkButton("Undo", name="Undo the last change")
        self._undo.clicked.connect(self._on_undo)
        self._undo.hide()
        self._last_edit_id = ""
        self._copy_tag = LinkButton("Copy merge tag")
        self._copy_tag.clicked.connect(self._on_copy_tag)
        self._copy_menu = CopyMenu(self._table)
        self._close = quiet_button("Close")
        self._close.clicked.connect(self.close)
        self._message = label("", "note", wrap=True)
        self._shown_reason = ""
        self._lay_out()
        model.changed.connect(self._refresh)
        model.failed.connect(self._on_failed)
        model.edits.edit_submitted.connect(self._on_submitted)
        model.edits.edit_settled.connect(self._on_settled)
        # What is typed here belongs to one customer: it goes with them, and holds them in place.
        model.customer_opened.connect(self._on_opened)
        self._name.typed.connect(self._on_typed)
        self._value.typed.connect(self._on_typed)
        self._name.textChanged.connect(self._update_form)
        self.finished.connect(self._on_finished)

    def open_with_filter_focus(self) -> None:
        """Open the dialog of profile fields with the keyboard in its filter."""
        self._refresh()
        self._show_note("")
        self._set_last_edit("")
        self.setWindowTitle(f"Profile data of {build_header_view(self._model.context()).name}")
        self.open()
        self._filter.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Beside a browser the value needs the room.
        is_narrow = self.width() < fonts.scaled(_NARROW_WIDTH)
        self._table.setColumnHidden(3, is_narrow)
        for column, width in ((0, 130), (2, 66)) if is_narrow else ((0, 190), (2, 80)):
            self._table.horizontalHeader().resizeSection(column, fonts.scaled(width))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        edge = fonts.scaled(14)
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(fonts.scaled(8))
        column.addWidget(self._filter)
        column.addWidget(self._table, 1)
        form = hbox(self._name_label)
        form.addWidget(self._name, 1)
        form.addWidget(self._type_label)
        form.addWidget(self._type)
        column.addLayout(form)
        value = hbox(self._value_label)
        value.addWidget(self._value, 1)
        value.addWidget(self._copy_tag)
        column.addLayout(value)
        note = hbox()
        note.addWidget(self._message, 1)
        note.addWidget(self._undo)
        column.addLayout(note)
        column.addLayout(hbox(self._save, self._clear, 1, self._close))

    def _refresh(self) -> None:
        if self._model.sheet is None:
            self.close()
            return
        self._fields.set_rows(build_profile_data_view(self._model.context()).rows)
        self._update_form()

    def _row(self) -> ProfileFieldRow | None:
        return self._fields.find(self._name.text().strip())

    def _update_form(self) -> None:
        """Show in the profile dialog the type of the named field, and why it may not be changed."""
        if self._model.sheet is None:
            return
        context, row = self._model.context(), self._row()
        refused = build_profile_data_view(context, most=0).disabled_reason
        reason = refused or protected_field_reason(context, self._name.text().strip())
        if row is not None:
            reason = reason or row.read_only_reason
        for button in (self._save, self._clear):
            button.set_enabled(not reason, reason)
        has_tag = row is not None and bool(row.merge_tag)
        no_tag = "Sailthru's templates can't read this name." if row else "Choose a field first."
        self._copy_tag.set_enabled(has_tag, "" if has_tag else no_tag)
        self._name.setEnabled(not refused)
        self._value.setEnabled(not reason)
        type_name = row.type_name if row is not None else "none"
        # Of a key: it is a text, and stays as it is anyway.
        has_type = type_name in FIELD_TYPES
        if has_type or type_name == "key":
            self._type.set_value(type_name if has_type else "text")
        keeps = f"{self._name.text().strip()} holds a {type_name}, and stays one."
        self._type.set_enabled(not (reason or has_type), reason or keeps)
        if reason:
            self._show_note(reason, bad=False)
        elif self._message.text() == self._shown_reason:
            self._show_note("")
        self._shown_reason = reason

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if not current.isValid():
            return
        row = self._fields.row(current.row())
        self._copy_menu.set_entries(
            ("Copy name", row.name),
            ("Copy value", field_text(row)),
            (f"Copy merge tag {row.merge_tag}" if row.merge_tag else "", row.merge_tag),
        )
        self._name.setText(row.name)
        self._value.setText(field_text(row))
        self._show_note(self._shown_reason, bad=False)

    def _on_save(self) -> None:
        row, text = self._row(), self._value.text()
        try:
            name = validate_var_name(self._name.text().strip())
            before = field_text(row) if row is not None else ""
            value = parse_field_value(text, self._type.value() or "text", before)
        except AppError as error:
            self._on_failed(error)
            return
        self._model.set_unsaved_input("profile data", False)
        if row is not None and is_same_json(value, json.loads(row.json_text)):
            self._show_note(f"{name} has this value already. Nothing was changed.", bad=False)
            return
        self._submit(name, value, f"Saving {name}…")

    def _on_clear(self) -> None:
        name, row = self._name.text().strip(), self._row()
        if row is None or row.type_name == "none":
            what = f"{name} has no value" if name else "No field is chosen"
            self._show_note(f"{what}. Nothing was changed.", bad=False)
        else:
            self._submit(name, None, f"Clearing {name}; the field stays, without a value.")

    def _on_copy_tag(self) -> None:
        row = self._row()
        if row is not None and row.merge_tag:
            QApplication.clipboard().setText(row.merge_tag)
            self._show_note(f"Copied {row.merge_tag}", bad=False)

    def _submit(self, name: str, value: Json, note: str) -> None:
        self._set_last_edit("")
        self._model.edits.set_var(name, value)
        self._show_note(note, bad=False)

    def _on_undo(self) -> None:
        self._model.edits.undo(self._last_edit_id)
        self._set_last_edit("")
        self._show_note("Undoing…", bad=False)

    def _on_submitted(self, submitted: object) -> None:
        if self.isVisible() and isinstance(submitted, SubmittedEdit):
            self._set_last_edit(submitted.edit_id)

    def _on_settled(self, settled: object) -> None:
        if not self.isVisible() or not isinstance(settled, SettledEdit):
            return
        if settled.edit_id == self._last_edit_id and not settled.undo_stands:
            self._set_last_edit("")
        self._show_note(settled.text, bad=bool(settled.refusal))

    def _set_last_edit(self, edit_id: str) -> None:
        self._last_edit_id = edit_id
        self._undo.setVisible(bool(edit_id))

    def _on_typed(self, _text: str) -> None:
        self._model.set_unsaved_input("profile data", True)

    def _on_opened(self) -> None:
        self.reject()

    def _on_finished(self, _result: int) -> None:
        self._model.set_unsaved_input("profile data", False)
        self._name.clear()
        self._value.clear()

    def _on_failed(self, error: object) -> None:
        if self.isVisible() and isinstance(error, AppError):
            self._show_note(str(error))

    def _show_note(self, text: str, *, bad: bool = True) -> None:
        self._message.setText(text)
        self._message.set_tone("bad" if bad else "muted")
        self._message.setVisible(bool(text))


class _RowDelegate(QStyledItemDelegate):
    """Delegate that marks whole rows: Fusion would draw a gradient and frame on the cell."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        state = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver
        option.state &= ~state
