"""The search field's list: what was typed, recognised; kept customers; and, after >, commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.kit.errors import AppError
from desktop.model.query import QueryKind, recognise
from desktop.model.sheet import Match
from desktop.store.reading import Reader
from desktop.viewmodels.command import Command

_Index = QModelIndex | QPersistentModelIndex
_MOST = 12

_KINDS = {
    QueryKind.EMAIL: "e-mail address",
    QueryKind.TICKET: "ticket",
    QueryKind.PHONE: "phone number",
    QueryKind.ZENDESK_ID: "Zendesk id",
    QueryKind.EXTERNAL_ID: "external id",
    QueryKind.SID: "Sailthru id",
    QueryKind.NUMBER: "ticket, id or phone number",
    QueryKind.NAME: "name",
}


@dataclass(frozen=True)
class Choice:
    """A row: a query to look up, or a command to run."""

    title: str
    subtitle: str = ""
    note: str = ""
    enabled: bool = True
    query: str = ""
    command: Command | None = None


class SearchModel(QAbstractListModel):
    """Rows for the popup; roles as `panels.parts.search_popup.Roles` expects them."""

    def __init__(
        self,
        reader: Reader,
        commands: Callable[[], Sequence[Command]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._commands = commands
        self._rows: list[Choice] = []

    def suggest(self, text: str) -> bool:
        """Fill the list for what is typed so far; whether there is anything to show."""
        stripped = text.strip()
        if stripped.startswith(">"):
            self._show(self._matching(stripped[1:]))
        elif len(stripped) >= 2:
            self._show(self._known(stripped))
        else:
            self._show([])
        return bool(self._rows)

    def offer(self, matches: Sequence[Match]) -> None:
        """Show several customers to choose from."""
        self._show([Choice(m.title, m.subtitle, m.note, query=m.query) for m in matches])

    def choice(self, index: _Index) -> Choice:
        """What a row stands for."""
        return self._rows[index.row()]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title, subtitle, note, enabled."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        user = int(Qt.ItemDataRole.UserRole)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.title
        if role == user + 1:
            return row.subtitle
        if role == user + 2:
            return row.note
        return row.enabled if role == user + 3 else None

    def _matching(self, words: str) -> list[Choice]:
        """Commands that hold every word typed."""
        wanted = words.casefold().split()
        return [
            Choice(c.words, c.why_not, c.shortcut, c.enabled, command=c)
            for c in self._commands()
            if all(word in c.words.casefold() for word in wanted)
        ]

    def _known(self, text: str) -> list[Choice]:
        rows = []
        try:
            query = recognise(text)
        except AppError:
            query = None
        if query is not None:
            rows.append(Choice(f"Look up {text}", f"as {_KINDS[query.kind]}", "Enter", query=text))
        try:
            kept = self._reader.names(text, _MOST)
        except AppError:
            # Suggestions are an extra; looking up says what is wrong with the store.
            kept = ()
        rows += [Choice(m.title, m.subtitle, "kept here", query=m.query) for m in kept]
        return rows

    def _show(self, rows: list[Choice]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
