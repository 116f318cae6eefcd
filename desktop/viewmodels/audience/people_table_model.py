"""The item model of the audience's people: chosen columns, pages of rows by their ids."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject

from desktop.model.audience_person import (
    AudienceColumn,
    AudienceOrder,
    AudiencePerson,
    PeopleColumn,
)
from desktop.viewmodels.audience.person_text import cell_lines
from desktop.viewmodels.list_model import ListColumn, PagedListModel
from desktop.viewmodels.task_registry import TaskRegistry

# In the window the address stands below the name, which is always the first column.
DEFAULT_TABLE_COLUMNS: tuple[PeopleColumn, ...] = (
    AudienceColumn.NAME,
    AudienceColumn.ORGANIZATION,
    AudienceColumn.LAST_TICKET,
    AudienceColumn.OPEN_TICKETS,
    AudienceColumn.RATING,
    AudienceColumn.VALUE,
    AudienceColumn.HEALTH,
    AudienceColumn.LISTS,
    AudienceColumn.OPTOUT,
)


class PeopleTableModel(PagedListModel[AudiencePerson]):
    """The Qt item model of the people whom conditions pick; their keys are Zendesk user ids."""

    def __init__(
        self,
        read_rows: Callable[[Sequence[int]], Awaitable[Mapping[int, AudiencePerson] | None]],
        tasks: TaskRegistry,
        get_now: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        """`get_now` tells the Unix time that ages are counted to."""
        self.get_now = get_now
        self.shown_columns: tuple[PeopleColumn, ...] = DEFAULT_TABLE_COLUMNS
        super().__init__(self._list_columns(), read_rows, tasks, parent)
        self.order = AudienceOrder()

    def show_columns(self, columns: Sequence[PeopleColumn]) -> None:
        """Show other columns behind the name, in this order; the people stay."""
        rest = (column for column in columns if column is not AudienceColumn.NAME)
        self.beginResetModel()
        self.shown_columns = (AudienceColumn.NAME, *dict.fromkeys(rest))
        self.columns = self._list_columns()
        self.endResetModel()

    def column_at(self, section: int) -> PeopleColumn:
        """Return which column of the audience stands at a section of the table."""
        return self.shown_columns[section]

    def _list_columns(self) -> tuple[ListColumn[AudiencePerson], ...]:
        return tuple(
            ListColumn[AudiencePerson](column.label, partial(self._text, column))
            for column in self.shown_columns
        )

    def _text(self, column: PeopleColumn, person: AudiencePerson) -> str:
        lines = filter(None, cell_lines(person, column, self.get_now()))
        return f"{', '.join(lines)}"
