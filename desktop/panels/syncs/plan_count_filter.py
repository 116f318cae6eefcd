"""Buttons with a preview's counts by outcome, each a filter over its rows."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.option_group import OptionButton, OptionGroup
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_text,
    fill_rounded_rect,
)
from desktop.viewmodels.syncs.plan_view import PlanCountView


class PlanCountFilter(QWidget):
    """Widget of a preview's counts; arrows go from one to the next, Tab leaves them."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Counts")
        self.setObjectName("Counts")
        self._count_buttons: dict[str, PlanCountButton] = {}
        self._group = OptionGroup(self)
        self._group.picked.connect(self.chosen)
        # A filter writes nothing: it may follow the arrow keys.
        self._group.moved.connect(self.chosen)
        self._row = FlowLayout(fonts.scaled(24), fonts.scaled(6), self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_counts(self, counts: tuple[PlanCountView, ...], chosen: str) -> None:
        """Draw these counts of a preview; `chosen`: the key that filters, empty where none does."""
        if [count.key for count in counts] != list(self._count_buttons):
            self._rebuild(counts)
        for count in counts:
            self._count_buttons[count.key].show_count(count)
        self._group.set_value(chosen)

    def _rebuild(self, counts: tuple[PlanCountView, ...]) -> None:
        self._group.clear()
        self._count_buttons = {}
        for count in counts:
            button = PlanCountButton(count.key, self)
            self._count_buttons[count.key] = button
            self._group.add(button)
            self._row.addWidget(button)


class PlanCountButton(OptionButton):
    """Button of a preview's count over its word; underlined while it filters."""

    def __init__(self, key: str, parent: QWidget) -> None:
        super().__init__(key, "", parent)
        self._number, self._label, self._tone = "", "", "text"
        self.setObjectName(f"count {key}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_count(self, count: PlanCountView) -> None:
        """Draw a preview's count on its button; zero is muted."""
        self._number, self._label = f"{count.number:,}", count.label
        self._tone = count.tone if count.number else "muted"
        self.setAccessibleName(f"{self._number} {self._label}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        figure = QFontMetrics(_number_font()).horizontalAdvance(self._number)
        word = QFontMetrics(fonts.font(11)).horizontalAdvance(self._label)
        return QSize(max(figure, word) + 2, fonts.scaled(43))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box = QRectF(self.rect())
        chosen = self.isChecked()
        painter.setFont(_number_font())
        tone = "accent" if chosen and self._tone == "text" else self._tone
        painter.setPen(theme_color(tone))
        upper = box.adjusted(0, 0, 0, -fonts.scaled(19))
        leading = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        draw_text(painter, upper, leading, self._number)
        painter.setFont(fonts.font(11))
        painter.setPen(theme_color("text" if chosen or self.underMouse() else "muted"))
        lower = box.adjusted(0, fonts.scaled(24), 0, -fonts.scaled(3))
        draw_text(painter, lower, leading, self._label)
        if chosen:
            line = QRectF(box.left(), box.bottom() - 1, box.width(), 2)
            fill_rounded_rect(painter, line, 1, theme_color("accent"))
        if self.hasFocus():
            draw_focus_ring(painter, box, fonts.scaled(4))


def _number_font() -> QFont:
    return fonts.font(18, QFont.Weight.Medium)
