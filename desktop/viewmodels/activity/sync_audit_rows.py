"""View of syncs' audit entries as rows of the page Activity: loading, texts, CSV and JSON."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

from desktop.kit.clock import iso_timestamp
from desktop.kit.text import shorten
from desktop.model.field_catalogue import field_title
from desktop.model.json_value import Json
from desktop.model.lookup_query import record_query
from desktop.model.run_limit import people_over_limit_text
from desktop.model.service import Service
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.field_labels import UNSET_LABEL, format_value
from desktop.viewmodels import time_format
from desktop.viewmodels.activity.activity_detail_view import (
    ActivityAction,
    ActivityDetailView,
    OfferedAction,
)
from desktop.viewmodels.activity.activity_row import MAX_VALUE_LENGTH, ActivityRow
from desktop.viewmodels.file_export import FileFormat, RowFormat, export_pages

# Unix seconds from which on, and before which; None: no bound.
TimeBounds = tuple[float | None, float | None]

_PAGE_SIZE = 200
_APPROVAL_KIND = "approval"
# Tells their ids from those of edits in one list.
_ROW_ID_PREFIX = "sync:"
_MAX_FIELDS_SHOWN = 3
# A batch writer ends the reason of its entries with the run's number.
_RUN_PATTERN = re.compile(r": run (\d+)$")
# For people; scripts read the keys of the JSON, which stay.
_HEADER = (
    "Record", "Written", "Sync", "Run", "Who", "Service", "Customer", "Customer id", "Field",
    "Old value", "New value", "Detail",
)  # fmt: skip


class SyncAuditLoader:
    """The syncs' audit entries that the page Activity has read for a search, newest first."""

    def __init__(self, store: WorkspaceStore) -> None:
        self._store = store
        self._rows: dict[int, AuditEntry] = {}
        self._text = ""
        self._times: TimeBounds = (None, None)
        self.is_loaded = False
        self.is_complete = False

    def rows(self) -> tuple[AuditEntry, ...]:
        """Return the syncs' audit entries that page Activity has read so far, newest first."""
        return tuple(self._rows[seq] for seq in sorted(self._rows, reverse=True))

    def find(self, row_id: str) -> AuditEntry | None:
        """Return the sync's audit entry behind the Activity row with this id."""
        seq = row_id.removeprefix(_ROW_ID_PREFIX)
        return (
            self._rows.get(int(seq))
            if row_id.startswith(_ROW_ID_PREFIX) and seq.isdigit()
            else None
        )

    def set_search(self, text: str, times: TimeBounds) -> None:
        """Search Activity's audit entries of syncs for other words or times; reads anew."""
        if (text, times) != (self._text, self._times):
            self._text, self._times = text, times
            self._rows, self.is_loaded, self.is_complete = {}, False, False

    async def read_again(self) -> None:
        """Read the page Activity's newer audit entries of syncs; the audit is append-only."""
        newest = max(self._rows, default=0)
        before: int | None = None
        while True:
            page = await self._read_page(before)
            if page is None:
                return
            self._rows |= {row.seq: row for row in page}
            # Read back to what is known, or to the first page where nothing is.
            if len(page) < _PAGE_SIZE or page[-1].seq <= newest or not newest:
                self.is_complete = self.is_complete or len(page) < _PAGE_SIZE
                self.is_loaded = True
                return
            before = page[-1].seq

    async def read_more(self) -> None:
        """Read the next page of audit entries of syncs that the page Activity shows."""
        page = await self._read_page(min(self._rows, default=None))
        if page is None:
            return
        self._rows |= {row.seq: row for row in page}
        self.is_loaded, self.is_complete = True, len(page) < _PAGE_SIZE

    async def _read_page(self, before: int | None) -> tuple[AuditEntry, ...] | None:
        """Read a page of Activity's older audit entries; None: the search has changed meanwhile."""
        text, times = self._text, self._times
        page = await _search_page(self._store, text, before, times)
        return page if (text, times) == (self._text, self._times) else None


