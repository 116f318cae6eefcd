"""Fonts, colours and lengths for painting rows, made once for each theme and font size."""

from functools import cache

from PySide6.QtGui import QColor, QFont, QFontMetrics

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens, theme_color
from desktop.panels.theme.design_tokens import BASE_FONT_PX


class RowPaintCache:
    """Fonts, colours and metrics that painting a list asks for some hundred times a frame."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Drop the cached layouts of painted table rows, made for another theme or font size."""
        self.px = cache(fonts.scaled)
        self.color = cache(theme_color)
        self.font = cache(_make_font)
        self.metrics = cache(_make_metrics)
        self.chip = cache(_chip_colors)


def _make_font(
    size: float = BASE_FONT_PX, *, medium: bool = False, struck: bool = False, under: bool = False
) -> QFont:
    font = fonts.font(size, QFont.Weight.Medium if medium else QFont.Weight.Normal)
    font.setStrikeOut(struck)
    font.setUnderline(under)
    return font


def _make_metrics(size: float = BASE_FONT_PX, *, medium: bool = False) -> QFontMetrics:
    return QFontMetrics(_make_font(size, medium=medium))


def _chip_colors(tone: str) -> tuple[QColor, QColor]:
    """The colour of a painted chip's text, and of its ground."""
    pair = current_tokens().chips[tone]
    return QColor(pair.text), QColor(pair.background)
