"""Fonts and lengths: 13 px scaled with the system's font size, Inter where it is installed."""

import sys

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QGuiApplication

from desktop.panels.theme.design_tokens import BASE_FONT_PX

# What each platform ships as its normal text, in px: larger than this means "make it larger".
_DEFAULT_FONT_PX = {"win32": 12.0, "darwin": 13.0}
_DEFAULT_FONT_PX_LINUX = 40 / 3  # 10 pt at 96 dpi
_MAX_SCALE = 3.0  # a window of 1280 px has no room for more


def system_scale(font: QFont) -> float:
    """Return the system font's size over the usual one, never below 1."""
    usual = _DEFAULT_FONT_PX.get(sys.platform, _DEFAULT_FONT_PX_LINUX)
    return min(max(QFontInfo(font).pixelSize() / usual, 1.0), _MAX_SCALE)


def base_font(system: QFont, factor: float) -> QFont:
    """Return the font of the QApplication, made from that of the system."""
    font = QFont(system)
    # The design is drawn in Inter; the system's fonts follow for the scripts it lacks.
    if "Inter" in QFontDatabase.families():
        font.setFamilies(["Inter", *system.families()])
    # Points, not pixels: whoever doubles the point size of the application's font is followed.
    font.setPointSizeF(BASE_FONT_PX * factor * 72 / _dots_per_inch())
    # Figures of one width, so that columns of ages and counts line up.
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def scale() -> float:
    """Return the factor on every length of the design: the application font's size over 13 px."""
    font = QGuiApplication.font()
    points = font.pointSizeF()
    pixels = points * _dots_per_inch() / 72 if points > 0 else float(font.pixelSize())
    return max(pixels / BASE_FONT_PX, 0.5)


def scaled(pixels: float) -> int:
    """Return a length of the design in px at this font size; only 0 gives 0."""
    return max(round(pixels * scale()), 1) if pixels else 0


def font(size: float = BASE_FONT_PX, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the font of the application in another size (px of the design) and weight."""
    made = QFont(QGuiApplication.font())
    points = made.pointSizeF()
    if points > 0:
        made.setPointSizeF(points * size / BASE_FONT_PX)
    else:
        made.setPixelSize(scaled(size))
    made.setWeight(weight)
    return made


def _dots_per_inch() -> float:
    screen = QGuiApplication.primaryScreen()
    # 96 dpi is what Qt assumes where there is no screen.
    return screen.logicalDotsPerInchY() if screen else 96.0
