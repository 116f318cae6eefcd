"""The diff of one record: operators, conversions, effects, reasons (S2-22 to S2-53, 7.3, 7.6)."""

from typing import Any

import pytest

from desktop.model.field_mapping import (
    ConflictPreference,
    FieldProtection,
    MappingOperator,
    MappingRow,
    SourceType,
)
from desktop.model.instant import Instant
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_plan import FieldChange
from desktop.model.sync_state import WrittenHash, value_hash
from desktop.model.target_record import TargetRecord
from desktop.model.value_conversion import UnconvertibleValue
from desktop.sync.pipeline.diff import diff_leaving_record, diff_record
from desktop.sync.source_record import SourceRecord
from tests.support import pipeline_cases as cases

SET_IF_EMPTY, ADD, SUM = MappingOperator.SET_IF_EMPTY, MappingOperator.ADD, MappingOperator.SUM
ASK, TARGET_FIRST = ConflictPreference.ASK, ConflictPreference.TARGET
TIER = MappingRow("tier", "vars.tier")
CAME_BACK = "our own write came back"


def _diff(
    sync: Sync, record: SourceRecord, target: TargetRecord | None, **known: Any
) -> tuple[FieldChange, ...]:
    return diff_record(record, target, cases.context(sync, **known))


@pytest.mark.parametrize(
    ("row", "source", "there", "expected"),
    [
        pytest.param(TIER, {"tier": "gold"}, {}, "gold", id="S2-28 set"),
        pytest.param(TIER, {"tier": "gold"}, {"vars_tier": "gold"}, None, id="7.3 unchanged"),
        pytest.param(TIER, {}, {"vars_tier": "gold"}, None, id="7.3 absent is not null"),
        pytest.param(
            MappingRow("tier", "vars.tier", SET_IF_EMPTY), {"tier": "a"}, {}, "a", id="S2-29 empty"
        ),
        pytest.param(
            MappingRow("tags", "vars.tags", ADD),
            {"tags": ["b"]},
            {"vars_tags": ["a"]},
            ["a", "b"],
            id="S2-30 add keeps the order",
        ),
        pytest.param(
            MappingRow("count", "vars.n", SUM), {"count": 2}, {"vars_n": 3}, 5, id="S2-31 sum"
        ),
        pytest.param(MappingRow("n", "vars.n"), {"n": 2.5}, {}, 3, id="S2-39 decimal to integer"),
        pytest.param(
            MappingRow("n", "vars.n", keep_decimals=True), {"n": 2.5}, {}, 2.5, id="S2-39 kept"
        ),
        pytest.param(
            MappingRow("at", "vars.at_time"), {"at": Instant(9.0)}, {}, 9, id="S2-40 _time"
        ),
        pytest.param(
            MappingRow("at", "vars.at_date"),
            {"at": Instant(82_800.0)},
            {},
            "1970-01-02",
            id="S2-41 _date in the account's zone",
        ),
        pytest.param(
            MappingRow("at", "vars.at"),
            {"at": Instant(0.0)},
            {},
            "1970-01-01T00:00:00.000Z",
            id="S2-42 other times",
        ),
        pytest.param(MappingRow("a", "vars.a"), {"a": True}, {}, "true", id="S2-43 booleans"),
        pytest.param(
            MappingRow("id", "vars.zd", type=SourceType.IDENTIFIER), {}, {}, "7", id="S2-44 id"
        ),
        pytest.param(
            MappingRow("hello", "vars.x", type=SourceType.TEXT), {}, {}, "hello", id="S2-50 text"
        ),
        pytest.param(
            MappingRow("level", "optout"), {"level": "all"}, {}, "all", id="S2-49 opt-out level"
        ),
        pytest.param(MappingRow("vip", "lists.VIP"), {"vip": True}, {}, True, id="S2-52 a list"),
    ],
)
def test_mapping_row_to_profile(
    row: MappingRow, source: dict[str, Any], there: dict[str, Any], expected: object
) -> None:
    changes = _diff(cases.users_sync(row), cases.user_record(**source), cases.profile(**there))
    sent = [change.new for change in changes if change.applies]
    assert sent == ([] if expected is None else [expected])


