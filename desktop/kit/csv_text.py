"""CSV text that no spreadsheet runs as a formula: the one way rows are written for people."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What spreadsheets take for the start of a formula, full-width variants included (OWASP's page
# "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection). LibreOffice drops the
# invisible characters before it; and opened with semicolons or tabs for commas (a German Excel), a
# quoted cell's next line begins a row, and what follows such a sign a cell (LibreOffice 7.4).
_FORMULA_START = re.compile(
    r"\A(?=[\t\r\n])"
    r"|(?:\A|(?<=[\r\n;\t]))"
    r"(?=[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b-\u200f\u2060\ufeff]*[=+\-@\t＝＋－＠])"
)
# Without it Excel reads UTF-8 in the computer's old code page.
BYTE_ORDER_MARK = "\ufeff"


def is_csv_formula(text: str) -> bool:
    """Whether a spreadsheet would run a part of a CSV cell of this text."""
    return _FORMULA_START.search(text) is not None


def escape_csv_formula(text: str) -> str:
    """Escape a CSV cell that a spreadsheet would run, by an apostrophe before each such part."""
    return _FORMULA_START.sub("'", text)


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Format rows as CSV lines: every cell quoted, formulas escaped, CRLF at the end of each."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([escape_csv_formula(cell) for cell in row] for row in rows)
    return out.getvalue()
