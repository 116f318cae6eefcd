"""The counts of a preview by outcome, each a filter over its rows."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.shape_painting import create_painter, draw_focus_ring, fill_rounded_rect
from desktop.viewmodels.syncs.plan_view import PlanCountView

_STEPS = {int(Qt.Key.Key_Right): 1, int(Qt.Key.Key_Left): -1}


class PlanCountFilter(QWidget):
    """One count is chosen; arrows go from one to the next, and Tab leaves them."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Counts")
        self.setObjectName("Counts")
        self._count_buttons: dict[str, PlanCountButton] = {}
        self._row = FlowLayout(fonts.scaled(24), fonts.scaled(6), self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_counts(self, counts: tuple[PlanCountView, ...], chosen: str) -> None:
        """Show these counts; `chosen` is the key that filters, empty where something else does."""
        if [count.key for count in counts] != list(self._count_buttons):
            self._rebuild(counts)
        for count in counts:
            self._count_buttons[count.key].show_count(count, chosen=count.key == chosen)
        # Of a group of radio buttons only one is a stop of Tab.
        stop = chosen if chosen in self._count_buttons else next(iter(self._count_buttons), "")
        for key, figure in self._count_buttons.items():
            strong = Qt.FocusPolicy.StrongFocus
            figure.setFocusPolicy(strong if key == stop else Qt.FocusPolicy.ClickFocus)

    def count_button(self, key: str) -> "PlanCountButton":
        """Return the button of one count by its key."""
        return self._count_buttons[key]

    def _rebuild(self, counts: tuple[PlanCountView, ...]) -> None:
        for figure in self._count_buttons.values():
            self._row.removeWidget(figure)
            figure.hide()
            figure.deleteLater()
        self._count_buttons = {}
        for count in counts:
            figure = PlanCountButton(count.key, self)
            figure.picked.connect(self.chosen)
            figure.arrow_pressed.connect(self._on_arrow_pressed)
            self._count_buttons[count.key] = figure
            self._row.addWidget(figure)

    def _on_arrow_pressed(self, key: str, step: int) -> None:
        keys = list(self._count_buttons)
        place = (keys.index(key) + (-step if self.isRightToLeft() else step)) % len(keys)
        self._count_buttons[keys[place]].setFocus(Qt.FocusReason.TabFocusReason)
        self.chosen.emit(keys[place])


class PlanCountButton(QAbstractButton):
    """One count over its word; underlined while it filters."""

    picked = Signal(str)
    arrow_pressed = Signal(str, int)

    def __init__(self, key: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._key = key
        self._number, self._label, self._tone = "", "", "text"
        self._is_updating = False
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._on_toggled)

    def show_count(self, count: PlanCountView, *, chosen: bool) -> None:
        """Show a count, and whether it is the chosen one."""
        self._number, self._label = f"{count.number:,}", count.label
        self._tone = count.tone if count.number else "muted"
        self.setAccessibleName(f"{self._number} {self._label}")
        self.setObjectName(f"count {self._key}")
        self._show_checked(chosen)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        figure = QFontMetrics(_number_font()).horizontalAdvance(self._number)
        word = QFontMetrics(fonts.font(11)).horizontalAdvance(self._label)
        return QSize(max(figure, word) + 2, fonts.scaled(43))

    def nextCheckState(self) -> None:
        # The group decides which one is checked.
        self.picked.emit(self._key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS:
            self.arrow_pressed.emit(self._key, _STEPS[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _show_checked(self, checked: bool) -> None:
        self._is_updating = True
        self.setChecked(checked)
        self._is_updating = False

    def _on_toggled(self, _checked: bool) -> None:
        if not self._is_updating:
            self._show_checked(not self.isChecked())
            self.picked.emit(self._key)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box = QRectF(self.rect())
        chosen = self.isChecked()
        painter.setFont(_number_font())
        tone = "accent" if chosen and self._tone == "text" else self._tone
        painter.setPen(theme_color(tone))
        upper = box.adjusted(0, 0, 0, -fonts.scaled(19))
        leading = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(upper, leading, self._number)
        painter.setFont(fonts.font(11))
        painter.setPen(theme_color("text" if chosen or self.underMouse() else "muted"))
        lower = box.adjusted(0, fonts.scaled(24), 0, -fonts.scaled(3))
        painter.drawText(lower, leading, self._label)
        if chosen:
            line = QRectF(box.left(), box.bottom() - 1, box.width(), 2)
            fill_rounded_rect(painter, line, 1, theme_color("accent"))
        if self.hasFocus():
            draw_focus_ring(painter, box, fonts.scaled(4))


def _number_font() -> QFont:
    return fonts.font(18, QFont.Weight.Medium)
