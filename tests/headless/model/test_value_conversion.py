"""Values on their way: features S2-38 to S2-43 and Zendesk's field types (docs/zendesk.md 3)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.kit.errors import InvalidInput
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.value_conversion import (
    UnconvertibleValue,
    choose_options,
    convert_for_sailthru,
    convert_for_zendesk,
    loses_decimals,
)

# 2021-07-13 15:22:00 UTC, the moment of S2-42.
AT = Instant(1626189720.0)
ZONE = "America/New_York"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=8)
    | st.floats(-1e15, 1e15),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
INSTANTS = st.floats(-6e10, 2.5e11).map(Instant)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4, 4),
        (129.5, 130),
        (-129.5, -130),
        (0.5, 1),
        (0.49999999999999994, 0),
        (2.5, 3),
        (129.49, 129),
        (True, "true"),
        (False, "false"),
        (None, None),
        ("", ""),
        ("12.50", "12.50"),
        ([], []),
        ([1, 2.5, 3], [1, 3, 3]),
        (["b", "a", "b"], ["b", "a", "b"]),
        ([True, False], ["true", "false"]),
        ([1, "a", 1.5, 2.0, True], ["1", "a", "1.5", "2", "true"]),
        ([1, None, 2], [1, 2]),
        ([None], []),
        ({"b": 1, "a": "ö"}, '{"b":1,"a":"ö"}'),
        ([[1, 2], "x"], ["[1,2]", "x"]),
    ],
)
def test_conversion_to_number_list_or_text(value: Json, expected: Json) -> None:
    given_to_sailthru = convert_for_sailthru(value, "some_var", ZONE)
    assert given_to_sailthru == expected
    assert type(given_to_sailthru) is type(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("seen_time", 1626189720),
        ("vars.seen_time", 1626189720),
        ("seen_date", "2021-07-13"),
        ("seen", "2021-07-13T15:22:00.000Z"),
        ("time_seen", "2021-07-13T15:22:00.000Z"),
    ],
)
def test_conversion_datetime_by_var_name_suffix(name: str, expected: Json) -> None:
    assert convert_for_sailthru(AT, name, ZONE) == expected


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ("1985-06-12T00:00:00Z", "birth_date", "1985-06-12"),
        ("1985-06-12T00:00:00+00:00", "birth_date", "1985-06-12"),
        ("1985-06-12", "birth_date", "1985-06-12"),
        ("1985-06-12T00:00:00Z", "birth_time", 487382400),
        ("1985-06-12", "birth_time", 487382400),
        ("1985-06-12T00:00:00Z", "birth", "1985-06-12T00:00:00.000Z"),
        # Nothing says that these are more than texts.
        ("1985-06-12", "birth", "1985-06-12"),
        ("1985-13-40", "birth_date", "1985-13-40"),
        ("12 June", "birth_time", "12 June"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_conversion_zendesk_date_field_is_the_same_day_in_every_zone(
    value: str, name: str, expected: Json, zone: str
) -> None:
    assert convert_for_sailthru(value, name, zone) == expected


OPTIONS = (("tier_gold", "Gold"), ("tier_b", "Silver"), ("x", "Twice"), ("y", "twice"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Gold", "tier_gold"),
        (" gold ", "tier_gold"),
        ("tier_gold", "tier_gold"),
        (["Silver", "tier_gold"], ["tier_b", "tier_gold"]),
        (None, None),
        ([], []),
    ],
)
def test_option_label_becomes_its_value(value: Json, expected: Json) -> None:
    assert choose_options(value, OPTIONS) == expected
    assert choose_options(value, ()) == value


@pytest.mark.parametrize("value", ["Bronze", "TWICE", ["Gold", "Bronze"]])
def test_option_that_is_none_or_unclear_is_refused(value: Json) -> None:
    with pytest.raises(UnconvertibleValue, match="is no option"):
        choose_options(value, OPTIONS)


def test_conversion_date_is_account_day() -> None:
    late = Instant(AT.timestamp + 12 * 3600)  # 03:22 UTC of the next day
    assert convert_for_sailthru(late, "a_date", "UTC") == "2021-07-14"
    assert convert_for_sailthru(late, "a_date", ZONE) == "2021-07-13"
    assert convert_for_sailthru(late, "a_date", "Pacific/Kiritimati") == "2021-07-14"


def test_conversion_milliseconds_kept_and_seconds_floored() -> None:
    assert (
        convert_for_sailthru(Instant(AT.timestamp + 0.123), "a", ZONE) == "2021-07-13T15:22:00.123Z"
    )
    assert convert_for_sailthru(Instant(AT.timestamp + 0.9), "a_time", ZONE) == 1626189720
    assert convert_for_sailthru(Instant(-0.5), "a_time", ZONE) == -1


@pytest.mark.parametrize("value", [12.34, [1, 2.75], "x", True, None, 3])
def test_conversion_decimals_kept_where_configured(value: Json) -> None:
    kept = convert_for_sailthru(value, "v", ZONE, keep_decimals=True)
    assert kept == ("true" if value is True else value)


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        math.nan,
        [1.0, math.inf],
        2**63,
        1e300,
        "x" * 200_000,
        "\ud800",
        Instant(math.nan),
        Instant(math.inf),
        Instant(1e15),
    ],
)
def test_conversion_impossible_value_is_invalid(value: FieldValue) -> None:
    with pytest.raises(UnconvertibleValue) as caught:
        convert_for_sailthru(value, "v", ZONE)
    assert caught.value.title


def test_conversion_unknown_time_zone_is_explained() -> None:
    for zone in ("Mars/Olympus", "", "../etc/passwd", "America"):
        with pytest.raises(InvalidInput, match="time zone"):
            convert_for_sailthru(AT, "a_date", zone)


@given(JSON | INSTANTS, st.sampled_from(["v", "v_time", "v_date"]), st.booleans())
def test_conversion_is_idempotent(value: FieldValue, name: str, keep: bool) -> None:
    once = convert_for_sailthru(value, name, ZONE, keep_decimals=keep)
    assert convert_for_sailthru(once, name, ZONE, keep_decimals=keep) == once


@given(JSON)
def test_conversion_number_rounding_only_when_loss_is_allowed(value: Json) -> None:
    converted = convert_for_sailthru(value, "v", ZONE)
    if isinstance(value, float):
        assert (converted != value) == loses_decimals(value)


def test_conversion_cents_loss_is_detected_in_lists_only() -> None:
    assert loses_decimals(12.5)
    assert loses_decimals([1, [2.5]])
    assert not loses_decimals([1, 2.0])
    assert not loses_decimals("12.50")
    assert not loses_decimals(math.nan)
    assert not loses_decimals(AT)


FITS: list[tuple[str, FieldValue, Json]] = [
    ("text", "x", "x"),
    ("text", 4, "4"),
    ("text", 4.0, "4"),
    ("text", 4.5, "4.5"),
    ("text", True, "true"),
    ("text", ["a", None, 2], "a, 2"),
    ("text", AT, "2021-07-13T15:22:00.000Z"),
    ("textarea", "two\nlines", "two\nlines"),
    ("regexp", "AB-1", "AB-1"),
    ("checkbox", True, True),
    ("checkbox", "true", True),
    ("checkbox", "False", False),
    ("checkbox", 1, True),
    ("checkbox", "0", False),
    ("checkbox", " Yes ", True),
    ("checkbox", "off", False),
    ("checkbox", "", None),
    ("checkbox", [], None),
    ("integer", [], None),
    ("integer", "  ", None),
    ("decimal", [], None),
    ("decimal", " ", None),
    ("date", [], None),
    ("lookup", [], None),
    ("date", AT, "2021-07-13"),
    ("date", "2021-07-13", "2021-07-13"),
    ("date", "2021-07-13T00:00:00+00:00", "2021-07-13"),
    ("date", " ", None),
    ("integer", 4, 4),
    ("integer", "4", 4),
    ("integer", 2.5, 3),
    ("integer", "", None),
    ("decimal", "12.50", 12.5),
    ("decimal", 3, 3),
    ("decimal", 3.0, 3),
    ("decimal", "", None),
    ("dropdown", "gold", "gold"),
    ("dropdown", ["gold"], "gold"),
    ("dropdown", [], None),
    ("dropdown", "", None),
    ("dropdown", [[]], None),
    ("dropdown", True, "true"),
    ("multiselect", ["a", "b", "a", None, ""], ["a", "b"]),
    ("multiselect", "a", ["a"]),
    ("multiselect", "", []),
    ("lookup", 12, "12"),
    ("lookup", "12", "12"),
    ("lookup", "", None),
    ("name", "  Maria\u00a0 Lopez ", "Maria Lopez"),
    ("phone", " +1 555 0100 ", "+1 555 0100"),
    ("phone", "", None),
    ("phone", 15550100, "15550100"),
    ("tags", ["VIP plan 2", "vip_plan_2", "a/b", " "], ["vip_plan_2", "a/b"]),
    ("tags", "High & low!", ["high_low"]),
    ("tags", "_own", ["_own"]),
    ("tags", None, []),
    ("text", None, None),
    ("date", None, None),
]


@pytest.mark.parametrize(("field_type", "value", "expected"), FITS)
def test_zendesk_field_accepts_fitting_value(
    field_type: str, value: FieldValue, expected: Json
) -> None:
    fitted = convert_for_zendesk(value, field_type, ZONE)
    assert fitted == expected
    assert type(fitted) is type(expected)


@pytest.mark.parametrize(
    ("field_type", "value", "wanted"),
    [
        ("text", {"a": 1}, "a text"),
        ("checkbox", "maybe", "yes or no"),
        ("checkbox", 7, "yes or no"),
        ("checkbox", ["a"], "yes or no"),
        ("date", "13/07/2021", "a date"),
        ("date", 20210713, "a date"),
        ("integer", "many", "a whole number"),
        ("integer", True, "a whole number"),
        ("integer", AT, "A date does not fit"),
        ("integer", "9" * 30, "a whole number"),
        ("decimal", "a lot", "a number"),
        ("decimal", "1e999", "a number"),
        ("dropdown", ["a", "b"], "one option"),
        ("dropdown", {"a": 1}, "one option"),
        ("dropdown", AT, "one option"),
        ("multiselect", AT, "a list of options"),
        ("tags", {"a": 1}, "takes tags"),
        ("lookup", "x12", "the number of a record"),
        ("lookup", "١٢", "the number of a record"),
        ("name", " \u00a0", "a name"),
        ("name", None, "No value does not fit"),
        ("phone", "none", "a phone number"),
        ("phone", "\ud800 1", "half a character"),
        ("text", math.nan, "too large"),
        ("hologram", "x", "does not know"),
        ("checkbox", "y" * 40, f"“{'y' * 40}” does not fit"),
        ("checkbox", "y" * 41, f"“{'y' * 40}…” does not fit"),
    ],
)
def test_zendesk_field_refused_value_names_allowed(
    field_type: str, value: FieldValue, wanted: str
) -> None:
    with pytest.raises(UnconvertibleValue, match=wanted) as caught:
        convert_for_zendesk(value, field_type, ZONE)
    assert caught.value.code == "unfit"


@given(
    JSON | INSTANTS,
    st.sampled_from(sorted({field_type for field_type, _, _ in FITS})),
)
def test_zendesk_field_accepted_value_is_stable(value: FieldValue, field_type: str) -> None:
    try:
        once = convert_for_zendesk(value, field_type, ZONE)
    except UnconvertibleValue:
        return
    assert convert_for_zendesk(once, field_type, ZONE) == once
