"""Renders the app's icon, an SVG, in the forms that installers want: PNG, `.ico`, `.icns`."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

ICON = Path(__file__).resolve().parent.parent / "resources" / "icons" / "fairlead.svg"


def render_icons(sizes: Sequence[int], form: str = "png") -> Iterator[tuple[int, bytes]]:
    """Render the icon in each size in pixels; yields size and file.

    `form` is Qt's word for the file format: png, ico or icns. Raises RuntimeError for others.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
    from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(ICON))
    for size in sizes:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QImageWriter(buffer, QByteArray(form.encode("ascii")))
        if not writer.write(image):
            raise RuntimeError(f"Qt cannot write the icon as {form}: {writer.errorString()}")
        yield size, bytes(buffer.data().data())
    del application
