"""Theme of the window: light, dark or the system’s, applied to one QApplication."""

from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import DARK, LIGHT, DesignTokens
from desktop.panels.theme.palette import build_palette
from desktop.panels.theme.stylesheet import build_stylesheet


class ThemeChoice(StrEnum):
    """Values of the setting `window.theme`."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


_SCHEMES = {ThemeChoice.LIGHT: Qt.ColorScheme.Light, ThemeChoice.DARK: Qt.ColorScheme.Dark}


class ApplicationTheme(QObject):
    """Applies a theme's palette, font and style sheet; create it before the first widget.

    The style is chosen by whoever makes the application: Fusion.
    """

    changed = Signal()  # the tokens or the font size are others now
    _is_styling = False  # by whichever theme: the application has one style sheet

    def __init__(self, app: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._applied: tuple[str, float] | None = None
        self._system_font = app.font()
        self._font: QFont | None = None
        hints = app.styleHints()
        self._set_system_color_scheme()
        self._use_font(fonts.system_scale(self._system_font))
        self._apply()
        hints.colorSchemeChanged.connect(self._on_scheme_changed)
        # A widget hears of a new application font; a filter on the application would be called
        # for every event there is.
        self._listener = _FontListener()
        self._listener.font_changed.connect(self._on_font_changed)

    @property
    def tokens(self) -> DesignTokens:
        """Design tokens of the theme in force."""
        return DARK if self._is_dark() else LIGHT

    @property
    def choice(self) -> ThemeChoice:
        """The theme that was chosen in the settings, light, dark or the system's."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Apply another theme of the settings from now on."""
        if choice is not self._choice:
            self._choice = choice
            self._set_system_color_scheme()
            self._apply()

    def _is_dark(self) -> bool:
        if self._choice is not ThemeChoice.SYSTEM:
            return self._choice is ThemeChoice.DARK
        # Unknown (no desktop session, offscreen) means light.
        return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _set_system_color_scheme(self) -> None:
        # So that title bars and native dialogs go along; does nothing where it cannot.
        hints = self._app.styleHints()
        if self._choice is ThemeChoice.SYSTEM:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(_SCHEMES[self._choice])

    def _use_font(self, factor: float) -> None:
        self._font = fonts.base_font(self._system_font, factor)
        self._app.setFont(self._font)

    def _apply(self) -> None:
        tokens = self.tokens
        wanted = (tokens.name, fonts.scale())
        # A new style sheet polishes every widget there is.
        if wanted == self._applied:
            return
        self._applied = wanted
        ApplicationTheme._is_styling = True
        try:
            self._restyle(tokens)
        finally:
            ApplicationTheme._is_styling = False
        self.changed.emit()

    def _restyle(self, tokens: DesignTokens) -> None:
        # When a style sheet is replaced, Qt polishes each widget once more for each of its parents;
        # with none in between, once: a fourth of the time in a window with all its pages.
        self._app.setStyleSheet("")
        self._app.setPalette(build_palette(tokens))
        # QToolTip keeps a palette of its own that the application's does not reach.
        from PySide6.QtWidgets import QToolTip

        tip = QPalette(build_palette(tokens))
        QToolTip.setPalette(tip)
        self._app.setStyleSheet(build_stylesheet(tokens, fonts.scale()))

    def _on_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._apply()

    def _on_font_changed(self) -> None:
        # Widgets hear of fonts while they are styled too, and Qt may not be given another style
        # sheet in the middle of one.
        if ApplicationTheme._is_styling:
            return
        font = self._app.font()
        if self._font is not None and font.pointSizeF() != self._font.pointSizeF():
            self._use_font(max(fonts.scale(), 1.0))
            self._apply()


class _FontListener(QWidget):
    """A widget never shown, which hears of the application font’s change: Qt tells widgets only."""

    font_changed = Signal()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.ApplicationFontChange, QEvent.Type.FontChange):
            self.font_changed.emit()
