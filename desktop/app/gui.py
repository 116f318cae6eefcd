"""Starts the window of a workspace: the first paint before anything else is even imported."""

import asyncio
import contextlib
import sys
from importlib import import_module

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop.app.ground import Ground
from desktop.app.instance import Instance
from desktop.app.loop import run_with_qt
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
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Fairlead")
    app.setDesktopFileName("fairlead")
    app.setStyle("Fusion")
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
        return run_with_qt(app, _live(ground, workspace, workspaces, start, app, instance))
    finally:
        instance.close()


async def _live(
    ground: Ground,
    workspace: Workspace,
    workspaces: Workspaces,
    start: Start,
    app: QApplication,
    instance: Instance,
) -> int:
    values = workspaces.settings(workspace).load().values
    shell = Shell(app, workspace.name, workspace.state_path, values, start)
    # A second start may hand something over before there is anybody to open it.
    early: list[str] = []
    instance.handed_over.connect(early.append)
    shell.show()
    await _painted(shell)
    if start.first_paint:
        shell.view.may_close = True
        shell.view.close()
        return 0
    # Only now, and beside the loop: databases, clients, models are half of what there is to import.
    await asyncio.to_thread(import_module, "desktop.app.window")
    from desktop.app.window import Window
    from desktop.app.wiring import build_house

    window = Window(build_house(ground, workspace, workspaces), app, start, shell)
    instance.handed_over.connect(window.open)
    instance.handed_over.disconnect(early.append)
    for argument in early:
        window.open(argument)
    with contextlib.suppress(asyncio.CancelledError):
        await window.run()
    instance.handed_over.disconnect(window.open)
    return window.exit_code


async def _painted(shell: Shell) -> None:
    """Until the event queue has been worked off once: the window stands and takes input."""
    shell.view.repaint()
    await asyncio.sleep(0)
