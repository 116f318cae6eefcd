"""Widget of one field in a preview row's details: tick box, old and new value, conflict."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.model.service import Service
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.label import PlainLabel, elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.syncs.plan_row_view import FieldChangeView

# About what the details are wide; Qt wraps between words only.
_MAX_WORD_LENGTH = 28


def value_label(text: str) -> PlainLabel:
    """Create a label of a preview's value: it can be copied, is wrapped, or cut in a long word."""
    if max(map(len, text.split()), default=0) > _MAX_WORD_LENGTH:
        return elided_label(text, selectable=True)
    return label(text, wrap=True, selectable=True)


class PlanFieldEditor(QWidget):
    """Emits what a person decides about one field of a preview's row."""

    write_toggled = Signal(str, bool)
    side_picked = Signal(str, str)  # field, side
    always_prefer_picked = Signal(str, str)

    def __init__(
        self, line: FieldChangeView, *, is_editable: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._line = line
        self._sides: dict[QWidget, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(2))
        if line.can_tick and is_editable:
            box = QCheckBox(line.name.replace("&", "&&"))
            box.setAccessibleName(f"Write {line.name}")
            box.setChecked(line.is_ticked)
            box.toggled.connect(self._on_toggled)
            column.addWidget(box)
        else:
            column.addWidget(label(line.name, "muted"))
        if line.sides:
            self._add_side_buttons(column, may=is_editable)
        else:
            column.addWidget(value_label(line.value_text))
        if line.reason:
            column.addWidget(label(line.reason, "note", wrap=True))

    def _add_side_buttons(self, column: QVBoxLayout, *, may: bool) -> None:
        for side in self._line.sides:
            button = Button(side.text, name=f"Pick {Service(side.side).title}")
            # A long value is cut in its button instead of widening the panel.
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.set_tooltip(side.text)
            button.set_enabled(may, "This preview cannot be changed any more.")
            button.clicked.connect(self._on_side)
            self._sides[button] = side.side
            column.addWidget(button)
        if may:
            row = QHBoxLayout()
            row.addWidget(label("Always prefer:", "note"))
            for place_in_row, side in enumerate(self._line.sides):
                if place_in_row:
                    row.addWidget(label("·", "note"))
                place = Service(side.side).title
                link = LinkButton(place, name=f"Always prefer {place} for {self._line.name}")
                link.clicked.connect(self._on_always)
                self._sides[link] = side.side
                row.addWidget(link)
            row.addStretch(1)
            column.addLayout(row)

    def _on_toggled(self, on: bool) -> None:
        self.write_toggled.emit(self._line.field, on)

    def _on_side(self) -> None:
        button = self.sender()
        if isinstance(button, QWidget):
            self.side_picked.emit(self._line.field, self._sides[button])

    def _on_always(self) -> None:
        link = self.sender()
        if isinstance(link, QWidget):
            self.always_prefer_picked.emit(self._line.field, self._sides[link])
