"""Fonts, colours and lengths of the rows, made once for each theme and size of font."""

from functools import cache

from PySide6.QtGui import QColor, QFont, QFontMetrics

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens, theme_color


class PlanRowPaintCache:
    """Painting asks for these some hundred times a frame; `renew` when theme or font change."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.px = cache(fonts.scaled)
        self.color = cache(theme_color)
        self.font = cache(_font)
        self.metrics = cache(_metrics)
        self.chip = cache(_chip)


def _font(size: float = 13, *, medium: bool = False, struck: bool = False) -> QFont:
    made = fonts.font(size, QFont.Weight.Medium if medium else QFont.Weight.Normal)
    made.setStrikeOut(struck)
    return made


def _metrics(size: float = 13, *, medium: bool = False) -> QFontMetrics:
    return QFontMetrics(_font(size, medium=medium))


def _chip(tone: str) -> tuple[QColor, QColor]:
    """Ink and ground."""
    pair = current_tokens().chips[tone]
    return QColor(pair.text), QColor(pair.background)
