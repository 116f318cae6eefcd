"""List of the steps of a wizard: what is done, where one is, what comes; each can be opened."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.design_tokens import BASE_FONT_PX, RADIUS_CONTROL, SMALL_FONT_PX
from desktop.panels.widgets.option_group import OptionButton, OptionGroup
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_rounded_outline,
    draw_text,
    fill_rounded_rect,
)
from desktop.panels.widgets.tooltip import set_tooltip

_WIDTH = 220
_ROW_HEIGHT = 36
_DOT = 22


@dataclass(frozen=True)
class Step:
    """One step of the list widget: title, a sign for its state (✓, ! or empty), its words."""

    title: str
    sign: str = ""
    state: str = ""


class StepList(QWidget):
    """Widget of a wizard's numbered steps in a column; compact, a row of numbers."""

    chosen = Signal(int)  # the place of the step that a person opens

    def __init__(self, name: str, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = OptionGroup(self, wraps=False)
        self._group.chosen.connect(self._on_chosen)
        self._line = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._buttons = [_StepButton(place, title, self) for place, title in enumerate(titles)]
        for button in self._buttons:
            self._group.add(button)
            self._line.addWidget(button)
        self._line.addStretch(1)
        self.set_compact(False)

    def set_steps(self, steps: Sequence[Step], current: int) -> None:
        """Draw the step list's states, and which one is open."""
        for button, step in zip(self._buttons, steps, strict=True):
            button.show_step(step)
        self._group.set_value(str(current))

    def set_compact(self, compact: bool) -> None:
        """Draw the step list as a row of numbers (compact), or a column with titles."""
        direction = QBoxLayout.Direction
        self._line.setDirection(direction.LeftToRight if compact else direction.TopToBottom)
        self._line.setSpacing(fonts.scaled(8 if compact else 2))
        vertical = QSizePolicy.Policy.Fixed if compact else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)
        for button in self._buttons:
            button.set_compact(compact)

    def _on_chosen(self, key: str) -> None:
        self.chosen.emit(int(key))


class _StepButton(OptionButton):
    """The step list's button of one step; checked means that it is open."""

    def __init__(self, place: int, title: str, parent: QWidget) -> None:
        super().__init__(str(place), f"Step {place + 1}: {title}", parent)
        self.setObjectName(f"Step {place + 1}: {title}")
        self._number = str(place + 1)
        self._step = Step(title)
        self._compact = False

    def show_step(self, step: Step) -> None:
        if step != self._step:
            self._step = step
            self._update_tooltip()
            self.update()

    def set_compact(self, compact: bool) -> None:
        self._compact = compact
        horizontal = QSizePolicy.Policy.Fixed if compact else QSizePolicy.Policy.Expanding
        self.setSizePolicy(horizontal, QSizePolicy.Policy.Fixed)
        self._update_tooltip()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        if self._compact:
            return QSize(fonts.scaled(30), fonts.scaled(30))
        return QSize(fonts.scaled(_WIDTH), fonts.scaled(_ROW_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box, radius = QRectF(self.rect()), fonts.scaled(RADIUS_CONTROL)
        current = self.isChecked()
        if current and not self._compact:
            fill_rounded_rect(painter, box, radius, theme_color("accentbg"))
        elif self.underMouse():
            fill_rounded_rect(painter, box, radius, theme_color("raised"))
        dot = fonts.scaled(_DOT)
        left = (box.width() - dot) / 2 if self._compact else fonts.scaled(7)
        if self.isRightToLeft() and not self._compact:
            left = box.width() - left - dot
        circle = QRectF(left, (box.height() - dot) / 2, dot, dot)
        ink = {"✓": "ok", "!": "warn"}.get(self._step.sign, "muted")
        if current:
            fill_rounded_rect(painter, circle, dot / 2, theme_color("accent"))
            ink = "on_accent"
        else:
            ground = {"ok": "okbg", "warn": "warnbg"}.get(ink, "surface")
            fill_rounded_rect(painter, circle, dot / 2, theme_color(ground))
            edge = ink if self._step.sign else "control"
            draw_rounded_outline(painter, circle, dot / 2, theme_color(edge))
        painter.setFont(fonts.font(SMALL_FONT_PX, QFont.Weight.DemiBold))
        painter.setPen(theme_color(ink))
        # The one that is open keeps its number: “3 of 6” is found again.
        sign = self._number if current else self._step.sign or self._number
        draw_text(painter, circle, Qt.AlignmentFlag.AlignCenter, sign)
        if not self._compact:
            weight = QFont.Weight.DemiBold if current else QFont.Weight.Normal
            font = fonts.font(BASE_FONT_PX, weight)
            painter.setFont(font)
            painter.setPen(theme_color("text" if current or self._step.sign else "muted"))
            gap = fonts.scaled(9)
            room = box.adjusted(circle.right() + gap, 0, -gap, 0)
            if self.isRightToLeft():
                room = box.adjusted(gap, 0, circle.left() - gap - box.width(), 0)
            words = QFontMetrics(font).elidedText(
                self._step.title, Qt.TextElideMode.ElideRight, int(room.width())
            )
            # Qt mirrors AlignLeft where one reads from the right.
            draw_text(
                painter, room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words
            )
        if self.hasFocus():
            draw_focus_ring(painter, box, radius)

    def _update_tooltip(self) -> None:
        title = self._step.title
        words = f"{title}: {self._step.state}" if self._step.state else title
        set_tooltip(self, words if self._compact else self._step.state, describe=False)
        self.setAccessibleDescription(self._step.state)
