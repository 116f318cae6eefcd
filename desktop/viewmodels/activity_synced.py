"""What syncs changed, customer by customer, as the record has it; read page by page."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator

from desktop.kit.clock import iso
from desktop.store.audit import AuditRow
from desktop.store.store import Store
from desktop.sync.wording import field_words, value_words
from desktop.viewmodels import moment
from desktop.viewmodels.activity_detail import Act, DetailView
from desktop.viewmodels.activity_export import safe_cell
from desktop.viewmodels.activity_row import ActivityRow

PAGE = 200
_ID = "sync:"
_FIELDS_SHOWN = 3
_LONGEST_VALUE = 60
_RUN = re.compile(r": run (\d+)$")
_HEADER = (
    "seq", "at", "sync", "run", "who", "service", "customer", "target", "field", "old", "new",
    "detail",
)  # fmt: skip


class SyncedLog:
    """The rows read so far that hold every word of a text; grows page by page."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[int, AuditRow] = {}
        self._text = ""
        self.loaded = False
        self.complete = False

    def rows(self) -> tuple[AuditRow, ...]:
        """All read so far, newest first."""
        return tuple(self._rows[seq] for seq in sorted(self._rows, reverse=True))

    def get(self, row_id: str) -> AuditRow | None:
        """One of them, by the id of its line."""
        seq = row_id.removeprefix(_ID)
        return self._rows.get(int(seq)) if row_id.startswith(_ID) and seq.isdigit() else None

    def search(self, text: str) -> None:
        """Other words: everything is read anew."""
        if text != self._text:
            self._text, self._rows, self.loaded, self.complete = text, {}, False, False

    async def read_again(self) -> None:
        """Read what has come since; the record never changes what it holds."""
        newest = max(self._rows, default=0)
        before: int | None = None
        while True:
            page = await self._page(before)
            if page is None:
                return
            self._rows |= {row.seq: row for row in page}
            if len(page) < PAGE or page[-1].seq <= newest or not newest:
                self.complete = self.complete or len(page) < PAGE
                self.loaded = True
                return
            before = page[-1].seq

    async def read_more(self) -> None:
        """Read further back."""
        page = await self._page(min(self._rows, default=None))
        if page is None:
            return
        self._rows |= {row.seq: row for row in page}
        self.loaded, self.complete = True, len(page) < PAGE

    async def read_all(self) -> tuple[AuditRow, ...]:
        """Read to the very first one."""
        while not self.complete:
            await self.read_more()
        return self.rows()

    async def _page(self, before: int | None) -> tuple[AuditRow, ...] | None:
        """The next rows; None: somebody typed on meanwhile, and asks for others."""
        text, audit = self._text, self._store.audit
        words = tuple(text.lower().split())
        page = await self._store.lane.run(audit.synced, words=words, before=before, limit=PAGE)
        return page if text == self._text else None


def run_of(row: AuditRow) -> str:
    """The number of the run, or nothing."""
    found = _RUN.search(row.reason)
    return found.group(1) if found else ""


def synced_row(row: AuditRow, now: float) -> ActivityRow:
    """One line: who is the sync, why is its run."""
    fields = list(_changes(row))
    shown = "; ".join(
        f"{n}: {_short(old)} → {_short(new)}" for n, old, new in fields[:_FIELDS_SHOWN]
    )
    more = len(fields) - _FIELDS_SHOWN
    confirmed = row.detail.casefold() == "confirmed"
    return ActivityRow(
        id=f"{_ID}{row.seq}",
        time=moment.date_and_time(row.at, now),
        time_tip=moment.full(row.at),
        who=row.actor,
        customer=row.label,
        what=_title(row),
        change=f"{shown} and {more} more" if more > 0 else shown,
        why=f"by {row.reason}",
        state="Confirmed" if confirmed else "Written",
        state_tone="ok",
        detail="" if confirmed else row.detail.partition(". ")[0].rstrip("."),
        attention=False,
    )


def synced_detail(row: AuditRow, now: float) -> DetailView:
    """Everything about one line; what a sync wrote is taken back by its run."""
    line = synced_row(row, now)
    fields = [(name, f"{old} → {new}", "") for name, old, new in _changes(row)]
    acts = [Act("open", "Open customer"), Act("copy", "Copy details")]
    if run_of(row):
        acts.insert(0, Act("run", "Show the run"))
    service = row.service.capitalize()
    return DetailView(
        id=line.id,
        title=f"Sync “{_title(row)}”",
        state=line.state,
        state_tone=line.state_tone,
        facts=(
            ("Customer", row.label, f"{service} {row.target}"),
            *fields,
            ("By", row.actor, ""),
            ("Run", run_of(row) or "not known", ""),
            ("Written at", line.time, line.time_tip),
            ("Service", service, ""),
            ("Reference", f"record {row.seq}", ""),
        ),
        message=row.detail if line.detail else "",
        acts=tuple(acts),
        undo_note="A run as a whole is rolled back in its history.",
    )


def synced_text(row: AuditRow, now: float) -> str:
    """Everything in lines, for a ticket or a colleague."""
    view = synced_detail(row, now)
    return "\n".join([view.title, *(f"{name}: {value}" for name, value, _ in view.facts)])


def synced_query(row: AuditRow) -> str:
    """What the search field finds this customer by."""
    return f"sid:{row.target}" if row.service == "sailthru" else f"id:{row.target}"


def synced_json(rows: Iterable[AuditRow]) -> str:
    """The same objects as `fairlead audit --json`."""
    return json.dumps({"rows": [r.as_json() for r in rows]}, ensure_ascii=False, indent=1) + "\n"


def synced_csv(rows: Iterable[AuditRow]) -> str:
    """One line for each field; UTF-8 with a mark at its start, all cells quoted."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for row in rows:
        for name, old, new in _changes(row):
            cells = (
                str(row.seq), iso(row.at), row.name, run_of(row), row.actor, row.service,
                row.label, row.target, name, old, new, row.detail,
            )  # fmt: skip
            writer.writerow([safe_cell(cell) for cell in cells])
    return "\ufeff" + out.getvalue()


def _title(row: AuditRow) -> str:
    return _RUN.sub("", row.reason) or row.name


def _changes(row: AuditRow) -> Iterator[tuple[str, str, str]]:
    """Field by field: name, before, now; as the preview has said it."""
    old = row.old if isinstance(row.old, dict) else {}
    new = row.new if isinstance(row.new, dict) else {}
    for field in dict.fromkeys((*new, *old)):
        before, now = value_words(old.get(field), field), value_words(new.get(field), field)
        yield field_words(field), before, now


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
