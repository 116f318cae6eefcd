"""The rows of a preview as a file: CSV that no spreadsheet runs as a formula, or JSON."""

import csv
import io
import json
from collections.abc import Iterator

from desktop.model.sync_plan import PlanRow
from desktop.store.plan_repository import PlanRepository
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.sync.field_labels import format_field_name, format_value
from desktop.viewmodels.activity.edit_export import escape_csv_formula

_PAGE = 500
_HEADER = (
    "row", "fate", "ticked", "state", "source", "target", "customer", "field", "old", "new",
    "written", "reason", "why", "consent",
)  # fmt: skip


def plan_rows_to_csv(plans: PlanRepository, plan: str, chosen: PlanRowFilter) -> tuple[str, int]:
    """A line for each field of each row, and how many rows; on the database's thread."""
    out, count = io.StringIO(), 0
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for row in _iterate_rows(plans, plan, chosen):
        count += 1
        for cells in _row_cells(row):
            writer.writerow([escape_csv_formula(cell) for cell in cells])
    return "\ufeff" + out.getvalue(), count


def plan_rows_to_json(plans: PlanRepository, plan: str, chosen: PlanRowFilter) -> tuple[str, int]:
    """The same as one document."""
    rows = [_row_to_json(row) for row in _iterate_rows(plans, plan, chosen)]
    text = json.dumps({"plan": plan, "rows": rows}, ensure_ascii=False, indent=1) + "\n"
    return text, len(rows)


def _iterate_rows(plans: PlanRepository, plan: str, chosen: PlanRowFilter) -> Iterator[PlanRow]:
    after = 0
    while page := plans.list_rows.blocking(plan, chosen, after=after, limit=_PAGE):
        yield from page
        after = page[-1].row


def _row_cells(row: PlanRow) -> Iterator[list[str]]:
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
        old, new = format_value(change.old, change.field), format_value(change.new, change.field)
        yield [*begin, format_field_name(change.field), old, new, written, change.reason, *end]


def _row_to_json(row: PlanRow) -> dict[str, object]:
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