async def export_sync_rows(
    store: WorkspaceStore, text: str, times: TimeBounds, path: Path, file_format: FileFormat
) -> int:
    """Export every audit entry of a sync that holds the words of `text`; count them.

    `times`: from which Unix second on, and before which; None: no bound.

    As CSV a line for each field, as JSON the objects that `fairlead audit --json` gives. Raises
    StorageError.
    """

    async def iterate_pages() -> AsyncIterator[Sequence[AuditEntry]]:
        before: int | None = None
        while page := await _search_page(store, text, before, times):
            yield page
            before = page[-1].seq

    return await export_pages(path, iterate_pages(), SYNC_ROW_FORMAT, file_format=file_format)


async def _search_page(
    store: WorkspaceStore, text: str, before: int | None, times: TimeBounds
) -> tuple[AuditEntry, ...]:
    words = tuple(text.lower().split())
    since, until = times
    return await store.audit.search_sync_entries(
        words=words, before=before, limit=_PAGE_SIZE, since=since, until=until
    )


def run_id_of(row: AuditEntry) -> str:
    """Return the run id in an Activity row of a sync, or an empty text."""
    found = _RUN_PATTERN.search(row.reason)
    return found.group(1) if found else ""


def _build_approval_row(row: AuditEntry, now: float) -> ActivityRow:
    """Build the Activity row of an audited approval: who let which limit pass, for how many."""
    said = row.new if isinstance(row.new, dict) else {}
    if "batch" in said:
        return _build_batch_approval_row(row, said, now)
    plan = said.get("plan", "")
    return ActivityRow(
        id=f"{_ROW_ID_PREFIX}{row.seq}",
        at=row.at,
        time=time_format.format_date_and_time(row.at, now),
        time_tooltip=time_format.format_full_timestamp(row.at),
        actor=row.actor,
        customer="",
        customer_name="",
        subject=f"Limit of {row.name}",
        change_text=_approved_text(row),
        reason_text=f"for preview {plan} of {row.name}",
        state="Allowed",
        state_tone="info",
        detail="",
        needs_attention=False,
    )


def _build_batch_approval_row(row: AuditEntry, said: Mapping[str, Json], now: float) -> ActivityRow:
    """Build the Activity row of who asked for a batch's approval, or gave it as an admin."""
    people = said.get("people")
    return ActivityRow(
        id=f"{_ROW_ID_PREFIX}{row.seq}",
        at=row.at,
        time=time_format.format_date_and_time(row.at, now),
        time_tooltip=time_format.format_full_timestamp(row.at),
        actor=row.actor,
        customer="",
        customer_name="",
        subject=f"Undo by batch {said['batch']}",
        change_text=people_over_limit_text("loosened", people if isinstance(people, int) else 0),
        reason_text=row.reason,
        state="Allowed" if said.get("is_admin") else "Asked",
        state_tone="info",
        detail="",
        needs_attention=False,
    )


def _approved_text(row: AuditEntry) -> str:
    said = row.new if isinstance(row.new, dict) else {}
    people = said.get("people")
    return people_over_limit_text(
        str(said.get("limit", "")), people if isinstance(people, int) else 0
    )


def build_sync_row(row: AuditEntry, now: float, customer_name: str = "") -> ActivityRow:
    """Build the Activity row of a sync's audit entry: its reason is the run."""
    if row.kind == _APPROVAL_KIND:
        return _build_approval_row(row, now)
    fields = list(_field_changes(row))
    shown = "; ".join(
        f"{title}: {_short_change(old, new)}" for _, title, old, new in fields[:_MAX_FIELDS_SHOWN]
    )
    more = len(fields) - _MAX_FIELDS_SHOWN
    # A job's rows are accepted without being read back.
    confirmed = row.detail.casefold() == "confirmed"
    return ActivityRow(
        id=f"{_ROW_ID_PREFIX}{row.seq}",
        at=row.at,
        time=time_format.format_date_and_time(row.at, now),
        time_tooltip=time_format.format_full_timestamp(row.at),
        actor=row.actor,
        customer=row.label,
        customer_name="" if customer_name == row.label else customer_name,
        subject=_sync_title(row),
        change_text=f"{shown} and {more} more" if more > 0 else shown,
        reason_text=f"by {row.reason}",
        state="Confirmed" if confirmed else "Written",
        state_tone="ok",
        detail="" if confirmed else row.detail.partition(". ")[0].rstrip("."),
        needs_attention=False,
    )


