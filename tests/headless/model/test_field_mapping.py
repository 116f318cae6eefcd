"""What a mapping row makes of one field (S1-11, S2-28 to S2-31, S2-44 to S2-50)."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.model.field_mapping import (
    ABSENT,
    ConflictPreference,
    FieldProtection,
    MappingOperator,
    MappingResult,
    MappingRow,
    SourceType,
    apply_mapping_row,
    read_source_value,
)
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.mapping_validation import validate_mapping
from desktop.model.service import Service
from desktop.model.sync import TargetType
from desktop.model.value_conversion import (
    UnconvertibleValue,
    convert_for_sailthru,
    convert_for_zendesk,
)

ROW = MappingRow("city", "vars.city")
VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=4) | st.lists(
    st.integers(0, 9) | st.text(max_size=2), max_size=3
) | st.floats(-1e6, 1e6)  # fmt: skip


def to_sailthru(value: FieldValue, row: MappingRow) -> Json:
    return convert_for_sailthru(
        value, row.target, "America/New_York", keep_decimals=row.keep_decimals
    )


def into(field_type: str) -> Callable[[FieldValue, MappingRow], Json]:
    return lambda value, _: convert_for_zendesk(value, field_type, "UTC")


def applied(
    row: MappingRow,
    source: FieldValue,
    target: Mapping[str, FieldValue],
    **more: Json,
) -> MappingResult:
    result = apply_mapping_row(
        row, {row.source: source}, target, convert=to_sailthru, service=Service.SAILTHRU, **more
    )  # type: ignore[arg-type]
    assert result is not None
    assert result.field == row.target
    return result


def test_mapping_absent_source_writes_nothing() -> None:
    for operator in MappingOperator:
        row = replace(ROW, operator=operator)
        assert apply_mapping_row(row, {}, {"vars.city": "Porto"}, convert=to_sailthru) is None
        assert (
            apply_mapping_row(row, {}, {"vars.city": "Porto"}, convert=to_sailthru, known="x")
            is None
        )


def test_mapping_disabled_row_does_nothing() -> None:
    assert apply_mapping_row(replace(ROW, on=False), {"city": "x"}, {}, convert=to_sailthru) is None


@pytest.mark.parametrize(
    ("source", "target", "applies", "new", "reason"),
    [
        ("Lisbon", {"vars.city": "Porto"}, True, "Lisbon", ""),
        ("Lisbon", {}, True, "Lisbon", ""),
        ("Lisbon", {"vars.city": None}, True, "Lisbon", ""),
        ("Lisbon", {"vars.city": "Lisbon"}, False, "Lisbon", ""),
        (4, {"vars.city": "4"}, False, "4", ""),
        (True, {"vars.city": True}, False, True, ""),
        (1, {"vars.city": True}, True, 1, ""),
        (0, {}, True, 0, ""),
        (None, {"vars.city": "Porto"}, True, None, "empties it"),
        ("", {"vars.city": "Porto"}, True, "", "empties it"),
        ([], {"vars.city": ["Porto"]}, True, [], "empties it"),
        (None, {}, False, None, ""),
        ("", {"vars.city": None}, False, None, ""),
        (None, {"vars.city": 0}, True, None, "empties it"),
    ],
)
def test_mapping_set(
    source: Json, target: dict[str, FieldValue], applies: bool, new: Json, reason: str
) -> None:
    result = applied(ROW, source, target)
    assert (result.applies, result.new, result.reason) == (applies, new, reason)
    assert result.old == target.get("vars.city")
    assert not result.conflict


@pytest.mark.parametrize("empty", [{}, {"vars.city": None}, {"vars.city": ""}, {"vars.city": []}])
def test_mapping_set_if_empty_fills_empty(empty: dict[str, FieldValue]) -> None:
    result = applied(replace(ROW, operator=MappingOperator.SET_IF_EMPTY), "Lisbon", empty)
    assert (result.applies, result.new, result.reason) == (True, "Lisbon", "fills what is empty")


@pytest.mark.parametrize("held", [0, False, "Porto", ["a"]])
def test_mapping_set_if_empty_keeps_any_value(held: Json) -> None:
    for row in (
        replace(ROW, operator=MappingOperator.SET_IF_EMPTY),
        replace(ROW, protection=FieldProtection.IF_EMPTY),
        replace(ROW, operator=MappingOperator.ADD, protection=FieldProtection.IF_EMPTY),
    ):
        result = applied(row, "Lisbon", {"vars.city": held})
        assert not result.applies
        assert result.reason.startswith("kept “")
        assert result.reason.endswith("” (fills only if empty)")


def test_mapping_kept_value_has_short_reason() -> None:
    row = replace(ROW, operator=MappingOperator.SET_IF_EMPTY)
    result = applied(row, "Lisbon", {"vars.city": ["good", "x" * 90]})
    assert result.reason == f"kept “good, {'x' * 34}…” (fills only if empty)"


@pytest.mark.parametrize("operator", MappingOperator)
def test_mapping_protected_field_is_unchanged(operator: MappingOperator) -> None:
    row = replace(ROW, operator=operator, protection=FieldProtection.NEVER)
    for target in ({}, {"vars.city": 3}):
        result = applied(row, 5, target)
        assert (result.applies, result.reason) == (False, "protected: no sync changes it")


@pytest.mark.parametrize(
    ("source", "held", "new"),
    [
        ("b", ["a"], ["a", "b"]),
        (["b", "a", "c", "b"], ["a"], ["a", "b", "c"]),
        ("b", "a", ["a", "b"]),
        ("b", None, ["b"]),
        ("b", "", ["b"]),
        (4, ["3"], ["3", 4]),
        (["x"], 0, [0, "x"]),
    ],
)
def test_mapping_add_keeps_order_and_uniqueness(source: Json, held: Json, new: Json) -> None:
    result = applied(replace(ROW, operator=MappingOperator.ADD), source, {"vars.city": held})
    assert (result.applies, result.new, result.reason) == (True, new, "adds to the list")


@pytest.mark.parametrize(
    ("source", "held"),
    [("a", ["b", "a"]), ("a", "a"), (None, ["a"]), ([], "a"), ("", None), (4, ["4"]), ([""], [])],
)
def test_mapping_add_nothing_new_is_unchanged(source: Json, held: Json) -> None:
    result = applied(replace(ROW, operator=MappingOperator.ADD), source, {"vars.city": held})
    assert (result.applies, result.new, result.reason) == (False, held, "")


def test_mapping_add_to_map_is_invalid() -> None:
    with pytest.raises(UnconvertibleValue, match=r"vars\.city holds named values"):
        applied(replace(ROW, operator=MappingOperator.ADD), "a", {"vars.city": {"x": 1}})


@pytest.mark.parametrize(
    ("source", "held", "keep", "new"),
    [
        (2, 3, False, 5),
        (2, None, False, 2),
        (2, "", False, 2),
        (2, "3", False, 5),
        ("2", 3, False, 5),
        (0.5, 4, False, 5),
        (0.2, 0.1, True, 0.3),
        (-3, 1, False, -2),
    ],
)
def test_mapping_increment_adds_to_current_number(
    source: Json, held: Json, keep: bool, new: Json
) -> None:
    row = replace(ROW, operator=MappingOperator.SUM, keep_decimals=keep)
    result = applied(row, source, {"vars.city": held})
    assert (result.applies, result.new, result.reason) == (True, new, "adds to the number")


@pytest.mark.parametrize(("source", "held"), [(0, 3), (None, 3), ("", 3), (0, None), ("0.0", "x1")])
def test_mapping_increment_zero_is_unchanged(source: Json, held: Json) -> None:
    row = replace(ROW, operator=MappingOperator.SUM)
    if held == "x1":
        with pytest.raises(UnconvertibleValue):
            applied(row, source, {"vars.city": held})
    else:
        assert not applied(row, source, {"vars.city": held}).applies


@pytest.mark.parametrize(
    ("source", "held", "wrong"),
    [(2, "many", "many"), ("many", 2, "many"), (2, [1], r"\[1\]"), (True, 2, "True")],
)
def test_mapping_increment_non_number_is_invalid(source: Json, held: Json, wrong: str) -> None:
    with pytest.raises(UnconvertibleValue, match=f"“{wrong}” is no number"):
        applied(replace(ROW, operator=MappingOperator.SUM), source, {"vars.city": held})


@pytest.mark.parametrize("huge", ["1e400", "1e9999999", "-1e999999999999", "9" * 400])
def test_mapping_increment_overflow_is_invalid(huge: str) -> None:
    row = replace(ROW, operator=MappingOperator.SUM, keep_decimals=True)
    for source, held in ((huge, 1), (1, huge), (huge, huge)):
        with pytest.raises(UnconvertibleValue, match="too large"):
            applied(row, source, {"vars.city": held})


KEPT = "changed in Sailthru since; kept"
BOTH = "both sides have a value of their own"
FIRST = "kept: Sailthru goes first"


@pytest.mark.parametrize(
    ("known", "source", "held", "prefer", "applies", "conflict", "reason"),
    [
        # Only the source has changed.
        ("a", "b", "a", ConflictPreference.ASK, True, False, ""),
        ("a", None, "a", ConflictPreference.ASK, True, False, "empties it"),
        (None, "b", None, ConflictPreference.TARGET, True, False, ""),
        ("", "b", None, ConflictPreference.TARGET, True, False, ""),
        (4, 5, "4", ConflictPreference.ASK, True, False, ""),
        # Only the target has changed.
        ("a", "a", "c", ConflictPreference.ASK, False, False, KEPT),
        ("a", "a", "c", ConflictPreference.SOURCE, False, False, KEPT),
        ("a", "a", None, ConflictPreference.SOURCE, False, False, KEPT),
        (None, "", "c", ConflictPreference.SOURCE, False, False, KEPT),
        # Both have.
        ("a", "b", "c", ConflictPreference.ASK, False, True, BOTH),
        ("a", "b", "c", ConflictPreference.SOURCE, True, False, ""),
        ("a", "b", "c", ConflictPreference.TARGET, False, False, FIRST),
        ("a", "b", None, ConflictPreference.ASK, False, True, BOTH),
        ("a", None, "c", ConflictPreference.SOURCE, True, False, "empties it"),
        # Nothing is known.
        (ABSENT, "b", "c", ConflictPreference.ASK, False, True, BOTH),
        (ABSENT, "b", "c", ConflictPreference.SOURCE, True, False, ""),
        (ABSENT, "b", "c", ConflictPreference.TARGET, False, False, FIRST),
        (ABSENT, "b", None, ConflictPreference.ASK, True, False, ""),
        (ABSENT, "b", "", ConflictPreference.TARGET, True, False, ""),
        (ABSENT, None, "c", ConflictPreference.ASK, True, False, "empties it"),
        (ABSENT, None, "c", ConflictPreference.TARGET, False, False, FIRST),
        # Both agree.
        ("a", "c", "c", ConflictPreference.ASK, False, False, ""),
        (ABSENT, "c", "c", ConflictPreference.ASK, False, False, ""),
    ],
)
def test_mapping_three_way_merge(
    known: Json,
    source: Json,
    held: Json,
    prefer: ConflictPreference,
    applies: bool,
    conflict: bool,
    reason: str,
) -> None:
    result = applied(replace(ROW, prefer=prefer), source, {"vars.city": held}, known=known)
    assert (result.applies, result.conflict, result.reason) == (applies, conflict, reason)
    if conflict:
        assert result.known == (None if known is ABSENT else known)
        assert (result.old, result.new) == (held, source)


@pytest.mark.parametrize(
    ("known", "source", "held", "applies"),
    [
        ("blast", "none", "all", False),
        ("blast", "all", "none", True),
        ("blast", "basic", "all", False),
        ("none", "all", "basic", True),
        # Nothing is known of what both last had.
        (ABSENT, "none", "basic", False),
        (ABSENT, "all", "basic", True),
        # A level that Sailthru does not say, or says in a word of its own.
        (ABSENT, "basic", "marketing", False),
        (ABSENT, "all", "marketing", True),
        # Only the source has changed: no conflict, and a change like any other.
        ("all", "none", "all", True),
    ],
)
def test_mapping_of_two_optout_levels_the_stricter_wins(
    known: Json, source: Json, held: Json, applies: bool
) -> None:
    row = MappingRow("level", "optout", prefer=ConflictPreference.STRICTER)
    result = applied(row, source, {"optout": held}, known=known)
    assert (result.applies, result.conflict) == (applies, False)


def test_mapping_three_way_without_service_names_target() -> None:
    result = apply_mapping_row(
        ROW, {"city": "a"}, {"vars.city": "b"}, convert=to_sailthru, known="a"
    )
    assert result is not None
    assert result.reason == "changed in the target since; kept"
    zendesk = apply_mapping_row(
        replace(ROW, target="name"), {"city": "a"}, {"name": "b"}, convert=into("name"),
        known="a", service=Service.ZENDESK,
    )  # fmt: skip
    assert zendesk is not None
    assert zendesk.reason == "changed in Zendesk since; kept"


@pytest.mark.parametrize(
    ("target", "field_type", "source", "held"),
    [
        ("user_fields.since", "date", "2026-11-03", "2026-11-03T00:00:00+00:00"),
        ("user_fields.since", "date", Instant(0), "1970-01-01"),
        ("user_fields.since", "date", "1970-01-01", Instant(0)),
        ("user_fields.box", "checkbox", "true", True),
        ("user_fields.topics", "multiselect", ["b", "a"], ["a", "b"]),
        ("tags", "tags", ["VIP", "a"], ["a", "vip"]),
        ("user_fields.score", "integer", "4", 4),
        ("phone", "phone", " +1 555 ", "+1 555"),
    ],
)
def test_mapping_zendesk_value_form_is_no_change(
    target: str, field_type: str, source: FieldValue, held: FieldValue
) -> None:
    row = MappingRow("x", target)
    result = apply_mapping_row(row, {"x": source}, {target: held}, convert=into(field_type))
    assert result is not None
    assert not result.applies


def test_mapping_sailthru_list_order_matters() -> None:
    assert applied(ROW, ["b", "a"], {"vars.city": ["a", "b"]}).applies


def test_mapping_unfitting_value_is_invalid() -> None:
    row = MappingRow("x", "user_fields.score")
    with pytest.raises(UnconvertibleValue, match="a whole number"):
        apply_mapping_row(row, {"x": "many"}, {}, convert=into("integer"))


RECORD: dict[str, FieldValue] = {
    "id": 7,
    "sid": "abc",
    "lists": ["News", "Offers, weekly", "VIP"],
    "stages": ["new"],
    "seen": ["t1", "t2"],
    "articles": 3,
    "optout": "basic",
    "nothing": None,
}


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        (SourceType.FIELD, "id", 7),
        (SourceType.FIELD, "nothing", None),
        (SourceType.FIELD, "missing", ABSENT),
        (SourceType.IDENTIFIER, "sid", "abc"),
        (SourceType.LISTS, "", ["News", "Offers, weekly", "VIP"]),
        (SourceType.LISTS, "VIP , News", ["News", "VIP"]),
        (SourceType.LISTS, 'News, "Offers, weekly"', ["News", "Offers, weekly"]),
        (SourceType.LISTS, "Other", []),
        (SourceType.STAGES, "new", ["new"]),
        (SourceType.SEEN, "", ["t1", "t2"]),
        (SourceType.SEEN, "articles", 3),
        (SourceType.OPTOUT, "", "basic"),
        (SourceType.TEXT, "hello", "hello"),
        (SourceType.TEXT, "", ""),
    ],
)
def test_mapping_source_kinds(kind: SourceType, source: str, expected: object) -> None:
    assert read_source_value(MappingRow(source, "vars.x", type=kind), RECORD) == expected


@pytest.mark.parametrize("kind", [SourceType.LISTS, SourceType.STAGES, SourceType.OPTOUT])
def test_mapping_unread_field_is_absent(kind: SourceType) -> None:
    assert read_source_value(MappingRow("", "vars.x", type=kind), {}) is ABSENT
    row = MappingRow("News", "vars.x", type=kind)
    assert read_source_value(row, {"lists": "News", "stages": None}) in (ABSENT, "News", None)


@given(
    VALUES,
    st.none() | VALUES,
    st.sampled_from(MappingOperator),
    st.booleans(),
    st.sampled_from(ConflictPreference),
)
def test_mapping_is_idempotent(
    source: Json, held: Json, operator: MappingOperator, keep: bool, prefer: ConflictPreference
) -> None:
    row = replace(ROW, operator=operator, keep_decimals=keep, prefer=prefer)
    try:
        first = applied(row, source, {"vars.city": held})
    except UnconvertibleValue:
        return
    if not first.applies:
        return
    # A sum is once per event: the second time, there are no new ones.
    again = 0 if operator is MappingOperator.SUM else source
    second = applied(row, again, {"vars.city": first.new}, known=first.new)
    assert not second.applies
    assert not second.conflict


@given(VALUES, VALUES)
def test_mapping_add_only_adds(source: Json, held: Json) -> None:
    result = applied(replace(ROW, operator=MappingOperator.ADD), source, {"vars.city": held})
    if result.applies:
        before = held if isinstance(held, list) else [] if held in (None, "") else [held]
        assert isinstance(result.new, list)
        assert result.new[: len(before)] == before


@given(VALUES, VALUES, VALUES, st.sampled_from(ConflictPreference))
def test_mapping_target_only_change_is_kept(
    known: Json, source: Json, held: Json, prefer: ConflictPreference
) -> None:
    row = replace(ROW, prefer=prefer)
    in_form = to_sailthru(known, row)
    result = applied(row, known, {"vars.city": held}, known=in_form)
    assert not result.applies
    asked = applied(
        replace(row, prefer=ConflictPreference.ASK), source, {"vars.city": held}, known=in_form
    )
    assert not (asked.conflict and asked.applies)


def wrong(target: str, service: TargetType = TargetType.PROFILES, **row: object) -> str:
    return " ".join(validate_mapping([replace(MappingRow("x", target), **row)], service))  # type: ignore[arg-type]


def test_mapping_validation_valid_has_no_problem() -> None:
    to_sailthru_rows = [
        MappingRow("id", "vars.zendesk_id", type=SourceType.IDENTIFIER),
        MappingRow("", "vars.stages", type=SourceType.STAGES, operator=MappingOperator.ADD),
        MappingRow("count", "vars.ticket_sum", operator=MappingOperator.SUM),
        MappingRow("yes", "lists.News / weekly", type=SourceType.TEXT),
        MappingRow("level", "optout"),
    ]
    assert validate_mapping(to_sailthru_rows, TargetType.PROFILES) == ()
    to_zendesk_rows = [
        MappingRow("vars.name", "name"),
        MappingRow("", "tags", type=SourceType.LISTS, operator=MappingOperator.ADD),
        MappingRow("sid", "user_fields.sailthru_profile_id", type=SourceType.IDENTIFIER),
        MappingRow("vars.n", "user_fields.n2", operator=MappingOperator.SUM),
        MappingRow("vars.phone", "phone", operator=MappingOperator.SET_IF_EMPTY),
    ]
    assert validate_mapping(to_zendesk_rows, TargetType.USERS) == ()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (f"vars.{'x' * 33}", "33 characters long"),
        ("vars.2nd", "do not begin with a digit"),
        ("vars.a.b", "none of %"),
        ("vars.a b", "hold no spaces"),
        ("vars.$a", "cannot be the name"),
        ("vars.", "needs a name"),
        ("vars.cookie", "says who somebody is"),
        ("cookie", "says who somebody is"),
        ("keys.email", "says who somebody is"),
        ("sid", "says who somebody is"),
        ("lists.Cash $", "must not hold a"),
        ("engagement", "Sailthru has no field “engagement”"),
    ],
)
def test_mapping_validation_invalid_sailthru_names(target: str, said: str) -> None:
    assert said in wrong(target)


@pytest.mark.parametrize("key", ["a-b", "123", "", "a b", "ключ"])
def test_mapping_validation_invalid_zendesk_keys(key: str) -> None:
    assert "cannot be the key" in wrong(f"user_fields.{key}", TargetType.USERS)


@pytest.mark.parametrize("target", ["email", "vars.x", "role", "id"])
def test_mapping_validation_read_only_zendesk_fields(target: str) -> None:
    assert "Zendesk has no field" in wrong(target, TargetType.USERS)


@pytest.mark.parametrize(
    ("service", "target", "operator", "said"),
    [
        (TargetType.USERS, "name", MappingOperator.ADD, "name cannot take “add to the list”."),
        (TargetType.USERS, "phone", MappingOperator.SUM, "phone cannot take “add to the number”."),
        (TargetType.USERS, "tags", MappingOperator.SET, "tags cannot take “set”."),
        (
            TargetType.PROFILES,
            "optout",
            MappingOperator.SET_IF_EMPTY,
            "optout cannot take “set if empty”.",
        ),
        (TargetType.PROFILES, "lists.News", MappingOperator.SUM, "lists.News cannot take"),
        (TargetType.CONTENT, "price", MappingOperator.SUM, "price cannot take"),
        (TargetType.CONTENT, "optout", MappingOperator.SET, "content has no field “optout”"),
        (TargetType.SELL_OPTOUTS, "optout", MappingOperator.ADD, "optout cannot take"),
    ],
)
def test_mapping_validation_operator_not_allowed(
    service: TargetType, target: str, operator: MappingOperator, said: str
) -> None:
    assert said in wrong(target, service, operator=operator)


@pytest.mark.parametrize(
    ("service", "target", "is_wrong"),
    [
        (TargetType.PROFILES, "optout", False),
        (TargetType.PROFILES, "vars.level", True),
        (TargetType.PROFILES, "lists.News", True),
        (TargetType.USERS, "user_fields.sailthru_optout", True),
    ],
)
def test_mapping_validation_stricter_is_for_optout_levels(
    service: TargetType, target: str, is_wrong: bool
) -> None:
    said = wrong(target, service, prefer=ConflictPreference.STRICTER)
    assert said == (f"{target} has no stricter value: say which side wins." if is_wrong else "")


def test_mapping_validation_duplicate_field_and_empty_source() -> None:
    rows = [
        MappingRow("a", "vars.x"),
        MappingRow("", "vars.x"),
        MappingRow("c", "vars.x", on=False),
    ]
    assert validate_mapping(rows, TargetType.PROFILES) == (
        "Two rows write vars.x: keep one of them.",
        "The row for vars.x does not say what it reads.",
    )
