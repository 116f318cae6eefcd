"""The item model under the search field: a recognised query, cached customers, commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.kit.errors import AppError
from desktop.model.customer_sheet import CustomerMatch
from desktop.model.lookup_query import LookupQueryKind, parse_lookup_query
from desktop.store.cached_sheet_reader import CachedSheetReader
from desktop.viewmodels.palette_command import PaletteCommand

_ModelIndex = QModelIndex | QPersistentModelIndex
_MAX_CUSTOMERS = 12
# Shorter texts would match half of all customers.
_MIN_QUERY_LENGTH = 2
# Roles beside Qt's own; ENABLED_ROLE missing means enabled.
SUBTITLE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
NOTE_ROLE = SUBTITLE_ROLE + 1
ENABLED_ROLE = SUBTITLE_ROLE + 2

_SAVED = "saved on this computer"
_QUERY_KIND_LABELS = {
    LookupQueryKind.EMAIL: "e-mail address",
    LookupQueryKind.TICKET: "ticket",
    LookupQueryKind.PHONE: "phone number",
    LookupQueryKind.ZENDESK_ID: "Zendesk id",
    LookupQueryKind.EXTERNAL_ID: "external id",
    LookupQueryKind.SID: "Sailthru id",
    LookupQueryKind.NUMBER: "ticket, id or phone number",
    LookupQueryKind.NAME: "name",
}


@dataclass(frozen=True)
class SearchSuggestion:
    """A row below the search field: a query to look up, or a palette command to run."""

    title: str
    subtitle: str = ""
    note: str = ""
    is_enabled: bool = True
    query: str = ""
    command: PaletteCommand | None = None


class SearchSuggestionsModel(QAbstractListModel):
    """Suggestions for what is typed into the search field, as rows of its popup."""

    def __init__(
        self,
        reader: CachedSheetReader,
        commands: Callable[[], Sequence[PaletteCommand]],
        parent: QObject | None = None,
        *,
        may_view: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_view` says whether the search field may suggest customers to the person at work."""
        super().__init__(parent)
        self._may_view = may_view
        self._reader = reader
        self._commands = commands
        self._rows: list[SearchSuggestion] = []

    def suggest(self, text: str) -> bool:
        """Suggest customers or, after >, palette commands; False where there are none."""
        stripped = text.strip()
        if stripped.startswith(">"):
            self._replace_rows(self._matching_commands(stripped[1:]))
        elif len(stripped) >= _MIN_QUERY_LENGTH and self._may_view():
            self._replace_rows(self._matching_customers(stripped))
        else:
            self._replace_rows([])
        return bool(self._rows)

    def show_matches(self, matches: Sequence[CustomerMatch]) -> None:
        """Show below the search field the customers that a looked-up query matches."""
        self._replace_rows(
            [SearchSuggestion(m.title, m.subtitle, m.note, query=m.query) for m in matches]
        )

    def suggestion_at(self, index: _ModelIndex) -> SearchSuggestion:
        """Return the search field's suggestion of a row."""
        return self._rows[index.row()]

    def rowCount(self, parent: _ModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        return {
            Qt.ItemDataRole.DisplayRole: row.title,
            Qt.ItemDataRole.AccessibleTextRole: row.title,
            SUBTITLE_ROLE: row.subtitle,
            NOTE_ROLE: row.note,
            ENABLED_ROLE: row.is_enabled,
        }.get(role)

    def _matching_commands(self, words: str) -> list[SearchSuggestion]:
        """Find the palette commands whose name or keywords hold every word typed."""
        wanted = words.casefold().split()
        return [
            SearchSuggestion(c.label, c.disabled_reason, c.shortcut, c.is_enabled, command=c)
            for c in self._commands()
            if all(word in f"{c.label} {c.keywords}".casefold() for word in wanted)
        ]

    def _matching_customers(self, text: str) -> list[SearchSuggestion]:
        rows = []
        try:
            # While it is typed it may be no query yet, which is no error.
            query = parse_lookup_query(text)
        except AppError:
            query = None
        if query is not None:
            rows.append(
                SearchSuggestion(
                    f"Search for “{text}”", _QUERY_KIND_LABELS[query.kind], "Enter", query=text
                )
            )
        try:
            # Blocking: an indexed search of the cache takes about a millisecond, and a list that
            # came a turn later would show suggestions for what was typed before.
            cached = self._reader.search_users.blocking(text, _MAX_CUSTOMERS)
        except AppError:
            # Suggestions are an extra; looking up says what is wrong with the store.
            cached = ()
        rows += [SearchSuggestion(m.title, m.subtitle, _SAVED, query=m.query) for m in cached]
        return rows

    def _replace_rows(self, rows: list[SearchSuggestion]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
