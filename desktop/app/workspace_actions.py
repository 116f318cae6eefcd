"""Other workspaces: each opens in a window, and so a process, of its own."""

import sys

from PySide6.QtCore import QObject, QProcess
from PySide6.QtWidgets import QInputDialog

from desktop.app.container import WorkspaceServices
from desktop.app.url_scheme_registration import register_url_scheme
from desktop.kit.errors import AppError
from desktop.panels.main_window import MainWindow
from desktop.settings.workspace import validate_workspace_name


class WorkspaceActions(QObject):
    """Adds the actions that lead out of this window."""

    def __init__(self, services: WorkspaceServices, view: MainWindow) -> None:
        super().__init__(view)
        self._services = services
        self._main_window = view
        self._dialog: QInputDialog | None = None
        if services.context.is_demo:
            # The demo's files are temporary, and it must not touch the real workspaces.
            return
        for name in services.workspaces.names():
            if name != services.workspace.name:
                opener = _OpenWorkspaceAction(name, self)
                view.window_actions.add(f"Open workspace {name}", opener.trigger)
        view.window_actions.add("New workspace…", self._on_new_workspace)
        view.window_actions.add("Open fairlead:// links with this app", self._on_register_links)

    def open_workspace_window(self, name: str, *more: str) -> None:
        """Start a window on that workspace; one that is open already comes forward."""
        # One word: a name may not be taken for an option.
        words = ["-m", "desktop", "window", f"--workspace={name}", *more]
        QProcess.startDetached(sys.executable, words)

    def _on_new_workspace(self) -> None:
        dialog = QInputDialog(self._main_window)
        dialog.setWindowTitle("New workspace")
        dialog.setLabelText("A workspace is one Zendesk and one Sailthru account. Its name:")
        dialog.textValueSelected.connect(self._on_name_entered)
        self._dialog = dialog
        dialog.open()

    def _on_name_entered(self, text: str) -> None:
        try:
            self.open_workspace_window(validate_workspace_name(text), "--new")
        except AppError as error:
            self._main_window.show_error(error)

    def _on_register_links(self) -> None:
        try:
            self._main_window.status_bar.set_note("last", register_url_scheme())
        except AppError as error:
            self._main_window.show_error(error)


class _OpenWorkspaceAction(QObject):
    """One workspace's action; knows its name so that no lambda has to."""

    def __init__(self, name: str, elsewhere: WorkspaceActions) -> None:
        super().__init__(elsewhere)
        self._name = name
        self._actions = elsewhere

    def trigger(self) -> None:
        """Open it."""
        self._actions.open_workspace_window(self._name)
