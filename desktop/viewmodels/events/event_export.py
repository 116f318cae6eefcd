"""Writes the rows of the Events page to a file."""

from collections.abc import Sequence
from pathlib import Path

from desktop.kit.text import format_count
from desktop.viewmodels.events.event_row import EventRow
from desktop.viewmodels.file_export import FileFormat, format_csv, format_json, write_private_file


async def export_event_rows(rows: Sequence[EventRow], path: Path, file_format: FileFormat) -> str:
    """Write rows in a format; returns a sentence on it. Raises what writing raises."""
    cells = [(str(row.line), row.text, row.note, row.state) for row in rows]
    header = ("line", "what", "request", "state")
    document = {"rows": [dict(zip(header, cell, strict=True)) for cell in cells]}
    if file_format is FileFormat.JSON:
        text = format_json(document)
    else:
        text = format_csv(header, cells, file_format)
    await write_private_file(path, text)
    return f"Saved {format_count(len(rows), 'row', 'rows')} to {path.name}"
