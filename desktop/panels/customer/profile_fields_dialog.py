"""Dialog “Profile data”: every field in a table with a filter, and a form to edit one."""

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop.kit.errors import AppError
from desktop.model.sailthru_naming_rules import validate_var_name
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, quiet_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.style_property import set_style_properties
from desktop.viewmodels.customer.header_view import build_header_view
from desktop.viewmodels.customer.profile_data_view import build_profile_data_view
from desktop.viewmodels.customer.profile_table_model import ProfileTableModel, parse_field_value
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class ProfileFieldsDialog(QDialog):
    """The dialog that edits profile fields, and stays open; a saved one shows as waiting."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._fields = ProfileTableModel()
        self.setWindowTitle("Profile data")
        self.setObjectName("All profile data")
        self.resize(fonts.scaled(720), fonts.scaled(560))
        self._filter = QLineEdit(self)
        self._filter.setPlaceholderText("Filter fields and values")
        self._filter.setAccessibleName("Filter fields and values")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._fields.set_filter)
        self._table = QTableView(self)
        self._table.setAccessibleName("Fields")
        self._table.setModel(self._fields)
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
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column, width in ((0, 190), (2, 80), (3, 90)):
            head.resizeSection(column, fonts.scaled(width))
        self._table.selectionModel().currentChanged.connect(self._on_current)
        self._name = QLineEdit(self)
        self._name.setAccessibleName("Field name")
        self._name.setMaxLength(64)  # names of vars are single words
        self._value = QLineEdit(self)
        self._value.setAccessibleName("Field value")
        self._name_label, self._value_label = label("Field"), label("Value")
        self._name_label.setBuddy(self._name)
        self._value_label.setBuddy(self._value)
        self._save = primary_button("Save")
        # Enter in one of the two fields saves.
        self._save.setDefault(True)
        self._save.clicked.connect(self._on_save)
        self._clear = secondary_button("Clear value")
        self._clear.clicked.connect(self._on_clear)
        self._close = quiet_button("Close")
        self._close.clicked.connect(self.close)
        self._message = label("", "note", wrap=True)
        self._lay_out()
        model.changed.connect(self._refresh)
        model.failed.connect(self._on_failed)
        # What is typed here belongs to one customer: it goes with them, and holds them in place.
        model.customer_opened.connect(self._on_opened)
        self._name.textEdited.connect(self._on_typed)
        self._value.textEdited.connect(self._on_typed)
        self.finished.connect(self._on_finished)

    def open_with_filter_focus(self) -> None:
        """Open the dialog of profile fields with the keyboard in its filter."""
        self._refresh()
        self._show_note("")
        self.setWindowTitle(f"Profile data of {build_header_view(self._model.context()).name}")
        self.open()
        self._filter.setFocus()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        edge = fonts.scaled(14)
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(fonts.scaled(8))
        column.addWidget(self._filter)
        column.addWidget(self._table, 1)
        form = hbox(self._name_label, self._name, self._value_label)
        form.addWidget(self._value, 1)
        column.addLayout(form)
        column.addWidget(self._message)
        column.addLayout(hbox(self._save, self._clear, 1, self._close))

    def _refresh(self) -> None:
        if self._model.sheet is None:
            self.close()
            return
        view = build_profile_data_view(self._model.context())
        self._fields.set_rows(view.rows)
        reason = view.disabled_reason
        for button in (self._save, self._clear):
            button.set_enabled(not reason, reason)
        self._name.setEnabled(not reason)
        self._value.setEnabled(not reason)
        if reason:
            self._show_note(reason, bad=False)

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if not current.isValid():
            return
        row = self._fields.row(current.row())
        self._name.setText(row.name)
        # A plain text is edited without its JSON quotes, unless that would make it another value.
        quoted = row.type_name in ("text",)
        self._value.setText(
            row.value if quoted and row.json_text == f'"{row.value}"' else row.json_text
        )
        reason = "" if row.is_editable else "This field is set elsewhere, or can't be changed."
        if not build_profile_data_view(self._model.context(), most=0).disabled_reason:
            self._save.set_enabled(row.is_editable, reason)
            self._clear.set_enabled(row.is_editable, reason)

    def _on_save(self) -> None:
        try:
            name = validate_var_name(self._name.text().strip())
            value = parse_field_value(self._value.text())
        except AppError as error:
            self._on_failed(error)
            return
        set_style_properties(self._name, invalid=False)
        self._model.set_unsaved_input("profile data", False)
        self._model.edits.set_var(name, value)
        self._show_note(f"Saving {name}…", bad=False)

    def _on_clear(self) -> None:
        name = self._name.text().strip()
        if name:
            self._model.edits.set_var(name, None)
            self._show_note(f"Clearing {name}; the field stays, without a value.", bad=False)

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
