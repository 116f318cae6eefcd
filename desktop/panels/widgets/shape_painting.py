"""QPainter helpers of custom widgets: rounded shapes, the focus ring, text in its direction."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.design_tokens import FOCUS_RING_WIDTH
from desktop.panels.theme.text_direction import is_right_to_left


def create_painter(widget: QWidget) -> QPainter:
    """Create an antialiased QPainter on a widget, without pen or brush."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    return painter


def fill_rounded_rect(
    painter: QPainter, rect: QRect | QRectF, radius: float, ground: QColor
) -> None:
    """Paint a filled rounded rectangle in one colour."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(QRectF(rect), radius, radius)


def draw_rounded_outline(
    painter: QPainter, rect: QRect | QRectF, radius: float, ink: QColor, width: float = 1
) -> None:
    """Paint a rounded outline wholly inside `rect`, on whole pixels."""
    # A pen is drawn on both sides of its path: half of it would be cut at the edge.
    half = width / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, width))
    inside = QRectF(rect).adjusted(half, half, -half, -half)
    painter.drawRoundedRect(inside, max(radius - half, 0), max(radius - half, 0))


def draw_focus_ring(painter: QPainter, rect: QRect | QRectF, radius: float) -> None:
    """Paint the focus ring of the widget that has the keyboard."""
    draw_rounded_outline(painter, rect, radius, theme_color("accent"), FOCUS_RING_WIDTH)


def draw_text(
    painter: QPainter, rect: QRect | QRectF, alignment: Qt.AlignmentFlag, text: str
) -> None:
    """Paint a text in its own direction, aligned as the window runs.

    In a mirrored window Qt would order English by the window: “7 older” became “older 7”.
    """
    right_to_left = Qt.LayoutDirection.RightToLeft
    if painter.layoutDirection() == right_to_left and not is_right_to_left(text):
        # Imported here: its enums take 7 ms to make, and no start needs them.
        from PySide6.QtWidgets import QStyle

        mirrored = QStyle.visualAlignment(right_to_left, alignment)
        flags = mirrored.value | Qt.TextFlag.TextForceLeftToRight.value
        painter.drawText(QRectF(rect), flags, text)
    else:
        painter.drawText(rect, alignment, text)