def test_null_of_the_source_blanks_the_field() -> None:
    """7.3: null is a value, unlike a key that is absent."""
    sync, record = cases.users_sync(TIER), cases.user_record(tier=None)
    (change,) = _diff(sync, record, cases.profile(vars_tier="gold"))
    assert (change.new, change.applies, change.reason) == (None, True, "empties it")


@pytest.mark.parametrize(
    ("row", "source", "there", "known", "reason"),
    [
        pytest.param(
            MappingRow("tier", "vars.tier", SET_IF_EMPTY),
            {"tier": "gold"},
            {"vars_tier": "tin"},
            {},
            "kept “tin” (fills only if empty)",
            id="S2-29 has a value",
        ),
        pytest.param(
            MappingRow("tier", "vars.tier", protection=FieldProtection.NEVER),
            {"tier": "gold"},
            {},
            {},
            "protected: no sync changes it",
            id="S1-11 protected",
        ),
        pytest.param(
            TIER,
            {"tier": "gold"},
            {"vars_tier": "tin"},
            {"synced_values": {"sid1": {"vars.tier": "gold"}}},
            "changed in Sailthru since; kept",
            id="7.3 changed in the target alone",
        ),
        pytest.param(
            MappingRow("tier", "vars.tier", prefer=TARGET_FIRST),
            {"tier": "gold"},
            {"vars_tier": "tin"},
            {},
            "kept: Sailthru goes first",
            id="6-6 the target is preferred",
        ),
        pytest.param(
            TIER,
            {"tier": "gold"},
            {},
            {"written_hashes": {"7": {"tier": WrittenHash(value_hash("gold"), "vars.tier")}}},
            CAME_BACK,
            id="7.6 our own write came back",
        ),
        pytest.param(
            TIER,
            {"tier": "gold"},
            {},
            {"written_hashes": {"7": {"tier": WrittenHash(value_hash("gold"), None)}}},
            CAME_BACK,
            id="7.6 written before its origin was kept",
        ),
    ],
)
def test_field_is_kept(
    row: MappingRow,
    source: dict[str, Any],
    there: dict[str, Any],
    known: dict[str, Any],
    reason: str,
) -> None:
    (change,) = _diff(
        cases.users_sync(row), cases.user_record(**source), cases.profile(**there), **known
    )
    assert (change.applies, change.reason) == (False, reason)


@pytest.mark.parametrize(
    ("row", "value", "written"),
    [
        pytest.param(
            TIER, "gold", WrittenHash(value_hash("tin"), "vars.tier"), id="7.6 changed since"
        ),
        pytest.param(
            TIER, "gold", WrittenHash(value_hash("gold"), "vars.b"), id="7.6 another field"
        ),
        pytest.param(TIER, Instant(0.0), WrittenHash("x", "vars.tier"), id="7.6 a time is no text"),
        pytest.param(
            MappingRow("tier", "vars.tier", SUM),
            3,
            WrittenHash(value_hash(3), "vars.tier"),
            id="S2-31 an increment is never an echo",
        ),
    ],
)
def test_news_from_the_source_is_written(row: MappingRow, value: Any, written: WrittenHash) -> None:
    (change,) = _diff(
        cases.users_sync(row),
        cases.user_record(tier=value),
        cases.profile(),
        written_hashes={"7": {"tier": written}},
    )
    assert change.applies


def test_change_on_both_sides_is_a_conflict() -> None:
    """6-6: the person picks; both values and the last common one are there."""
    (change,) = _diff(
        cases.users_sync(MappingRow("tier", "vars.tier", prefer=ASK)),
        cases.user_record(tier="gold"),
        cases.profile(vars_tier="tin"),
        synced_values={"sid1": {"vars.tier": "iron"}},
    )
    assert (change.conflict, change.applies) == (True, False)
    assert (change.old, change.new, change.known) == ("tin", "gold", "iron")


@pytest.mark.parametrize("level", ["blast", "loud", None, 3])
def test_unknown_optout_level_needs_correction(level: Any) -> None:
    """S2-49: what is no level must not become one, and the old `blast` cannot be set."""
    with pytest.raises(UnconvertibleValue, match="is no opt-out level that is set"):
        _diff(
            cases.users_sync(MappingRow("level", "optout")),
            cases.user_record(level=level),
            cases.profile(),
        )


