"""Prints the customer sheet: the system's print dialog, or a file dialog for a PDF."""

import asyncio
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from desktop.kit.errors import AppError
from desktop.panels.customer.printed_document import (
    build_document,
    make_pdf,
    paint_pages,
    set_page_margins,
)
from desktop.panels.widgets.export_file_dialog import documents_folder
from desktop.viewmodels.customer.printed_sheet import PrintedSheet
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.file_export import write_private_file


class SheetPrinting(QObject):
    """Prints the sheet that was shown when it was asked for, whoever is opened meanwhile.

    The right to see customers is asked then, and again when it is printed or written.
    """

    done = Signal(str, str)  # what was printed or saved, and where

    def __init__(self, model: CustomerSheetModel, window: QWidget) -> None:
        super().__init__(window)
        self._model = model
        self._window = window

    def print_sheet(self) -> None:
        """Print the customer sheet by the print dialog; without any printer, save it as a PDF."""
        if not QPrinterInfo.availablePrinterNames():
            self.save_pdf()
            return
        if (sheet := self._sheet()) is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(sheet.name)
        set_page_margins(printer)
        dialog = QPrintDialog(printer, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(f"Print {sheet.name}")
        dialog.accepted.connect(partial(self.print_on, printer, sheet))
        # Not exec(): it would turn a loop of its own, which destroys other tasks. And not the
        # print dialog's open(), which wants a slot.
        QDialog.open(dialog)

    def print_on(self, printer: QPrinter, sheet: PrintedSheet) -> None:
        """Print a sheet on the printer that was chosen, the pages that were chosen."""
        last = printer.toPage()
        pages = range(max(printer.fromPage(), 1) - 1, last) if last else None
        try:
            self._model.require_view_right()
            paint_pages(build_document(sheet), sheet.footer, printer, pages)
        except AppError as error:
            self._model.failed.emit(error)
            return
        self.done.emit(f"{sheet.name} was sent to the printer.", printer.printerName())

    def save_pdf(self) -> None:
        """Open the file dialog for the sheet's PDF; the window goes on while it is open."""
        if (sheet := self._sheet()) is None:
            return
        dialog = QFileDialog(self._window, "Save customer as PDF")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("PDF (*.pdf)")
        dialog.setDefaultSuffix("pdf")
        dialog.setDirectory(documents_folder())
        dialog.selectFile(sheet.file_name)
        dialog.fileSelected.connect(partial(self._on_file_chosen, sheet))
        dialog.open()

    def _sheet(self) -> PrintedSheet | None:
        try:
            return self._model.printed_sheet()
        except AppError as error:
            self._model.failed.emit(error)
            return None

    def _on_file_chosen(self, sheet: PrintedSheet, path: str) -> None:
        self._model.tasks.start(f"print {path}", self._write(sheet, Path(path)))

    async def _write(self, sheet: PrintedSheet, path: Path) -> None:
        self._model.require_view_right()
        # In a thread: the pages of a profile with many fields take a tenth of a second.
        await write_private_file(path, await asyncio.to_thread(make_pdf, sheet))
        self.done.emit(f"Saved {path.name}.", f"In {path.parent}.")
