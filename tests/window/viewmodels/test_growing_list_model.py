"""The growing list: an update tells Qt of no more than what has changed."""

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QModelIndex

from desktop.viewmodels.list_model import GrowingListModel, ListColumn, ListState


@dataclass(frozen=True)
class Line:
    id: str
    text: str = ""


class Changes:
    """What the model has told its views."""

    def __init__(self, model: GrowingListModel[Line]) -> None:
        self.told: list[tuple[str, int, int]] = []
        model.rowsInserted.connect(lambda _p, first, last: self._tell("insert", first, last))
        model.rowsRemoved.connect(lambda _p, first, last: self._tell("remove", first, last))
        model.dataChanged.connect(lambda a, b, _r: self._tell("change", a.row(), b.row()))
        model.modelReset.connect(lambda: self._tell("reset", 0, 0))

    def _tell(self, kind: str, first: int, last: int) -> None:
        self.told.append((kind, first, last))


def lines(ids: str) -> list[Line]:
    return [Line(each) for each in ids]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "abc", [("insert", 0, 2)]),
        ("bc", "abc", [("insert", 0, 0)]),
        ("abc", "abcde", [("insert", 3, 4)]),
        ("abcd", "ad", [("remove", 1, 2)]),
        ("abc", "xaz", [("remove", 1, 2), ("insert", 0, 0), ("insert", 2, 2)]),
        ("abc", "cba", [("reset", 0, 0)]),
        ("abc", "abc", []),
    ],
)
def test_growing_list_update_tells_only_what_changed(
    before: str, after: str, told: list[tuple[str, int, int]]
) -> None:
    model = GrowingListModel([ListColumn[Line]("Line", lambda row: row.text)])
    model.show_rows(lines(before))
    changes = Changes(model)
    model.show_rows(lines(after))
    assert changes.told == told
    shown = [model.row_at(place) for place in range(model.rowCount())]
    assert shown == lines(after)


def test_growing_list_changed_row_is_repainted_alone() -> None:
    model = GrowingListModel([ListColumn[Line]("Line", lambda row: row.text)])
    model.show_rows(lines("abc"))
    changes = Changes(model)
    model.show_rows([Line("a"), Line("b", "new"), Line("c")])
    assert changes.told == [("change", 1, 1)]
    assert model.place_of("c") == 2
    assert model.place_of("z") == -1


def test_growing_list_asks_for_more_until_complete() -> None:
    model = GrowingListModel([ListColumn[Line]("Line", lambda row: row.text)])
    asked: list[int] = []
    model.more_wanted.connect(lambda: asked.append(1))
    assert not model.canFetchMore(QModelIndex())
    model.is_complete = False
    assert model.canFetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    assert asked == [1]


def test_list_state_without_rows_and_text_is_bare() -> None:
    assert ListState().is_bare
    assert not ListState(is_loading=True).is_bare
    assert not ListState(text="Nothing matches.").is_bare
    assert not ListState(summary="3 rows").is_bare
