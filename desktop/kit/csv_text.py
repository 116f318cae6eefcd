"""CSV text that no spreadsheet runs as a formula: the one way rows are written for people."""

import csv
import io
from collections.abc import Iterable, Sequence

# What spreadsheets take for the start of a formula, full-width variants included (OWASP's page
# "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Without it Excel reads UTF-8 in the computer's old code page.
BYTE_ORDER_MARK = "\ufeff"


def is_csv_formula(text: str) -> bool:
    """Whether a spreadsheet would run a CSV cell of this text."""
    return text.startswith(_FORMULA_PREFIXES)


def escape_csv_formula(text: str) -> str:
    """Escape a CSV cell that a spreadsheet would run, by an apostrophe before it."""
    return f"'{text}" if is_csv_formula(text) else text


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Format rows as CSV lines: every cell quoted, formulas escaped, CRLF at the end of each."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([escape_csv_formula(cell) for cell in row] for row in rows)
    return out.getvalue()
