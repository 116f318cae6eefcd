"""The window's QActions by name: command palette, shortcuts dialog and keys share them."""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.tooltip import escape_tooltip
from desktop.viewmodels.palette_command import PaletteCommand

_PANEL_KEYS = (
    ("Confirm the change in the panel", "Ctrl+Enter"),
    ("Put the form or list away", "Esc"),
    ("List of commands", "Ctrl+K, then >"),
    ("Open a customer found in a new tab", "Ctrl+Enter, Ctrl+click, middle click"),
    ("First to ninth tab", "Alt+1 to Alt+9"),
    ("Close a tab by the mouse", "Middle click"),
)


class WindowActions:
    """QActions of the window: each has a text, its name everywhere, keys, a disabled reason."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._keywords: dict[str, str] = {}

    def add(
        self,
        words: str,
        run: Callable[[], object],
        keys: str | QKeySequence.StandardKey | Sequence[str] = (),
        *,
        checkable: bool = False,
        keywords: str = "",
    ) -> QAction:
        """Add a QAction that calls `run`; `keys` are its shortcuts, `keywords` find it too."""
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
        self._keywords[words] = keywords
        return action

    def __getitem__(self, words: str) -> QAction:
        return self._actions[words]

    def names(self) -> frozenset[str]:
        """Return the names of all window actions."""
        return frozenset(self._actions)

    def set_enabled(self, words: str, why_not: str) -> None:
        """Enable a window's action, or disable it with the reason `why_not`."""
        action = self._actions[words]
        action.setEnabled(not why_not)
        # The palette shows it as the reason beside the command.
        action.setStatusTip(why_not)
        action.setToolTip(escape_tooltip(why_not or words))

    def all(self) -> tuple[QAction, ...]:
        """Return every QAction of the window in the order of their adding."""
        return tuple(self._actions.values())

    def shortcut_rows(self) -> list[tuple[str, str]]:
        """Return the window's (action, keys) of actions with keys, and the keys of panels."""
        native = QKeySequence.SequenceFormat.NativeText
        rows = [
            (action.text(), ", ".join(keys.toString(native) for keys in action.shortcuts()))
            for action in self._actions.values()
            if action.shortcuts()
        ]
        return [*rows, *_PANEL_KEYS]

    def commands(self) -> list[PaletteCommand]:
        """Return the window's actions as the command palette shows them."""
        return [
            PaletteCommand(
                action.text(),
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                action.isEnabled(),
                "" if action.isEnabled() else action.statusTip(),
                action.trigger,
                self._keywords[name],
            )
            for name, action in self._actions.items()
        ]
