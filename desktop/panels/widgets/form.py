"""The form widget: builds a control for each declared field, binds its value, shows its error."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol, TypeVar, cast

from PySide6.QtCore import QEvent, QMargins, Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFormLayout, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import WIDGET_SIZE_MAX, hbox, vbox
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.number_field import NumberField, TimeField
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.secret_field import SecretField
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.text_field import MultilineTextField, NamesField, TextField
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.form import (
    FieldKind,
    FieldValue,
    FormField,
    FormState,
    FormValues,
    field_label,
    visible_paths,
)

# From this width on (px at the base font) the control stands at the right of its label.
_SIDE_BY_SIDE_MIN_WIDTH = 520
_CONTROL_WIDTH = 300
_CONTROL_SHARE = 0.6  # of the row, at most


class FormLayout(Enum):
    """How a form widget's rows look: settings explain each field, editors keep rows tight."""

    EXPLAINED = "label and help at the left, control and error at the right"
    COMPACT = "labels and controls in two columns"


class FormControl(Protocol):
    """A control of a form, always a widget; `chosen` is emitted for a person only."""

    @property
    def chosen(self) -> SignalInstance:
        """Signal of a form's control with the value that a person gave."""
        ...

    def value(self) -> FieldValue | None:
        """Return the value of a form's control; None where nothing is chosen yet."""
        ...

    def set_value(self, value: FieldValue) -> None:
        """Show a value in a form's control without emitting `chosen`."""
        ...

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable a form's control, or disable it with the reason in its tool tip."""
        ...


ControlT = TypeVar("ControlT", bound=QWidget)