def test_old_optout_level_that_stands_is_unchanged() -> None:
    sync = cases.users_sync(MappingRow("level", "optout"))
    assert _diff(sync, cases.user_record(level="blast"), cases.profile(optout="blast")) == ()


@pytest.mark.parametrize(
    ("row", "source", "there", "expected"),
    [
        pytest.param(
            MappingRow("sid", "user_fields.sid", type=SourceType.IDENTIFIER),
            {},
            {},
            ("sid1", True, ""),
            id="S2-26 the sid goes into a user field",
        ),
        pytest.param(
            MappingRow("a", "name"), {"a": "Maria"}, {}, ("Maria", True, ""), id="S2-25 a name"
        ),
        pytest.param(
            MappingRow("a", "notes"), {"a": 3}, {"notes": None}, ("3", True, ""), id="S2-43 a text"
        ),
        pytest.param(
            MappingRow("a", "user_fields.none"),
            {"a": "x"},
            {},
            ("x", False, "Zendesk has no user field of this name"),
            id="S2-25 a field that Zendesk would drop",
        ),
        pytest.param(
            MappingRow("a", "user_fields.none"),
            {"a": Instant(0.0)},
            {},
            (None, False, "Zendesk has no user field of this name"),
            id="S2-25 a time for it",
        ),
        pytest.param(
            MappingRow("a", "phone"),
            {"a": "+15550100"},
            {"phone": "+15550199"},
            (
                "+15550100",
                False,
                "Zendesk keeps the number it has: another is added beside it",
            ),
            id="S2-25 a second phone number",
        ),
        pytest.param(
            MappingRow("a", "phone"), {"a": "+15550100"}, {}, ("+15550100", True, ""), id="S2-25"
        ),
        pytest.param(
            MappingRow("a", "user_fields.none", on=False), {"a": "x"}, {}, None, id="S2-32 row off"
        ),
        pytest.param(
            MappingRow("a", "user_fields.none"),
            {},
            {},
            (None, False, "Zendesk has no user field of this name"),
            id="7.3 absent for an unknown field",
        ),
    ],
)
def test_mapping_row_to_user(
    row: MappingRow,
    source: dict[str, Any],
    there: dict[str, Any],
    expected: tuple[object, bool, str] | None,
) -> None:
    changes = _diff(cases.lists_sync(row), cases.profile_record(**source), cases.user(**there))
    assert [(c.new, c.applies, c.reason) for c in changes] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("sync", "target", "fields"),
    [
        pytest.param(
            cases.users_sync(effects=SyncEffects(add_to_lists=("A", "B"))),
            cases.profile(lists_A=True),
            ["lists.B"],
            id="S2-52 lists it is not on yet",
        ),
        pytest.param(
            cases.users_sync(effects=SyncEffects(add_to_lists=("A",))),
            None,
            ["lists.A"],
            id="S2-52 just added",
        ),
        pytest.param(
            cases.lists_sync(effects=SyncEffects(add_tags=("vip",))),
            cases.user(),
            ["tags.vip"],
            id="S2-45 a tag",
        ),
        pytest.param(
            cases.lists_sync(effects=SyncEffects(add_tags=("vip",))),
            cases.user(tags_vip=True),
            [],
            id="7.3 tagged already",
        ),
        pytest.param(
            cases.lists_sync(effects=SyncEffects(list_name_field="from_list")),
            cases.user(),
            ["user_fields.from_list"],
            id="S2-23 the name of the list",
        ),
        pytest.param(
            cases.lists_sync(effects=SyncEffects(list_name_field="from_list")),
            cases.user(user_fields_from_list="Loyal"),
            [],
            id="S2-23 the name is there",
        ),
        pytest.param(
            cases.lists_sync(effects=SyncEffects(list_name_field="from_list")),
            None,
            ["user_fields.from_list"],
            id="S2-23 the name of the list for a new user too",
        ),
    ],
)
def test_effects_of_the_sync(sync: Sync, target: TargetRecord | None, fields: list[str]) -> None:
    record = cases.profile_record() if sync.source.lists else cases.user_record()
    assert [change.field for change in _diff(sync, record, target)] == fields


