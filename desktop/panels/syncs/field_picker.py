"""Pick a field of Zendesk or Sailthru: its title in a line, and a searchable list of all."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QTreeWidgetItem, QWidget

from desktop.model.field_catalogue import field_title
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import icon_button
from desktop.panels.widgets.picker_row import PickerRow
from desktop.panels.widgets.search_list_dialog import SEARCHED_TOO, SearchListDialog
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.form import FieldValue
from desktop.viewmodels.syncs.field_choices import FieldChoice

_PATH = Qt.ItemDataRole.UserRole + 1
_SAMPLE_WIDTH = 150


class FieldPathField(TextField):
    """A line that shows a mapped field's title; its path only while somebody types in it."""

    def __init__(self, name: str, placeholder: str = "") -> None:
        super().__init__(name, placeholder)
        self.path = ""
        self.shows_titles = True

    def value(self) -> FieldValue:
        """Return the path of the field in the picker's line."""
        return self.path

    def set_value(self, value: FieldValue) -> None:
        """Show a field in the picker's line, by its path; what is being typed stays."""
        if str(value) == self.path.strip():
            return
        self.path = str(value)
        if self.hasFocus():
            super().set_value(value)
        else:
            self._show_title()

    def set_shows_titles(self, shows_titles: bool) -> None:
        """Show field titles in the line, or (False) a text that is no field's path as it is."""
        if shows_titles != self.shows_titles:
            self.shows_titles = shows_titles
            self._show_title()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.setText(self.path)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # The list of completions takes the keyboard and gives it back.
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._show_title()

    def _on_edited(self, *text: str) -> None:
        self.path = self.text()
        super()._on_edited(*text)

    def _show_title(self) -> None:
        text = field_title(self.path) if self.shows_titles else self.path
        if self.text() != text:
            self.setText(text)
        self.setCursorPosition(0)


class FieldPicker(PickerRow):
    """A form control whose value is a field's path, typed or chosen from a list.

    Typed can be a path or a title.
    """

    choices_wanted = Signal()  # the list opens: read what the services have

    def __init__(self, name: str, placeholder: str = "") -> None:
        line = FieldPathField(name, placeholder)
        super().__init__(line, icon_button("search", f"Choose {name[:1].lower()}{name[1:]}"))
        self._line = line
        self.setAccessibleName(f"{name} and its list")
        self._choices: tuple[FieldChoice, ...] = ()
        self._new_prefix = ""
        self.dialog: FieldPickerDialog | None = None
        line.editingFinished.connect(self._on_left)

    def set_takes_fields(self, takes_fields: bool) -> None:
        """Offer the list of fields beside the line, or (False) leave a line for a text."""
        self.choose_button.setVisible(takes_fields)
        self._line.set_shows_titles(takes_fields)

    def set_choices(self, choices: Sequence[FieldChoice], new_prefix: str) -> None:
        """Offer these fields in the picker; `new_prefix` begins one that no customer has yet."""
        choices = tuple(choices)
        if (choices, new_prefix) == (self._choices, self._new_prefix):
            return
        self._choices, self._new_prefix = choices, new_prefix
        self.field.set_completions(choice.path for choice in choices)
        if self.dialog is not None:
            self.dialog.show_choices(choices)

    def _on_left(self) -> None:
        """Take a typed title in the picker for the field of that name."""
        typed = self._line.path.strip()
        known = {choice.title.casefold(): choice.path for choice in reversed(self._choices)}
        if typed.casefold() in known and typed not in known.values() and self._line.shows_titles:
            self._on_picked(known[typed.casefold()])

    def _on_choose(self) -> None:
        dialog = FieldPickerDialog(str(self.value()), self._new_prefix, self)
        dialog.picked.connect(self._on_picked)
        dialog.finished.connect(self._on_closed)
        self.dialog = dialog
        dialog.show_choices(self._choices)
        self.choices_wanted.emit()
        dialog.open()

    def _on_closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
        self.field.setFocus()


class FieldPickerDialog(SearchListDialog):
    """Dialog of every field: title, type, a customer's value, service; the path as tool tip."""

    picked = Signal(str)

    def __init__(self, path: str, new_prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(
            "Choose a field",
            "Find a field",
            "Fields",
            ("Field", "Type", "Example", "From"),
            "Use this field",
            parent,
        )
        self._path = path
        self._new_prefix = new_prefix
        self._new_row: QTreeWidgetItem | None = None
        self.search_field.returnPressed.connect(self._on_use)
        self.use_button.clicked.connect(self._on_use)
        self.table.itemActivated.connect(self._on_use)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(600), fonts.scaled(520))

    def show_choices(self, choices: Sequence[FieldChoice]) -> None:
        """List the fields in the picker's dialog; the one that is set is chosen."""
        current = self._current_path() or self._path
        self.table.clear()
        for choice in choices:
            item = self.add_row(choice.title, choice.type, choice.sample, choice.service)
            item.setData(0, _PATH, choice.path)
            item.setData(0, SEARCHED_TOO, f"{choice.path} {choice.sample}")
            item.setToolTip(0, choice.path)
            item.setToolTip(2, choice.sample)
            if choice.path == current:
                self.table.setCurrentItem(item)
        self._new_row = self.add_row("")
        self.fit_columns()
        self.table.setColumnWidth(2, min(self.table.columnWidth(2), fonts.scaled(_SAMPLE_WIDTH)))
        self.apply_search()

    def apply_search(self, _text: object = "") -> int:
        """Hide the picker's fields that do not match; the first of the others is chosen."""
        shown = super().apply_search()
        wanted = "_".join(self.search_field.text().split())
        if self._new_row is not None:
            # One that no customer has yet is named here.
            can_name = bool(self._new_prefix and wanted.isidentifier())
            is_new = can_name and shown == 0
            self._new_row.setHidden(not is_new)
            self._new_row.setText(0, f"New field “{field_title(wanted)}”" if is_new else "")
            self._new_row.setData(0, _PATH, f"{self._new_prefix}{wanted}" if is_new else "")
        visible = [item for item in self.rows() if not item.isHidden()]
        current = self.table.currentItem()
        if visible and (current is None or current.isHidden()):
            self.table.setCurrentItem(visible[0])
        self.state_label.setText("" if visible else "No such field.")
        self.use_button.set_enabled(bool(visible), "No field is chosen.")
        return shown

    def _current_path(self) -> str:
        item = self.table.currentItem()
        return str(item.data(0, _PATH) or "") if item is not None and not item.isHidden() else ""

    def _on_use(self) -> None:
        path = self._current_path()
        if path and self.isVisible():
            self.picked.emit(path)
            self.accept()
