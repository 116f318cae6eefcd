"""The rows of a preview as a file: CSV that no spreadsheet runs as a formula, or JSON."""

import csv
import io
import json
from collections.abc import Iterator

from desktop.model.plan import PlanRow
from desktop.store.plan_filter import RowFilter
from desktop.store.plans import Plans
from desktop.sync.wording import field_words, value_words
from desktop.viewmodels.activity_export import safe_cell

_PAGE = 500
_HEADER = (
    "row", "fate", "ticked", "state", "source", "target", "customer", "field", "old", "new",
    "written", "reason", "why", "consent",
)  # fmt: skip


def as_csv(plans: Plans, plan: str, chosen: RowFilter) -> tuple[str, int]:
    """A line for each field of each row, and how many rows; on the database's thread."""
    out, count = io.StringIO(), 0
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for row in _rows(plans, plan, chosen):
        count += 1
        for cells in _lines(row):
            writer.writerow([safe_cell(cell) for cell in cells])
    return "\ufeff" + out.getvalue(), count


def as_json(plans: Plans, plan: str, chosen: RowFilter) -> tuple[str, int]:
    """The same as one document."""
    rows = [_document(row) for row in _rows(plans, plan, chosen)]
    text = json.dumps({"plan": plan, "rows": rows}, ensure_ascii=False, indent=1) + "\n"
    return text, len(rows)


def _rows(plans: Plans, plan: str, chosen: RowFilter) -> Iterator[PlanRow]:
    after = 0
    while page := plans.rows(plan, chosen, after=after, limit=_PAGE):
        yield from page
        after = page[-1].row


def _lines(row: PlanRow) -> Iterator[list[str]]:
    begin = [
        str(row.row),
        row.fate.value,
        "yes" if row.ticked else "no",
        row.state.value,
        row.source_id,
        row.target_id,
        row.label,
    ]
    end = [row.detail or row.why, row.evidence]
    if not row.changes:
        yield [*begin, "", "", "", "", "", *end]
    for change in row.changes:
        written = "yes" if change.applies and change.ticked else "no"
        old, new = value_words(change.old, change.field), value_words(change.new, change.field)
        yield [*begin, field_words(change.field), old, new, written, change.reason, *end]


def _document(row: PlanRow) -> dict[str, object]:
    return {
        "row": row.row,
        "fate": row.fate.value,
        "ticked": row.ticked,
        "state": row.state.value,
        "source": row.source_id,
        "target": row.target_id or None,
        "customer": row.label,
        "why": row.detail or row.why,
        "evidence": row.evidence,
        "changes": [
            {
                "field": change.field,
                "old": change.old,
                "new": change.new,
                "applies": change.applies and change.ticked,
                "reason": change.reason,
            }
            for change in row.changes
        ],
    }
