"""The window's actions for zoom, high contrast and direction, by keys and in the palette."""

from functools import partial

from PySide6.QtCore import QObject, Qt, Signal

from desktop.panels.main_window import MainWindow
from desktop.panels.theme.application_theme import (
    ApplicationTheme,
    ContrastChoice,
    DirectionChoice,
)
from desktop.panels.widgets.dialog import let_work_in_dialogs
from desktop.settings import settings_table
from desktop.settings.setting_definition import Setting

# Per cent, as browsers have them.
ZOOM_STEPS = (80, 90, 100, 110, 125, 150, 175, 200)
_ZOOM_IN, _ZOOM_OUT, _RESET_ZOOM = "Zoom in", "Zoom out", "Reset zoom"
_CONTRAST, _RIGHT_TO_LEFT = "High contrast", "Right-to-left layout"


class AppearanceActions(QObject):
    """Adds the actions on the window's appearance; what they choose is stored as settings."""

    setting_chosen = Signal(object, object)  # Setting, its new value

    def __init__(self, window: MainWindow, theme: ApplicationTheme) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        add = window.window_actions.add
        # With and without Shift: the plus stands above the equals sign on many keyboards.
        for action in (
            add(_ZOOM_IN, partial(self._on_zoom, 1), ["Ctrl++", "Ctrl+="]),
            add(_ZOOM_OUT, partial(self._on_zoom, -1), "Ctrl+-"),
            add(_RESET_ZOOM, self._on_reset, "Ctrl+0"),
        ):
            let_work_in_dialogs(action)
        add(_CONTRAST, self._on_contrast, checkable=True)
        add(_RIGHT_TO_LEFT, self._on_direction, checkable=True)
        theme.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Check and enable the actions by the appearance in force."""
        actions, zoom = self._window.window_actions, self._theme.appearance.zoom
        largest = "" if zoom < ZOOM_STEPS[-1] else "It is at its largest, 200 %."
        actions.set_enabled(_ZOOM_IN, largest)
        smallest = "" if zoom > ZOOM_STEPS[0] else "It is at its smallest, 80 %."
        actions.set_enabled(_ZOOM_OUT, smallest)
        actions[_CONTRAST].setChecked(self._theme.has_high_contrast)
        mirrored = self._window.layoutDirection() == Qt.LayoutDirection.RightToLeft
        actions[_RIGHT_TO_LEFT].setChecked(mirrored)

    def _on_zoom(self, steps: int) -> None:
        zoom = self._theme.appearance.zoom
        larger = [each for each in ZOOM_STEPS if each > zoom]
        smaller = [each for each in ZOOM_STEPS if each < zoom]
        wanted = larger[:1] if steps > 0 else smaller[-1:]
        if wanted:
            self._choose_zoom(wanted[0])

    def _on_reset(self) -> None:
        self._choose_zoom(settings_table.WINDOW_ZOOM.default)

    def _choose_zoom(self, zoom: int) -> None:
        self._choose(settings_table.WINDOW_ZOOM, zoom)
        self._window.status_bar.set_note("last", f"Zoom {zoom} %")

    def _on_contrast(self) -> None:
        on = not self._theme.has_high_contrast
        value = ContrastChoice.ON if on else ContrastChoice.OFF
        self._choose(settings_table.WINDOW_CONTRAST, value.value)

    def _on_direction(self) -> None:
        mirrored = self._window.layoutDirection() == Qt.LayoutDirection.RightToLeft
        wanted = DirectionChoice.LEFT_TO_RIGHT if mirrored else DirectionChoice.RIGHT_TO_LEFT
        self._choose(settings_table.WINDOW_DIRECTION, wanted.value)

    def _choose(self, setting: Setting[int] | Setting[str], value: int | str) -> None:
        self.setting_chosen.emit(setting, value)
        self.refresh()
