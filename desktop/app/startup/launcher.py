"""Starts the window of a workspace: the first paint before anything else is even imported."""

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop.app.bootstrap import AppContext
from desktop.app.single_instance.instance_lock import InstanceLock
from desktop.app.startup.launch_options import LaunchOptions
from desktop.app.startup.startup_window import StartupWindow
from desktop.settings.workspace import Workspace, WorkspaceRegistry


def create_application() -> QApplication:
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


def open_window(
    context: AppContext,
    workspace: Workspace,
    workspaces: WorkspaceRegistry,
    launch_options: LaunchOptions,
) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    app = create_application()
    instance = InstanceLock(workspace.folder)
    if not instance.try_acquire():
        if instance.send_to_running_instance(launch_options.argument):
            return 0
        print("Fairlead is open already, but does not answer.", file=sys.stderr)
        return 1
    try:
        values = workspaces.settings_file(workspace).load().values
        shell = StartupWindow(app, workspace.name, workspace.state_path, values, launch_options)
        shell.show()
        _paint_now(shell)
        if launch_options.exit_after_first_paint:
            shell.main_window.is_close_allowed = True
            shell.main_window.close()
            return 0
        instance.start_server()
        # Only now: the loop, databases, clients and models are half of what there is to import.
        from desktop.app.event_loop import run_on_qt_event_loop
        from desktop.app.startup.async_main import run_until_closed

        return run_on_qt_event_loop(
            app, run_until_closed(context, workspace, workspaces, launch_options, shell, instance)
        )
    finally:
        instance.close()


def _paint_now(startup_window: StartupWindow) -> None:
    """Until the window stands on the screen and has taken what was typed meanwhile."""
    startup_window.main_window.repaint()
    # Events outside the loop, this once: there is no loop yet, and no task it could come across.
    QGuiApplication.sync()
