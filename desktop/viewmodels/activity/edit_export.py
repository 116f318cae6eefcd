"""Edits of the page Activity as rows of a CSV file and as a JSON document."""

from collections.abc import Iterable

from desktop.kit.clock import iso_timestamp
from desktop.model.edit import Edit
from desktop.viewmodels.activity.activity_row import edit_subject, new_value_text, old_value_text
from desktop.viewmodels.file_export import FileFormat, format_csv, format_json

# For people; scripts read the keys of the JSON, which stay.
_HEADER = (
    "Change", "Changed", "Finished", "Who", "Service", "Customer", "Customer id", "What",
    "Old value", "New value", "Reason", "Ticket", "State", "Detail",
)  # fmt: skip


def edits_to_csv(edits: Iterable[Edit], file_format: FileFormat = FileFormat.CSV) -> str:
    """Format the page Activity's edits as CSV, a line each."""
    return format_csv(_HEADER, (_edit_cells(edit) for edit in edits), file_format)


def edits_to_json(edits: Iterable[Edit]) -> str:
    """Format the page Activity's edits as JSON, the objects of `fairlead outbox --json`."""
    return format_json(
        {"rows": [{**edit.as_json(), "updated_at": edit.updated_at} for edit in edits]}
    )


def _edit_cells(edit: Edit) -> tuple[str, ...]:
    request, target = edit.request, edit.request.target
    return (
        edit.id,
        iso_timestamp(edit.created_at),
        iso_timestamp(edit.updated_at) if edit.state.is_final else "",
        edit.actor,
        target.service.title,
        target.label,
        target.id,
        edit_subject(edit),
        old_value_text(edit),
        new_value_text(edit),
        request.reason,
        "" if request.ticket is None else str(request.ticket),
        edit.state.value,
        edit.detail,
    )
