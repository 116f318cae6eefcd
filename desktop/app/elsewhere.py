"""Other workspaces: each opens in a window, and so a process, of its own."""

import sys

from PySide6.QtCore import QObject, QProcess
from PySide6.QtWidgets import QInputDialog

from desktop.app.links import register_links
from desktop.app.wiring import House
from desktop.kit.errors import AppError
from desktop.panels.main_window import MainWindow
from desktop.settings.workspace import checked_name


class Elsewhere(QObject):
    """Adds the actions that lead out of this window."""

    def __init__(self, house: House, view: MainWindow) -> None:
        super().__init__(view)
        self._house = house
        self._view = view
        self._dialog: QInputDialog | None = None
        if house.ground.demo:
            # The demo's files are temporary, and it must not touch the real workspaces.
            return
        for name in house.workspaces.names():
            if name != house.workspace.name:
                opener = _Opener(name, self)
                view.actions_.add(f"Open workspace {name}", opener.open)
        view.actions_.add("New workspace…", self._on_new)
        view.actions_.add("Open fairlead:// links with this app", self._on_links)

    def open(self, name: str, *more: str) -> None:
        """Start a window on that workspace; one that is open already comes forward."""
        # One word: a name may not be taken for an option.
        words = ["-m", "desktop", "window", f"--workspace={name}", *more]
        QProcess.startDetached(sys.executable, words)

    def _on_new(self) -> None:
        dialog = QInputDialog(self._view)
        dialog.setWindowTitle("New workspace")
        dialog.setLabelText("A workspace is one Zendesk and one Sailthru account. Its name:")
        dialog.textValueSelected.connect(self._on_named)
        self._dialog = dialog
        dialog.open()

    def _on_named(self, text: str) -> None:
        try:
            self.open(checked_name(text), "--new")
        except AppError as error:
            self._view.say(error)

    def _on_links(self) -> None:
        try:
            self._view.status.set_note("last", register_links())
        except AppError as error:
            self._view.say(error)


class _Opener(QObject):
    """One workspace's action; knows its name so that no lambda has to."""

    def __init__(self, name: str, elsewhere: Elsewhere) -> None:
        super().__init__(elsewhere)
        self._name = name
        self._elsewhere = elsewhere

    def open(self) -> None:
        """Open it."""
        self._elsewhere.open(self._name)
