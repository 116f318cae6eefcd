"""Exports a preview's rows into a CSV file or a JSON document, page by page."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from desktop.model.field_catalogue import field_title
from desktop.model.sync_plan import PlanRow
from desktop.store.plan_repository import PlanRepository
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.sync.field_labels import format_value
from desktop.viewmodels.file_export import FileFormat, RowFormat, export_pages
from desktop.viewmodels.syncs.sync_labels import FATE_LABELS

_PAGE_SIZE = 500
# For people; scripts read the keys of the JSON, which stay.
_HEADER = (
    "Row", "Outcome", "Ticked", "State", "Source id", "Target id", "Customer", "Name", "Field",
    "Old value", "New value", "Written", "Reason for the field", "Reason for the row", "Consent",
)  # fmt: skip


async def export_plan_rows(
    plans: PlanRepository,
    plan: str,
    row_filter: PlanRowFilter,
    path: Path,
    file_format: FileFormat,
    on_count: Callable[[int], None] = lambda _count: None,
) -> int:
    """Export a preview's rows that fit a filter, and count them; `on_count` hears how far it is.

    Never more than a page of them is held: a million take over a gigabyte. Raises StorageError.
    """

    async def iterate_pages() -> AsyncIterator[Sequence[PlanRow]]:
        after = 0
        while page := await plans.list_rows(plan, row_filter, after=after, limit=_PAGE_SIZE):
            yield page
            after = page[-1].row

    row_format = RowFormat(_HEADER, _row_cells, _row_to_json)
    return await export_pages(
        path,
        iterate_pages(),
        row_format,
        file_format=file_format,
        plan=plan,
        on_count=on_count,
    )


def _row_cells(row: PlanRow) -> Iterator[list[str]]:
    """Yield a CSV line for each field of a preview's row; one line where it has none."""
    begin = [
        str(row.row), FATE_LABELS[row.fate], "yes" if row.ticked else "no", row.state.value,
        row.source_id, row.target_id, row.label, row.name,
    ]  # fmt: skip
    end = [row.detail or row.why, row.evidence]
    if not row.changes:
        yield [*begin, "", "", "", "", "", *end]
    for change in row.changes:
        written = "yes" if change.applies and change.ticked else "no"
        old, new = format_value(change.old, change.field), format_value(change.new, change.field)
        yield [*begin, field_title(change.field), old, new, written, change.reason, *end]


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
