"""What custom-painted parts share: a painter set up for crisp shapes, and the focus ring."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from desktop.panels.theme.current import color
from desktop.panels.theme.tokens import RING


def painter_on(widget: QWidget) -> QPainter:
    """Return an antialiased painter without pen or brush."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    return painter


def fill(painter: QPainter, rect: QRect | QRectF, radius: float, ground: QColor) -> None:
    """Fill a rounded rectangle."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(QRectF(rect), radius, radius)


def outline(
    painter: QPainter, rect: QRect | QRectF, radius: float, ink: QColor, width: float = 1
) -> None:
    """Draw a rounded outline wholly inside `rect`, on whole pixels."""
    half = width / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, width))
    inside = QRectF(rect).adjusted(half, half, -half, -half)
    painter.drawRoundedRect(inside, max(radius - half, 0), max(radius - half, 0))


def focus_ring(painter: QPainter, rect: QRect | QRectF, radius: float) -> None:
    """Draw the ring that says where the keyboard is."""
    outline(painter, rect, radius, color("accent"), RING)
