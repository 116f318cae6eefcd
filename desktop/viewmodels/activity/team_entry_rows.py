"""View of what other desks of the team did as rows of the page Activity: loading and texts."""

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from desktop.connect.team_connection import TeamConnection
from desktop.kit.clock import iso_timestamp
from desktop.model.team import TeamEntry
from desktop.store.team.team_store import TeamStore
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.activity.activity_detail_view import (
    ActivityAction,
    ActivityDetailView,
    OfferedAction,
)
from desktop.viewmodels.activity.activity_row import ActivityRow
from desktop.viewmodels.activity.sync_audit_rows import TimeBounds
from desktop.viewmodels.file_export import FileFormat, RowFormat, export_pages
from desktop.viewmodels.team_entry_text import team_entry_subject

_PAGE_SIZE = 200
# Tells their ids from those of edits in one list.
_ROW_ID_PREFIX = "team:"
_STATES = {"done": "Confirmed", "conflict": "Conflict", "failed": "Failed", "undone": "Undone"}
_NOT_KNOWN = "not known on this computer"
_NOT_PROVEN = "Nobody of the team wrote this: the team store was changed by other means."


class TeamEntryLoader:
    """The entries of other desks that the page Activity has read, newest first."""

    def __init__(self, team: TeamConnection, store: WorkspaceStore) -> None:
        self._team, self._store = team, store
        self._entries: dict[str, TeamEntry] = {}
        self._people: dict[str, str] = {}  # id of a customer kept here, by its keyed hash
        self._text = ""
        self._times: TimeBounds = (None, None)
        self.is_loaded = False
        self.is_complete = False

    def rows(self) -> tuple[TeamEntry, ...]:
        """Return the entries of other desks that fit the search, newest first."""
        words = self._text.lower().split()
        found = sorted(self._entries.values(), key=lambda entry: entry.place, reverse=True)
        return tuple(
            entry for entry in found if all(word in _searched(entry).lower() for word in words)
        )

    def find(self, row_id: str) -> TeamEntry | None:
        """Return the entry behind the Activity row with this id."""
        return self._entries.get(row_id)

    def customer_of(self, entry: TeamEntry) -> str:
        """Return the id of an entry's customer where they are kept here; "" otherwise."""
        return self._people.get(entry.person_hash, "")

    def set_search(self, text: str, times: TimeBounds) -> None:
        """Search Activity's entries of other desks for other words or times."""
        self._text = text
        if times != self._times:
            self._times = times
            self._entries, self.is_loaded, self.is_complete = {}, False, False

    async def read_again(self) -> None:
        """Read the newest entries of other desks. Raises what keeps the team store away."""
        store = await self._team.open()
        if store is None:
            self.is_loaded = self.is_complete = True
            return
        self._people = await self._read_people(store)
        await self._read_page(store, None)

    async def read_more(self) -> None:
        """Read the next page of entries of other desks that the page Activity shows."""
        store = await self._team.open()
        if store is None:
            self.is_loaded = self.is_complete = True
            return
        oldest = min((entry.place for entry in self._entries.values()), default=None)
        await self._read_page(store, oldest)

    async def _read_page(self, store: TeamStore, before: tuple[float, str, int] | None) -> None:
        page = await _read_entries(store, before, self._times)
        if before is None and not any(_row_id(entry) in self._entries for entry in page):
            # More than a page is new since: what was read is not next to it.
            self._entries, self.is_complete = {}, False
        self._entries |= {_row_id(entry): entry for entry in page}
        self.is_complete = self.is_complete or len(page) < _PAGE_SIZE
        self.is_loaded = True

    async def _read_people(self, store: TeamStore) -> dict[str, str]:
        ids = await self._store.sheet_reader.list_all_opened_ids()
        return {store.key.hash_person(one): one for one in ids}


async def _read_entries(
    store: TeamStore, before: tuple[float, str, int] | None, times: TimeBounds
) -> tuple[TeamEntry, ...]:
    since, until = times
    return await store.audit.list_entries(
        before=before, limit=_PAGE_SIZE, without_own=True, since=since, until=until
    )


async def export_team_rows(
    team: TeamConnection, times: TimeBounds, path: Path, file_format: FileFormat
) -> int:
    """Export every entry of other desks of these times; count them. Raises StorageError."""
    store = await team.open()

    async def iterate_pages() -> AsyncIterator[Sequence[TeamEntry]]:
        before: tuple[float, str, int] | None = None
        while store is not None and (page := await _read_entries(store, before, times)):
            yield page
            before = page[-1].place

    return await export_pages(path, iterate_pages(), TEAM_ROW_FORMAT, file_format=file_format)


def build_team_row(
    entry: TeamEntry, now: float, customer: str = "", customer_name: str = ""
) -> ActivityRow:
    """Build the Activity row of an entry of another desk."""
    is_ok = entry.result == "done" and entry.is_proven
    subject = team_entry_subject(entry)
    return ActivityRow(
        id=_row_id(entry),
        at=entry.at,
        time=time_format.format_date_and_time(entry.at, now),
        time_tooltip=time_format.format_full_timestamp(entry.at),
        actor=entry.actor,
        customer=customer or (_NOT_KNOWN if entry.person_hash else ""),
        customer_name=customer_name,
        subject=subject,
        change_text=subject,
        reason_text=f"at {entry.desk_name}",
        state=_STATES.get(entry.result, entry.result) if entry.is_proven else "Not proven",
        state_tone="ok" if is_ok else "warn",
        detail="" if entry.is_proven else _NOT_PROVEN,
        needs_attention=False,
    )


def build_team_row_detail(
    entry: TeamEntry, now: float, customer: str = "", customer_name: str = ""
) -> ActivityDetailView:
    """Build the Activity details of an entry of another desk: what the team store tells of it."""
    line = build_team_row(entry, now, customer, customer_name)
    offered = [OfferedAction(ActivityAction.COPY)]
    if customer:
        offered.insert(0, OfferedAction(ActivityAction.OPEN_CUSTOMER))
    return ActivityDetailView(
        id=line.id,
        title=line.subject,
        state=line.state,
        state_tone=line.state_tone,
        facts=(
            ("Customer", customer_name or line.customer or "none", customer),
            ("By", entry.actor, ""),
            ("Computer", entry.desk_name, ""),
            ("Written", line.time, line.time_tooltip),
            ("Reference", f"record {entry.seq} of that computer", ""),
        ),
        message=line.detail or "Values and reason are on that computer alone.",
        actions=tuple(offered),
        undo_note="It can be undone there.",
    )


def format_team_row_text(entry: TeamEntry, now: float, customer: str = "") -> str:
    """Format an entry of another desk as lines, to paste into a ticket."""
    view = build_team_row_detail(entry, now, customer)
    return "\n".join([view.title, *(f"{name}: {value}" for name, value, _ in view.facts)])


def _row_id(entry: TeamEntry) -> str:
    return f"{_ROW_ID_PREFIX}{entry.desk}:{entry.seq}"


def _searched(entry: TeamEntry) -> str:
    return f"{entry.actor} {entry.desk_name} {team_entry_subject(entry)}"


def _row_cells(entry: TeamEntry) -> Iterator[tuple[str, ...]]:
    yield (
        entry.desk_name, str(entry.seq), iso_timestamp(entry.at), entry.actor, entry.service,
        team_entry_subject(entry), entry.result, "yes" if entry.is_proven else "no",
    )  # fmt: skip


_HEADER = ("Computer", "Record", "Written", "Who", "Service", "Change", "Result", "Proven")
TEAM_ROW_FORMAT = RowFormat(_HEADER, _row_cells, TeamEntry.as_json)
