"""Opens a workspace's window: lock, first paint, event loop; the rest is imported after."""

import locale
import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop.app.bootstrap import AppContext
from desktop.app.single_instance.instance_lock import InstanceLock
from desktop.app.startup.startup_window import LaunchOptions, StartupWindow
from desktop.kit.errors import AppError
from desktop.settings.workspace import Workspace


def create_application() -> QApplication:
    """Return the QApplication, with the attributes that must be set before the first widget."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    # Exact fractions such as 150 %; rounding them would draw the tokens' sizes too small or large.
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    # The style by its option: setStyle() would hand a QStyle back, whose enums take 7 ms to make.
    app = QApplication([*sys.argv[:1], "-style", "Fusion"])
    # Qt takes the system's language for the C library too: names of days and months would be in it.
    locale.setlocale(locale.LC_TIME, "C")
    app.setApplicationName("Fairlead")
    app.setDesktopFileName("fairlead")
    # Closing the last window must not end the loop before the clean-up has run.
    app.setQuitOnLastWindowClosed(False)
    return app


def open_window(context: AppContext, workspace: Workspace, launch_options: LaunchOptions) -> int:
    """Open a workspace's window and stay until it is closed; returns the exit code.

    The order: single-instance lock, first paint, event loop; then `async_main` goes on.
    """
    app = create_application()
    lock = InstanceLock(workspace.folder)
    if not lock.try_acquire():
        if lock.send_to_running_instance(launch_options.argument):
            return 0
        print("Fairlead is open already, but does not answer.", file=sys.stderr)
        return 1
    try:
        values = context.workspaces.settings_file(workspace).load().values
        startup_window = StartupWindow(app, workspace, values, launch_options)
        startup_window.show()
        _paint_now(startup_window)
        if launch_options.exit_after_first_paint:
            startup_window.main_window.is_close_allowed = True
            startup_window.main_window.close()
            return 0
        lock.start_server()
        # Only now: the loop, databases, clients and models are half of what there is to import.
        from desktop.app.event_loop import run_on_qt_event_loop
        from desktop.app.startup.async_main import run_until_closed

        return run_on_qt_event_loop(
            app, run_until_closed(context, workspace, launch_options, startup_window, lock)
        )
    finally:
        lock.close()


def show_start_error(error: AppError) -> None:
    """Show why the window cannot open, and wait until that was read."""
    # Imported here: no start that works needs them.
    from desktop.panels.start_error_dialog import StartErrorDialog
    from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice

    theme = ApplicationTheme(create_application(), ThemeChoice.SYSTEM)
    dialog = StartErrorDialog(error)
    # Without a loop there is no task that a loop of its own could come across.
    dialog.exec()
    del theme


def _paint_now(startup_window: StartupWindow) -> None:
    """Paint the starting window, and let it take the keys that were typed meanwhile."""
    startup_window.main_window.repaint()
    # Events outside the loop, this once: there is no loop yet, and no task it could come across.
    QGuiApplication.sync()
