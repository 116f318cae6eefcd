"""The 3 px line at the very top of the window, in the workspace's own colour."""

from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.widgets.shape_painting import create_painter, fill_rounded_rect
from desktop.panels.widgets.tooltip import set_tooltip

HEIGHT = 3
# For the light and for the dark theme; each contrasts 3:1 with the window's ground.
_WORKSPACE_COLORS = {
    "blue": ("#0b5cad", "#7ab7ff"),
    "teal": ("#0f6b6b", "#5cc8c2"),
    "green": ("#1a6e34", "#6cc07a"),
    "amber": ("#7d5600", "#e0b341"),
    "red": ("#b3261e", "#ff8a80"),
    "violet": ("#6a3fb5", "#c0a2ff"),
    "grey": ("#56606b", "#a3adb8"),
}


# A kind of workspace has a colour of its own, until somebody chooses another.
_KIND_COLORS = {"production": "red", "test": "amber", "sandbox": "teal"}


def workspace_color(name: str) -> str:
    """Return the colour of a name or of a workspace's kind as `#rrggbb` in the theme in force.

    Unknown names are blue.
    """
    name = _KIND_COLORS.get(name, name)
    light, dark = _WORKSPACE_COLORS.get(name, _WORKSPACE_COLORS["blue"])
    return dark if current_tokens().dark else light


class WorkspaceColorBar(QWidget):
    """Widget of the window's coloured top line, which tells workspaces apart at a glance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = QColor()
        self.setFixedHeight(HEIGHT)

    def set_workspace(self, name: str, color: str) -> None:
        """Paint the top line in a workspace's colour (`#rrggbb`; anything else shows none)."""
        self._color = QColor(color) if QColor.isValidColorName(color) else QColor()
        self.setAccessibleName(name)
        set_tooltip(self, name, describe=False)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._color.isValid():
            fill_rounded_rect(create_painter(self), self.rect(), 0, self._color)
