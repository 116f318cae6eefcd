"""Text fields with an accessible name: one line, comma-separated names, or several lines."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QCompleter, QPlainTextEdit, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.tooltip import DisabledReasonMixin
from desktop.viewmodels.form import FieldValue, format_names, parse_names


class TextField(DisabledReasonMixin, LineEdit):
    """A line edit; `chosen` carries the text: at each key, or only when the field is left."""

    chosen = Signal(object)  # the value, by a person, never by set_value

    def __init__(
        self,
        name: str,
        placeholder: str = "",
        *,
        max_length: int = 200,
        reports_on_leave: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setPlaceholderText(placeholder)
        self.setMaxLength(max_length)
        self._reports_on_leave = reports_on_leave
        self._offered: Iterable[str] | None = None  # not asked for yet
        self.typed.connect(self._on_typed)
        if reports_on_leave:
            self.editingFinished.connect(self._on_edited)

    def value(self) -> FieldValue:
        """Return the text field's line as typed."""
        return self.text()

    def set_value(self, value: FieldValue) -> None:
        """Show a text in the line; the cursor stays where the text is the same."""
        # Drafts hold texts without the blanks around them: one just typed stays, else nobody
        # could type a second word.
        if self.text() != str(value) and not (self.hasFocus() and self.text().strip() == value):
            self.setText(str(value))

    def set_completions(self, texts: Iterable[str]) -> None:
        """Complete the line by the texts that contain what is typed, in either case."""
        self._offered = texts
        if self.hasFocus():
            self._complete()

    def completer(self) -> QCompleter:
        """Return what completes the text field's line."""
        self._complete()
        return super().completer()

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Before Qt: it connects the completer when the keyboard comes.
        self._complete()
        super().focusInEvent(event)

    def _complete(self) -> None:
        if self._offered is None:
            return
        offered, self._offered = list(self._offered), None
        # A completer is not replaced by an equal one: its list may be open at this moment.
        if self.property("offered") == "\n".join(offered):
            return
        self.setProperty("offered", "\n".join(offered))
        completer = QCompleter(offered, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(8)
        completer.activated.connect(self._on_completed)
        self.setCompleter(completer)

    def _on_typed(self) -> None:
        # Whoever sets a text through assistive technology need not enter the field, nor leave it.
        if not (self._reports_on_leave and self.is_by_keys):
            self._on_edited()

    def _on_edited(self) -> None:
        self.chosen.emit(self.value())

    def _on_completed(self, text: str) -> None:
        self.setText(text)
        self._on_edited()


class NamesField(TextField):
    """A line edit of names with commas between; its value is a tuple, each name once."""

    def value(self) -> FieldValue:
        """Return the names typed into the field, each once; one in quotes may hold a comma."""
        return parse_names(self.text())

    def set_value(self, value: FieldValue) -> None:
        """Show names in the comma-separated field; a comma that was just typed stays."""
        if isinstance(value, tuple) and self.value() != value:
            self.setText(format_names(str(name) for name in value))


class MultilineTextField(DisabledReasonMixin, QPlainTextEdit):
    """A text of several lines; `chosen` carries it when the keyboard leaves the field."""

    chosen = Signal(object)

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setObjectName(name)
        # Tab would be typed into the text, and the keyboard could not leave it.
        self.setTabChangesFocus(True)
        # Three lines: most tables of names have no more.
        self.setFixedHeight(fonts.scaled(70))

    def value(self) -> FieldValue:
        """Return the multi-line field's text as typed."""
        return self.toPlainText()

    def set_value(self, value: FieldValue) -> None:
        """Show a text in the multi-line field; the cursor stays if the text is the same."""
        if self.toPlainText() != str(value):
            self.setPlainText(str(value))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # A table is stored as a whole, once the keyboard leaves it.
        super().focusOutEvent(event)
        self.chosen.emit(self.toPlainText())
