"""Conditions, consent and stages: rules over one record's fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.model.consent_check import ConsentDecision, ConsentPurpose, check_consent
from desktop.model.field_condition import (
    ConditionOperator,
    FieldCondition,
    are_all_conditions_met,
    describe_condition,
    is_condition_met,
    matches_typed_value,
)
from desktop.model.field_value import (
    is_empty,
    parse_boolean,
    parse_number,
    parse_timestamp,
)
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.lifecycle_stage import (
    CapPeriod,
    ContactEvent,
    FrequencyCap,
    LifecycleStage,
    cap_period_start,
    current_stages,
    is_cap_reached,
)

DAY = 86_400.0
# 2026-11-21 12:00:00 UTC
NOW = 1795262400.0

ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(
    st.integers() | st.text(max_size=3), max_size=3
) | st.floats(allow_nan=False).map(Instant)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "test", "wanted", "expected"),
    [
        ("gold", ConditionOperator.IS, "gold", True),
        ("Gold", ConditionOperator.IS, "gold", False),
        ("gold", ConditionOperator.IS_NOT, "silver", True),
        ("true", ConditionOperator.IS, True, True),
        (1, ConditionOperator.IS, True, True),
        ("1", ConditionOperator.IS, True, True),
        (True, ConditionOperator.IS, "true", True),
        (0, ConditionOperator.IS, False, True),
        (2, ConditionOperator.IS, True, False),
        (None, ConditionOperator.IS, False, False),
        ("4", ConditionOperator.IS, 4, True),
        ("4", ConditionOperator.IS, "4.0", False),
        (None, ConditionOperator.IS, None, True),
        (["a", 1], ConditionOperator.IS, ["a", "1"], True),
        (["a"], ConditionOperator.IS, ["a", "b"], False),
        ({"a": 1}, ConditionOperator.IS, {"a": "1"}, True),
        ({"a": 1}, ConditionOperator.IS, {"b": 1}, False),
        ("4", ConditionOperator.AT_LEAST, 4, True),
        (3.9, ConditionOperator.AT_LEAST, "4", False),
        ("10", ConditionOperator.AT_LEAST, "9", True),
        (4, ConditionOperator.AT_MOST, 4, True),
        (5, ConditionOperator.AT_MOST, 4, False),
        (None, ConditionOperator.AT_LEAST, 4, False),
        ("many", ConditionOperator.AT_LEAST, 4, False),
        ("many", ConditionOperator.AT_MOST, 4, False),
        ("1_000", ConditionOperator.AT_LEAST, 4, False),
        (Instant(NOW), ConditionOperator.AT_LEAST, "2026-11-21", True),
        ("2026-11-20", ConditionOperator.AT_LEAST, "2026-11-21", False),
        ("2026-11-20T00:00:00-05:00", ConditionOperator.AT_MOST, "2026-11-20T05:00:00Z", True),
        (["vip", "new"], ConditionOperator.HAS, "vip", True),
        (["vip"], ConditionOperator.HAS, "vi", False),
        ([4], ConditionOperator.HAS, "4", True),
        ({"News": 1.0}, ConditionOperator.HAS, "News", True),
        ("My Refund, please", ConditionOperator.HAS, "refund", True),
        ("4711", ConditionOperator.HAS, 47, False),
        (None, ConditionOperator.HAS, "vip", False),
        (None, ConditionOperator.HAS_NOT, "vip", True),
        (["vip"], ConditionOperator.HAS_NOT, "vip", False),
        (Instant(NOW - 31 * DAY), ConditionOperator.BEFORE_DAYS, 30, True),
        (Instant(NOW - 30 * DAY), ConditionOperator.BEFORE_DAYS, 30, False),
        (Instant(NOW - 30 * DAY), ConditionOperator.WITHIN_DAYS, "30", True),
        (Instant(NOW - 31 * DAY), ConditionOperator.WITHIN_DAYS, 30, False),
        ("2026-11-22", ConditionOperator.WITHIN_DAYS, 1, True),
        (Instant(NOW + 300 * DAY), ConditionOperator.WITHIN_DAYS, 30, False),
        (NOW - 40 * DAY, ConditionOperator.BEFORE_DAYS, 30, True),
        ("soon", ConditionOperator.BEFORE_DAYS, 30, False),
        ("soon", ConditionOperator.WITHIN_DAYS, 30, False),
        (Instant(NOW), ConditionOperator.WITHIN_DAYS, "a few", False),
        (Instant(float("nan")), ConditionOperator.BEFORE_DAYS, 1, False),
        ("0", ConditionOperator.SET, None, True),
        (False, ConditionOperator.SET, None, True),
        ("", ConditionOperator.SET, None, False),
        ([], ConditionOperator.NOT_SET, None, True),
        (0, ConditionOperator.NOT_SET, None, False),
    ],
)
def test_condition_holds(
    value: FieldValue, test: ConditionOperator, wanted: Json, expected: bool
) -> None:
    assert is_condition_met(FieldCondition("f", test, wanted), {"f": value}, NOW) is expected


@pytest.mark.parametrize("test", ConditionOperator)
def test_condition_absent_field_supports_is_set_only(test: ConditionOperator) -> None:
    expected = {ConditionOperator.SET: False, ConditionOperator.NOT_SET: True}.get(test)
    assert is_condition_met(FieldCondition("f", test, 1), {"g": 1}, NOW) is expected


def test_condition_all_is_false_before_unknown() -> None:
    yes, no = (
        FieldCondition("a", ConditionOperator.IS, 1),
        FieldCondition("a", ConditionOperator.IS, 2),
    )
    unknown = FieldCondition("absent", ConditionOperator.IS, 1)
    assert are_all_conditions_met((yes,), {"a": 1}, NOW) is True
    assert are_all_conditions_met((yes, unknown), {"a": 1}, NOW) is None
    assert are_all_conditions_met((unknown, no), {"a": 1}, NOW) is False
    assert are_all_conditions_met((), {}, NOW) is True


@given(ANY, ANY)
def test_condition_opposite_tests_never_agree(value: FieldValue, wanted: Json) -> None:
    if isinstance(wanted, Instant):
        return
    fields = {"f": value}
    for test, opposite in (
        (ConditionOperator.IS, ConditionOperator.IS_NOT),
        (ConditionOperator.HAS, ConditionOperator.HAS_NOT),
    ):
        said = is_condition_met(FieldCondition("f", test, wanted), fields, NOW)
        assert said is not is_condition_met(FieldCondition("f", opposite, wanted), fields, NOW)
    assert is_condition_met(
        FieldCondition("f", ConditionOperator.SET), fields, NOW
    ) is not is_empty(value)


@given(ANY, ANY)
def test_condition_similarity_is_symmetric(left: FieldValue, right: FieldValue) -> None:
    assert matches_typed_value(left, right) == matches_typed_value(right, left)


@pytest.mark.parametrize(
    ("test", "value", "said"),
    [
        (ConditionOperator.IS, "gold", "f is “gold”"),
        (ConditionOperator.IS, True, "f is yes"),
        (ConditionOperator.IS_NOT, False, "f is not no"),
        (ConditionOperator.IS, None, "f is empty"),
        (ConditionOperator.AT_LEAST, 4, "f is at least 4"),
        (ConditionOperator.HAS_NOT, "vip", "f does not have “vip”"),
        (ConditionOperator.NOT_SET, None, "f has no value"),
        (ConditionOperator.WITHIN_DAYS, 30, "f is within the last 30 days"),
    ],
)
def test_condition_text(test: ConditionOperator, value: Json, said: str) -> None:
    assert describe_condition(FieldCondition("f", test, value)) == said


def test_condition_every_test_has_text() -> None:
    assert len(
        {describe_condition(FieldCondition("f", test, 4)) for test in ConditionOperator}
    ) == len(ConditionOperator)


def test_condition_empty_values() -> None:
    assert [is_empty(v) for v in (None, "", [], ())] == [True] * 4
    assert not any(is_empty(v) for v in (0, False, 0.0, " ", [None], {}, Instant(0)))


def test_condition_parses_numbers_booleans_dates() -> None:
    assert parse_number(" 4.50 ") == parse_number(4.5)
    for no_number in (True, None, [], "", " ", "1_0", "٤", "1e", "inf", float("inf")):
        assert parse_number(no_number) is None
    assert [parse_boolean(v) for v in (True, "TRUE", 1, 1.0, "1")] == [True] * 5
    assert [parse_boolean(v) for v in (False, "false", 0, "0")] == [False] * 4
    assert [parse_boolean(v) for v in (2, "yes", None, [], "")] == [None] * 5
    assert parse_timestamp("1970-01-02") == DAY
    assert parse_timestamp("1970-01-02T01:00:00+01:00") == DAY
    assert parse_timestamp("86400") == DAY
    assert [parse_timestamp(v) for v in (None, True, "soon", [])] == [None] * 4


FORM = ConsentPurpose("Newsletter", FieldCondition("consent_form", ConditionOperator.SET))
TAG = ConsentPurpose("Offers", FieldCondition("tags", ConditionOperator.HAS, "agreed"))
LIST = ConsentPurpose("News", FieldCondition("lists", ConditionOperator.HAS, "News"))
TICKED = ConsentPurpose("Calls", FieldCondition("may_call", ConditionOperator.IS, True))


@pytest.mark.parametrize(
    ("purposes", "fields", "agreed", "said"),
    [
        ((), {}, True, ""),
        ((FORM,), {"consent_form": "2026-11-03"}, True, "consent: field consent_form of 3 Nov"),
        (
            (FORM,),
            {"consent_form": Instant(NOW - 365 * DAY)},
            True,
            "consent: field consent_form of 21 Nov 2025",
        ),
        ((FORM,), {"consent_form": "paper"}, True, "consent: consent_form has a value"),
        ((FORM,), {"consent_form": 1}, True, "consent: consent_form has a value"),
        ((FORM, TAG), {"tags": ["agreed"]}, True, "consent: tag agreed"),
        ((LIST,), {"lists": ["News"]}, True, "consent: list News"),
        ((TICKED,), {"may_call": "true"}, True, "consent: may_call is yes"),
        ((FORM, TAG), {"tags": []}, False, "no consent found for Newsletter, Offers"),
        ((TAG,), {}, False, "no consent found for Offers"),
    ],
)
def test_consent_is_per_purpose_with_evidence(
    purposes: tuple[ConsentPurpose, ...], fields: dict[str, FieldValue], agreed: bool, said: str
) -> None:
    assert check_consent(purposes, fields, NOW) == ConsentDecision(agreed, said)


def test_consent_absent_field_is_none_under_negated_condition() -> None:
    purpose = ConsentPurpose("News", FieldCondition("refused", ConditionOperator.IS_NOT, True))
    assert not check_consent((purpose,), {}, NOW).is_given
    assert check_consent((purpose,), {"refused": False}, NOW).is_given


def test_lifecycle_stage_contains_everyone_matching_all_conditions() -> None:
    stages = (
        LifecycleStage("new", (FieldCondition("seen", ConditionOperator.WITHIN_DAYS, 30),)),
        LifecycleStage(
            "loyal",
            (
                FieldCondition("orders", ConditionOperator.AT_LEAST, 3),
                FieldCondition("seen", ConditionOperator.SET),
            ),
        ),
        LifecycleStage("everybody"),
    )
    fields: dict[str, FieldValue] = {"seen": Instant(NOW - DAY), "orders": "3"}
    assert current_stages(stages, fields, NOW) == ("new", "loyal", "everybody")
    assert current_stages(stages, {"orders": 5}, NOW) == ("everybody",)
    assert current_stages(stages, fields, NOW + 60 * DAY) == ("loyal", "everybody")


@pytest.mark.parametrize(
    ("window", "now", "zone", "start"),
    [
        # The clocks went back on 1 November: the week has 169 hours.
        (
            CapPeriod.WEEK,
            "2026-11-05T12:00:00-05:00",
            "America/New_York",
            "2026-10-29T12:00:00-04:00",
        ),
        (CapPeriod.MONTH, "2026-03-31T12:00:00Z", "UTC", "2026-02-28T12:00:00Z"),
        (CapPeriod.QUARTER, "2026-11-21T12:00:00Z", "UTC", "2026-08-21T12:00:00Z"),
        # 02:30 did not exist in Berlin on 29 March.
        (CapPeriod.WEEK, "2026-04-05T02:30:00+02:00", "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
    ],
)
def test_frequency_cap_window_starts_at_same_local_time(
    window: CapPeriod, now: str, zone: str, start: str
) -> None:
    at, expected = parse_timestamp(now), parse_timestamp(start)
    assert at is not None
    assert cap_period_start(window, at, zone) == expected


def test_frequency_cap_holds_back_at_its_count() -> None:
    cap = FrequencyCap(3, CapPeriod.MONTH, ContactEvent.OPENED)
    assert [is_cap_reached(cap, n) for n in (0, 2, 3, 4)] == [False, False, True, True]
    assert is_cap_reached(FrequencyCap(0), 0)
