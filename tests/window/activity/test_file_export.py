"""Exported files: formulas are disarmed, and lists of any length are written page by page."""

import asyncio
import json
import os
import weakref
import zipfile
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop.kit.csv_text import escape_csv_formula
from desktop.kit.errors import StorageError
from desktop.panels.widgets.export_file_dialog import ExportFileDialog
from desktop.viewmodels import xlsx_file
from desktop.viewmodels.file_export import FileFormat, RowFormat, export_pages


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
)
def test_csv_formula_gets_leading_quote(text: str) -> None:
    assert escape_csv_formula(text) == "'" + text


# NUL and later lines made formula cells in LibreOffice 7.4, by commas or by semicolons.
@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("\x00=1+1", "'\x00=1+1"),
        ("\u200b=1+1", "'\u200b=1+1"),
        ("a\n=1+1", "a\n'=1+1"),
        ("a\r\n@x\rb", "a\r\n'@x\rb"),
        ("\n=1+1", "'\n'=1+1"),
        ('";=1+1;"', '";\'=1+1;"'),
        ('"\t=1+1', "\"\t'=1+1"),
    ],
)
def test_csv_formula_is_escaped_behind_what_is_dropped_and_in_later_lines(
    text: str, escaped: str
) -> None:
    assert escape_csv_formula(text) == escaped


@pytest.mark.parametrize("text", ["", "Maria", "a=b", "#48213", "1-2", "'=x", "a\nb = c"])
def test_csv_plain_text_is_unchanged(text: str) -> None:
    assert escape_csv_formula(text) == text


class _Page(list[int]):
    """A page that can be referred to weakly."""

    __hash__ = object.__hash__


_NUMBERS = RowFormat[int](("n",), lambda n: [[str(n)]], lambda n: {"n": n})


async def _pages(*pages: list[int]) -> AsyncIterator[list[int]]:
    for page in pages:
        yield page


@pytest.mark.parametrize("pages", [[], [[1]], [[1, 2], [3]]])
async def test_export_of_pages_is_one_document(pages: list[list[int]], tmp_path: Path) -> None:
    numbers = [n for page in pages for n in page]
    path = tmp_path / "rows"
    count = await export_pages(
        path, _pages(*pages), _NUMBERS, file_format=FileFormat.JSON, plan="7"
    )
    assert json.loads(path.read_text("utf-8")) == {"plan": "7", "rows": [{"n": n} for n in numbers]}
    assert count == len(numbers)
    await export_pages(path, _pages(*pages), _NUMBERS, file_format=FileFormat.CSV)
    assert path.read_text("utf-8-sig").splitlines() == ['"n"', *(f'"{n}"' for n in numbers)]
    assert path.stat().st_mode & 0o777 == 0o600
    await export_pages(path, _pages(*pages), _NUMBERS, file_format=FileFormat.JSON_LINES)
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [
        {"n": n} for n in numbers
    ]


_CELLS = RowFormat[tuple[str, str]](
    ("Person", "Open"), lambda row: [row], lambda row: {"n": row}, frozenset([1])
)


async def _cells(*pages: list[tuple[str, str]]) -> AsyncIterator[list[tuple[str, str]]]:
    for page in pages:
        yield page


def _sheets(path: Path) -> list[list[list[str]]]:
    """Every cell of a workbook as Excel would read it: its kind, `!` before a protected text."""
    found = []
    with zipfile.ZipFile(path) as book:
        styles = ElementTree.fromstring(book.read("xl/styles.xml"))  # noqa: S314
        quoted = [one.get("quotePrefix") == "1" for one in styles.find("{*}cellXfs") or ()]
        for name in sorted(name for name in book.namelist() if "worksheets/sheet" in name):
            rows = ElementTree.fromstring(book.read(name)).iterfind(".//{*}row")  # noqa: S314
            found.append([list(map(partial(_cell, quoted), row)) for row in rows])
    return found


def _cell(quoted: list[bool], cell: ElementTree.Element) -> str:
    assert cell.find("{*}f") is None
    text = "".join(cell.itertext())
    if cell.get("t") is None:
        return f"number {text}"
    return f"!{text}" if quoted[int(cell.get("s", 0))] else text


