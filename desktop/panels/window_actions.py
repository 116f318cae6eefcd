"""Every action of the window, once: menus, palette, buttons and keys share these."""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.tooltip import escape_tooltip
from desktop.viewmodels.palette_command import PaletteCommand

_Keys = QKeySequence.StandardKey


class WindowActions:
    """The window's actions by name; each has words, keys, and a reason where it is disabled."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}

    def add(
        self,
        words: str,
        run: Callable[[], None],
        keys: str | QKeySequence.StandardKey | Sequence[str] = (),
        *,
        checkable: bool = False,
    ) -> QAction:
        """Make one; `words` is its name everywhere."""
        action = QAction(words, self._window)
        action.setObjectName(words)
        action.setCheckable(checkable)
        if isinstance(keys, str):
            action.setShortcut(QKeySequence(keys))
        elif isinstance(keys, QKeySequence.StandardKey):
            action.setShortcuts(keys)
        else:
            action.setShortcuts([QKeySequence(key) for key in keys])
        action.triggered.connect(run)
        self._window.addAction(action)
        self._actions[words] = action
        return action

    def __getitem__(self, words: str) -> QAction:
        return self._actions[words]

    def set_enabled(self, words: str, why_not: str) -> None:
        """Enable it, or disable it with the reason."""
        action = self._actions[words]
        action.setEnabled(not why_not)
        action.setStatusTip(why_not)
        action.setToolTip(escape_tooltip(why_not or words))

    def all(self) -> tuple[QAction, ...]:
        """All of them, in the order they were made."""
        return tuple(self._actions.values())

    def commands(self) -> list[PaletteCommand]:
        """As the palette shows them."""
        return [
            PaletteCommand(
                action.text(),
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                action.isEnabled(),
                "" if action.isEnabled() else action.statusTip(),
                action.trigger,
            )
            for action in self._actions.values()
        ]
