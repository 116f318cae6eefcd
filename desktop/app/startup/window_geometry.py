"""Saves the window's geometry and pages, and restores it fully on a screen that exists."""

import logging
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QRect
from PySide6.QtGui import QGuiApplication

from desktop.kit.errors import AppError
from desktop.panels.main_window import MainWindow
from desktop.settings.window_state import WindowStateFile
from desktop.viewmodels.page_access import PageAccess

log = logging.getLogger(__name__)

# Room for the frame that the system draws around a window: left, top, right, bottom.
_FRAME_MARGINS = (4, 32, -4, -4)


class WindowGeometry:
    """The saved geometry of one main window, in the workspace's state file at `path`.

    The file is untrusted: a monitor may be gone, and an odd geometry is replaced by the usual one.
    """

    def __init__(self, path: Path, window: MainWindow) -> None:
        self._state_file = WindowStateFile(path)
        self._window = window

    def restore(self) -> None:
        """Put the main window where it was, moved and shrunk until it lies on a screen."""
        state = self._state_file.read()
        if state.geometry:
            self._window.restoreGeometry(QByteArray(state.geometry))
        self._fit_to_screen()
        if state.rail_pages:
            # Until somebody says who is at work: what is only shown later would make it jump.
            self._window.set_page_access(PageAccess(state.rail_pages))

    def last_page(self) -> str:
        """Return the key of the page that was open when the window was closed."""
        return self._state_file.read().page

    def save(self, *, has_opened: bool = True) -> None:
        """Store the window's geometry and pages; a full disk only costs them, and is logged.

        `has_opened`: the page of last time was shown again, or would have been.
        """
        window, kept = self._window, self._state_file.read()
        try:
            self._state_file.write(
                replace(
                    kept,
                    geometry=bytes(window.saveGeometry().data()),
                    page=window.current_page if has_opened else kept.page,
                    rail_pages=window.rail_pages,
                )
            )
        except AppError as error:
            log.info("The window's place could not be kept: %s", error.code)

    def _fit_to_screen(self) -> None:
        frame = self._window.geometry()
        screens = [
            s.availableGeometry().adjusted(*_FRAME_MARGINS) for s in QGuiApplication.screens()
        ]
        if not screens:
            return
        screen = next((s for s in screens if s.contains(frame.center())), screens[0])
        width, height = min(frame.width(), screen.width()), min(frame.height(), screen.height())
        # QRect's right and bottom are the last pixel inside, hence the + 1.
        left = min(max(frame.left(), screen.left()), screen.right() - width + 1)
        top = min(max(frame.top(), screen.top()), screen.bottom() - height + 1)
        fitted = QRect(left, top, width, height)
        if fitted != frame:
            self._window.setGeometry(fitted)
