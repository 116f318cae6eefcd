"""Theme of the window: colours, contrast, zoom and direction, applied to one QApplication."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLocale, QObject, Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import recoloring
from desktop.panels.theme.design_tokens import (
    DARK,
    DARK_CONTRAST,
    LIGHT,
    LIGHT_CONTRAST,
    DesignTokens,
)
from desktop.panels.theme.palette import build_palette
from desktop.panels.theme.stylesheet import build_stylesheet
from desktop.panels.theme.text_direction import is_window_mirrored

if TYPE_CHECKING:
    from desktop.panels.theme.hidden_widgets import HiddenWidgets


class ThemeChoice(StrEnum):
    """Values of the setting `window.theme`."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class ContrastChoice(StrEnum):
    """Values of the setting `window.contrast`: whether the theme is one of high contrast."""

    SYSTEM = "system"
    OFF = "off"
    ON = "on"


class DirectionChoice(StrEnum):
    """Values of the setting `window.direction`; the system's is that of its language."""

    SYSTEM = "system"
    LEFT_TO_RIGHT = "left_to_right"
    RIGHT_TO_LEFT = "right_to_left"


@dataclass(frozen=True)
class Appearance:
    """How a person wants the window to look; `zoom` is in per cent of the system's font size."""

    choice: ThemeChoice = ThemeChoice.SYSTEM
    contrast: ContrastChoice = ContrastChoice.SYSTEM
    zoom: int = 100
    direction: DirectionChoice = DirectionChoice.SYSTEM


_RIGHT_TO_LEFT = Qt.LayoutDirection.RightToLeft
_SCHEMES = {ThemeChoice.LIGHT: Qt.ColorScheme.Light, ThemeChoice.DARK: Qt.ColorScheme.Dark}


