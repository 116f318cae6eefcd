"""Exported files: formulas are disarmed, and lists of any length are written page by page."""

import asyncio
import json
import os
import weakref
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop.kit.csv_text import escape_csv_formula
from desktop.kit.errors import StorageError
from desktop.panels.widgets.export_file_dialog import ExportFileDialog
from desktop.viewmodels.file_export import FileFormat, RowFormat, export_pages


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
)
def test_csv_formula_gets_leading_quote(text: str) -> None:
    assert escape_csv_formula(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Maria", "a=b", "#48213", "1-2", "'=x"])
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
