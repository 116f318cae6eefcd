"""What syncs changed, customer by customer, as the record has it; read page by page."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator

from desktop.kit.clock import iso_timestamp
from desktop.model.service import Service
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.field_labels import format_field_name, format_value
from desktop.viewmodels import time_format
from desktop.viewmodels.activity.activity_detail_view import ActivityAction, ActivityDetailView
from desktop.viewmodels.activity.activity_row import ActivityRow
from desktop.viewmodels.activity.edit_export import escape_csv_formula

PAGE_SIZE = 200
_ROW_ID_PREFIX = "sync:"
_MAX_FIELDS_SHOWN = 3
_MAX_VALUE_LENGTH = 60
_RUN_PATTERN = re.compile(r": run (\d+)$")
_HEADER = (
    "seq", "at", "sync", "run", "who", "service", "customer", "target", "field", "old", "new",
    "detail",
)  # fmt: skip


class SyncAuditLoader:
    """The rows read so far that hold every word of a text; grows page by page."""

    def __init__(self, store: WorkspaceStore) -> None:
        self._store = store
        self._rows: dict[int, AuditEntry] = {}
        self._text = ""
        self.is_loaded = False
        self.is_complete = False

    def rows(self) -> tuple[AuditEntry, ...]:
        """All read so far, newest first."""
        return tuple(self._rows[seq] for seq in sorted(self._rows, reverse=True))

    def find(self, row_id: str) -> AuditEntry | None:
        """One of them, by the id of its line."""
        seq = row_id.removeprefix(_ROW_ID_PREFIX)
        return (
            self._rows.get(int(seq))
            if row_id.startswith(_ROW_ID_PREFIX) and seq.isdigit()
            else None
        )

    def set_search_text(self, text: str) -> None:
        """Other words: everything is read anew."""
        if text != self._text:
            self._text, self._rows, self.is_loaded, self.is_complete = text, {}, False, False

    async def read_again(self) -> None:
        """Read what has come since; the record never changes what it holds."""
        newest = max(self._rows, default=0)
        before: int | None = None
        while True:
            page = await self._read_page(before)
            if page is None:
                return
            self._rows |= {row.seq: row for row in page}
            if len(page) < PAGE_SIZE or page[-1].seq <= newest or not newest:
                self.is_complete = self.is_complete or len(page) < PAGE_SIZE
                self.is_loaded = True
                return
            before = page[-1].seq

    async def read_more(self) -> None:
        """Read further back."""
        page = await self._read_page(min(self._rows, default=None))
        if page is None:
            return
        self._rows |= {row.seq: row for row in page}
        self.is_loaded, self.is_complete = True, len(page) < PAGE_SIZE

    async def read_all(self) -> tuple[AuditEntry, ...]:
        """Read to the very first one."""
        while not self.is_complete:
            await self.read_more()
        return self.rows()

    async def _read_page(self, before: int | None) -> tuple[AuditEntry, ...] | None:
        """The next rows; None: somebody typed on meanwhile, and asks for others."""
        text, audit = self._text, self._store.audit
        words = tuple(text.lower().split())
        page = await audit.search_sync_entries(words=words, before=before, limit=PAGE_SIZE)
        return page if text == self._text else None


def run_id_of(row: AuditEntry) -> str:
    """The number of the run, or nothing."""
    found = _RUN_PATTERN.search(row.reason)
    return found.group(1) if found else ""


def build_sync_row(row: AuditEntry, now: float) -> ActivityRow:
    """One line: who is the sync, why is its run."""
    fields = list(_field_changes(row))
    shown = "; ".join(
        f"{n}: {_shorten(old)} → {_shorten(new)}" for n, old, new in fields[:_MAX_FIELDS_SHOWN]
    )
    more = len(fields) - _MAX_FIELDS_SHOWN
    confirmed = row.detail.casefold() == "confirmed"
    return ActivityRow(
        id=f"{_ROW_ID_PREFIX}{row.seq}",
        time=time_format.format_date_and_time(row.at, now),
        time_tooltip=time_format.format_full_timestamp(row.at),
        actor=row.actor,
        customer=row.label,
        subject=_sync_title(row),
        change_text=f"{shown} and {more} more" if more > 0 else shown,
        reason_text=f"by {row.reason}",
        state="Confirmed" if confirmed else "Written",
        state_tone="ok",
        detail="" if confirmed else row.detail.partition(". ")[0].rstrip("."),
        needs_attention=False,
    )


def build_sync_row_detail(row: AuditEntry, now: float) -> ActivityDetailView:
    """Everything about one line; what a sync wrote is taken back by its run."""
    line = build_sync_row(row, now)
    fields = [(name, f"{old} → {new}", "") for name, old, new in _field_changes(row)]
    acts = [ActivityAction("open", "Open customer"), ActivityAction("copy", "Copy details")]
    if run_id_of(row):
        acts.insert(0, ActivityAction("run", "Show the run"))
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
            ("Written at", line.time, line.time_tooltip),
            ("Service", service, ""),
            ("Reference", f"record {row.seq}", ""),
        ),
        message=row.detail if line.detail else "",
        actions=tuple(acts),
        undo_note="A run as a whole is rolled back in its history.",
    )


def format_sync_row_text(row: AuditEntry, now: float) -> str:
    """Everything in lines, for a ticket or a colleague."""
    view = build_sync_row_detail(row, now)
    return "\n".join([view.title, *(f"{name}: {value}" for name, value, _ in view.facts)])


def customer_query_for_sync_row(row: AuditEntry) -> str:
    """What the search field finds this customer by."""
    return f"sid:{row.target}" if row.service == Service.SAILTHRU.value else f"id:{row.target}"


def sync_rows_to_json(rows: Iterable[AuditEntry]) -> str:
    """The same objects as `fairlead audit --json`."""
    return json.dumps({"rows": [r.as_json() for r in rows]}, ensure_ascii=False, indent=1) + "\n"


def sync_rows_to_csv(rows: Iterable[AuditEntry]) -> str:
    """One line for each field; UTF-8 with a mark at its start, all cells quoted."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for row in rows:
        for name, old, new in _field_changes(row):
            cells = (
                str(row.seq), iso_timestamp(row.at), row.name, run_id_of(row), row.actor, row.service,
                row.label, row.target, name, old, new, row.detail,
            )  # fmt: skip
            writer.writerow([escape_csv_formula(cell) for cell in cells])
    return "\ufeff" + out.getvalue()


def _sync_title(row: AuditEntry) -> str:
    return _RUN_PATTERN.sub("", row.reason) or row.name


def _field_changes(row: AuditEntry) -> Iterator[tuple[str, str, str]]:
    """Field by field: name, before, now; as the preview has said it."""
    old = row.old if isinstance(row.old, dict) else {}
    new = row.new if isinstance(row.new, dict) else {}
    for field in dict.fromkeys((*new, *old)):
        before, now = format_value(old.get(field), field), format_value(new.get(field), field)
        yield format_field_name(field), before, now


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_VALUE_LENGTH else text[: _MAX_VALUE_LENGTH - 1] + "…"
