"""SVG icons of our own, tinted in one colour and kept in the pixmap cache of Qt."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap, QPixmapCache, QTransform

from desktop.kit.resource_files import resource_path
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.theme.text_direction import is_window_mirrored

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

# They point along the line: in a mirrored window the other way.
_POINTING = frozenset(
    {"arrow-right", "chevron-left", "chevron-right", "fold-right", "open-external", "undo"}
)


def icon_pixmap(name: str, color: "QColor | str", size: int, ratio: float = 1.0) -> QPixmap:
    """Return one of our SVG icons in one colour, `size` logical px wide, for a screen's ratio."""
    ink = color if isinstance(color, str) else color.name()
    mirrored = name in _POINTING and is_window_mirrored()
    # The pixmap cache is shared by all of Qt: the prefix keeps names apart.
    key = f"fairlead/{name}/{ink}/{size}/{ratio:g}/{mirrored}"
    found = QPixmap()
    if QPixmapCache.find(key, found):
        return found
    made = _render_svg(name, ink, size, ratio)
    if mirrored:
        made = made.transformed(QTransform.fromScale(-1, 1))
    QPixmapCache.insert(key, made)
    return made


def create_icon(name: str, size: int = 16, *, tone: str = "text") -> QIcon:
    """Create a QIcon of our SVG for buttons and menus; ask again when the theme changes."""
    colors = current_tokens()
    made = QIcon()
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen else 1.0
    made.addPixmap(icon_pixmap(name, colors.tone(tone), size, ratio))
    # Qt would grey a disabled icon by a rule of its own, not by the theme.
    made.addPixmap(icon_pixmap(name, colors.muted, size, ratio), QIcon.Mode.Disabled)
    return made


def app_icon() -> QIcon:
    """Return the application's QIcon, for the window and the task bar."""
    return QIcon(str(resource_path("icons", "fairlead.svg")))


def _render_svg(name: str, ink: str, size: int, ratio: float) -> QPixmap:
    # Imported here: the first icon is painted after the window is up.
    from PySide6.QtSvg import QSvgRenderer

    # The files are drawn in currentColor, which QSvgRenderer does not know.
    source = resource_path("icons", f"{name}.svg").read_text("utf-8").replace("currentColor", ink)
    made = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return made
