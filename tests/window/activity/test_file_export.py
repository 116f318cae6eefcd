"""Exported files: formulas are disarmed, and lists of any length are written page by page."""

import json
import os
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desktop.kit.errors import StorageError
from desktop.viewmodels.file_export import RowFormat, escape_csv_formula, export_pages


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
    count = await export_pages(path, _pages(*pages), _NUMBERS, as_json=True, plan="7")
    assert json.loads(path.read_text("utf-8")) == {"plan": "7", "rows": [{"n": n} for n in numbers]}
    assert count == len(numbers)
    await export_pages(path, _pages(*pages), _NUMBERS, as_json=False)
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

    assert await export_pages(tmp_path / "rows.csv", make(), _NUMBERS, as_json=False) == 20
    # A thread of the pool may hold its page a moment longer; twenty would be all of them.
    assert most < 10


async def test_export_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    async def fail() -> AsyncIterator[list[int]]:
        yield [1]
        raise StorageError("The database is busy.")

    path = tmp_path / "rows.csv"
    path.write_text("older")
    with pytest.raises(StorageError, match="busy"):
        await export_pages(path, fail(), _NUMBERS, as_json=False)
    assert os.listdir(tmp_path) == ["rows.csv"]
    assert path.read_text() == "older"
