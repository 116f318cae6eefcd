"""Widget of one chart: columns, a line or bars; the arrow keys walk its values, Enter opens one."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.audience.report_definitions import ReportChart
from desktop.panels.reports.chart_painting import (
    draw_dashed_line,
    draw_points,
    draw_swatch,
    draw_tick,
    fill_pattern,
)
from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.theme.design_tokens import DesignTokens
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.shape_painting import create_painter, draw_focus_ring, fill_rounded_rect
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.reports.report_chart import ChartBar, ChartPlot, ChartView

_HEIGHT = 110
_SMALL = 11  # px of the design: numbers of axes, legend
_LINE, _BAR_ROW = 15, 20
_MAX_COLUMN = 26
_BAR = 12
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_STEPS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1,
}  # fmt: skip


class ReportChartWidget(QWidget):
    """A chart's widget. To screen readers it says the value that the arrow keys are at."""

    cursor_moved = Signal(int)  # place of a value, by a person
    value_opened = Signal(int)
    focused = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ChartView | None = None
        self._cursor = -1
        self._tokens = current_tokens()
        self._slots: list[QRectF] = []  # where each value is, for the mouse
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_view(self, view: ChartView | None) -> None:
        """Draw a report's chart (None: an empty area), with no value chosen by the arrow keys."""
        self._view = view
        self._cursor = -1
        self._describe()
        self.update()

    def set_cursor_place(self, place: int) -> None:
        """Highlight a value, -1 none, without telling anybody."""
        if place != self._cursor:
            self._cursor = place
            self._describe()
            self.update()

    def cursor_place(self) -> int:
        """Return the place of the highlighted value, -1 for none."""
        return self._cursor

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(240), fonts.scaled(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(160), fonts.scaled(_HEIGHT))

    # Keyboard and mouse.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        places = self._view.places if self._view is not None else 0
        key = Qt.Key(event.key())
        if key in _STEPS and places:
            # From nowhere: to the newest value of a time, to the first of the bars.
            first = places - 1 if self._is_timed and _STEPS[key] < 0 else 0
            place = first if self._cursor < 0 else self._cursor + _STEPS[key]
            self._move(min(max(place, 0), places - 1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and places:
            self._move(0 if key == Qt.Key.Key_Home else places - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor >= 0:
            self.value_opened.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        place = self._place_at(event.position())
        if place >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self._move(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if place >= 0:
            self.value_opened.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = self._place_at(event.position())
        words = self._view.words[place] if self._view is not None and place >= 0 else ""
        set_tooltip(self, words, describe=False)

    @property
    def _is_timed(self) -> bool:
        return self._view is not None and self._view.kind is not ReportChart.BARS

    def _move(self, place: int) -> None:
        self._cursor = place
        self._describe()
        self.update()
        if self._view is not None:
            announce(self, self._view.words[place])
        self.cursor_moved.emit(place)

    def _describe(self) -> None:
        view = self._view
        if view is None:
            words = ""
        elif 0 <= self._cursor < view.places:
            words = view.words[self._cursor]
        else:
            peak = f" Most: {view.peak[1]}." if view.peak is not None else ""
            words = f"{view.places} values.{peak} The arrow keys walk them, Enter shows the people."
        self.setAccessibleDescription(words)

    def _place_at(self, at: QPointF) -> int:
        return next((n for n, slot in enumerate(self._slots) if slot.contains(at)), -1)

    # Painting.

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        self.paint_on(painter, QRectF(self.rect()), current_tokens())
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()), 6)

    def paint_on(self, painter: QPainter, box: QRectF, tokens: DesignTokens) -> None:
        """Paint the chart into a rectangle of any painter, in a theme's colours."""
        self._tokens = tokens
        # Time runs from left to right in every language.
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._slots = []
        view = self._view
        if view is None:
            return
        painter.setFont(fonts.font(_SMALL))
        if view.kind is ReportChart.BARS:
            self._paint_bars(painter, view, box)
        else:
            self._paint_plots(painter, view, box)

    def _paint_plots(self, painter: QPainter, view: ChartView, box: QRectF) -> None:
        line = fonts.scaled(_LINE)
        metrics = QFontMetricsF(painter.font())
        widest = max(metrics.horizontalAdvance(f"{plot.top:,}") for plot in view.plots)
        left = box.left() + widest + fonts.scaled(8)
        area = QRectF(left, box.top() + line, box.right() - left - 2, box.height() - 3 * line)
        slot = area.width() / max(view.places, 1)
        self._slots = [
            QRectF(area.left() + n * slot, area.top(), slot, area.height())
            for n in range(view.places)
        ]
        if 0 <= self._cursor < view.places:
            painter.fillRect(self._slots[self._cursor], QColor(self._tokens.accentbg))
        gap = fonts.scaled(11)
        shares = (0.34, 0.66) if len(view.plots) > 1 else (1.0,)
        room = area.height() - gap * (len(view.plots) - 1)
        top = area.top()
        for plot, share in zip(view.plots, shares, strict=True):
            inside = QRectF(area.left(), top, area.width(), room * share)
            self._paint_axis(painter, plot, inside, box.left(), is_only=len(view.plots) == 1)
            if view.kind is ReportChart.LINE:
                self._paint_lines(painter, plot, inside, slot)
            else:
                self._paint_columns(painter, plot, inside, slot)
            top += inside.height() + gap
        self._paint_peak(painter, view, area, slot)
        self._paint_x_labels(painter, view, area, slot)
        self._paint_legend(
            painter, view, QRectF(left, box.bottom() - line, box.right() - left, line)
        )

    def _paint_axis(
        self, painter: QPainter, plot: ChartPlot, box: QRectF, left: float, *, is_only: bool
    ) -> None:
        line = fonts.scaled(_LINE)
        steps = (0.0, 0.5, 1.0) if is_only and plot.top % 2 == 0 else (0.0, 1.0)
        for step in steps:
            y = round(box.bottom() - box.height() * step) + 0.5
            painter.setPen(QColor(self._tokens.control if step == 0 else self._tokens.line))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(QColor(self._tokens.muted))
            place = QRectF(left, y - line / 2, box.left() - left - fonts.scaled(6), line)
            painter.drawText(place, _RIGHT | _MIDDLE, f"{round(plot.top * step):,}")

    def _paint_columns(self, painter: QPainter, plot: ChartPlot, box: QRectF, slot: float) -> None:
        width = max(2.0, min(slot * 0.74, fonts.scaled(_MAX_COLUMN)))
        for place in range(len(plot.series[0].values) if plot.series else 0):
            left = box.left() + place * slot + (slot - width) / 2
            bottom = box.bottom()
            for series in plot.series:
                height = box.height() * series.values[place] / plot.top
                if height > 0:
                    # A small number is a line that can be seen.
                    height = max(height, 2.0)
                    fill_pattern(
                        painter,
                        QRectF(left, bottom - height, width, height),
                        series.pattern,
                        self._tokens,
                    )
                    bottom -= height
        if plot.before:
            draw_dashed_line(painter, self._points(plot.before, plot.top, box, slot), self._tokens)

    def _paint_lines(self, painter: QPainter, plot: ChartPlot, box: QRectF, slot: float) -> None:
        for series in plot.series:
            points = self._points(series.values, plot.top, box, slot)
            draw_points(painter, points, series.pattern, self._tokens)

    @staticmethod
    def _points(values: tuple[int, ...], top: int, box: QRectF, slot: float) -> list[QPointF]:
        return [
            QPointF(box.left() + (n + 0.5) * slot, box.bottom() - box.height() * value / top)
            for n, value in enumerate(values)
        ]

    def _paint_peak(self, painter: QPainter, view: ChartView, area: QRectF, slot: float) -> None:
        if view.peak is None:
            return
        place, words = view.peak
        painter.setFont(fonts.font(_SMALL, QFont.Weight.DemiBold))
        painter.setPen(QColor(self._tokens.text))
        width = QFontMetricsF(painter.font()).horizontalAdvance(words) + 4
        middle = area.left() + (place + 0.5) * slot
        left = min(max(middle - width / 2, area.left()), area.right() - width)
        line = fonts.scaled(_LINE)
        painter.drawText(QRectF(left, area.top() - line - 1, width, line), _MIDDLE, words)
        painter.setFont(fonts.font(_SMALL))

    def _paint_x_labels(
        self, painter: QPainter, view: ChartView, area: QRectF, slot: float
    ) -> None:
        painter.setPen(QColor(self._tokens.muted))
        line, metrics = fonts.scaled(_LINE), QFontMetricsF(painter.font())
        for place, words in view.x_labels:
            width = metrics.horizontalAdvance(words) + 2
            middle = area.left() + (place + 0.5) * slot
            left = min(max(middle - width / 2, area.left()), area.right() - width)
            painter.drawText(QRectF(left, area.bottom() + 2, width, line), _MIDDLE, words)

    def _paint_legend(self, painter: QPainter, view: ChartView, box: QRectF) -> None:
        x, metrics = box.left(), QFontMetricsF(painter.font())
        side, gap = fonts.scaled(9), fonts.scaled(6)
        for pattern, words in view.legend:
            wide = fonts.scaled(18) if pattern.value == "dashed line" else side
            width = metrics.horizontalAdvance(words)
            if x + wide + gap + width > box.right() + 1:
                break
            draw_swatch(
                painter, QRectF(x, box.center().y() - side / 2, wide, side), pattern, self._tokens
            )
            painter.setPen(QColor(self._tokens.muted))
            painter.drawText(
                QRectF(x + wide + gap, box.top(), width + 2, box.height()), _MIDDLE, words
            )
            x += wide + gap + width + fonts.scaled(13)
        if view.note:
            painter.setPen(QColor(self._tokens.muted))
            painter.drawText(box, _RIGHT | _MIDDLE, view.note)

    def _paint_bars(self, painter: QPainter, view: ChartView, box: QRectF) -> None:
        line, row = fonts.scaled(_LINE), fonts.scaled(_BAR_ROW)
        metrics = QFontMetricsF(fonts.font())
        names = max((metrics.horizontalAdvance(bar.label) for bar in view.bars), default=0.0)
        name_width = min(names, box.width() * 0.32) + fonts.scaled(10)
        strong = QFontMetricsF(fonts.font(weight=QFont.Weight.DemiBold))
        value_width = max((strong.horizontalAdvance(bar.text) for bar in view.bars), default=0.0)
        note_width = max(
            (QFontMetricsF(painter.font()).horizontalAdvance(b.note) for b in view.bars),
            default=0.0,
        )
        value_width += fonts.scaled(14)
        note_width += fonts.scaled(12)
        track = QRectF(
            box.left() + name_width,
            box.top(),
            box.width() - name_width - value_width - note_width,
            row,
        )
        for place, bar in enumerate(view.bars):
            whole = QRectF(box.left(), box.top() + place * row, box.width(), row)
            self._slots.append(whole)
            if place == self._cursor:
                fill_rounded_rect(painter, whole, 5, QColor(self._tokens.accentbg))
            self._paint_bar(painter, view, bar, track.translated(0, place * row))
            self._paint_bar_texts(painter, bar, whole, name_width, (value_width, note_width))
        painter.setFont(fonts.font(_SMALL))
        painter.setPen(QColor(self._tokens.muted))
        below = min(box.top() + len(view.bars) * row, box.bottom() - 2 * line)
        foot = QRectF(track.left(), below, track.width(), line)
        painter.drawText(foot, _LEFT | _MIDDLE, "0")
        painter.drawText(foot, _RIGHT | _MIDDLE, f"{view.bar_top:,}{view.unit}")
        self._paint_legend(
            painter, view, QRectF(box.left() + 2, box.bottom() - line, box.width(), line)
        )

    def _paint_bar(self, painter: QPainter, view: ChartView, bar: ChartBar, track: QRectF) -> None:
        height = fonts.scaled(_BAR)
        ground = QRectF(track.left(), track.center().y() - height / 2, track.width(), height)
        painter.fillRect(ground, QColor(self._tokens.raised))
        top = max(view.bar_top, 1)
        width = ground.width() * min(bar.value / top, 1.0)
        if width > 0:
            fill_pattern(
                painter,
                QRectF(ground.left(), ground.top(), width, height),
                bar.pattern,
                self._tokens,
            )
        if bar.tick is not None:
            x = ground.left() + ground.width() * min(bar.tick / top, 1.0)
            reach = fonts.scaled(3)
            draw_tick(painter, x, (ground.top() - reach, ground.bottom() + reach), self._tokens)

    def _paint_bar_texts(
        self,
        painter: QPainter,
        bar: ChartBar,
        row: QRectF,
        name_width: float,
        widths: tuple[float, float],
    ) -> None:
        value_width, note_width = widths
        painter.setFont(fonts.font())
        painter.setPen(QColor(self._tokens.text))
        room = name_width - fonts.scaled(8)
        name = QFontMetricsF(painter.font()).elidedText(
            bar.label, Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(QRectF(row.left() + 2, row.top(), room, row.height()), _MIDDLE, name)
        painter.setFont(fonts.font(weight=QFont.Weight.DemiBold))
        value = QRectF(row.right() - note_width - value_width, row.top(), value_width, row.height())
        painter.drawText(value, _RIGHT | _MIDDLE, bar.text)
        painter.setFont(fonts.font(_SMALL))
        painter.setPen(QColor(self._tokens.muted))
        note = QRectF(row.right() - note_width, row.top(), note_width - 2, row.height())
        painter.drawText(note, _RIGHT | _MIDDLE, bar.note)
