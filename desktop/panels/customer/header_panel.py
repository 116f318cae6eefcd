"""The header: the customer's name as the largest thing, how Sailthru was matched, health."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.customer.boxes import line
from desktop.panels.customer.health_control import HealthControl
from desktop.panels.parts.avatar import Avatar
from desktop.panels.parts.button import icon_button
from desktop.panels.parts.chip import Chip, State
from desktop.panels.parts.label import elided
from desktop.panels.parts.link import LinkButton
from desktop.panels.parts.value_scale import ValueScale
from desktop.panels.theme import fonts
from desktop.viewmodels.customer.header import ChipView
from desktop.viewmodels.frame import FrameState
from desktop.viewmodels.sheet import SheetModel

_STACKED, _TIGHT = 560, 760  # px of the design
_STATES: dict[str, State] = {"ok": "ok", "warn": "warn", "bad": "bad", "info": "info"}


class HeaderPanel(QWidget):
    """Wide: one row. Narrow: name, address, value and health under each other."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Customer")
        self._model = model
        self._shown: tuple[ChipView, ...] = ()
        self._narrow = False
        self._arranged: tuple[bool, bool] | None = None
        # What it needs at least follows from the room it gets, not the other way round.
        self.setMinimumWidth(1)
        self._avatar = Avatar()
        self._name = elided("", "heading", selectable=True)
        self._address = elided("", selectable=True)
        self._match = elided("", "muted")
        # "Use this one" can be taken back where its effect is told.
        self._by_address = LinkButton("Match by address again")
        self._by_address.set_tip(
            "Shows the profile at this person's own address again. Nothing is written to Sailthru."
        )
        self._by_address.clicked.connect(model.match_by_address)
        self._by_address.hide()
        self._refresh = icon_button("refresh", "Refresh")
        self._refresh.setObjectName("Refresh")
        self._refresh.clicked.connect(model.refresh)
        self._chips = QHBoxLayout()
        self._chips.setContentsMargins(0, 0, 0, 0)
        self._chips.setSpacing(fonts.scaled(8))
        self._made: list[Chip] = []
        self._chip_box = QWidget(self)
        self._chip_box.setLayout(self._chips)
        self._health = HealthControl(model)
        self._health.setMinimumWidth(fonts.scaled(270))
        self._value = _ShortValue(model)
        self._value.hide()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(fonts.scaled(12))
        self._names = line(self._name, self._chip_box, self._refresh)
        self._names.addStretch(1)
        self._chip_line = line(1)
        below = line(self._address, spacing=6)
        below.addWidget(self._match)
        below.addWidget(self._by_address)
        below.addStretch(1)
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addLayout(self._names)
        middle.addLayout(below)
        middle.addLayout(self._chip_line)
        self._row.addWidget(self._avatar, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addLayout(middle, 1)
        self._row.addWidget(self._value)
        self._row.addWidget(self._health)

    def set_narrow(self, narrow: bool) -> None:
        """Stack the parts for a narrow window."""
        self._narrow = narrow
        self._value.setVisible(narrow)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In little room, as with a large font, the parts stand under each other."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        stacked = self._narrow or self.width() < fonts.scaled(_STACKED)
        tight = stacked or self.width() < fonts.scaled(_TIGHT)
        if (stacked, tight) == self._arranged:
            return
        self._arranged = (stacked, tight)
        way = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(way)
        self._row.setSpacing(fonts.scaled(4 if stacked else 12))
        self._avatar.setVisible(not stacked)
        self._health.setMinimumWidth(0 if stacked else fonts.scaled(270))
        # The name keeps its line: in little room the chips have one of their own.
        self._chip_line.setContentsMargins(0, fonts.scaled(4) if tight else 0, 0, 0)
        if tight:
            self._chip_line.insertWidget(0, self._chip_box)
        else:
            self._names.insertWidget(1, self._chip_box)

    def refresh(self) -> None:
        """Show the newest view."""
        if self._model.sheet is None:
            return
        self._health.refresh()
        self._value.refresh()
        view = self._model.views.header()
        self._avatar.set_initials(view.initials)
        self._name.setText(view.name)
        self._address.setText(view.address)
        self._address.setVisible(bool(view.address))
        self._match.setText(f"· {view.match}" if view.match else "")
        self._by_address.setVisible(view.chosen)
        if view.chips != self._shown:
            self._shown = view.chips
            self._show_chips(view.chips)

    def _show_chips(self, chips: Sequence[ChipView]) -> None:
        while len(self._made) < len(chips):
            self._made.append(Chip("", large=True))
            self._chips.addWidget(self._made[-1])
        for made, chip in zip(self._made, chips, strict=False):
            made.set_state(chip.text, _STATES.get(chip.tone, "neutral"), chip.tip)
            made.show()
        for spare in self._made[len(chips) :]:
            spare.hide()


class _ShortValue(QWidget):
    """Customer value in one line, for the narrow window."""

    def __init__(self, model: SheetModel) -> None:
        super().__init__()
        self._model = model
        self._figure = elided("", "strong")
        self._scale = ValueScale("Value from 1 to 4")
        self._words = elided("", "small", align_right=True)
        row = line(self._figure, self._scale)
        row.addWidget(self._words, 1)
        self.setLayout(row)

    def refresh(self) -> None:
        """Show the newest view."""
        if self._model.sheet is None:
            return
        view = self._model.views.value()
        ready = view.frame.state is FrameState.READY
        self._figure.setText(view.title if ready else "Value not available")
        self._scale.setVisible(ready and view.segment is not None)
        self._scale.set_value(view.segment, view.title)
        self._words.setText(view.short)
