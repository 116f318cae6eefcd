"""What a sync changed reads the same in Activity, in a preview and in a preview's file."""

import csv
import io

import pytest

from desktop.model.edit import EditKind
from desktop.model.field_catalogue import field_title
from desktop.model.json_value import Json
from desktop.store.audit_log import AuditEntry
from desktop.sync.field_labels import UNSET_LABEL, format_value
from desktop.viewmodels.activity import activity_row
from desktop.viewmodels.activity.sync_audit_rows import (
    SYNC_ROW_FORMAT,
    build_sync_row,
    build_sync_row_detail,
    customer_query_for_sync_row,
)
from desktop.viewmodels.file_export import format_csv

_VALUES: list[tuple[str, Json, Json]] = [
    ("vars.vip", False, True),
    ("vars.langs", ["de"], ["de", "fr"]),
    ("optout", "none", "basic"),
    ("lists.News", False, True),
    ("vars.size", {"shoe": 38}, None),
    ("user_fields.note", "", "two\nlines"),
]


def row_of(field: str, old: Json, new: Json) -> AuditEntry:
    return AuditEntry(
        1, 0.0, "Ada", "sync", "sailthru", "sid", "Maria", "goal", {field: old}, {field: new},
        "Tickets: run 3", None, "0", "done", "Confirmed",
    )  # fmt: skip


@pytest.mark.parametrize(("field", "old", "new"), _VALUES)
def test_activity_field_text_equals_preview_text(field: str, old: Json, new: Json) -> None:
    row = row_of(field, old, new)
    before, now = format_value(old, field), format_value(new, field)
    # What was empty before needs the new value alone, where there is little room.
    shown = now if before == UNSET_LABEL else f"{before} → {now}"
    assert build_sync_row(row, 0.0).change_text == f"{field_title(field)}: {shown}"
    assert (field_title(field), f"{before} → {now}", field) in build_sync_row_detail(row, 0.0).facts
    text = format_csv(SYNC_ROW_FORMAT.header, SYNC_ROW_FORMAT.to_cells(row))
    (cells,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (cells["Field"], cells["Old value"], cells["New value"]) == (
        field_title(field),
        before,
        now,
    )


def test_activity_boolean_is_yes_or_no() -> None:
    assert build_sync_row(row_of("vars.vip", False, True), 0.0).change_text == "Vip: no → yes"
    assert activity_row.edit_value_text(EditKind.VAR, True) == "yes"


def test_activity_long_value_is_cut_in_its_line_only() -> None:
    row = row_of("vars.note", None, "x" * 200)
    assert build_sync_row(row, 0.0).change_text.endswith("x…")
    assert ("Note", f"not set → {'x' * 200}", "vars.note") in build_sync_row_detail(row, 0.0).facts


def test_activity_tells_who_allowed_a_limit_for_how_many() -> None:
    new = {
        "limit": "loosened",
        "people": 1250,
        "plan": "7",
        "user_id": "1",
        "rows": "",
        "token": "",
    }
    row = AuditEntry(
        9, 0.0, "Ada", "approval", "sailthru", "", "", "nightly", None, new,
        "Limit allowed once for plan 7", None, "0", "done", "",
    )  # fmt: skip
    shown, detail = build_sync_row(row, 0.0), build_sync_row_detail(row, 0.0)
    said = "1,250 people would have an opt-out loosened"
    assert (shown.actor, shown.change_text) == ("Ada", said)
    assert shown.reason_text == "for preview 7 of nightly"
    assert ("By", "Ada", "") in detail.facts
    assert ("Allowed", said, "") in detail.facts
    assert customer_query_for_sync_row(row) == ""
    text = format_csv(SYNC_ROW_FORMAT.header, SYNC_ROW_FORMAT.to_cells(row))
    (cells,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (cells["Field"], cells["New value"]) == ("Limit", f"allowed: {said}")
