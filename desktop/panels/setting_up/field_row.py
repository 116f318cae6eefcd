"""One setting with the control its kind asks for; stored when the field is left."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QPlainTextEdit, QWidget

from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.number_field import NumberField
from desktop.panels.parts.restyle import restyle
from desktop.panels.parts.segmented import SegmentedControl
from desktop.panels.parts.switch import Switch
from desktop.panels.parts.tip import set_tip
from desktop.panels.setting_up.rows import Labelled
from desktop.panels.theme import fonts
from desktop.settings.setting import Kind
from desktop.viewmodels.setting_up.field import FieldView
from desktop.viewmodels.settings_form import FormModel

# As many choices fit beside each other; more go into a drop-down.
_SEGMENTS = 3
_SHORT = 14

Control = Switch | NumberField | ChoiceField | SegmentedControl | QLineEdit | QPlainTextEdit


class FieldRow(Labelled):
    """Draws one key of the form."""

    def __init__(self, form: FormModel, key: str) -> None:
        self._form, self.key = form, key
        view = form.field(key)
        self._field: Control = _control(view)
        help_ = f"{view.help} {form.table_hint(key)}" if view.kind is Kind.TABLE else view.help
        super().__init__(view.label, help_, self._field)
        self._help = help_
        self._shown: FieldView | None = None
        self._connect()
        form.changed.connect(self._on_changed)
        self._on_changed()

    def complete_from(self, words: tuple[str, ...]) -> None:
        """Offer what begins so while somebody types."""
        if isinstance(self._field, QLineEdit):
            completer = QCompleter(list(words), self._field)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setMaxVisibleItems(8)
            self._field.setCompleter(completer)
            completer.activated.connect(self._on_completed)

    def field(self) -> QWidget:
        """Give the control."""
        return self._field

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A text of several lines is stored when the keyboard leaves it."""
        if event.type() == QEvent.Type.FocusOut and isinstance(self._field, QPlainTextEdit):
            self._store(self._field.toPlainText())
        return super().eventFilter(watched, event)

    def _connect(self) -> None:
        field = self._field
        if isinstance(field, Switch | ChoiceField | SegmentedControl):
            field.chosen.connect(self._store)
        elif isinstance(field, NumberField | QLineEdit):
            field.editingFinished.connect(self._on_edited)
        else:
            field.installEventFilter(self)

    def _on_completed(self, text: str) -> None:
        self._store(text)

    def _on_edited(self) -> None:
        field = self._field
        if isinstance(field, NumberField):
            self._store(field.value())
        elif isinstance(field, QLineEdit):
            self._store(field.text())

    def _store(self, value: bool | int | str) -> None:
        self._form.set(self.key, value)

    def _on_changed(self) -> None:
        view = self._form.field(self.key)
        if view == self._shown:
            return
        self._shown = view
        _show(self._field, view)
        self.set_error(view.error)
        restyle(self._field, invalid=bool(view.error))
        self._enable(view.why_not)
        # Not with the mouse alone: what keeps a field from being changed stands in words.
        reason = view.why_not or view.note
        self.help_label.setText(f"{self._help} {reason}".strip() if reason else self._help)
        self.help_label.setVisible(bool(self.help_label.text()))

    def _enable(self, why_not: str) -> None:
        field = self._field
        if isinstance(field, Switch | ChoiceField | SegmentedControl):
            field.set_enabled(not why_not, why_not)
        else:
            field.setEnabled(not why_not)
            set_tip(field, why_not)


def _control(view: FieldView) -> Control:
    if view.kind is Kind.FLAG:
        return Switch(view.label)
    if view.kind is Kind.NUMBER:
        return NumberField(view.label, view.least, view.most)
    if view.kind is Kind.CHOICE:
        short = all(len(words) <= _SHORT for _, words in view.choices)
        if short and len(view.choices) <= _SEGMENTS:
            return SegmentedControl(view.label, view.choices)
        return ChoiceField(view.label, view.choices)
    field: QLineEdit | QPlainTextEdit
    if view.kind is Kind.TABLE:
        field = QPlainTextEdit()
        field.setTabChangesFocus(True)
        field.setFixedHeight(fonts.scaled(70))
    else:
        field = QLineEdit()
        field.setMaxLength(2000)
    field.setAccessibleName(view.label)
    field.setObjectName(view.label)
    return field


def _show(field: Control, view: FieldView) -> None:
    value = view.value
    if isinstance(field, Switch):
        field.set_on(bool(value))
    elif isinstance(field, NumberField):
        field.setValue(value if isinstance(value, int) else field.minimum())
    elif isinstance(field, ChoiceField | SegmentedControl):
        field.set_value(str(value))
    elif isinstance(field, QPlainTextEdit):
        if field.toPlainText() != str(value):
            field.setPlainText(str(value))
    elif field.text() != str(value):
        field.setText(str(value))