class Form(QWidget):
    """Form widget of declared fields; `edited` carries a field's path and the value given.

    `controls` are the widgets of fields of kind CUSTOM, by path. Widths are px at the base font;
    0 leaves them to the layout.
    """

    edited = Signal(str, object)

    def __init__(
        self,
        fields: Sequence[FormField],
        layout: FormLayout = FormLayout.EXPLAINED,
        *,
        spacing: int = 0,
        label_width: int = 0,
        control_width: int = 0,
        controls: Mapping[str, FormControl] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.fields = {field.path: field for field in fields}
        self._controls = {
            field.path: (controls or {}).get(field.path) or create_control(field)
            for field in fields
        }
        self.rows: dict[str, FormRow] = {}
        self._grid: QFormLayout | None = None  # only in the compact layout
        for path, field in self.fields.items():
            self.rows[path] = FormRow(field, self._controls[path], layout, control_width)
            self._controls[path].chosen.connect(self._on_chosen)
        if layout is FormLayout.EXPLAINED:
            self.setLayout(vbox(*self.rows.values(), spacing=spacing))
            allow_full_height(self)
        else:
            self._grid = self._create_grid(spacing, label_width)

    def control(self, path: str, kind: type[ControlT]) -> ControlT:
        """Return a form field's control. Raises TypeError if it is of another class."""
        control = self.rows[path].control
        if not isinstance(control, kind):
            raise TypeError(f"{path} is edited with a {type(control).__name__}")
        return control

    def value(self, path: str) -> FieldValue | None:
        """Return the value that stands in a form field's control."""
        return self._controls[path].value()

    def text(self, path: str) -> str:
        """Return the stripped text of a form's text or secret field."""
        return str(self.value(path)).strip()

    def show_state(self, state: FormState) -> None:
        """Draw a form's values, errors and reasons; what is being typed in a field stays."""
        # Hidden fields keep their values: switching back shows what was typed.
        visible = visible_paths(self.fields.values(), state.values)
        for path, row in self.rows.items():
            row.show_state(state)
            if self._grid is None:
                set_shown(row, path in visible)
            else:
                self._grid.setRowVisible(row, path in visible)

    def show_values(self, values: FormValues) -> None:
        """Show values in the form without errors; fields not named keep theirs."""
        for path, value in values.items():
            self._controls[path].set_value(value)

    def set_error(self, path: str, error: str) -> None:
        """Show or clear the error sentence below one form field."""
        self.rows[path].set_error(error)

    def focus_refused(self, path: str) -> None:
        """Put the keyboard in a refused field of the form, and have its sentence spoken."""
        row = self.rows[path]
        row.control.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(row.control, f"{row.field.label}: {row.error_label.text()}", urgent=True)

    def _create_grid(self, spacing: int, label_width: int) -> QFormLayout:
        grid = QFormLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        # The spacing of the cards of the page Sync.
        grid.setHorizontalSpacing(fonts.scaled(12))
        grid.setVerticalSpacing(fonts.scaled(spacing or 6))
        grid.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for row in self.rows.values():
            if label_width:
                row.text_label.setMinimumWidth(fonts.scaled(label_width))
        for row in self.rows.values():
            if isinstance(row.control, CheckBox):
                # Its label is as long as a sentence: where it does not fit beside the column of
                # labels, Qt would reckon the wrapped row as one line and squeeze all the others.
                grid.addRow(row)
            else:
                grid.addRow(row.text_label, row)
        return grid

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._align_check_boxes()
        return done

    def _align_check_boxes(self) -> None:
        """Begin a compact form's check boxes where its other controls do: labels change."""
        if self._grid is None:
            return
        shown = [row for row in self.rows.values() if not row.isHidden()]
        boxes = [row for row in shown if isinstance(row.control, CheckBox)]
        others = [row for row in shown if row not in boxes]
        mirrored = self.isRightToLeft()
        starts = [self.width() - r.geometry().right() - 1 if mirrored else r.x() for r in others]
        for row in boxes:
            row.set_indent(max(starts, default=0))

    def _on_chosen(self, value: object) -> None:
        # Not a lambda for each field: it would hold the form in a reference cycle.
        sender = self.sender()
        for path, row in self.rows.items():
            if row.control is sender:
                self.edited.emit(path, value)
                return


class FormRow(QWidget):
    """A form's row: label and help, the control, and below it why a value was refused.

    In a compact form the label stands in a column of its own, outside of this widget.
    """

    def __init__(
        self, field: FormField, control: FormControl, layout: FormLayout, control_width: int = 0
    ) -> None:
        super().__init__()
        self.field = field
        self.control = widget = cast(QWidget, control)  # every form control is a widget
        self._control: FormControl = control
        self._shown_value: FieldValue | None = None
        self._stays_while_typed = field.reports_on_leave or field.kind is FieldKind.LINES
        # A check box carries its label itself.
        own_label = isinstance(widget, CheckBox)
        explained = layout is FormLayout.EXPLAINED
        self.text_label = label("" if own_label else field.label, wrap=explained)
        self.help_label = label(field.help, "note", wrap=True)
        # Never setVisible(True) before there is a parent: it would flash as a window of its own and
        # take the keyboard away from the page.
        if not field.help:
            self.help_label.hide()
        self.error_label = label("", "note", wrap=True, tone="bad")
        self.error_label.hide()
        self.text_label.setBuddy(widget)
        if isinstance(widget, DropdownField) and not explained:
            # A row that asks for more is wrapped, however much room it is given then.
            widget.allow_shrinking(wants_longest=False)
        self._indent = 0  # px, as far as there is room
        self._box: QBoxLayout | None = None  # None: never turned by the width
        if explained and not own_label:
            self._box = self._lay_out_side_by_side()
        else:
            line = hbox()
            # The control takes all the room up to its maximum; the texts below stay as wide.
            line.addWidget(widget, 1000)
            line.addStretch(1)
            if own_label:
                # Beyond its text a check box takes no click.
                line.setStretchFactor(widget, 0)
            elif control_width:
                widget.setMaximumWidth(fonts.scaled(control_width))
            self.setLayout(vbox(line, self.help_label, self.error_label, spacing=2))
        if explained:
            allow_full_height(self)

    def show_state(self, state: FormState) -> None:
        """Draw a form row's value, label, error and the reason that disables it."""
        path = self.field.path
        value = state.values.get(path)
        # Reported only when it is left, a text half typed is not what the state knows.
        is_typing = self._stays_while_typed and value == self._shown_value
        if value is not None and not is_typing:
            self._control.set_value(value)
        self._shown_value = value
        if not isinstance(self.control, CheckBox):
            self.text_label.setText(field_label(self.field, state.values))
        if path in state.completions and isinstance(self.control, TextField):
            self.control.set_completions(state.completions[path])
        self.set_error(state.errors.get(path, ""))
        reason = state.disabled_reasons.get(path, "")
        self._control.set_enabled(not reason, reason)
        # Not in the tool tip alone: who has no mouse reads why a field cannot be changed.
        said = (self.field.help, reason or state.notes.get(path, ""))
        self.help_label.setText(" ".join(part for part in said if part))
        set_shown(self.help_label, bool(self.help_label.text()))

    def set_error(self, sentence: str) -> None:
        """Show or clear the error below a form row's control, and its red border."""
        self.error_label.setText(sentence)
        set_shown(self.error_label, bool(sentence))
        set_style_properties(self.control, invalid=bool(sentence))

    def set_indent(self, indent: int) -> None:
        """Indent a form row as far as the controls above, where there is room for that."""
        self._indent = indent
        # Else the indent would be part of what the row needs at least.
        self.setMinimumWidth(self.control.minimumSizeHint().width())
        self._apply_indent()

    def _apply_indent(self) -> None:
        layout = self.layout()
        if layout is not None:
            fits = self._indent <= self.width() - self.control.sizeHint().width()
            left, right = (0, self._indent) if self.isRightToLeft() else (self._indent, 0)
            margins = QMargins(left, 0, right, 0) if fits else QMargins()
            if layout.contentsMargins() != margins:
                layout.setContentsMargins(margins)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._indent:
            self._apply_indent()
        if self._box is None:
            return
        # A switch is small enough to stand at the right always.
        small = self.control.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Fixed
        beside = small or (self.width() >= _SIDE_BY_SIDE_MIN_WIDTH * fonts.scale())
        direction = QBoxLayout.Direction
        self._box.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        self._box.setSpacing(fonts.scaled(24 if beside else 4))
        # A choice longer than that is not cut, where its row has the room.
        longest = self.control.sizeHint().width() if isinstance(self.control, DropdownField) else 0
        width = max(
            fonts.scaled(_CONTROL_WIDTH), min(longest, round(self.width() * _CONTROL_SHARE))
        )
        if not small:
            self.control.setMinimumWidth(width if beside else 0)
            self.control.setMaximumWidth(width if beside else WIDGET_SIZE_MAX)
        self.error_label.setMaximumWidth(width if beside else WIDGET_SIZE_MAX)

    def _lay_out_side_by_side(self) -> QBoxLayout:
        box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        box.setContentsMargins(0, fonts.scaled(4), 0, fonts.scaled(4))
        texts = vbox(self.text_label, self.help_label, spacing=1)
        right = vbox(self.control, self.error_label, spacing=2)
        if self.control.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Fixed:
            right.setAlignment(self.control, Qt.AlignmentFlag.AlignTrailing)
        for column, stretch in ((texts, 1), (right, 0)):
            # A long help must not pull the control down to its middle.
            column.addStretch(1)
            box.addLayout(column, stretch)
        return box


def allow_full_height(widget: QWidget) -> None:
    """Let a form's widget be as high as its wrapped texts: `Maximum` would cut them."""
    widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)


