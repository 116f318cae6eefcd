"""Push buttons: one primary a page, secondary, quiet, danger, and icon buttons with a name."""

from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget

from desktop.panels.parts.restyle import restyle
from desktop.panels.parts.tip import set_tip
from desktop.panels.theme import fonts
from desktop.panels.theme.icon import icon

Kind = Literal["primary", "secondary", "quiet", "danger", "icon", "link", "fold"]

_PLAIN = Qt.KeyboardModifier.NoModifier


class Button(QPushButton):
    """A push button that shows its text as typed and can say why it is disabled."""

    def __init__(
        self,
        text: str,
        kind: Kind = "secondary",
        *,
        name: str = "",
        tip: str = "",
        icon_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tip = tip
        self._icon_name = icon_name
        self._raw = ""
        self._named = bool(name)
        self.setProperty("kind", kind)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_text(text)
        if name:
            self.set_name(name)
        set_tip(self, tip)
        if icon_name:
            self._draw_icon()

    def set_name(self, name: str) -> None:
        """Give the accessible name, which is the object name too."""
        self._named = True
        self.setAccessibleName(name)
        self.setObjectName(name)

    def set_text(self, text: str) -> None:
        """Show a text; an & in it is an &."""
        self._raw = text
        if self.property("kind") == "icon":
            # The name, not a text beside the icon.
            self.setAccessibleName(self.accessibleName() or text)
            return
        self.setText(text.replace("&", "&&"))
        if not self._named:
            # Qt takes the accessible name from the text; scripts find the same by object name.
            self.setObjectName(text)

    def plain_text(self) -> str:
        """Return the text as given."""
        return self._raw

    def set_kind(self, kind: Kind) -> None:
        """Change the weight it has on the page."""
        restyle(self, kind=kind)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self._icon_name = name
        self._draw_icon()

    def set_tip(self, tip: str) -> None:
        """Say more in the tool tip."""
        self._tip = tip
        if self.isEnabled():
            set_tip(self, tip)

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable, or disable with the reason in tool tip and description."""
        self.setEnabled(enabled)
        set_tip(self, self._tip if enabled else reason or self._tip)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter works like Space, also outside a dialog."""
        plain = event.modifiers() in (_PLAIN, Qt.KeyboardModifier.KeypadModifier)
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Tint the icon anew when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._icon_name:
            self._draw_icon()

    def _draw_icon(self) -> None:
        size = fonts.scaled(16)
        self.setIcon(icon(self._icon_name, size))
        self.setIconSize(QSize(size, size))


def primary(text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None) -> Button:
    """Make the one primary button of a page."""
    return Button(text, "primary", name=name, tip=tip, parent=parent)


def secondary(text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None) -> Button:
    """Make a normal button."""
    return Button(text, "secondary", name=name, tip=tip, parent=parent)


def quiet(text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None) -> Button:
    """Make a button without a frame."""
    return Button(text, "quiet", name=name, tip=tip, parent=parent)


def danger(text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None) -> Button:
    """Make the button of an act that cannot be undone."""
    return Button(text, "danger", name=name, tip=tip, parent=parent)


def icon_button(icon_name: str, name: str, *, parent: QWidget | None = None) -> Button:
    """Make a button that is only an icon; `name` is its accessible name and its tool tip."""
    return Button(name, "icon", name=name, tip=name, icon_name=icon_name, parent=parent)
