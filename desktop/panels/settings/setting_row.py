"""One setting with the control its kind asks for; stored when the field is left."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QPlainTextEdit, QWidget

from desktop.panels.settings.card_layout import LabelledControl
from desktop.panels.theme import fonts
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.number_field import NumberField
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.settings.setting_definition import SettingKind
from desktop.viewmodels.settings.setting_field_view import SettingFieldView
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel

# As many choices fit beside each other; more go into a drop-down.
_MAX_SEGMENTS = 3
_MAX_SEGMENT_LENGTH = 14

SettingControl = (
    Switch | NumberField | DropdownField | SegmentedControl | QLineEdit | QPlainTextEdit
)


class SettingRow(LabelledControl):
    """Draws one key of the form."""

    def __init__(self, form: SettingsFormModel, key: str) -> None:
        self._form, self.key = form, key
        view = form.field_view(key)
        self._setting_control: SettingControl = _create_control(view)
        help_ = (
            f"{view.help_text} {form.table_hint(key)}"
            if view.control_kind is SettingKind.TABLE
            else view.help_text
        )
        super().__init__(view.label, help_, self._setting_control)
        self._help = help_
        self._shown: SettingFieldView | None = None
        self._connect()
        form.changed.connect(self._on_changed)
        self._on_changed()

    def set_completions(self, words: tuple[str, ...]) -> None:
        """Offer what begins so while somebody types."""
        if isinstance(self._setting_control, QLineEdit):
            completer = QCompleter(list(words), self._setting_control)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setMaxVisibleItems(8)
            self._setting_control.setCompleter(completer)
            completer.activated.connect(self._on_completed)

    def control_widget(self) -> QWidget:
        """Give the control."""
        return self._setting_control

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A text of several lines is stored when the keyboard leaves it."""
        if event.type() == QEvent.Type.FocusOut and isinstance(
            self._setting_control, QPlainTextEdit
        ):
            self._store(self._setting_control.toPlainText())
        return super().eventFilter(watched, event)

    def _connect(self) -> None:
        field = self._setting_control
        if isinstance(field, Switch | DropdownField | SegmentedControl):
            field.chosen.connect(self._store)
        elif isinstance(field, NumberField | QLineEdit):
            field.editingFinished.connect(self._on_edited)
        else:
            field.installEventFilter(self)

    def _on_completed(self, text: str) -> None:
        self._store(text)

    def _on_edited(self) -> None:
        field = self._setting_control
        if isinstance(field, NumberField):
            self._store(field.value())
        elif isinstance(field, QLineEdit):
            self._store(field.text())

    def _store(self, value: bool | int | str) -> None:
        self._form.change_setting(self.key, value)

    def _on_changed(self) -> None:
        view = self._form.field_view(self.key)
        if view == self._shown:
            return
        self._shown = view
        _show_value(self._setting_control, view)
        self.set_error(view.error)
        set_style_properties(self._setting_control, invalid=bool(view.error))
        self._update_enabled(view.disabled_reason)
        # Not with the mouse alone: what keeps a field from being changed stands in words.
        reason = view.disabled_reason or view.note
        self.help_label.setText(f"{self._help} {reason}".strip() if reason else self._help)
        self.help_label.setVisible(bool(self.help_label.text()))

    def _update_enabled(self, why_not: str) -> None:
        field = self._setting_control
        if isinstance(field, Switch | DropdownField | SegmentedControl):
            field.set_enabled(not why_not, why_not)
        else:
            field.setEnabled(not why_not)
            set_tooltip(field, why_not)


def _create_control(view: SettingFieldView) -> SettingControl:
    if view.control_kind is SettingKind.FLAG:
        return Switch(view.label)
    if view.control_kind is SettingKind.NUMBER:
        return NumberField(view.label, view.minimum, view.maximum)
    if view.control_kind is SettingKind.CHOICE:
        short = all(len(words) <= _MAX_SEGMENT_LENGTH for _, words in view.choices)
        if short and len(view.choices) <= _MAX_SEGMENTS:
            return SegmentedControl(view.label, view.choices)
        return DropdownField(view.label, view.choices)
    field: QLineEdit | QPlainTextEdit
    if view.control_kind is SettingKind.TABLE:
        field = QPlainTextEdit()
        field.setTabChangesFocus(True)
        field.setFixedHeight(fonts.scaled(70))
    else:
        field = QLineEdit()
        field.setMaxLength(2000)
    field.setAccessibleName(view.label)
    field.setObjectName(view.label)
    return field


def _show_value(field: SettingControl, view: SettingFieldView) -> None:
    value = view.value
    if isinstance(field, Switch):
        field.set_on(bool(value))
    elif isinstance(field, NumberField):
        field.setValue(value if isinstance(value, int) else field.minimum())
    elif isinstance(field, DropdownField | SegmentedControl):
        field.set_value(str(value))
    elif isinstance(field, QPlainTextEdit):
        if field.toPlainText() != str(value):
            field.setPlainText(str(value))
    elif field.text() != str(value):
        field.setText(str(value))
