"""A list export settles a record only where nothing is written whatever its cells stand for."""

import json
from typing import Any

import pytest

from desktop.model.exported_profile import ExportedProfile
from desktop.model.field_mapping import (
    ConflictPreference,
    FieldProtection,
    MappingOperator,
    MappingRow,
    SourceType,
)
from desktop.model.json_value import Json
from desktop.model.sync import SyncEffects
from desktop.sync.pipeline.exported_targets import is_settled_by_export, target_from_export
from desktop.sync.pipeline.plan_rows import plan_record
from tests.support import pipeline_cases as cases

VALUES: tuple[Json, ...] = (
    *(None, "", " ", "x", "5", 5, 5.0, 5.5, "5.5", "007", 7, True, False, 1, 0, "1", "0", "true"),
    *([], ["x"], {}, {"a": 1}, '["x"]', "2026-01-05", "2026-01-05T00:00:00Z"),
)
SET_ROWS = (
    MappingRow("plan", "vars.plan"),
    MappingRow("plan", "vars.plan", MappingOperator.SET_IF_EMPTY),
    MappingRow("plan", "vars.plan", prefer=ConflictPreference.TARGET),
    MappingRow("plan", "vars.plan", protection=FieldProtection.IF_EMPTY),
)


def cells_of(value: Json) -> set[str]:
    """How a var may stand in a CSV: as a number or a word for a boolean, an empty array as "[]"."""
    if value is None:
        return {""}
    if isinstance(value, bool):
        return {str(int(value)), json.dumps(value)}
    if isinstance(value, list | dict):
        return {json.dumps(value), *([""] if not value else [])}
    return {str(value)}


def exported(cell: Json, *lists: str) -> Any:
    variables = {"plan": cell} if cell not in ("", None) else {}
    profile = ExportedProfile("sid1", lists=lists, vars=variables)
    return target_from_export(profile, cases.ADDRESS, frozenset({"A", "B", "A, B"}))


def parsed(cell: str) -> Json:
    """The cell as the reader of exports gives it."""
    return json.loads(cell) if cell[:1] in ("[", "{") else cell


@pytest.mark.parametrize("known", [{}, {"vars.plan": 5}, {"vars.plan": "x"}, {"vars.plan": None}])
@pytest.mark.parametrize("row", SET_ROWS, ids=["set", "if empty", "target first", "protected"])
def test_export_settles_only_what_single_read_would_not_write(
    row: MappingRow, known: dict[str, Json]
) -> None:
    settled_count = 0
    for wanted in VALUES:
        record = cases.user_record(plan=wanted)
        for actual in VALUES:
            single = cases.context(
                cases.users_sync(row),
                (record, cases.profile(vars_plan=actual)),
                synced_values={"sid1": known},
            )
            for cell in cells_of(actual):
                target = exported(parsed(cell))
                context = cases.context(
                    cases.users_sync(row), (record, target), synced_values={"sid1": known}
                )
                if is_settled_by_export(record, target, context):
                    settled_count += 1
                    found = plan_record(record, single)
                    assert not found.fate.is_written, (wanted, actual, cell, found)
    assert settled_count > 10


ADD = MappingRow("plan", "vars.plan", MappingOperator.ADD)
SUM = MappingRow("plan", "vars.plan", MappingOperator.SUM)
OPTOUT = MappingRow("level", "optout", type=SourceType.OPTOUT)
ON_A, ON_C = (MappingRow("joins", f"lists.{name}") for name in "AC")
SET = SET_ROWS[0]


@pytest.mark.parametrize(
    ("row", "fields", "cell", "lists", "settled"),
    [
        (SET, {"plan": 5}, "5", (), True),
        (SET, {"plan": "5"}, "5", (), True),
        (SET, {"plan": 6}, "5", (), False),
        (SET, {"plan": ""}, "", (), True),
        (SET, {"plan": None}, "", (), True),
        (SET, {"plan": "x"}, "", (), False),
        (SET, {"plan": 1}, "1", (), False),
        (SET, {"plan": True}, "1", (), False),
        (SET, {"plan": "x"}, ["x"], (), False),
        (SET, {"plan": ["x"]}, ["x"], (), False),
        (SET, {}, "5", (), True),
        (SET_ROWS[1], {"plan": "new"}, "old", (), True),
        (SET_ROWS[1], {"plan": "new"}, "", (), False),
        (ADD, {"plan": "x"}, "x", (), False),
        (SUM, {"plan": 0}, "5", (), False),
        (OPTOUT, {"level": "none"}, "5", (), False),
        (OPTOUT, {}, "5", (), True),
        (ON_C, {"joins": True}, "5", ("C",), True),
        (ON_C, {"joins": True}, "5", (), False),
        (ON_C, {"joins": False}, "5", (), False),
        # “A, B” is a list of the account: the cell "A,B" may mean it or two lists.
        (ON_A, {"joins": True}, "5", ("A", "B"), False),
    ],
)
def test_record_is_settled_by_export(
    row: MappingRow, fields: dict[str, Json], cell: Json, lists: tuple[str, ...], settled: bool
) -> None:
    record, target = cases.user_record(**fields), exported(cell, *lists)
    context = cases.context(cases.users_sync(row), (record, target))
    assert is_settled_by_export(record, target, context) is settled


@pytest.mark.parametrize(
    "known",
    [
        {"retry_sources": frozenset({"7"})},
        {"unconfirmed": {"7": cases.increment()}},
        {"superseded": {"7": (cases.increment(),)}},
        {"accepted_values": {"sid1": {"vars.plan": 5}}},
    ],
    ids=["waits for another try", "unconfirmed", "superseded", "not read back yet"],
)
def test_record_that_needs_its_profile_is_not_settled(known: dict[str, Any]) -> None:
    record, target = cases.user_record(plan=5), exported("5")
    context = cases.context(cases.users_sync(SET), (record, target), **known)
    assert not is_settled_by_export(record, target, context)


@pytest.mark.parametrize(("lists", "settled"), [(("C",), True), ((), False)])
def test_record_not_on_list_of_sync_is_not_settled(lists: tuple[str, ...], settled: bool) -> None:
    sync = cases.users_sync(SET, effects=SyncEffects(add_to_lists=("C",)))
    record, target = cases.user_record(plan=5), exported("5", *lists)
    assert is_settled_by_export(record, target, cases.context(sync, (record, target))) is settled
