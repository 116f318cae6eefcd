"""Conditions, consent and stages: rules over one record's fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.model.condition import Condition, Test, all_hold, holds, words
from desktop.model.consent import Consent, Purpose, judge
from desktop.model.field_value import agree, alike, is_empty, moment_in, number_in, truth_in
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.stage import Pressure, Stage, Touch, Window, held_back, stages_of, window_start

DAY = 86_400.0
# 2026-11-21 12:00:00 UTC
NOW = 1795262400.0

ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(
    st.integers() | st.text(max_size=3), max_size=3
) | st.floats(allow_nan=False).map(Instant)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "test", "wanted", "expected"),
    [
        ("gold", Test.IS, "gold", True),
        ("Gold", Test.IS, "gold", False),
        ("gold", Test.IS_NOT, "silver", True),
        ("true", Test.IS, True, True),
        (1, Test.IS, True, True),
        ("1", Test.IS, True, True),
        (True, Test.IS, "true", True),
        (0, Test.IS, False, True),
        (2, Test.IS, True, False),
        (None, Test.IS, False, False),
        ("4", Test.IS, 4, True),
        ("4", Test.IS, "4.0", False),
        (None, Test.IS, None, True),
        (["a", 1], Test.IS, ["a", "1"], True),
        (["a"], Test.IS, ["a", "b"], False),
        ({"a": 1}, Test.IS, {"a": "1"}, True),
        ({"a": 1}, Test.IS, {"b": 1}, False),
        ("4", Test.AT_LEAST, 4, True),
        (3.9, Test.AT_LEAST, "4", False),
        ("10", Test.AT_LEAST, "9", True),
        (4, Test.AT_MOST, 4, True),
        (5, Test.AT_MOST, 4, False),
        (None, Test.AT_LEAST, 4, False),
        ("many", Test.AT_LEAST, 4, False),
        ("many", Test.AT_MOST, 4, False),
        ("1_000", Test.AT_LEAST, 4, False),
        (Instant(NOW), Test.AT_LEAST, "2026-11-21", True),
        ("2026-11-20", Test.AT_LEAST, "2026-11-21", False),
        ("2026-11-20T00:00:00-05:00", Test.AT_MOST, "2026-11-20T05:00:00Z", True),
        (["vip", "new"], Test.HAS, "vip", True),
        (["vip"], Test.HAS, "vi", False),
        ([4], Test.HAS, "4", True),
        ({"News": 1.0}, Test.HAS, "News", True),
        ("My Refund, please", Test.HAS, "refund", True),
        ("4711", Test.HAS, 47, False),
        (None, Test.HAS, "vip", False),
        (None, Test.HAS_NOT, "vip", True),
        (["vip"], Test.HAS_NOT, "vip", False),
        (Instant(NOW - 31 * DAY), Test.BEFORE_DAYS, 30, True),
        (Instant(NOW - 30 * DAY), Test.BEFORE_DAYS, 30, False),
        (Instant(NOW - 30 * DAY), Test.WITHIN_DAYS, "30", True),
        (Instant(NOW - 31 * DAY), Test.WITHIN_DAYS, 30, False),
        ("2026-11-22", Test.WITHIN_DAYS, 1, True),
        (Instant(NOW + 300 * DAY), Test.WITHIN_DAYS, 30, False),
        (NOW - 40 * DAY, Test.BEFORE_DAYS, 30, True),
        ("soon", Test.BEFORE_DAYS, 30, False),
        ("soon", Test.WITHIN_DAYS, 30, False),
        (Instant(NOW), Test.WITHIN_DAYS, "a few", False),
        (Instant(float("nan")), Test.BEFORE_DAYS, 1, False),
        ("0", Test.SET, None, True),
        (False, Test.SET, None, True),
        ("", Test.SET, None, False),
        ([], Test.NOT_SET, None, True),
        (0, Test.NOT_SET, None, False),
    ],
)
def test_what_holds(value: FieldValue, test: Test, wanted: Json, expected: bool) -> None:
    assert holds(Condition("f", test, wanted), {"f": value}, NOW) is expected


@pytest.mark.parametrize("test", Test)
def test_of_an_absent_field_only_being_set_can_be_said(test: Test) -> None:
    expected = {Test.SET: False, Test.NOT_SET: True}.get(test)
    assert holds(Condition("f", test, 1), {"g": 1}, NOW) is expected


def test_all_hold_is_false_before_it_is_unknown() -> None:
    yes, no = Condition("a", Test.IS, 1), Condition("a", Test.IS, 2)
    unknown = Condition("absent", Test.IS, 1)
    assert all_hold((yes,), {"a": 1}, NOW) is True
    assert all_hold((yes, unknown), {"a": 1}, NOW) is None
    assert all_hold((unknown, no), {"a": 1}, NOW) is False
    assert all_hold((), {}, NOW) is True


@given(ANY, ANY)
def test_a_test_and_its_opposite_never_agree(value: FieldValue, wanted: Json) -> None:
    if isinstance(wanted, Instant):
        return
    fields = {"f": value}
    for test, opposite in ((Test.IS, Test.IS_NOT), (Test.HAS, Test.HAS_NOT)):
        said = holds(Condition("f", test, wanted), fields, NOW)
        assert said is not holds(Condition("f", opposite, wanted), fields, NOW)
    assert holds(Condition("f", Test.SET), fields, NOW) is not is_empty(value)


@given(ANY, ANY)
def test_alike_goes_both_ways(left: FieldValue, right: FieldValue) -> None:
    assert alike(left, right) == alike(right, left)


@pytest.mark.parametrize(
    ("test", "value", "said"),
    [
        (Test.IS, "gold", "f is “gold”"),
        (Test.IS, True, "f is yes"),
        (Test.IS_NOT, False, "f is not no"),
        (Test.IS, None, "f is empty"),
        (Test.AT_LEAST, 4, "f is at least 4"),
        (Test.HAS_NOT, "vip", "f does not have “vip”"),
        (Test.NOT_SET, None, "f has no value"),
        (Test.WITHIN_DAYS, 30, "f is within the last 30 days"),
    ],
)
def test_a_condition_in_words(test: Test, value: Json, said: str) -> None:
    assert words(Condition("f", test, value)) == said


def test_every_test_has_words_of_its_own() -> None:
    assert len({words(Condition("f", test, 4)) for test in Test}) == len(Test)


def test_what_is_empty_and_what_is_a_value() -> None:
    assert [is_empty(v) for v in (None, "", [], ())] == [True] * 4
    assert not any(is_empty(v) for v in (0, False, 0.0, " ", [None], {}, Instant(0)))


def test_numbers_truths_and_moments_in_values() -> None:
    assert number_in(" 4.50 ") == number_in(4.5)
    for no_number in (True, None, [], "", " ", "1_0", "٤", "1e", "inf", float("inf")):
        assert number_in(no_number) is None
    assert [truth_in(v) for v in (True, "TRUE", 1, 1.0, "1")] == [True] * 5
    assert [truth_in(v) for v in (False, "false", 0, "0")] == [False] * 4
    assert [truth_in(v) for v in (2, "yes", None, [], "")] == [None] * 5
    assert moment_in("1970-01-02") == DAY
    assert moment_in("1970-01-02T01:00:00+01:00") == DAY
    assert moment_in("86400") == DAY
    assert [moment_in(v) for v in (None, True, "soon", [])] == [None] * 4


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (4, "4", True),
        ("4.0", 4.0, True),
        (4.0, "4", True),
        (4, 4.0, True),
        (7, "007", False),
        ("7", "007", False),
        (True, "true", True),
        ("false", False, True),
        (1, True, False),
        (1, "true", False),
        (None, "", False),
        (None, None, True),
        ("2026-11-03", "2026-11-03T00:00:00+00:00", True),
        ("2026-11-03T00:00:00Z", "2026-11-03", True),
        ("2026-11-03", "2026-11-03T01:00:00Z", False),
        ("2026-99-03", "2026-99-03T00:00:00Z", False),
        (["a", 1], ["a", "1"], True),
        (["a"], ["a", "b"], False),
        ({"a": 1}, {"a": "1"}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, "a", False),
    ],
)
def test_stored_values_agree_but_for_their_form(left: Json, right: Json, expected: bool) -> None:
    assert agree(left, right) is expected
    assert agree(right, left) is expected


FORM = Purpose("Newsletter", Condition("consent_form", Test.SET))
TAG = Purpose("Offers", Condition("tags", Test.HAS, "agreed"))
LIST = Purpose("News", Condition("lists", Test.HAS, "News"))
TICKED = Purpose("Calls", Condition("may_call", Test.IS, True))


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
def test_consent_is_given_for_one_purpose_and_names_its_evidence(
    purposes: tuple[Purpose, ...], fields: dict[str, FieldValue], agreed: bool, said: str
) -> None:
    assert judge(purposes, fields, NOW) == Consent(agreed, said)


def test_an_absent_field_is_no_consent_even_for_a_condition_that_says_not() -> None:
    purpose = Purpose("News", Condition("refused", Test.IS_NOT, True))
    assert not judge((purpose,), {}, NOW).given
    assert judge((purpose,), {"refused": False}, NOW).given


def test_a_person_is_in_every_stage_whose_conditions_all_hold() -> None:
    stages = (
        Stage("new", (Condition("seen", Test.WITHIN_DAYS, 30),)),
        Stage("loyal", (Condition("orders", Test.AT_LEAST, 3), Condition("seen", Test.SET))),
        Stage("everybody"),
    )
    fields: dict[str, FieldValue] = {"seen": Instant(NOW - DAY), "orders": "3"}
    assert stages_of(stages, fields, NOW) == ("new", "loyal", "everybody")
    assert stages_of(stages, {"orders": 5}, NOW) == ("everybody",)
    assert stages_of(stages, fields, NOW + 60 * DAY) == ("loyal", "everybody")


@pytest.mark.parametrize(
    ("window", "now", "zone", "start"),
    [
        # The clocks went back on 1 November: the week has 169 hours.
        (Window.WEEK, "2026-11-05T12:00:00-05:00", "America/New_York", "2026-10-29T12:00:00-04:00"),
        (Window.MONTH, "2026-03-31T12:00:00Z", "UTC", "2026-02-28T12:00:00Z"),
        (Window.QUARTER, "2026-11-21T12:00:00Z", "UTC", "2026-08-21T12:00:00Z"),
        # 02:30 did not exist in Berlin on 29 March.
        (Window.WEEK, "2026-04-05T02:30:00+02:00", "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
    ],
)
def test_a_window_begins_at_the_same_local_time(
    window: Window, now: str, zone: str, start: str
) -> None:
    at, expected = moment_in(now), moment_in(start)
    assert at is not None
    assert window_start(window, at, zone) == expected


def test_the_cap_holds_back_from_its_number_on() -> None:
    cap = Pressure(3, Window.MONTH, Touch.OPENED)
    assert [held_back(cap, n) for n in (0, 2, 3, 4)] == [False, False, True, True]
    assert held_back(Pressure(0), 0)
