"""The 3 px line at the very top of the window, in the workspace's own colour."""

from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.shape_painting import create_painter, fill_rounded_rect
from desktop.panels.widgets.tooltip import set_tooltip

HEIGHT = 3


class WorkspaceColorBar(QWidget):
    """Tells workspaces apart at a glance; the name stands beside the search field in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = QColor()
        self.setFixedHeight(HEIGHT)

    def set_workspace(self, name: str, color: str) -> None:
        """Show a workspace's colour (`#rrggbb`; anything else shows none)."""
        self._color = QColor(color) if QColor.isValidColorName(color) else QColor()
        self.setAccessibleName(name)
        set_tooltip(self, name, describe=False)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Fill the line."""
        if self._color.isValid():
            fill_rounded_rect(create_painter(self), self.rect(), 0, self._color)
