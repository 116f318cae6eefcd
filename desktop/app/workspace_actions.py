"""Palette actions that lead out of the window: open or make workspaces, register links."""

from PySide6.QtCore import QObject, QProcess
from PySide6.QtWidgets import QInputDialog

from desktop.app.container import WorkspaceServices
from desktop.app.relaunch_command import relaunch_command
from desktop.app.url_scheme_registration import register_url_scheme
from desktop.kit.errors import AppError
from desktop.panels.main_window import MainWindow
from desktop.settings.workspace import validate_workspace_name


class WorkspaceActions(QObject):
    """Adds palette actions that open, each in a process of its own, another workspace."""

    def __init__(self, services: WorkspaceServices, main_window: MainWindow) -> None:
        super().__init__(main_window)
        self._main_window = main_window
        self._dialog: QInputDialog | None = None
        if services.context.is_demo:
            # The demo's files are temporary, and it must not touch the real workspaces.
            return
        add = main_window.window_actions.add
        for name in services.context.workspaces.names():
            if name != services.workspace.name:
                add(f"Open workspace {name}", _WorkspaceOpener(name, self).open_window)
        add("New workspace…", self._on_new_workspace)
        add("Open fairlead:// links with this app", self._on_register_links)

    def _on_new_workspace(self) -> None:
        dialog = QInputDialog(self._main_window)
        dialog.setWindowTitle("New workspace")
        dialog.setLabelText("A workspace is one Zendesk and one Sailthru account. Its name:")
        dialog.textValueSelected.connect(self._on_name_entered)
        self._dialog = dialog
        # Not exec(): it would turn a loop of its own, which destroys other tasks under qasync.
        dialog.open()

    def _on_name_entered(self, text: str) -> None:
        try:
            _open_workspace_window(validate_workspace_name(text), "--new")
        except AppError as error:
            self._main_window.show_error(error)

    def _on_register_links(self) -> None:
        try:
            self._main_window.status_bar.set_note("last", register_url_scheme())
        except AppError as error:
            self._main_window.show_error(error)


class _WorkspaceOpener(QObject):
    """Palette action that opens a workspace; an object: a lambda would keep the window alive."""

    def __init__(self, name: str, parent: WorkspaceActions) -> None:
        super().__init__(parent)
        self._name = name

    def open_window(self) -> None:
        """Start a window on another workspace; one that is open already comes to the front."""
        _open_workspace_window(self._name)


def _open_workspace_window(name: str, *options: str) -> None:
    # One word with its option: a name that begins with a dash is not taken for another one.
    program, *arguments = relaunch_command("window", f"--workspace={name}", *options)
    QProcess.startDetached(program, arguments)
