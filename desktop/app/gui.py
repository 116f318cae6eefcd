"""Starts the window of a workspace: the first paint before anything else is even imported."""

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop.app.ground import Ground
from desktop.app.instance import Instance
from desktop.app.shell import Shell
from desktop.app.start import Start
from desktop.settings.workspace import Workspace, Workspaces


def application() -> QApplication:
    """The one QApplication, with the settings that must come before the first widget."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    # The style by its option: setStyle() would hand a QStyle back, whose enums take 7 ms to make.
    app = QApplication([*sys.argv[:1], "-style", "Fusion"])
    app.setApplicationName("Fairlead")
    app.setDesktopFileName("fairlead")
    # Closing the last window must not end the loop before the clean-up has run.
    app.setQuitOnLastWindowClosed(False)
    return app


def open_window(ground: Ground, workspace: Workspace, workspaces: Workspaces, start: Start) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    app = application()
    instance = Instance(workspace.folder)
    if not instance.first():
        if instance.hand_over(start.argument):
            return 0
        print("Fairlead is open already, but does not answer.", file=sys.stderr)
        return 1
    try:
        values = workspaces.settings(workspace).load().values
        shell = Shell(app, workspace.name, workspace.state_path, values, start)
        shell.show()
        _paint(shell)
        if start.first_paint:
            shell.view.may_close = True
            shell.view.close()
            return 0
        instance.listen()
        # Only now: the loop, databases, clients and models are half of what there is to import.
        from desktop.app.loop import run_with_qt
        from desktop.app.stay import stay

        return run_with_qt(app, stay(ground, workspace, workspaces, start, shell, instance))
    finally:
        instance.close()


def _paint(shell: Shell) -> None:
    """Until the window stands on the screen and has taken what was typed meanwhile."""
    shell.view.repaint()
    # Events outside the loop, this once: there is no loop yet, and no task it could come across.
    QGuiApplication.sync()
