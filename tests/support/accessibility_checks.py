"""What holds on every page: names for all that takes the keyboard, and no text cut off."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QWidget


def controls_without_name(page: QWidget) -> list[str]:
    """Controls that take the keyboard and have no name for a screen reader."""
    found = []
    for widget in page.findChildren(QWidget):
        if not widget.isVisible() or not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            continue
        told = QAccessible.queryAccessibleInterface(widget)
        name = told.text(QAccessible.Text.Name) if told is not None else ""
        # A combo box tells its choice as its name on Linux, its own name as the description.
        if not name and not widget.accessibleName() and widget.focusProxy() is None:
            found.append(f"{type(widget).__name__} {widget.objectName()}")
    return found


def clipped_texts(page: QWidget) -> list[str]:
    """Wrapped texts that have less height than they need, and whatever leaves the page."""
    found = []
    for each in page.findChildren(QLabel):
        if not each.isVisible() or not each.text():
            continue
        needed = each.heightForWidth(each.width()) if each.wordWrap() else 0
        if needed > each.height() + 1:
            found.append(f"{each.height()} of {needed}: {each.text()[:60]}")
        right = each.mapTo(page, each.rect().topRight()).x()
        if right > page.width():
            found.append(f"ends at {right} of {page.width()}: {each.text()[:60]}")
    return found
