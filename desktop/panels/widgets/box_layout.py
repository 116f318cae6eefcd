"""Box layouts without margins (hbox, vbox), and deleting widgets out of one."""

from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.label import PlainLabel

WIDGET_SIZE_MAX = 16_777_215  # Qt's QWIDGETSIZE_MAX, which PySide6 does not export: no maximum


def hbox(*items: QWidget | QLayout | int, spacing: int = 8) -> QHBoxLayout:
    """Create a QHBoxLayout of widgets and layouts; a number is a stretch.

    A label that may wrap gets the room that is left: it wraps as late as it can.
    """
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(fonts.scaled(spacing))
    for item in items:
        if isinstance(item, PlainLabel) and item.wordWrap():
            row.addWidget(item, 1)
        elif isinstance(item, QWidget):
            row.addWidget(item)
        elif isinstance(item, QLayout):
            row.addLayout(item)
        else:
            row.addStretch(item)
    return row


def vbox(*items: QWidget | QLayout, spacing: int = 1) -> QVBoxLayout:
    """Create a QVBoxLayout of widgets and layouts; `spacing` is px at the base font."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(fonts.scaled(spacing))
    for item in items:
        if isinstance(item, QWidget):
            column.addWidget(item)
        else:
            column.addLayout(item)
    return column


def delete_widget(widget: QWidget) -> None:
    """Hide a widget, take it out of its parent and delete it."""
    widget.hide()
    # Out of findChildren at once; deleteLater needs a turn of the event loop.
    widget.setParent(None)
    widget.deleteLater()


def clear_layout(layout: QLayout) -> None:
    """Take everything out of a layout, and delete its widgets."""
    # `takeAt()` hands the item over: its wrapper does not outlive the loop.
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            delete_widget(widget)
