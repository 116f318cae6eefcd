"""Export lists to files: CSV that no spreadsheet runs as a formula, JSON, and an atomic write."""

import asyncio
import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from desktop.kit.errors import StorageError

# What spreadsheets take for the start of a formula, full-width variants included (OWASP's page
# "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Without it Excel reads UTF-8 in the computer's old code page.
_BYTE_ORDER_MARK = "\ufeff"


def escape_csv_formula(text: str) -> str:
    """Put an apostrophe before a CSV cell that a spreadsheet would run; nothing is taken away."""
    return f"'{text}" if text.startswith(_FORMULA_PREFIXES) else text


def format_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format rows of cells as a CSV document: every cell quoted, formulas escaped, CRLF lines."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([escape_csv_formula(cell) for cell in row] for row in rows)
    return _BYTE_ORDER_MARK + out.getvalue()


def format_json(document: object) -> str:
    """Format an exported document as indented JSON with a line end."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


async def write_private_file(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises StorageError."""
    try:
        await asyncio.to_thread(_write_atomically, path, text)
    except OSError as error:
        raise StorageError(
            "The file could not be written.",
            f"{path.name}: {error.strerror or error}.",
            "Choose another folder, or free some space.",
        ) from error


def _write_atomically(path: Path, text: str) -> None:
    # In the same folder, since a rename is atomic only within one file system.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode("utf-8"))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
