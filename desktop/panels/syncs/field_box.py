"""One field of a row beside the table: a box to leave it out, old and new, why, and who wins."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.parts.button import Button
from desktop.panels.parts.label import PlainLabel, elided, label
from desktop.panels.parts.link import LinkButton
from desktop.panels.theme import fonts
from desktop.sync.wording import UNSET
from desktop.viewmodels.syncs.plan_row import FieldLine

_LONGEST_WORD = 28
_PLACES = {"zendesk": "Zendesk", "sailthru": "Sailthru"}


def told(text: str) -> PlainLabel:
    """A value to select and copy; wrapped, or cut where a word is too long for any line."""
    if max(map(len, text.split()), default=0) > _LONGEST_WORD:
        return elided(text, selectable=True)
    return label(text, wrap=True, selectable=True)


class FieldBox(QWidget):
    """Emits what is decided about its field."""

    ticked = Signal(str, bool)
    picked = Signal(str, str)  # field, side
    always = Signal(str, str)

    def __init__(self, line: FieldLine, *, may: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = line
        self._sides: dict[QWidget, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(2))
        if line.may_tick and may:
            box = QCheckBox(line.name.replace("&", "&&"))
            box.setAccessibleName(f"Write {line.name}")
            box.setChecked(line.ticked)
            box.toggled.connect(self._on_toggled)
            column.addWidget(box)
        else:
            column.addWidget(label(line.name, "muted"))
        if line.sides:
            self._offer_sides(column, may=may)
        else:
            column.addWidget(told(self._change()))
        if line.reason:
            column.addWidget(label(line.reason, "note", wrap=True))

    def _change(self) -> str:
        line = self._line
        if line.old == line.new or line.dim:
            return line.old
        return line.new if line.old == UNSET else f"{line.old}  →  {line.new}"

    def _offer_sides(self, column: QVBoxLayout, *, may: bool) -> None:
        for side in self._line.sides:
            button = Button(side.words, name=f"Pick {_PLACES[side.side]}")
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.set_tip(side.words)
            button.set_enabled(may, "This preview cannot be changed any more.")
            button.clicked.connect(self._on_side)
            self._sides[button] = side.side
            column.addWidget(button)
        if may:
            row = QHBoxLayout()
            row.addWidget(label("Always prefer", "note"))
            for side in self._line.sides:
                place = _PLACES[side.side]
                link = LinkButton(place, name=f"Always prefer {place} for {self._line.name}")
                link.clicked.connect(self._on_always)
                self._sides[link] = side.side
                row.addWidget(link)
            row.addStretch(1)
            column.addLayout(row)

    def _on_toggled(self, on: bool) -> None:
        self.ticked.emit(self._line.field, on)

    def _on_side(self) -> None:
        button = self.sender()
        if isinstance(button, QWidget):
            self.picked.emit(self._line.field, self._sides[button])

    def _on_always(self) -> None:
        link = self.sender()
        if isinstance(link, QWidget):
            self.always.emit(self._line.field, self._sides[link])
