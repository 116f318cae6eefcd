"""What holds on every page: names for all that takes the keyboard, and no text cut off."""

import sys

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QWidget,
)

from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.scroll_area import PageScrollArea
from desktop.panels.widgets.segmented_control import SegmentButton
from desktop.panels.widgets.tooltip import escape_tooltip


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


def record_announcements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of what screen readers are given to speak from now on, wherever it is said."""
    spoken: list[str] = []

    def note(_widget: QWidget, text: str, *, urgent: bool = False) -> None:
        spoken.append(text)

    for module in list(sys.modules.values()):
        if getattr(module, "announce", None) is announce and module is not sys.modules[__name__]:
            monkeypatch.setattr(module, "announce", note)
    return spoken


def clipped_texts(page: QWidget) -> list[str]:
    """Wrapped texts that have less height than they need, and whatever leaves the page."""
    found = []
    for each in page.findChildren(QLabel):
        if not each.isVisible() or not each.text():
            continue
        # Qt's own answer: the label's is one that it remembers.
        needed = QLabel.heightForWidth(each, each.width()) if each.wordWrap() else 0
        if needed > each.height() + 1:
            found.append(f"{each.height()} of {needed}: {each.text()[:60]}")
        right = each.mapTo(page, each.rect().topRight()).x()
        if right > page.width():
            found.append(f"ends at {right} of {page.width()}: {each.text()[:60]}")
    return found


def cut_controls(page: QWidget) -> list[str]:
    """Placeholders, choices and words of buttons that have less width than they need.

    What is cut with … and told whole by the tool tip is none: a placeholder, a drop-down's choice
    of which four letters are left, a segment's word.
    """
    found = []
    for field in page.findChildren(QLineEdit):
        if field.isVisible() and field.placeholderText() and not field.text():
            margins = field.textMargins()
            words = field.fontMetrics().horizontalAdvance(field.placeholderText())
            is_cut = words + margins.left() + margins.right() > field.width()
            if is_cut and not _tells(field, field.placeholderText()):
                found.append(f"placeholder {field.placeholderText()!r} in {field.width()} px")
    for box in page.findChildren(QComboBox):
        words, room = box.fontMetrics().horizontalAdvance(box.currentText()), _choice_room(box)
        least = 4 * box.fontMetrics().averageCharWidth()
        if (
            box.isVisible()
            and words > room
            and (
                room < least
                or not isinstance(box, DropdownField)
                or not _tells(box, box.currentText())
            )
        ):
            found += [f"choice {box.currentText()!r} in {room} px"]
    for button in page.findChildren(QAbstractButton):
        needed = button.minimumSizeHint().width()
        if button.isVisible() and button.width() < needed and not isinstance(button, SegmentButton):
            found.append(f"button {button.text()!r}: {button.width()} of {needed} px")
    return found


def covered_by_scroll_bar(page: QWidget) -> list[str]:
    """Words and controls under the bar that lies over what a page's area scrolls."""
    found = []
    for area in page.findChildren(PageScrollArea):
        bar, inside = area.overlay_bar, area.widget()
        if not bar.isVisible() or inside is None:
            continue
        for each in inside.findChildren(QWidget):
            if not isinstance(each, QLineEdit | QComboBox | QAbstractButton | QLabel):
                continue
            shown = each.visibleRegion().boundingRect()
            place = QRect(each.mapTo(area, shown.topLeft()), shown.size())
            if not shown.isEmpty() and place.intersects(bar.geometry()):
                found.append(f"{each.accessibleName() or each} is under the scroll bar")
    return found


def _tells(widget: QWidget, words: str) -> bool:
    return escape_tooltip(words) == widget.toolTip()


def _choice_room(box: QComboBox) -> int:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
    return box.style().subControlRect(control, option, part, box).width()
