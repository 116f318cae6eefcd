"""What a sync changed reads the same in Activity, in a preview and in a preview's file."""

import csv
import io

import pytest

from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.store.audit import AuditRow
from desktop.sync.wording import field_words, value_words
from desktop.viewmodels import activity_row
from desktop.viewmodels.activity_synced import synced_csv, synced_detail, synced_row

_VALUES: list[tuple[str, Json, Json]] = [
    ("vars.vip", False, True),
    ("vars.langs", ["de"], ["de", "fr"]),
    ("optout", "none", "basic"),
    ("lists.News", False, True),
    ("vars.size", {"shoe": 38}, None),
    ("user_fields.note", "", "two\nlines"),
]


def row_of(field: str, old: Json, new: Json) -> AuditRow:
    return AuditRow(
        1, 0.0, "Ada", "sync", "sailthru", "sid", "Maria", "goal", {field: old}, {field: new},
        "Tickets: run 3", None, "0", "done", "Confirmed",
    )  # fmt: skip


@pytest.mark.parametrize(("field", "old", "new"), _VALUES)
def test_a_field_is_worded_as_the_preview_words_it(field: str, old: Json, new: Json) -> None:
    row = row_of(field, old, new)
    before, now = value_words(old, field), value_words(new, field)
    assert synced_row(row, 0.0).change == f"{field_words(field)}: {before} → {now}"
    assert (field_words(field), f"{before} → {now}", "") in synced_detail(row, 0.0).facts
    (cells,) = csv.DictReader(io.StringIO(synced_csv([row]).removeprefix("\ufeff")))
    assert (cells["field"], cells["old"], cells["new"]) == (field_words(field), before, now)


def test_yes_is_yes_in_words_of_people() -> None:
    assert synced_row(row_of("vars.vip", False, True), 0.0).change == "vip: no → yes"
    assert activity_row.value_words(EditKind.VAR, True) == "yes"


def test_a_long_value_is_cut_in_its_line_alone() -> None:
    row = row_of("vars.note", None, "x" * 200)
    assert synced_row(row, 0.0).change.endswith("x…")
    assert ("note", f"not set → {'x' * 200}", "") in synced_detail(row, 0.0).facts
