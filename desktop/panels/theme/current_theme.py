"""Lookup of the theme in force from the palette of the application, and whether it changes."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QColor, QGuiApplication, QPalette

from desktop.panels.theme.design_tokens import DARK, LIGHT, THEMES, DesignTokens

_is_recoloring = False
_BY_WINDOW_COLOR = {QColor(tokens.window).rgb(): tokens for tokens in THEMES}


def current_tokens() -> DesignTokens:
    """Return the tokens that the application's palette was made from."""
    # The application's palette, not the widget's: a style sheet may recolour the latter.
    ground = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    # Before there is a theme the palette is the system's.
    usual = DARK if ground.lightness() < 128 else LIGHT
    return _BY_WINDOW_COLOR.get(ground.rgb(), usual)


def theme_color(name: str) -> QColor:
    """Return one token of the theme in force as a QColor."""
    return QColor(getattr(current_tokens(), name))


@contextmanager
def recoloring() -> Iterator[None]:
    """Mark that widgets get other colours inside the block, and keep every font and length."""
    global _is_recoloring
    _is_recoloring = True
    try:
        yield
    finally:
        _is_recoloring = False


def is_recoloring() -> bool:
    """Return whether fonts that change now change back: what was measured in them stays true."""
    return _is_recoloring