async def test_xlsx_holds_texts_that_never_run_and_numbers_that_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [('=HYPERLINK("x")', "3"), ("+49", ""), ("Zoë\x00\ud800", "Not read"), ("1e5", "1e5")]
    path = tmp_path / "people.xlsx"
    count = await export_pages(
        path, _cells(rows[:1], rows[1:]), _CELLS, file_format=FileFormat.XLSX
    )
    assert count == 4
    assert _sheets(path) == [
        [
            ["Person", "Open"], ['!=HYPERLINK("x")', "number 3"], ["!+49"],
            ["Zoë_x0000_?", "Not read"], ["1e5", "number 100000"],
        ]
    ]  # fmt: skip
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["people.xlsx"]
    # More than one sheet has room for goes on in another; nothing at all is a heading.
    monkeypatch.setattr(xlsx_file, "MAX_SHEET_ROWS", 3)
    await export_pages(path, _cells(rows), _CELLS, file_format=FileFormat.XLSX)
    assert [len(sheet) for sheet in _sheets(path)] == [3, 3]
    await export_pages(path, _cells(), _CELLS, file_format=FileFormat.XLSX)
    assert _sheets(path) == [[["Person", "Open"]]]


@pytest.mark.parametrize("file_format", [FileFormat.XLSX, FileFormat.JSON_LINES])
async def test_cancelled_export_leaves_nothing(file_format: FileFormat, tmp_path: Path) -> None:
    is_written = asyncio.Event()

    async def endless() -> AsyncIterator[list[tuple[str, str]]]:
        while True:
            yield [("Maria", "1")] * 100
            is_written.set()

    task = asyncio.ensure_future(
        export_pages(tmp_path / "rows", endless(), _CELLS, file_format=file_format)
    )
    await is_written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert os.listdir(tmp_path) == []


async def test_export_of_pages_holds_no_page_that_was_written(tmp_path: Path) -> None:
    alive: weakref.WeakSet[_Page] = weakref.WeakSet()
    most = 0

    async def make() -> AsyncIterator[_Page]:
        nonlocal most
        for number in range(20):
            page = _Page([number])
            alive.add(page)
            most = max(most, len(alive))
            yield page
            del page

    assert (
        await export_pages(tmp_path / "rows.csv", make(), _NUMBERS, file_format=FileFormat.CSV)
        == 20
    )
    # A thread of the pool may hold its page a moment longer; twenty would be all of them.
    assert most < 10


async def test_export_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    async def fail() -> AsyncIterator[list[int]]:
        yield [1]
        raise StorageError("The database is busy.")

    path = tmp_path / "rows.csv"
    path.write_text("older")
    with pytest.raises(StorageError, match="busy"):
        await export_pages(path, fail(), _NUMBERS, file_format=FileFormat.CSV)
    assert os.listdir(tmp_path) == ["rows.csv"]
    assert path.read_text() == "older"


async def test_plain_csv_has_no_mark_and_the_other_one_has(tmp_path: Path) -> None:
    for file_format, mark in ((FileFormat.CSV, True), (FileFormat.PLAIN_CSV, False)):
        path = tmp_path / file_format.value
        await export_pages(path, _pages([1, 2]), _NUMBERS, file_format=file_format)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") is mark


async def test_cancelled_export_leaves_no_file_and_tells_how_far_it_was(tmp_path: Path) -> None:
    told: list[int] = []
    enough = asyncio.Event()

    def tell(count: int) -> None:
        told.append(count)
        if len(told) == 3:
            enough.set()

    async def endless() -> AsyncIterator[Sequence[int]]:
        while True:
            yield [1, 2, 3]

    path = tmp_path / "rows.csv"
    export = export_pages(path, endless(), _NUMBERS, file_format=FileFormat.CSV, on_count=tell)
    task = asyncio.get_running_loop().create_task(export)
    await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told[:3] == [3, 6, 9]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("chosen", "name", "expected"),
    [
        (0, "rows.csv", FileFormat.CSV),
        (1, "rows.csv", FileFormat.PLAIN_CSV),
        (2, "rows.json", FileFormat.JSON),
        # The name that was typed counts.
        (1, "rows.JSON", FileFormat.JSON),
        (2, "rows.csv", FileFormat.CSV),
    ],
)
def test_dialog_tells_the_format_that_was_chosen(
    chosen: int, name: str, expected: FileFormat, qtbot: QtBot, tmp_path: Path
) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    dialog = ExportFileDialog("Export", "rows.csv", host)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.selectNameFilter(dialog.nameFilters()[chosen])
    told: list[tuple[str, str]] = []
    dialog.file_chosen.connect(lambda path, kind: told.append((path, kind)))
    dialog.fileSelected.emit(str(tmp_path / name))
    assert told == [(str(tmp_path / name), expected.value)]
