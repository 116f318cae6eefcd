"""The window's registry of actions: command palette, list of shortcuts and keys share it."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.tooltip import escape_tooltip
from desktop.viewmodels.command_synonyms import synonyms_of
from desktop.viewmodels.palette_command import PaletteCommand

# On a Mac Qt's Ctrl is the Command key, whose Tab is the system's, and Option types letters.
_IS_MAC = sys.platform == "darwin"
TAB_CYCLE_KEY, TAB_PLACE_KEY = ("Meta", "Meta") if _IS_MAC else ("Ctrl", "Alt")
_PLACE_KEY_NAME = "Control" if _IS_MAC else "Alt"
# What a panel, drawer or list does with a key, whatever it is about.
_PANEL_KEYS = (
    ("Confirm the change in the panel", "Ctrl+Enter"),
    ("Put the form or list away", "Esc"),
    ("List of commands", "Ctrl+K, then >"),
    ("Open a customer found in a new tab", "Ctrl+Enter, Ctrl+click, middle click"),
    ("Go to one of the first nine tabs", f"{_PLACE_KEY_NAME}+1 to {_PLACE_KEY_NAME}+9"),
    ("Close a tab by the mouse", "Middle click"),
)
_NATIVE = QKeySequence.SequenceFormat.NativeText


class WindowActions:
    """QActions of the window: each has a text, its name everywhere, keys, a disabled reason.

    Sources add commands that are made for what is open: a customer, their lists, each sync.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._keywords: dict[str, str] = {}
        self._sources: list[tuple[Callable[[], Iterable[PaletteCommand]], bool]] = []

    def add(
        self,
        words: str,
        run: Callable[[], object],
        keys: str | QKeySequence.StandardKey | Sequence[str] = (),
        *,
        checkable: bool = False,
        keywords: str = "",
    ) -> QAction:
        """Add a QAction that calls `run`; `keys` are its shortcuts.

        `keywords` find it in the palette besides its synonyms.
        """
        action = QAction(words, self._window)
        action.setObjectName(words)
        action.setCheckable(checkable)
        if isinstance(keys, str):
            action.setShortcut(QKeySequence(keys))
        elif isinstance(keys, QKeySequence.StandardKey):
            # The platform's first one: the others are keys of old keyboards, such as F14.
            action.setShortcut(QKeySequence(keys))
        else:
            action.setShortcuts([QKeySequence(key) for key in keys])
        action.triggered.connect(run)
        self._window.addAction(action)
        self._actions[words] = action
        self._keywords[words] = f"{synonyms_of(words)} {keywords}"
        return action

    def add_source(
        self, source: Callable[[], Iterable[PaletteCommand]], *, describes_actions: bool = False
    ) -> None:
        """Add a source of palette commands; it is asked at each key, for the reasons of the moment.

        With `describes_actions` its command that is named like an action of the window says whom
        that is about, or why it cannot be chosen now.
        """
        self._sources.append((source, describes_actions))

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
        rows = [
            (action.text(), ", ".join(keys.toString(_NATIVE) for keys in action.shortcuts()))
            for action in self._actions.values()
            if action.shortcuts()
        ]
        return [*rows, *_PANEL_KEYS]

    def commands(self) -> list[PaletteCommand]:
        """Return the palette's commands: of what is open first, then the window's actions.

        Of the same name the first stays; a page's button that stands in a card is told from an
        action by the card's name.
        """
        actions = {name: self._command_of(name, each) for name, each in self._actions.items()}
        found: dict[str, PaletteCommand] = {}
        for source, describes_actions in self._sources:
            for command in source():
                own = actions.get(command.label)
                if command.label in found or (own and not describes_actions and not command.detail):
                    continue
                if own is not None and describes_actions:
                    command = replace(command, run=own.run, shortcut=own.shortcut)
                    del actions[command.label]
                found[command.label] = command
        return [*found.values(), *actions.values()]

    def _command_of(self, name: str, action: QAction) -> PaletteCommand:
        return PaletteCommand(
            name,
            action.trigger,
            action.shortcut().toString(_NATIVE),
            "" if action.isEnabled() else action.statusTip(),
            keywords=self._keywords[name],
        )
