"""What stands at the first paint: the dressed application and the empty window in its place."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.app.start import Start
from desktop.app.window_state import WindowMemory
from desktop.panels.main_window import MainWindow, Place
from desktop.panels.theme.theme import Choice, Theme
from desktop.settings import table
from desktop.settings.values import Values


class Shell:
    """Needs nothing but the settings; models and databases come afterwards."""

    def __init__(
        self, app: QApplication, name: str, state: Path, values: Values, start: Start
    ) -> None:
        """`name` is the workspace's, `state` the file that remembers the window's place."""
        self.app = app
        self.theme = Theme(app, Choice(values.get(table.THEME)))
        words = start.words or name
        self.view = MainWindow(Place(words, values.get(table.COLOUR), start.examples))
        self.memory = WindowMemory(state, self.view)
        self.theme.changed.connect(self.view.restyle_place)
        self._on_top = values.get(table.ALWAYS_ON_TOP)

    def show(self) -> None:
        """Put the window where it was last time."""
        self.memory.restore()
        if self._on_top:
            self.view.set_stay_on_top(True)
        self.view.show()
