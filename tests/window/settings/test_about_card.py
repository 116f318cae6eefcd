"""About: version, log folder, licences and help by real clicks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from desktop import __version__
from desktop.panels.help_dialog import HelpDialog
from desktop.panels.settings.about_card import AboutCard
from desktop.panels.settings.diagnostics_dialog import DiagnosticsDialog
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.settings_page_driver import SettingsPageDriver
from tests.support.window_workspace import wait_until

LEFT = Qt.MouseButton.LeftButton


class FolderOpener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[QUrl] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url)


@pytest.fixture
def folder_opener() -> Iterator[FolderOpener]:
    opener = FolderOpener()
    QDesktopServices.setUrlHandler("file", opener, "open")
    yield opener
    QDesktopServices.unsetUrlHandler("file")


def about(driver: SettingsPageDriver) -> AboutCard:
    driver.window.show()
    return driver.find_card("about", AboutCard)


async def test_about_says_version_and_copies_no_personal_data(
    admin_page: SettingsPageDriver, qtbot: QtBot
) -> None:
    card = about(admin_page)
    qtbot.mouseClick(card.copy_button, LEFT)
    copied = QApplication.clipboard().text()
    assert f"Fairlead: {__version__}" in copied
    assert "@" not in copied
    assert card.result_note.isVisible()
    assert controls_without_name(card) == []
    for width in (1060, 392):
        admin_page.window.resize(width, 700)
        await wait_until(lambda: admin_page.window.width() == width)  # noqa: B023
        assert clipped_texts(card) == []


async def test_about_opens_log_folder(
    admin_page: SettingsPageDriver, qtbot: QtBot, folder_opener: FolderOpener
) -> None:
    card = about(admin_page)
    qtbot.mouseClick(card.logs_button, LEFT)
    folder = admin_page.house.context.paths.logs
    assert [url.toLocalFile() for url in folder_opener.opened] == [str(folder)]
    assert folder.is_dir()


async def test_about_lists_licences_and_reads_them_by_keyboard(
    admin_page: SettingsPageDriver, qtbot: QtBot
) -> None:
    card = about(admin_page)
    qtbot.mouseClick(card.licences_button, LEFT)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, HelpDialog))
    await wait_until(dialog.isVisible)
    qtbot.keyClicks(dialog.search_field, "httpx")
    assert dialog.current_topic == "httpx"
    assert "BSD-3-Clause" in dialog.page.toPlainText()
    assert "Redistribution and use in source and binary forms" in dialog.page.toPlainText()
    qtbot.keyClick(dialog.search_field, Qt.Key.Key_Escape)
    await wait_until(lambda: not dialog.isVisible())


async def test_about_help_button_asks_for_help(
    admin_page: SettingsPageDriver, qtbot: QtBot
) -> None:
    card = about(admin_page)
    with qtbot.waitSignal(admin_page.page.help_requested):
        qtbot.mouseClick(card.help_button, LEFT)


async def test_diagnostics_are_shown_before_they_are_saved(
    admin_page: SettingsPageDriver, qtbot: QtBot, tmp_path: Path
) -> None:
    card = about(admin_page)
    qtbot.mouseClick(card.diagnostics_button, LEFT)
    dialog = admin_page.window.findChild(DiagnosticsDialog)
    assert dialog is not None
    assert not dialog.save_button.isEnabled()
    assert dialog.save_button.toolTip()
    await wait_until(dialog.save_button.isEnabled)
    report = dialog.text.toPlainText()
    assert f"Fairlead {__version__}" in report
    assert "Ada Admin" not in report
    assert controls_without_name(dialog) == []
    qtbot.mouseClick(dialog.copy_button, LEFT)
    assert QApplication.clipboard().text() == report
    qtbot.mouseClick(dialog.save_button, LEFT)
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    path = tmp_path / "report.txt"
    chooser.fileSelected.emit(str(path))
    await wait_until(lambda: dialog.note.text().startswith("Saved to"))
    assert path.read_text(encoding="utf-8") == report
    assert path.stat().st_mode & 0o077 == 0
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
