"""What stands at the first paint: the dressed application and the empty window in its place."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.app.startup.launch_options import LaunchOptions
from desktop.app.window_geometry import WindowGeometry
from desktop.panels.main_window import MainWindow, WorkspaceBadge
from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues


class StartupWindow:
    """Needs nothing but the settings; models and databases come afterwards."""

    def __init__(
        self,
        app: QApplication,
        name: str,
        state: Path,
        values: SettingsValues,
        launch_options: LaunchOptions,
    ) -> None:
        """`name` is the workspace's, `state` the file that remembers the window's place."""
        self.app = app
        self.theme = ApplicationTheme(app, ThemeChoice(values.get(settings_table.WINDOW_THEME)))
        words = launch_options.workspace_label or name
        self.main_window = MainWindow(
            WorkspaceBadge(
                words, values.get(settings_table.WORKSPACE_COLOUR), launch_options.search_examples
            )
        )
        self.geometry = WindowGeometry(state, self.main_window)
        self.theme.changed.connect(self.main_window.update_workspace_color)
        self._stay_on_top = values.get(settings_table.ALWAYS_ON_TOP)

    def show(self) -> None:
        """Put the window where it was last time."""
        self.geometry.restore()
        if self._stay_on_top:
            self.main_window.set_stay_on_top(True)
        self.main_window.show()
