"""QPainter helpers of charts: areas in patterns, the dashed line, the mark of the period before."""

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import DesignTokens
from desktop.viewmodels.reports.report_chart import Pattern

_STEP, _LINE_WIDTH = 4.0, 1.2  # px of the design: distance and width of a pattern's lines
_DASHES = (4.0, 2.5)


def fill_pattern(painter: QPainter, box: QRectF, pattern: Pattern, tokens: DesignTokens) -> None:
    """Paint a rectangle in a pattern of the accent colour, so that it is told without colour."""
    ink = QColor(tokens.accent)
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    if pattern is Pattern.SOLID:
        painter.fillRect(box, ink)
        painter.restore()
        return
    painter.fillRect(box, QColor(tokens.surface))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    width = max(1.0, min(_LINE_WIDTH * fonts.scale(), box.width() / 4))
    painter.setPen(QPen(ink, round(width)))
    inside = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRect(inside)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setClipRect(box)
    _draw_inside(painter, box, pattern, ink)
    painter.restore()


def _draw_inside(painter: QPainter, box: QRectF, pattern: Pattern, ink: QColor) -> None:
    step = _STEP * fonts.scale()
    painter.setPen(QPen(ink, _LINE_WIDTH * fonts.scale()))
    if pattern in (Pattern.STRIPED, Pattern.CROSSED):
        _draw_diagonals(painter, box, step)
    if pattern is Pattern.CROSSED:
        painter.save()
        painter.translate(box.left() + box.right(), 0)
        painter.scale(-1, 1)
        _draw_diagonals(painter, box, step)
        painter.restore()
    if pattern is Pattern.LINED:
        y = box.top() + step / 2
        while y < box.bottom():
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            y += step * 0.75
    if pattern is Pattern.DOTTED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        radius = fonts.scale()
        y = box.bottom() - step / 2
        while y > box.top():
            x = box.left() + step / 2 + 0.5
            while x < box.right():
                painter.drawEllipse(QPointF(x, y), radius, radius)
                x += step
            y -= step


def _draw_diagonals(painter: QPainter, box: QRectF, step: float) -> None:
    # From the bottom left to the top right, from one grid for the whole widget: areas that touch
    # look like one.
    reach = box.width() + box.height()
    begin = box.left() - (box.left() + box.bottom()) % step
    x = begin - box.height()
    while x < box.left() + reach:
        start = QPointF(x, box.bottom())
        painter.drawLine(QLineF(start, QPointF(x + box.height(), box.top())))
        x += step


def draw_dashed_line(painter: QPainter, points: Sequence[QPointF], tokens: DesignTokens) -> None:
    """Paint the period before: a dashed line with a light edge, which stands out on the columns."""
    line = QPolygonF(list(points))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.surface), 3.2 * fonts.scale()))
    painter.drawPolyline(line)
    pen = QPen(QColor(tokens.text), 1.4 * fonts.scale())
    pen.setDashPattern(list(_DASHES))
    painter.setPen(pen)
    painter.drawPolyline(line)
    painter.restore()


def draw_tick(painter: QPainter, x: float, span: tuple[float, float], tokens: DesignTokens) -> None:
    """Paint the value of the period before as an upright mark over a bar."""
    width = 2 * fonts.scale()
    edge = fonts.scale()
    top, bottom = span
    mark = QRectF(x - width / 2, top, width, bottom - top)
    painter.fillRect(mark.adjusted(-edge, 0, edge, 0), QColor(tokens.surface))
    painter.fillRect(mark, QColor(tokens.text))


def draw_swatch(painter: QPainter, box: QRectF, pattern: Pattern, tokens: DesignTokens) -> None:
    """Paint the small sample of a pattern that stands in legends and tables."""
    if pattern is Pattern.DASHED_LINE:
        middle = box.center().y()
        ends = (QPointF(box.left(), middle), QPointF(box.right(), middle))
        draw_dashed_line(painter, ends, tokens)
    elif pattern is Pattern.TICK:
        draw_tick(painter, box.center().x(), (box.top(), box.bottom()), tokens)
    else:
        fill_pattern(painter, box, pattern, tokens)


def draw_points(
    painter: QPainter, points: Sequence[QPointF], pattern: Pattern, tokens: DesignTokens
) -> None:
    """Paint a series as a line with its points; further series differ by dash and filled points."""
    ink = QColor(tokens.accent)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(ink, 1.5 * fonts.scale())
    if pattern is Pattern.STRIPED:
        pen.setDashPattern([4.0, 2.0])
    elif pattern is not Pattern.SOLID:
        pen.setDashPattern([1.0, 2.0])
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF(list(points)))
    painter.setPen(QPen(ink, 1.3 * fonts.scale()))
    painter.setBrush(
        ink if pattern in (Pattern.DOTTED, Pattern.CROSSED) else QColor(tokens.surface)
    )
    radius = 2.0 * fonts.scale()
    if len(points) <= 60:
        for point in points:
            if pattern is Pattern.STRIPED:
                box = QRectF(point.x() - radius, point.y() - radius, 2 * radius, 2 * radius)
                painter.drawRect(box)
            else:
                painter.drawEllipse(point, radius, radius)
    painter.restore()
