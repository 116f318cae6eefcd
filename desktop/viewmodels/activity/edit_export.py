"""The record as a file: CSV that no spreadsheet runs as a formula, or JSON."""

import asyncio
import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import StorageError
from desktop.model.edit import Edit
from desktop.viewmodels.activity.activity_row import (
    edit_subject,
    new_value_text,
    old_value_text,
)

# What spreadsheets take for the start of a formula, full-width variants included (OWASP).
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HEADER = (
    "edit", "at", "closed_at", "who", "service", "customer", "target", "what",
    "old", "new", "reason", "ticket", "state", "detail",
)  # fmt: skip


def escape_csv_formula(text: str) -> str:
    """Put a ' before what a spreadsheet would run; nothing is taken away."""
    return f"'{text}" if text.startswith(_FORMULA_PREFIXES) else text


def edits_to_csv(edits: Iterable[Edit]) -> str:
    """UTF-8 with a mark at its start, all cells quoted."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for edit in edits:
        writer.writerow([escape_csv_formula(cell) for cell in _edit_cells(edit)])
    return "\ufeff" + out.getvalue()


def edits_to_json(edits: Iterable[Edit]) -> str:
    """Give the same objects as `fairlead outbox --json`."""
    rows = [{**edit.as_json(), "updated_at": edit.updated_at} for edit in edits]
    return json.dumps({"rows": rows}, ensure_ascii=False, indent=1) + "\n"


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
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode("utf-8"))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _edit_cells(edit: Edit) -> Iterator[str]:
    intent = edit.request
    yield edit.id
    yield iso_timestamp(edit.created_at)
    yield iso_timestamp(edit.updated_at) if edit.state.is_final else ""
    yield edit.actor
    yield edit.request.target.service.title
    yield intent.target.label
    yield intent.target.id
    yield edit_subject(edit)
    yield old_value_text(edit)
    yield new_value_text(edit)
    yield intent.reason
    yield "" if intent.ticket is None else str(intent.ticket)
    yield edit.state.value
    yield edit.detail
