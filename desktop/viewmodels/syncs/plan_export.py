"""The rows of a preview as a CSV file and as a JSON document."""

from collections.abc import Iterator

from desktop.model.sync_plan import PlanRow
from desktop.store.plan_repository import PlanRepository
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.sync.field_labels import format_field_name, format_value
from desktop.viewmodels.file_export import format_csv, format_json

_PAGE_SIZE = 500
# Scripts may read these names, and the keys of the JSON: they stay.
_HEADER = (
    "row", "fate", "ticked", "state", "source", "target", "customer", "field", "old", "new",
    "written", "reason", "why", "consent",
)  # fmt: skip


def format_plan_rows(
    plans: PlanRepository, plan: str, row_filter: PlanRowFilter, file_format: str
) -> tuple[str, int]:
    """Format the rows of a preview that fit a filter as `csv` or `json`, and count them.

    Runs on the database's thread: a million rows are read page by page.
    """
    count = 0

    def iterate_and_count() -> Iterator[PlanRow]:
        # Never all rows at once: a million of them take over a gigabyte.
        nonlocal count
        for row in _iterate_rows(plans, plan, row_filter):
            count += 1
            yield row

    rows = iterate_and_count()
    if file_format == "json":
        text = format_json({"plan": plan, "rows": [_row_to_json(row) for row in rows]})
    else:
        text = format_csv(_HEADER, (cells for row in rows for cells in _row_cells(row)))
    return text, count


def _iterate_rows(plans: PlanRepository, plan: str, row_filter: PlanRowFilter) -> Iterator[PlanRow]:
    after = 0
    while page := plans.list_rows.blocking(plan, row_filter, after=after, limit=_PAGE_SIZE):
        yield from page
        after = page[-1].row


def _row_cells(row: PlanRow) -> Iterator[list[str]]:
    """Yield a line for each field of a row; one with empty cells where it has none."""
    begin = [
        str(row.row), row.fate.value, "yes" if row.ticked else "no", row.state.value,
        row.source_id, row.target_id, row.label,
    ]  # fmt: skip
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
