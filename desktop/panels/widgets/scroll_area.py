"""Scroll areas without a frame that scroll up and down only."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def create_scroll_area() -> QScrollArea:
    """Create a vertical scroll area; the keyboard goes to what is inside, not to the area."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    # What does not fit in width is laid out anew; scrolling sideways would hide controls.
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    # One stop of Tab less on every page; the wheel and PageDown work inside.
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    return area


def wrap_in_scroll_area(inside: QWidget) -> QScrollArea:
    """Create a scroll area around a widget, on the background of the window."""
    area = create_scroll_area()
    area.setWidget(inside)
    # Qt fills it with the window's ground otherwise.
    inside.setAutoFillBackground(False)
    return area
