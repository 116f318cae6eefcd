"""A table of any length as an Excel file, row by row: every text a text, never a formula."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from desktop.kit.csv_text import is_csv_formula

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

# Rows of one sheet, the heading among them (Excel's page "Excel specifications and limits").
MAX_SHEET_ROWS = 1_048_576
_WIDTH = 18  # characters


class XlsxFile:
    """An Excel workbook that is written to `file` when it is closed; more rows, more sheets.

    Until then its rows are in a folder of its own beside `path`, where nobody else may look.
    """

    def __init__(
        self, file: BinaryIO, path: Path, header: Sequence[str], numbers: frozenset[int]
    ) -> None:
        """`numbers` are the places of the columns whose cells are numbers where they are set."""
        # Imported here: few exports are of this kind, and it takes 60 ms.
        from xlsxwriter import Workbook  # type: ignore[import-untyped]

        self._folder = tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent)
        self._header, self._numbers = header, numbers
        options = {"constant_memory": True, "tmpdir": self._folder.name}
        self._book = Workbook(file, options)
        self._bold = self._book.add_format({"bold": True})
        # Shown as it is; edited in Excel, it stays a text too.
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._sheet: Worksheet | None = None
        self._row = 0

    def add_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Append rows to the Excel file. Raises OSError."""
        for row in rows:
            if self._sheet is None or self._row == MAX_SHEET_ROWS:
                self._sheet = self._add_sheet()
            for place, text in enumerate(row):
                if place in self._numbers and (number := _number(text)) is not None:
                    self._sheet.write_number(self._row, place, number)
                elif text:
                    # A lone surrogate is no text in a file.
                    text = text.encode("utf-8", "replace").decode()
                    style = self._quoted if is_csv_formula(text) else None
                    self._sheet.write_string(self._row, place, text, style)
            self._row += 1

    def close(self) -> None:
        """Write the workbook into its file. Raises OSError."""
        from xlsxwriter.exceptions import XlsxFileError  # type: ignore[import-untyped]

        if self._sheet is None:
            self._add_sheet()
        try:
            self._book.close()
        except XlsxFileError as error:
            raise OSError(str(error)) from error

    def discard(self) -> None:
        """Delete what was kept beside the file; safe to do twice."""
        for sheet in self._book.worksheets():
            # The library closes the file of a sheet's rows only where the book is written.
            if sheet.row_data_fh is not None:
                sheet.row_data_fh.close()
        self._folder.cleanup()

    def _add_sheet(self) -> "Worksheet":
        sheet = self._book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(self._header) - 1, 0), _WIDTH)
        for place, heading in enumerate(self._header):
            sheet.write_string(0, place, heading, self._bold)
        self._row = 1
        return sheet


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