class ApplicationTheme(QObject):
    """Applies a theme's palette, font, style sheet and direction to the application.

    Create it before the first widget. The style is chosen by whoever makes the application:
    Fusion.
    """

    changed = Signal()  # the tokens or the font size are others now
    # By whichever theme: the application has one style sheet and one font.
    _is_styling = False
    _font: QFont | None = None
    _system_font: QFont | None = None
    _newest: "ApplicationTheme | None" = None  # those of closed windows listen no more

    def __init__(
        self,
        app: QApplication,
        choice: ThemeChoice = ThemeChoice.SYSTEM,
        appearance: Appearance | None = None,
    ) -> None:
        """`appearance` counts where it is given, else `choice` with nothing else chosen."""
        super().__init__(app)
        ApplicationTheme._newest = self
        self._app = app
        self._hidden_widgets: HiddenWidgets | None = None
        self._appearance = appearance or Appearance(choice)
        self._applied: tuple[str, float, bool] | None = None
        if ApplicationTheme._system_font is None:
            # Only the first theme of a process finds it: afterwards the font is ours.
            ApplicationTheme._system_font = app.font()
        self._system_scale = fonts.system_scale(ApplicationTheme._system_font)
        # Both kept: PySide 6.11 declares the second one dead once the first is collected.
        self._hints = app.styleHints()
        self._accessibility_hints = self._hints.accessibility()
        self._set_system_color_scheme()
        self._use_font()
        self._use_direction()
        self._apply()
        self._hints.colorSchemeChanged.connect(self._on_scheme_changed)
        self._accessibility_hints.contrastPreferenceChanged.connect(self._on_contrast_changed)
        # A widget hears of a new application font; a filter on the application would be called
        # for every event there is.
        self._listener = _FontListener()
        self._listener.font_changed.connect(self._on_font_changed)

    @property
    def tokens(self) -> DesignTokens:
        """Design tokens of the theme in force."""
        if self.has_high_contrast:
            return DARK_CONTRAST if self._is_dark() else LIGHT_CONTRAST
        return DARK if self._is_dark() else LIGHT

    @property
    def choice(self) -> ThemeChoice:
        """The theme that was chosen in the settings, light, dark or the system's."""
        return self._appearance.choice

    @property
    def appearance(self) -> Appearance:
        """Theme, contrast, zoom and direction as they were chosen in the settings."""
        return self._appearance

    def choose(self, choice: ThemeChoice) -> None:
        """Apply another theme of the settings from now on."""
        self.use(replace(self._appearance, choice=choice))

    def use(self, appearance: Appearance) -> None:
        """Apply another theme, contrast, zoom or direction from now on."""
        before, self._appearance = self._appearance, appearance
        if appearance == before:
            return
        if appearance.choice is not before.choice:
            self._set_system_color_scheme()
        if appearance.direction is not before.direction:
            self._use_direction()
        if appearance.zoom != before.zoom:
            self._use_font()
        self._apply()
        if appearance.zoom != before.zoom:
            from desktop.panels.theme.rescaling import arrange_again

            arrange_again()

    @property
    def has_high_contrast(self) -> bool:
        """Whether the theme in force is one of high contrast."""
        contrast = self._appearance.contrast
        if contrast is not ContrastChoice.SYSTEM:
            return contrast is ContrastChoice.ON
        preference = self._accessibility_hints.contrastPreference()
        return preference == Qt.ContrastPreference.HighContrast

    def _is_dark(self) -> bool:
        if self._appearance.choice is not ThemeChoice.SYSTEM:
            return self._appearance.choice is ThemeChoice.DARK
        # Unknown (no desktop session, offscreen) means light.
        return self._hints.colorScheme() == Qt.ColorScheme.Dark

    def _set_system_color_scheme(self) -> None:
        # So that title bars and native dialogs go along; does nothing where it cannot.
        if self._appearance.choice is ThemeChoice.SYSTEM:
            self._hints.unsetColorScheme()
        else:
            self._hints.setColorScheme(_SCHEMES[self._appearance.choice])

    def _use_direction(self) -> None:
        direction = self._appearance.direction
        right_to_left = direction is DirectionChoice.RIGHT_TO_LEFT
        if direction is DirectionChoice.SYSTEM:
            right_to_left = QLocale.system().textDirection() == _RIGHT_TO_LEFT
        self._app.setLayoutDirection(
            _RIGHT_TO_LEFT if right_to_left else Qt.LayoutDirection.LeftToRight
        )

    def _use_font(self) -> None:
        scale = self._system_scale * self._appearance.zoom / 100
        if self._app.allWidgets():
            # Imported here: at a start there is none, and the classes of tables take 3 ms to make.
            from desktop.panels.theme.rescaling import rescale_widgets

            # Before the font: what asks for it at its change is at the new scale by itself.
            rescale_widgets(fonts.scale(), scale)
        system = ApplicationTheme._system_font or self._app.font()
        ApplicationTheme._font = fonts.base_font(system, scale)
        self._app.setFont(ApplicationTheme._font)

    def _apply(self) -> None:
        tokens = self.tokens
        wanted = (tokens.name, fonts.scale(), is_window_mirrored())
        # A new style sheet polishes every widget there is.
        if wanted == self._applied:
            return
        # Other colours need no other layout: what is hidden may take them when it is shown.
        is_recolored = self._applied is not None and wanted[1:] == self._applied[1:]
        self._applied = wanted
        ApplicationTheme._is_styling = True
        try:
            with recoloring() if is_recolored else nullcontext():
                self._restyle(tokens, hidden_too=not is_recolored)
        finally:
            ApplicationTheme._is_styling = False
        self.changed.emit()

    def _restyle(self, tokens: DesignTokens, *, hidden_too: bool) -> None:
        left_out: list[QWidget] = []
        if not hidden_too:
            if self._hidden_widgets is None:
                # Imported here: no start changes its theme.
                from desktop.panels.theme.hidden_widgets import HiddenWidgets

                self._hidden_widgets = HiddenWidgets(self._app)
            left_out = self._hidden_widgets.leave_out()
        hidden = set(left_out)
        others = [widget for widget in self._app.allWidgets() if widget not in hidden]
        with without_style_changes(left_out):
            # When a style sheet is replaced, Qt polishes each widget once more for each of its
            # parents; with none in between, once: a fourth of the time in a window with all its
            # pages. Nobody need hear of the style in between.
            with without_style_changes(others):
                self._app.setStyleSheet("")
            palette = build_palette(tokens)
            self._app.setPalette(palette)
            # QToolTip keeps a palette of its own that the application's does not reach.
            from PySide6.QtWidgets import QToolTip

            QToolTip.setPalette(QPalette(palette))
            sheet = build_stylesheet(tokens, fonts.scale(), mirrored=is_window_mirrored())
            self._app.setStyleSheet(sheet)

    def _on_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._apply()

    def _on_contrast_changed(self, _preference: Qt.ContrastPreference) -> None:
        self._apply()

    def _on_font_changed(self) -> None:
        # Widgets hear of fonts while they are styled too, and Qt may not be given another style
        # sheet in the middle of one.
        if ApplicationTheme._is_styling or ApplicationTheme._newest is not self:
            return
        font, ours = self._app.font(), ApplicationTheme._font
        if ours is not None and font.pointSizeF() != ours.pointSizeF():
            self._system_scale = max(fonts.scale(), 1.0)
            self._use_font()
            self._apply()


@contextmanager
def without_style_changes(widgets: Sequence[QWidget]) -> Iterator[None]:
    """Keep a new style sheet's events `StyleChange` from these widgets.

    Qt sends one to every widget there is, also where it polishes nothing: 3,700 in a window with
    all its pages, half of the time that a change of theme took.
    """
    has_own_style = Qt.WidgetAttribute.WA_SetStyle
    marked = [widget for widget in widgets if not widget.testAttribute(has_own_style)]
    for widget in marked:
        widget.setAttribute(has_own_style, True)
    try:
        yield
    finally:
        for widget in marked:
            if isValid(widget):
                widget.setAttribute(has_own_style, False)


class _FontListener(QWidget):
    """A widget never shown, which hears of the application font’s change: Qt tells widgets only."""

    font_changed = Signal()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.ApplicationFontChange, QEvent.Type.FontChange):
            self.font_changed.emit()
