"""Rows of widgets without margins, and emptying what was filled before."""

from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts


def hbox(*items: QWidget | QLayout | int, spacing: int = 8) -> QHBoxLayout:
    """Widgets and layouts side by side; a number is a stretch."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(fonts.scaled(spacing))
    for item in items:
        if isinstance(item, QWidget):
            row.addWidget(item)
        elif isinstance(item, QLayout):
            row.addLayout(item)
        else:
            row.addStretch(item)
    return row


def vbox(*items: QWidget | QLayout, spacing: int = 0) -> QVBoxLayout:
    """Widgets and layouts under each other."""
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
    """Take a widget away for good."""
    widget.hide()
    widget.setParent(None)
    widget.deleteLater()
