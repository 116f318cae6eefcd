"""The item model of a sync's runs: one column, planned runs first, then the newest."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt

from desktop.viewmodels.list_model import GrowingListModel, ListColumn, ModelIndex
from desktop.viewmodels.tone import ChipTone


@dataclass(frozen=True)
class RunRowView:
    """A run of the tab History in words; a planned one cannot be chosen."""

    id: str
    time_text: str
    time_tooltip: str
    summary: str
    state_label: str
    state_tone: ChipTone
    is_planned: bool = False


def _whole_row(row: RunRowView) -> str:
    return f"{row.time_text}: {row.summary}. {row.state_label}"


class RunListModel(GrowingListModel[RunRowView]):
    """A Qt item model of runs, whose planned ones cannot be selected."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__([ListColumn[RunRowView]("Run", _whole_row)], parent)

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        row = self.row_at(index.row())
        # Not enabled: the arrows and a screen reader's "press" pass it by.
        if row is None or row.is_planned:
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)
