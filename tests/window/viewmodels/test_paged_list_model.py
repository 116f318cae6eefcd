"""The paged list: pages asked for when in sight, passed by, refreshed and replaced."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from PySide6.QtCore import Qt

from desktop.viewmodels.list_model import PAGE_SIZE, ListColumn, PagedListModel
from desktop.viewmodels.task_registry import TaskRegistry
from tests.window.viewmodels.error_recorder import ErrorRecorder

COLUMNS = (
    ListColumn[str]("Name", lambda row: row, lambda row: f"row {row}"),
    ListColumn[str]("Tick", str, is_ticked=lambda row: row.endswith("1") or None),
)


class RowStore:
    """Rows by key; reads wait until they are let go."""

    def __init__(self) -> None:
        self.reads: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.suffix = ""

    async def read(self, keys: Sequence[int]) -> Mapping[int, str] | None:
        self.reads.append(list(keys))
        await self.gate.wait()
        return {key: f"{key}{self.suffix}" for key in keys}


@pytest.fixture
def store() -> RowStore:
    return RowStore()


@pytest.fixture
def model(store: RowStore) -> PagedListModel[str]:
    return PagedListModel(COLUMNS, store.read, TaskRegistry(ErrorRecorder()))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_paged_list_reads_a_page_when_it_is_in_sight(
    model: PagedListModel[str], store: RowStore
) -> None:
    model.show_keys(range(1000, 2000))
    assert model.rowCount() == 1000
    assert not store.reads
    assert model.row_at(70) is None
    await settle()
    assert model.row_at(70) == "1070"
    assert store.reads == [list(range(1064, 1128))]
    assert model.row_at(1000) is None
    assert model.row_at(-1) is None


async def test_paged_list_million_keys_reads_one_page(
    model: PagedListModel[str], store: RowStore
) -> None:
    model.show_keys(range(1_000_000))
    assert model.row_at(999_999) is None
    await settle()
    assert model.row_at(999_999) == "999999"
    assert len(store.reads) == 1
    assert model.place_of(123_456) == 123_456
    assert model.keys_between(7, 9) == [7, 8, 9]


async def test_paged_list_dragged_through_reads_newest_four_pages(
    model: PagedListModel[str], store: RowStore
) -> None:
    model.show_keys(range(PAGE_SIZE * 20))
    for page in range(20):
        model.row_at(page * PAGE_SIZE)
    await settle()
    read = sorted(keys[0] // PAGE_SIZE for keys in store.reads)
    assert read == [16, 17, 18, 19]
    # What was passed by is asked for again when it is in sight.
    assert model.row_at(0) is None
    await settle()
    assert model.row_at(0) == "0"


async def test_paged_list_late_page_of_other_keys_is_dropped(
    model: PagedListModel[str], store: RowStore
) -> None:
    store.gate.clear()
    model.show_keys(range(10))
    model.row_at(0)
    await settle()
    model.show_keys(range(500, 510))
    model.row_at(0)
    store.gate.set()
    await settle()
    assert model.row_at(0) == "500"


async def test_paged_list_refresh_keeps_rows_until_read_anew(
    model: PagedListModel[str], store: RowStore
) -> None:
    model.show_keys(range(PAGE_SIZE * 2))
    model.row_at(0)
    await settle()
    store.suffix = " again"
    model.refresh_pages()
    assert model.row_at(0) == "0"
    await settle()
    assert model.row_at(0) == "0 again"


async def test_paged_list_refresh_of_many_pages_leaves_no_stale_row(
    model: PagedListModel[str], store: RowStore
) -> None:
    model.show_keys(range(PAGE_SIZE * 6))
    for page in range(6):
        model.row_at(page * PAGE_SIZE)
        await settle()
    store.suffix = " again"
    model.refresh_pages()
    await settle()
    for page in range(6):
        model.row_at(page * PAGE_SIZE)
    await settle()
    shown = {model.row_at(page * PAGE_SIZE) for page in range(6)}
    assert all(row is not None and row.endswith("again") for row in shown)


async def test_paged_list_keeps_48_pages(model: PagedListModel[str], store: RowStore) -> None:
    model.show_keys(range(PAGE_SIZE * 60))
    for page in range(60):
        model.row_at(page * PAGE_SIZE)
        await settle()
    assert len(model._pages) == 48
    assert model.row_at(59 * PAGE_SIZE) is not None
    assert model.row_at(0) is None


async def test_paged_list_cells_follow_declared_columns(
    model: PagedListModel[str], store: RowStore
) -> None:
    model.show_keys([20, 21])
    model.row_at(0)
    await settle()
    role = Qt.ItemDataRole
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Tick"
    assert model.data(model.index(0, 0)) == "20"
    assert model.data(model.index(0, 0), role.AccessibleTextRole) == "row 20"
    assert model.data(model.index(0, 1), role.CheckStateRole) is None
    assert model.data(model.index(1, 1), role.CheckStateRole) == Qt.CheckState.Checked
    assert model.data(model.index(0, 0), role.ToolTipRole) is None
    model.update_cached_rows(lambda row: row.replace("20", "31"))
    assert model.data(model.index(0, 1), role.CheckStateRole) == Qt.CheckState.Checked


async def test_paged_list_reading_error_is_reported_once(store: RowStore) -> None:
    errors = ErrorRecorder()
    model = PagedListModel(COLUMNS, errors.fail, TaskRegistry(errors))
    model.show_keys([1])
    model.row_at(0)
    await settle()
    assert [error.title for error in errors.errors] == ["It cannot be read."]
