"""The theme in force: follows the system or the person's choice, and dresses the application."""

from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.palette import palette
from desktop.panels.theme.stylesheet import stylesheet
from desktop.panels.theme.tokens import DARK, LIGHT, Tokens


class Choice(StrEnum):
    """What the setting `theme` may say."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


_SCHEMES = {Choice.LIGHT: Qt.ColorScheme.Light, Choice.DARK: Qt.ColorScheme.Dark}


class Theme(QObject):
    """Dresses one QApplication. Make it before the first widget and keep it as long as the app.

    The style is chosen by whoever makes the application: Fusion.
    """

    changed = Signal()  # the tokens or the font size are others now

    def __init__(self, app: QApplication, choice: Choice = Choice.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._dressed: tuple[str, float] | None = None
        self._system_font = app.font()
        self._font: QFont | None = None
        hints = app.styleHints()
        self._tell_system()
        self._use_font(fonts.system_scale(self._system_font))
        self._dress()
        hints.colorSchemeChanged.connect(self._on_scheme_changed)
        # A widget hears of a new application font; a filter on the application would be called
        # for every event there is.
        self._listener = _FontListener()
        self._listener.font_changed.connect(self._on_font_changed)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return DARK if self._is_dark() else LIGHT

    @property
    def choice(self) -> Choice:
        """What the person chose."""
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Take the person's choice from now on."""
        if choice is not self._choice:
            self._choice = choice
            self._tell_system()
            self._dress()

    def _is_dark(self) -> bool:
        if self._choice is not Choice.SYSTEM:
            return self._choice is Choice.DARK
        # Unknown (no desktop session, offscreen) means light.
        return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _tell_system(self) -> None:
        # So that title bars and native dialogs go along; does nothing where it cannot.
        hints = self._app.styleHints()
        if self._choice is Choice.SYSTEM:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(_SCHEMES[self._choice])

    def _use_font(self, factor: float) -> None:
        self._font = fonts.base_font(self._system_font, factor)
        self._app.setFont(self._font)

    def _dress(self) -> None:
        tokens = self.tokens
        wanted = (tokens.name, fonts.scale())
        if wanted == self._dressed:
            return
        self._dressed = wanted
        self._app.setPalette(palette(tokens))
        # QToolTip keeps a palette of its own that the application's does not reach.
        from PySide6.QtWidgets import QToolTip

        tip = QPalette(palette(tokens))
        QToolTip.setPalette(tip)
        self._app.setStyleSheet(stylesheet(tokens, fonts.scale()))
        self.changed.emit()

    def _on_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._dress()

    def _on_font_changed(self) -> None:
        font = self._app.font()
        if self._font is not None and font.pointSizeF() != self._font.pointSizeF():
            self._use_font(max(fonts.scale(), 1.0))
            self._dress()


class _FontListener(QWidget):
    """A widget that is never shown; it only hears of the application's font."""

    font_changed = Signal()

    def changeEvent(self, event: QEvent) -> None:
        """Pass on that the application's font is another."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.ApplicationFontChange, QEvent.Type.FontChange):
            self.font_changed.emit()
