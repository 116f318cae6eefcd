"""The item model under the search field: kept customers, those Zendesk finds, and commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop.customer.customer_search import CustomerSearch
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import shorten
from desktop.model.customer_sheet import MAX_MATCHES, CustomerMatch
from desktop.model.lookup_query import LookupQueryKind, parse_lookup_query
from desktop.store.cached_sheet_reader import CachedSheetReader
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.header_view import MORE_MATCHES_TEXT
from desktop.viewmodels.palette_command import PaletteCommand, find_commands
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_registry import TaskRegistry

_ModelIndex = QModelIndex | QPersistentModelIndex
_MAX_RECENT, _MAX_COMMANDS = 8, 5
# Shorter texts would match half of all customers.
_MIN_QUERY_LENGTH = 2
# About the pause between two words: a key sooner than that is still typing.
_SEARCH_DEBOUNCE_MS = 250
# Roles beside Qt's own; ENABLED_ROLE missing means enabled.
SUBTITLE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
NOTE_ROLE = SUBTITLE_ROLE + 1
ENABLED_ROLE = SUBTITLE_ROLE + 2

_SAVED, _ZENDESK = "saved on this computer", "Zendesk"
_SEARCHING = "Searching Zendesk…"
_NO_COMMAND = "No command has these words."
_FEW_CALLS = "Zendesk allows few calls right now. Press Enter to search it."
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
# Texts that may be a part of many names; None: of addresses or numbers.
_PART_KINDS = (LookupQueryKind.NAME, None)
# These may be a part of more than they name.
_SEARCHED_KINDS = (*_PART_KINDS, LookupQueryKind.EMAIL, LookupQueryKind.PHONE)


@dataclass(frozen=True)
class SearchSuggestion:
    """A row below the search field: a query to look up, a command to run, or a remark."""

    title: str
    subtitle: str = ""
    note: str = ""
    is_enabled: bool = True
    query: str = ""
    command: PaletteCommand | None = None


class SearchSuggestionsModel(QAbstractListModel):
    """Suggestions for what is typed, as rows of the search field's popup.

    Kept customers and commands are there at once. What Zendesk finds after a pause comes below
    what is shown already: no row moves that somebody is about to choose.
    """

    grown = Signal()  # rows were added to those shown, or taken from their end

    def __init__(
        self,
        reader: CachedSheetReader,
        commands: Callable[[], Sequence[PaletteCommand]],
        search: CustomerSearch,
        clock: Clock,
        parent: QObject | None = None,
        *,
        may_view: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_view` says whether the search field may suggest customers to the person at work."""
        super().__init__(parent)
        self._may_view = may_view
        self._reader = reader
        self._commands = commands
        self._search = search
        self._clock = clock
        self._rows: list[SearchSuggestion] = []
        self._text = ""
        self._kept: tuple[CustomerMatch, ...] = ()
        self._tail: list[SearchSuggestion] = []  # rows that come after those Zendesk finds
        # Trouble of a search is told in the list: looking up says more of it.
        self.tasks = TaskRegistry(self._on_search_failed)
        self._timer = create_timer(self, _SEARCH_DEBOUNCE_MS, self._start_search)

    def suggest(self, text: str) -> bool:
        """Suggest rows below the search field for a typed text; False: there are none.

        Nothing typed: the customers opened last. After >: commands alone.
        """
        self.stop_search()
        self._text, self._kept, self._tail = text.strip(), (), []
        if self._text.startswith(">"):
            found = find_commands(self._commands(), self._text[1:], inside_words=True)
            rows = [_command_row(command) for command in found] or [_remark(_NO_COMMAND)]
        elif not self._text:
            rows = self._recent_rows() if self._may_view() else []
        elif len(self._text) < _MIN_QUERY_LENGTH:
            rows = []
        else:
            rows = self._typed_rows() if self._may_view() else self._command_rows()
        self._replace_rows(rows)
        return bool(self._rows)

    def stop_search(self) -> None:
        """Stop the search field's query to Zendesk for what was typed before."""
        self._timer.stop()
        self.tasks.cancel("search")

    def show_matches(self, matches: Sequence[CustomerMatch]) -> None:
        """Show below the search field the customers that a looked-up query matches."""
        self.stop_search()
        rows = [_match_row(m, "") for m in matches[:MAX_MATCHES]]
        if len(matches) > MAX_MATCHES:
            rows.append(_remark(MORE_MATCHES_TEXT))
        self._replace_rows(rows)

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
            Qt.ItemDataRole.AccessibleTextRole: ", ".join(
                part for part in (row.title, row.subtitle, row.note) if part
            ),
            SUBTITLE_ROLE: row.subtitle,
            NOTE_ROLE: row.note,
            ENABLED_ROLE: row.is_enabled,
        }.get(role)

    def _recent_rows(self) -> list[SearchSuggestion]:
        now = self._clock.now()
        return [
            _match_row(m, f"opened {time_format.format_time_or_date(m.opened_at or now, now)}")
            for m in self._read_kept(
                lambda: self._reader.list_recent_customers.blocking(_MAX_RECENT)
            )
        ]

    def _typed_rows(self) -> list[SearchSuggestion]:
        text, read = self._text, self._reader.search_customers
        self._kept = self._read_kept(lambda: read.blocking(text, MAX_MATCHES + 1))
        people = [_match_row(match, _SAVED) for match in self._kept[:MAX_MATCHES]]
        kind = _query_kind(text)
        # What names one record is looked up; a part of a name or number opens who is found.
        rows = people if kind in _PART_KINDS else [*self._query_rows(), *people]
        if len(self._kept) > MAX_MATCHES:
            return [*rows, *self._command_rows(), _remark(MORE_MATCHES_TEXT)]
        tail = self._tail_rows()
        is_searched = kind in _SEARCHED_KINDS and self._search.is_searchable(text)
        if not is_searched or not self._search.has_calls_to_spare():
            return [*rows, *tail, *([_remark(_FEW_CALLS)] if is_searched else [])]
        self._timer.start()
        # Commands are there at once, and who Zendesk finds comes below them.
        self._tail = [] if any(row.command for row in tail) else tail
        shown = [] if self._tail else tail
        return [*rows, *shown, _remark(_SEARCHING)]

    def _tail_rows(self) -> list[SearchSuggestion]:
        """Return the search field's last rows: a look-up of a part, and commands.

        The look-up stands first: Enter takes no command unless somebody goes to it.
        """
        is_part = _query_kind(self._text) in _PART_KINDS
        return [*(self._query_rows() if is_part else []), *self._command_rows()]

    def _command_rows(self) -> list[SearchSuggestion]:
        """Return the search field's rows of commands that the typed words begin, at most five."""
        if _query_kind(self._text) is None:
            # A part of an address or number names no command.
            return []
        found = find_commands(self._commands(), self._text, inside_words=False)
        rows = [_command_row(command) for command in found[:_MAX_COMMANDS]]
        more = len(found) - len(rows)
        if more > 0:
            rows.append(_remark(f"{more} more with > before it"))
        return rows

    def _query_rows(self) -> list[SearchSuggestion]:
        kind = _query_kind(self._text)
        if kind is None:
            return []
        label = _QUERY_KIND_LABELS[kind]
        return [SearchSuggestion(f"Search for “{self._text}”", label, "Enter", query=self._text)]

    def _read_kept(
        self, read: Callable[[], tuple[CustomerMatch, ...]]
    ) -> tuple[CustomerMatch, ...]:
        try:
            # Blocking: a range of an index takes about a millisecond, and a list that came a turn
            # later would show suggestions for what was typed before.
            return read()
        except AppError:
            # Suggestions are an extra; looking up says what is wrong with the store.
            return ()

    def _start_search(self) -> None:
        self.tasks.start("search", self._find(self._text))

    async def _find(self, text: str) -> None:
        found = await self._search.find(text)
        kept = {match.query for match in self._kept}
        others = [match for match in found if match.query not in kept]
        room = MAX_MATCHES - len(self._kept)
        shown, tail = others[:room], list(self._tail)
        if len(others) > room:
            tail.append(_remark(MORE_MATCHES_TEXT))
        elif not shown and not kept:
            tail.append(_remark("Nobody found with this in a name, address or phone number."))
        start = len(self._rows) - 1
        self._replace_last_row([*(_match_row(m, _ZENDESK) for m in shown), *tail])
        for place, match in enumerate(await self._search.add_newest_tickets(shown)):
            if match.newest_ticket is not None:
                self._rows[start + place] = _match_row(match, _ZENDESK)
        if shown:
            self.dataChanged.emit(self.index(start), self.index(start + len(shown) - 1))

    def _on_search_failed(self, error: AppError) -> None:
        failed = _remark(f"Zendesk could not be searched. {error.title}")
        self._replace_last_row([*self._tail, failed])

    def _replace_last_row(self, rows: list[SearchSuggestion]) -> None:
        """Replace the search field's remark that Zendesk is searched; the rows above stay."""
        last = len(self._rows) - 1
        if last < 0 or self._rows[last].title != _SEARCHING:
            return
        self.beginRemoveRows(QModelIndex(), last, last)
        del self._rows[last]
        self.endRemoveRows()
        if rows:
            self.beginInsertRows(QModelIndex(), last, last + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()
        self.grown.emit()

    def _replace_rows(self, rows: list[SearchSuggestion]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()


def _query_kind(text: str) -> LookupQueryKind | None:
    """Return the kind of query a typed text would be below the search field, or None."""
    try:
        query = parse_lookup_query(text)
    except AppError:
        # While it is typed it may be no query yet, which is no error.
        return None
    # No ticket and no id begins with a zero; hardly an address ends without a dot in its domain.
    is_part = (query.kind is LookupQueryKind.NUMBER and text.startswith("0")) or (
        query.kind is LookupQueryKind.EMAIL and "." not in query.value.rpartition("@")[2]
    )
    return None if is_part else query.kind


def _match_row(match: CustomerMatch, source: str) -> SearchSuggestion:
    ticket = match.newest_ticket
    newest = f"#{ticket.id} {shorten(ticket.subject, 40)}" if ticket is not None else ""
    below = (match.subtitle, match.organization, newest)
    note = ", ".join(part for part in (match.note, source) if part)
    return SearchSuggestion(
        match.title, " · ".join(part for part in below if part), note, query=match.query
    )


def _command_row(command: PaletteCommand) -> SearchSuggestion:
    return SearchSuggestion(
        command.label,
        command.disabled_reason or command.detail,
        command.shortcut,
        command.is_enabled,
        command=command,
    )


def _remark(text: str) -> SearchSuggestion:
    return SearchSuggestion(text, is_enabled=False)
