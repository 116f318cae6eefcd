"""Groups of exclusive buttons: arrow keys move, Enter or Space chooses, one stop for Tab."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}


class OptionButton(QAbstractButton):
    """A button of an option group, painted by its subclass; checked: it is the value."""

    picked = Signal(str)  # the key, by a person; the button is not checked yet
    arrow_pressed = Signal(str, int)  # the key, and 1 or -1

    def __init__(self, key: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self._is_updating = False
        self.setCheckable(True)
        # What makes it a radio button to screen readers; which one is checked, the group decides.
        self.setAutoExclusive(True)
        self.setAccessibleName(name)
        # Without it Qt does not repaint when the mouse enters or leaves.
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # Assistive technology toggles without a click.
        self.toggled.connect(self._on_toggled)
        self.clicked.connect(self._on_clicked)

    def show_checked(self, checked: bool) -> None:
        """Check the option button as the group's value, without emitting."""
        self._is_updating = True
        # An exclusive one could not be unchecked alone.
        self.setAutoExclusive(False)
        self.setChecked(checked)
        self.setAutoExclusive(True)
        self._is_updating = False

    def nextCheckState(self) -> None:
        # The group checks this one and unchecks the others, once it is told.
        return

    def _on_clicked(self) -> None:
        # Also of the one that is chosen already.
        self.picked.emit(self.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            # Down is forward in every language, Right only where one reads to the right.
            sideways = key in (Qt.Key.Key_Right, Qt.Key.Key_Left)
            mirrored = sideways and self.isRightToLeft()
            self.arrow_pressed.emit(self.key, -_STEPS[key] if mirrored else _STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _on_toggled(self, checked: bool) -> None:
        if self._is_updating:
            return
        self.show_checked(not checked)
        if checked:
            # Qt has unchecked the one before by itself, which then put itself back.
            self.picked.emit(self.key)


class OptionGroup(QObject):
    """The exclusive option buttons of a group by key; none or one of them is checked."""

    picked = Signal(str)  # the key a person chose, also the one that was chosen already
    chosen = Signal(str)  # the same, only if it is another
    moved = Signal(str)  # an arrow key has moved the keyboard to this key

    def __init__(self, parent: QWidget, *, wraps: bool = True) -> None:
        super().__init__(parent)
        self._wraps = wraps
        self.buttons: dict[str, OptionButton] = {}

    def add(self, button: OptionButton) -> None:
        """Append an option button to the group."""
        self.buttons[button.key] = button
        button.picked.connect(self._on_picked)
        button.arrow_pressed.connect(self._on_arrow_pressed)
        self.update_tab_stop()

    def clear(self) -> None:
        """Delete all option buttons of the group."""
        for button in self.buttons.values():
            # deleteLater takes a turn of the loop: until then the old button would be seen.
            button.hide()
            button.setParent(None)
            button.deleteLater()
        self.buttons = {}

    def value(self) -> str | None:
        """Return the key of the group's checked button, or None."""
        return next((key for key, button in self.buttons.items() if button.isChecked()), None)

    def set_value(self, key: object) -> None:
        """Check the group's button of this key; None or an unknown key checks none."""
        for name, button in self.buttons.items():
            button.show_checked(name == key)
        self.update_tab_stop()

    def _on_picked(self, key: str) -> None:
        is_other = key != self.value()
        self.set_value(key)
        self.picked.emit(key)
        if is_other:
            self.chosen.emit(key)

    def _on_arrow_pressed(self, key: str, step: int) -> None:
        # Moving does not choose: a choice may be written to a service at once.
        keys = [name for name, button in self.buttons.items() if _is_usable(button)]
        place = keys.index(key) + step
        place = place % len(keys) if self._wraps else min(max(place, 0), len(keys) - 1)
        self.buttons[keys[place]].setFocus(Qt.FocusReason.TabFocusReason)
        self.moved.emit(keys[place])

    def update_tab_stop(self) -> None:
        """Choose the group's one stop of Tab anew: a button was hidden, shown or disabled."""
        set_single_tab_stop(self.buttons.values())


def set_single_tab_stop(buttons: Iterable[QAbstractButton]) -> None:
    """Give a group of buttons one stop of Tab: the checked one, else the first enabled."""
    group = list(buttons)
    enabled = [button for button in group if _is_usable(button)] or group
    stop = next((button for button in enabled if button.isChecked()), next(iter(enabled), None))
    for button in group:
        button.setFocusPolicy(
            Qt.FocusPolicy.StrongFocus if button is stop else Qt.FocusPolicy.ClickFocus
        )


def _is_usable(button: QAbstractButton) -> bool:
    return button.isEnabled() and not button.isHidden()
