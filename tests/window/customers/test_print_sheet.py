"""The sheet on paper and as PDF, by real keys: whose it is, who may, and what stands on it."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo
from PySide6.QtWidgets import QFileDialog, QLineEdit

from desktop.model.lookup_query import parse_lookup_query
from desktop.model.permission import PermissionDecision
from desktop.panels.customer.printed_document import build_document, make_pdf
from desktop.panels.customer.sheet_printing import SheetPrinting
from desktop.panels.theme.application_theme import ThemeChoice
from desktop.viewmodels.customer import sheet_model
from tests.support.window_driver import CTRL, Key, WindowDriver


def set_printers(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(QPrinterInfo, "availablePrinterNames", lambda: list(names))


def file_dialog(window: WindowDriver) -> QFileDialog:
    dialog = next(d for d in window.view.findChildren(QFileDialog) if d.isVisible())
    assert isinstance(dialog, QFileDialog)
    return dialog


def pages_of(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n")


async def save_to(window: WindowDriver, path: Path) -> None:
    dialog = file_dialog(window)
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert name is not None
    name.setText(str(path))
    dialog.accept()
    await window.wait_until(lambda: not window.sheet.tasks.is_running(f"print {path}"))


async def test_ctrl_p_without_printer_saves_pdf(
    window: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_printers(monkeypatch)
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_P, CTRL)
    assert file_dialog(window).selectedFiles()[0].endswith("/Maria-Lopez.pdf")
    path = tmp_path / "sheet.pdf"
    await save_to(window, path)
    pdf = path.read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pages_of(pdf) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert window.view.banner.isVisible()
    assert f"Saved sheet.pdf.\nIn {tmp_path}." in window.visible_texts(window.view.banner)
    text = build_document(window.sheet.printed_sheet()).toPlainText()
    for part in ("Maria Lopez", "Gets everything", "Newsletter", "#48213", "Sailthru, read "):
        assert part in text, part
    assert window.sheet.printed_sheet().footer.startswith("Printed by Ada Admin on ")


async def test_ctrl_p_with_printer_opens_print_dialog_and_prints_chosen_pages(
    window: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_printers(monkeypatch, "Office")
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_P, CTRL)
    dialog = window.view.findChild(QPrintDialog)
    assert dialog is not None
    assert dialog.windowTitle() == "Print Maria Lopez"
    dialog.reject()
    # A printer that prints into a file stands for paper.
    for first, last, pages in ((0, 0, 3), (2, 3, 2), (3, 9, 1)):
        printer = QPrinter()
        path = tmp_path / f"paper-{first}.pdf"
        printer.setOutputFileName(str(path))
        printer.setFromTo(first, last)
        printing = window.view.findChild(SheetPrinting)
        assert printing is not None
        printing.print_on(printer, window.sheet.printed_sheet())
        assert pages_of(path.read_bytes()) == pages
    assert "Maria Lopez was sent to the printer." in window.visible_texts()


async def test_printed_is_who_was_shown_when_it_was_asked_for(
    window: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_printers(monkeypatch)
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_P, CTRL)
    # Follow Zendesk opens somebody else while the file dialog stands open.
    window.sheet.open_query(parse_lookup_query("tom@old.example"))
    await window.is_lookup_finished()
    path = tmp_path / "sheet.pdf"
    await save_to(window, path)
    assert "Maria Lopez".encode("utf-16-be") in path.read_bytes()


async def test_print_asks_the_right_again_when_it_writes(
    window: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_printers(monkeypatch)
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_P, CTRL)
    sheet = window.sheet.printed_sheet()
    refused = PermissionDecision(False, "Your role may not see customers.")
    monkeypatch.setattr(sheet_model, "check_view_permission", lambda _workspace: refused)
    path = tmp_path / "sheet.pdf"
    await save_to(window, path)
    assert not path.exists()
    assert "Your role may not see customers." in window.visible_texts()
    printer = QPrinter()
    printer.setOutputFileName(str(path))
    window.view.findChild(SheetPrinting).print_on(printer, sheet)  # type: ignore[union-attr]
    assert not path.exists()
    window.press(Key.Key_P, CTRL)
    assert not [d for d in window.view.findChildren(QFileDialog) if d.isVisible()]


async def test_print_failure_is_told_in_the_window(
    window: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_printers(monkeypatch)
    await window.look_up("maria@lopez.example")
    window.view.window_actions["Save customer as PDF"].trigger()
    path = tmp_path / "gone" / "sheet.pdf"
    dialog = file_dialog(window)
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    await window.wait_for_text("The file could not be written.")


async def test_print_says_why_not(window: WindowDriver) -> None:
    for name in ("Print customer", "Save customer as PDF"):
        action = window.view.window_actions[name]
        assert not action.isEnabled()
        assert action.statusTip() == "No customer is open."
    await window.look_up("maria@lopez.example", finish=False)
    await window.is_lookup_finished()
    assert window.view.window_actions["Print customer"].isEnabled()


async def test_print_is_black_on_white_and_reads_no_markup(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.window.theme.choose(ThemeChoice.DARK)
    sheet = replace(window.sheet.printed_sheet(), name="<b>Ann</b> & <img src=x>")
    document = build_document(sheet)
    assert "<b>Ann</b> & <img src=x>" in document.toPlainText()
    block = document.begin()
    while block.isValid():
        for each in block:
            ink = each.fragment().charFormat().foreground()
            # Without a brush of its own it would be the theme's, white on white.
            assert ink.style() is Qt.BrushStyle.SolidPattern, each.fragment().text()
            assert ink.color().lightness() < 128, each.fragment().text()
        block = block.next()
    assert make_pdf(sheet).startswith(b"%PDF-")
