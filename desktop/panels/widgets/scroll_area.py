"""What is higher than its page: it scrolls up and down, on the window's own ground."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def create_scroll_area() -> QScrollArea:
    """An area that scrolls what is put into it; the keyboard goes to what is inside."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    return area


def wrap_in_scroll_area(inside: QWidget) -> QScrollArea:
    """Put a widget into such an area."""
    area = create_scroll_area()
    area.setWidget(inside)
    # Qt fills it with the window's ground otherwise.
    inside.setAutoFillBackground(False)
    return area
