"""Push buttons: primary (one a page), secondary, quiet, danger, and icons with a name."""

from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.icon import create_icon
from desktop.panels.theme.text_direction import isolate
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.tooltip import set_tooltip

ButtonKind = Literal["primary", "secondary", "quiet", "danger", "icon", "link", "fold"]

_PICTURE_EVENTS = (
    QEvent.Type.PaletteChange,
    QEvent.Type.FontChange,
    QEvent.Type.LayoutDirectionChange,
)
_NO_MODIFIER = Qt.KeyboardModifier.NoModifier


class Button(QPushButton):
    """A QPushButton that shows its text as typed and can say why it is disabled."""

    def __init__(
        self,
        text: str,
        kind: ButtonKind = "secondary",
        *,
        name: str = "",
        tip: str = "",
        icon_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tip = tip
        self._icon_name = icon_name
        self._plain_text = ""
        self._has_own_name = bool(name)
        self.setProperty("kind", kind)
        # In a dialog Qt would make any button the default one, and Enter would press it.
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_text(text)
        if name:
            self.set_name(name)
        set_tooltip(self, tip)
        if icon_name:
            self._draw_icon()

    def set_name(self, name: str) -> None:
        """Give the button its accessible name, which is the object name too."""
        self._has_own_name = True
        self.setAccessibleName(name)
        self.setObjectName(name)

    def set_text(self, text: str) -> None:
        """Show a button's text as typed: Qt would take an & for the mark of a shortcut."""
        self._plain_text = text
        if self.property("kind") == "icon":
            # The name, not a text beside the icon.
            self.setAccessibleName(self.accessibleName() or text)
            return
        shown = isolate(text.replace("&", "&&"))
        self.setText(shown)
        if len(shown) > len(text) and not self._has_own_name:
            # Without the marks of direction.
            self.setAccessibleName(text)
        if not self._has_own_name:
            # Qt takes the accessible name from the text; scripts find the same by object name.
            self.setObjectName(text)

    def plain_text(self) -> str:
        """Return the button's text as given to `set_text`."""
        return self._plain_text

    def set_kind(self, kind: ButtonKind) -> None:
        """Change the look of the button: primary, secondary, quiet, danger, icon, link."""
        set_style_properties(self, kind=kind)

    def set_icon(self, name: str) -> None:
        """Show another icon on the button, by its file name."""
        self._icon_name = name
        self._draw_icon()

    def set_tooltip(self, tip: str) -> None:
        """Set the tool tip that the button has while it is enabled."""
        self._tip = tip
        if self.isEnabled():
            set_tooltip(self, tip)

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the button, or disable it with the reason in tool tip and description."""
        self.setEnabled(enabled)
        # Qt shows tool tips of disabled widgets too: that is where the reason is looked for.
        set_tooltip(self, self._tip if enabled else reason or self._tip)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Qt presses a button with Enter only inside a dialog.
        plain = event.modifiers() in (_NO_MODIFIER, Qt.KeyboardModifier.KeypadModifier)
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        # An icon is a picture: it is drawn anew when theme, zoom or direction change.
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.set_text(self._plain_text)
        if event.type() in _PICTURE_EVENTS and self._icon_name:
            self._draw_icon()

    def _draw_icon(self) -> None:
        size = fonts.scaled(16)
        self.setIcon(create_icon(self._icon_name, size))
        self.setIconSize(QSize(size, size))


def primary_button(
    text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None
) -> Button:
    """Create the primary button of a page; there is one."""
    return Button(text, "primary", name=name, tip=tip, parent=parent)


def secondary_button(
    text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None
) -> Button:
    """Create a secondary button: framed, of normal weight."""
    return Button(text, "secondary", name=name, tip=tip, parent=parent)


def quiet_button(
    text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None
) -> Button:
    """Create a quiet button, without a frame."""
    return Button(text, "quiet", name=name, tip=tip, parent=parent)


def danger_button(
    text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None
) -> Button:
    """Create the red button of an action that cannot be undone."""
    return Button(text, "danger", name=name, tip=tip, parent=parent)


def icon_button(icon_name: str, name: str, *, parent: QWidget | None = None) -> Button:
    """Create a button that is only an icon; `name` is its accessible name and its tool tip."""
    return Button(name, "icon", name=name, tip=name, icon_name=icon_name, parent=parent)