def create_control(field: FormField) -> FormControl:
    """Create the control widget of a declared form field. Raises ValueError for kind CUSTOM."""
    name = field.accessible_name
    match field.kind:
        case FieldKind.SWITCH:
            return Switch(name)
        case FieldKind.CHECK_BOX:
            # Its text is the label; a form row shows no other.
            return CheckBox(field.label, name=name)
        case FieldKind.NUMBER:
            return NumberField(
                name,
                field.minimum,
                field.maximum,
                suffix=field.suffix,
                minimum_text=field.placeholder,
                reports_on_leave=field.reports_on_leave,
            )
        case FieldKind.TIME:
            return TimeField(name)
        case FieldKind.SEGMENTS:
            return SegmentedControl(name, field.choices)
        case FieldKind.CHOICE:
            return DropdownField(name, field.choices)
        case FieldKind.SECRET:
            return SecretField(name)
        case FieldKind.LINES:
            return MultilineTextField(name)
        case FieldKind.TEXT | FieldKind.NAMES:
            kind = NamesField if field.kind is FieldKind.NAMES else TextField
            return kind(
                name,
                field.placeholder,
                max_length=field.max_length,
                reports_on_leave=field.reports_on_leave,
            )
    raise ValueError(f"{field.path} needs a control of its own")
