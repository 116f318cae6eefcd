"""Export lists to files: CSV and XLSX that run no formula, JSON, JSON Lines; atomic writes."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from desktop.kit.csv_text import BYTE_ORDER_MARK, csv_lines
from desktop.kit.errors import InvalidInput, StorageError
from desktop.viewmodels.xlsx_file import XlsxFile

T = TypeVar("T")


class FileFormat(StrEnum):
    """The format of an exported file; plain CSV is for programs, the other also for Excel.

    XLSX and JSON Lines are for lists that are exported by page.
    """

    CSV = "csv"
    PLAIN_CSV = "plain csv"
    JSON = "json"
    JSON_LINES = "json lines"
    XLSX = "xlsx"


def format_csv(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    file_format: FileFormat = FileFormat.CSV,
) -> str:
    """Format exported rows as a CSV document: every cell quoted, formulas escaped, CRLF lines."""
    mark = BYTE_ORDER_MARK if file_format is FileFormat.CSV else ""
    return mark + csv_lines([header]) + csv_lines(rows)


def format_json(document: object) -> str:
    """Format an exported document as indented JSON with a line end."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True)
class RowFormat(Generic[T]):
    """How an exported list writes one row: as lines of cells under a header, and as JSON.

    `numbers` are the places of the columns that Excel takes as numbers where they are set.
    """

    header: Sequence[str]
    to_cells: Callable[[T], Iterable[Sequence[str]]]
    to_json: Callable[[T], object]
    numbers: frozenset[int] = frozenset()


async def export_pages(
    path: Path,
    pages: AsyncIterator[Sequence[T]],
    row_format: RowFormat[T],
    *,
    file_format: FileFormat,
    plan: str = "",
    on_count: Callable[[int], None] = lambda _count: None,
) -> int:
    """Export a list of any length into a file, page by page, and count its rows.

    In a JSON document the rows are under the key `rows`, beside the `plan` they are of. `on_count`
    hears after each page how many rows are written. Raises StorageError; cancelled, it leaves no
    file.
    """
    if file_format is FileFormat.XLSX:
        return await _export_xlsx(path, pages, row_format, on_count)
    count = 0
    head, tail, between = "", "", ""
    if file_format is FileFormat.JSON:
        named = f'"plan": {json.dumps(plan)}, ' if plan else ""
        head, tail, between = f'{{{named}"rows": [\n', "\n]}\n", ",\n"
    elif file_format is not FileFormat.JSON_LINES:
        head = format_csv(row_format.header, (), file_format)

    async def pieces() -> AsyncIterator[str | bytes]:
        nonlocal count
        yield head
        async for page in pages:
            text = await asyncio.to_thread(_format_page, page, row_format, file_format)
            yield f"{between if count else ''}{text}"
            count += len(page)
            on_count(count)
        yield tail

    await _write_in_pieces(path, pieces())
    return count


def _format_page(page: Sequence[T], row_format: RowFormat[T], file_format: FileFormat) -> str:
    if file_format in (FileFormat.CSV, FileFormat.PLAIN_CSV):
        return csv_lines(cells for row in page for cells in row_format.to_cells(row))
    dump = partial(json.dumps, ensure_ascii=False)
    rows = map(dump, map(row_format.to_json, page))
    if file_format is FileFormat.JSON_LINES:
        return "".join(f"{row}\n" for row in rows)
    return ",\n".join(rows)


async def _export_xlsx(
    path: Path,
    pages: AsyncIterator[Sequence[T]],
    row_format: RowFormat[T],
    on_count: Callable[[int], None],
) -> int:
    count = 0
    async with _whole_file(path) as file:
        book = await asyncio.to_thread(XlsxFile, file, path, row_format.header, row_format.numbers)
        try:
            async for page in pages:
                rows = [cells for row in page for cells in row_format.to_cells(row)]
                await asyncio.to_thread(book.add_rows, rows)
                count += len(page)
                on_count(count)
            await asyncio.to_thread(book.close)
        finally:
            await asyncio.to_thread(book.discard)
    return count


async def write_private_file(path: Path, content: str | bytes) -> None:
    """Write an export readable by its owner alone, whole or not at all. Raises StorageError."""

    async def whole() -> AsyncIterator[str | bytes]:
        yield content

    await _write_in_pieces(path, whole())


async def write_private_files(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write exports by their file names into a folder, which is made where it is missing.

    Raises InvalidInput where a file of that name is there: it may be somebody else's export.
    """
    paths = tuple(folder / name for name in texts)
    await asyncio.to_thread(_prepare_folder, folder, paths)
    for path, text in zip(paths, texts.values(), strict=True):
        await write_private_file(path, text)
    return paths


async def _write_in_pieces(path: Path, pieces: AsyncIterator[str | bytes]) -> None:
    async with _whole_file(path) as file:
        async for piece in pieces:
            data = piece.encode("utf-8") if isinstance(piece, str) else piece
            await asyncio.to_thread(file.write, data)


@asynccontextmanager
async def _whole_file(path: Path) -> AsyncIterator[BinaryIO]:
    """Open a private file that is at `path` once it is written to its end, or not at all.

    Raises StorageError in place of any OSError, also of its user.
    """
    # In the same folder, since a rename is atomic only within one file system.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with await asyncio.to_thread(_create_private, part) as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise StorageError(
            "The file could not be written.",
            f"{path.name}: {error.strerror or error}.",
            "Choose another folder, or free some space.",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _prepare_folder(folder: Path, paths: Sequence[Path]) -> None:
    """Make a folder for exports, unless one of their files is there. Raises InvalidInput."""
    there = [path.name for path in paths if path.exists()]
    if there:
        raise InvalidInput(
            f"{folder} holds {there[0]} already.", "Nothing was written.", "Choose another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = str(error.strerror or error)
        raise InvalidInput(
            f"{folder} cannot be written to.", reason, "Choose another folder."
        ) from error


def _create_private(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
