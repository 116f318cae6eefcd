"""The 3 px line at the very top of the window, in the workspace's own colour."""

from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.parts.paint import fill, painter_on
from desktop.panels.parts.tip import set_tip

HEIGHT = 3


class WorkspaceLine(QWidget):
    """Tells workspaces apart at a glance; the name stands beside the search field in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = QColor()
        self.setFixedHeight(HEIGHT)

    def set_workspace(self, name: str, color: str) -> None:
        """Show a workspace's colour (`#rrggbb`; anything else shows none)."""
        self._color = QColor(color) if QColor.isValidColorName(color) else QColor()
        self.setAccessibleName(name)
        set_tip(self, name, describe=False)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Fill the line."""
        if self._color.isValid():
            fill(painter_on(self), self.rect(), 0, self._color)
