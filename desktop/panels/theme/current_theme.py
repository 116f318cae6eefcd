"""Lookup of the theme in force from the palette of the application."""

from PySide6.QtGui import QColor, QGuiApplication, QPalette

from desktop.panels.theme.design_tokens import DARK, LIGHT, DesignTokens


def current_tokens() -> DesignTokens:
    """Return the tokens that the application's palette was made from."""
    # The application's palette, not the widget's: a style sheet may recolour the latter.
    ground = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if ground.lightness() < 128 else LIGHT


def theme_color(name: str) -> QColor:
    """Return one token of the theme in force as a QColor."""
    return QColor(getattr(current_tokens(), name))