@pytest.mark.parametrize(
    ("mapping", "name", "expected"),
    [
        pytest.param((), "Wren Halloway", "Wren Halloway", id="the profile's name"),
        pytest.param((MappingRow("vars.nick", "name"),), "Wren Halloway", "W", id="mapped"),
        pytest.param((), None, None, id="the profile has none"),
    ],
)
def test_new_zendesk_user_is_named_after_the_profile(
    mapping: tuple[MappingRow, ...], name: str | None, expected: str | None
) -> None:
    values = {"vars.nick": "W"} | ({"name": name} if name else {})
    changes = _diff(cases.lists_sync(*mapping), cases.profile_record(**values), None)
    assert {c.field: c.new for c in changes}.get("name") == expected


@pytest.mark.parametrize(
    ("sync", "active", "target", "expected"),
    [
        pytest.param(
            cases.users_sync(effects=SyncEffects(add_to_lists=("A",), remove_when_gone=True)),
            True,
            cases.profile(lists_A=True),
            [("lists.A", False, True)],
            id="S2-53 leaves the list",
        ),
        pytest.param(
            cases.users_sync(effects=SyncEffects(add_to_lists=("A",), remove_when_gone=True)),
            True,
            cases.profile(),
            [],
            id="S2-53 left it already",
        ),
        pytest.param(
            cases.users_sync(effects=SyncEffects(add_to_lists=("A",))),
            True,
            cases.profile(lists_A=True),
            [],
            id="S2-53 removing is off",
        ),
        pytest.param(
            cases.lists_sync(effects=SyncEffects(add_tags=("vip",), untag_when_gone=True)),
            True,
            cases.user(tags_vip=True),
            [("tags.vip", False, True)],
            id="S2-53 loses the tag",
        ),
        pytest.param(
            cases.lists_sync(effects=SyncEffects(add_tags=("vip", "b"))),
            True,
            cases.user(tags_vip=True),
            [("tags.vip", False, False)],
            id="S2-53 keeps the tag, and says so",
        ),
        pytest.param(
            cases.users_sync(effects=SyncEffects(deleted_var="gone")),
            False,
            cases.profile(),
            [("vars.gone", True, True)],
            id="S1-13 deleted: marked, never deleted",
        ),
        pytest.param(
            cases.users_sync(effects=SyncEffects(deleted_var="gone")),
            False,
            cases.profile(vars_gone=True),
            [],
            id="S1-13 marked already",
        ),
        pytest.param(cases.users_sync(), False, cases.profile(), [], id="S1-13 no mark is wanted"),
        pytest.param(cases.lists_sync(), False, cases.user(), [], id="S1-13 users take no mark"),
    ],
)
def test_leaving_record_gives_back(
    sync: Sync, active: bool, target: TargetRecord, expected: list[tuple[str, object, bool]]
) -> None:
    record = cases.user_record(active=active)
    changes = diff_leaving_record(record, target, cases.context(sync))
    assert [(c.field, c.new, c.applies) for c in changes] == expected


@pytest.mark.parametrize(
    ("written", "there", "expected"),
    [
        pytest.param(["loyal"], ["loyal"], [("vars.stages", None)], id="taken back"),
        pytest.param(["loyal"], ["lapsed"], [], id="somebody has changed it since"),
        pytest.param(None, ["loyal"], [], id="it was not this sync"),
        pytest.param(["loyal"], [], [], id="empty already"),
    ],
)
def test_leaving_record_loses_the_stage_that_the_sync_wrote(
    written: list[str] | None, there: list[str], expected: list[tuple[str, None]]
) -> None:
    row = MappingRow("", "vars.stages", type=SourceType.STAGES)
    known = {} if written is None else {"synced_values": {"sid1": {"vars.stages": written}}}
    context = cases.context(cases.users_sync(row), **known)
    target = cases.profile(vars_stages=there)
    changes = diff_leaving_record(cases.user_record(), target, context)
    assert [(c.field, c.new) for c in changes] == expected
