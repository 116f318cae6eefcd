"""The limits of a run, and names that are one word in one place and two in the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.model.guard import MASS_OPT_IN, Breach, Limits, breaches, needs_two_admins
from desktop.model.person_name import NameRule, join_name, split_name

STOPPING = ("starts", "loosened", "joins", "leaves", "blanked")


def test_the_sentence_of_the_picture() -> None:
    assert breaches(Limits(), {"starts": 231}, 900) == (
        Breach(
            "starts",
            231,
            200,
            "231 people would start getting marketing e-mail; your limit is 200 a run.",
        ),
    )


@pytest.mark.parametrize("code", STOPPING)
def test_each_of_the_five_stops_above_its_limit_and_not_at_it(code: str) -> None:
    assert breaches(Limits(), {code: 200}, 1000) == ()
    (breach,) = breaches(Limits(), {code: 1201}, 1000)
    assert (breach.code, breach.people, breach.limit) == (code, 1201, 200)
    assert breach.words.startswith("1,201 people would ")
    assert breaches(Limits(), {code: 1201}, 1000, allowed=frozenset({code})) == ()


def test_one_person_is_one_person() -> None:
    for code in STOPPING:
        (breach,) = breaches(Limits(0, 0), {code: 1}, 5)
        assert breach.words.startswith("1 person would ")


@pytest.mark.parametrize(("read", "limit"), [(0, 200), (1000, 200), (1004, 200), (100_000, 20_000)])
def test_the_larger_of_number_and_share(read: int, limit: int) -> None:
    assert Limits().of(read) == limit


def test_an_empty_source_always_stops_and_alone() -> None:
    for allowed in (frozenset[str](), frozenset({"empty", "leaves"})):
        (breach,) = breaches(Limits(), {"leaves": 9000}, 0, allowed=allowed)
        assert breach.code == "empty"


def test_nothing_new_in_a_feed_is_no_empty_source() -> None:
    assert breaches(Limits(), {}, 0, incremental=True) == ()
    (breach,) = breaches(Limits(), {"leaves": 201}, 0, incremental=True)
    assert breach.code == "leaves"


@given(st.dictionaries(st.sampled_from(["stops", "flows", "again", "changed"]), st.integers(0)))
def test_nothing_else_ever_stops(counts: dict[str, int]) -> None:
    assert breaches(Limits(0, 0), counts, 1) == ()


@given(
    st.dictionaries(st.sampled_from(STOPPING), st.integers(0, 500)),
    st.integers(1, 5000),
    st.frozensets(st.sampled_from(STOPPING)),
)
def test_what_is_over_and_not_allowed_stops(
    counts: dict[str, int], read: int, allowed: frozenset[str]
) -> None:
    over = {c for c, n in counts.items() if n > max(200, read // 5)} - allowed
    assert {b.code for b in breaches(Limits(), counts, read, allowed=allowed)} == over


def test_mass_opt_in_takes_two_admins_and_nothing_else_does() -> None:
    assert all(needs_two_admins([code]) for code in MASS_OPT_IN)
    assert not needs_two_admins(["joins", "leaves", "blanked", "empty"])
    assert needs_two_admins(["joins", "loosened"])


@pytest.mark.parametrize(
    ("name", "first_space", "last_word"),
    [
        ("HomerSimpson", ("HomerSimpson", ""), ("", "HomerSimpson")),
        ("Homer Simpson", ("Homer", "Simpson"), ("Homer", "Simpson")),
        ("Homer J Simpson", ("Homer", "J Simpson"), ("Homer J", "Simpson")),
        ("  Homer \u00a0 J\tSimpson\u2003", ("Homer", "J Simpson"), ("Homer J", "Simpson")),
        ("", ("", ""), ("", "")),
        (" \u00a0 ", ("", ""), ("", "")),
    ],
)
def test_a_name_is_split_by_its_rule(
    name: str, first_space: tuple[str, str], last_word: tuple[str, str]
) -> None:
    assert split_name(name) == first_space
    assert split_name(name, NameRule.LAST_WORD) == last_word


@given(st.text(), st.sampled_from(NameRule))
def test_splitting_loses_nothing_but_spaces(name: str, rule: NameRule) -> None:
    first, last = split_name(name, rule)
    assert join_name(first, last) == " ".join(name.split())


def test_a_missing_part_leaves_no_space() -> None:
    assert join_name("", "Simpson ") == "Simpson"
    assert join_name("Homer", "") == "Homer"
    assert {rule.words for rule in NameRule} == {
        "the first word is the first name",
        "the last word is the last name",
    }
