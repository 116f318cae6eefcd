"""The record as a file: CSV that no spreadsheet runs as a formula, or JSON."""

import asyncio
import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from desktop.kit.clock import iso
from desktop.kit.errors import StoreKnown
from desktop.model.edit import Edit
from desktop.viewmodels.activity_row import new_words, old_words, service_words, subject

# What spreadsheets take for the start of a formula, full-width variants included (OWASP).
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HEADER = (
    "edit", "at", "closed_at", "who", "service", "customer", "target", "what",
    "old", "new", "reason", "ticket", "state", "detail",
)  # fmt: skip


def safe_cell(text: str) -> str:
    """Put a ' before what a spreadsheet would run; nothing is taken away."""
    return f"'{text}" if text.startswith(_RISKY) else text


def as_csv(edits: Iterable[Edit]) -> str:
    """UTF-8 with a mark at its start, all cells quoted."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for edit in edits:
        writer.writerow([safe_cell(cell) for cell in _cells(edit)])
    return "\ufeff" + out.getvalue()


def as_json(edits: Iterable[Edit]) -> str:
    """Give the same objects as `fairlead outbox --json`."""
    rows = [{**edit.as_json(), "updated_at": edit.updated_at} for edit in edits]
    return json.dumps({"rows": rows}, ensure_ascii=False, indent=1) + "\n"


async def write_file(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises StoreKnown."""
    try:
        await asyncio.to_thread(_write, path, text)
    except OSError as error:
        raise StoreKnown(
            "The file could not be written.",
            f"{path.name}: {error.strerror or error}.",
            "Choose another folder, or free some space.",
        ) from error


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode("utf-8"))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _cells(edit: Edit) -> Iterator[str]:
    intent = edit.intent
    yield edit.id
    yield iso(edit.created_at)
    yield iso(edit.updated_at) if edit.state.final else ""
    yield edit.actor
    yield service_words(edit)
    yield intent.target.label
    yield intent.target.id
    yield subject(edit)
    yield old_words(edit)
    yield new_words(edit)
    yield intent.reason
    yield "" if intent.ticket is None else str(intent.ticket)
    yield edit.state.value
    yield edit.detail