def build_sync_row_detail(row: AuditEntry, now: float) -> ActivityDetailView:
    """Build the Activity details of a sync's audit entry; only a whole run is rolled back."""
    line = build_sync_row(row, now)
    if row.kind == _APPROVAL_KIND:
        return ActivityDetailView(
            id=line.id,
            title=f"A limit of “{row.name}” was allowed once",
            state=line.state,
            state_tone=line.state_tone,
            facts=(
                ("Allowed", _approved_text(row), ""),
                ("By", row.actor, ""),
                ("Preview", line.reason_text.removeprefix("for "), ""),
                ("When", line.time, line.time_tooltip),
                ("Reference", f"record {row.seq}", ""),
            ),
            message="",
            actions=(OfferedAction(ActivityAction.COPY),),
            undo_note="",
        )
    fields = [(name, f"{old} → {new}", field) for field, name, old, new in _field_changes(row)]
    offered = [OfferedAction(ActivityAction.COPY)]
    if not row.is_erased:
        offered.insert(0, OfferedAction(ActivityAction.OPEN_CUSTOMER))
    if run_id_of(row):
        offered.insert(0, OfferedAction(ActivityAction.SHOW_RUN))
    service = Service(row.service).title
    return ActivityDetailView(
        id=line.id,
        title=f"Sync “{_sync_title(row)}”",
        state=line.state,
        state_tone=line.state_tone,
        facts=(
            ("Customer", row.label, f"{service} {row.target}"),
            *fields,
            ("By", row.actor, ""),
            ("Run", run_id_of(row) or "not known", ""),
            ("Written", line.time, line.time_tooltip),
            ("Service", service, ""),
            ("Reference", f"record {row.seq}", ""),
        ),
        message=row.detail if line.detail else "",
        actions=tuple(offered),
        undo_note="A run as a whole is rolled back in its history.",
    )


def format_sync_row_text(row: AuditEntry, now: float) -> str:
    """Format a sync's audit entry on page Activity as lines, to paste into a ticket."""
    view = build_sync_row_detail(row, now)
    return "\n".join([view.title, *(f"{name}: {value}" for name, value, _ in view.facts)])


def customer_query_for_sync_row(row: AuditEntry) -> str:
    """Format the search field's query for the customer of a sync's audit entry; "" for none."""
    return record_query(Service(row.service), row.target) if row.target else ""


def _row_cells(row: AuditEntry) -> Iterator[tuple[str, ...]]:
    if row.kind == _APPROVAL_KIND:
        yield (
            str(row.seq), iso_timestamp(row.at), row.name, "", row.actor,
            Service(row.service).title, "", "", "Limit", "", f"allowed: {_approved_text(row)}", "",
        )  # fmt: skip
        return
    for _field, name, old, new in _field_changes(row):
        yield (
            str(row.seq), iso_timestamp(row.at), _sync_title(row), run_id_of(row), row.actor,
            Service(row.service).title, row.label, row.target, name, old, new, row.detail,
        )  # fmt: skip


def _sync_title(row: AuditEntry) -> str:
    return _RUN_PATTERN.sub("", row.reason) or row.name


def _short_change(old: str, new: str) -> str:
    """Write the change of a sync's Activity row on one line; without an old value, the new."""
    now = shorten(new, MAX_VALUE_LENGTH)
    return now if old == UNSET_LABEL else f"{shorten(old, MAX_VALUE_LENGTH)} → {now}"


def _field_changes(row: AuditEntry) -> Iterator[tuple[str, str, str, str]]:
    """Yield each field of a sync's audit entry in the preview's words: field, title, old, new."""
    old = row.old if isinstance(row.old, dict) else {}
    new = row.new if isinstance(row.new, dict) else {}
    for field in dict.fromkeys((*new, *old)):
        before, now = format_value(old.get(field), field), format_value(new.get(field), field)
        yield field, field_title(field), before, now


SYNC_ROW_FORMAT = RowFormat(_HEADER, _row_cells, AuditEntry.as_json)
