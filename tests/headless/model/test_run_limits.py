"""The limits of a run, and names that are one word in one place and two in the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.model.name_splitting import NameSplitRule, split_name
from desktop.model.run_limit import (
    Limit,
    LimitBreach,
    exceeded_limits,
)

STOPPING = ("starts", "loosened", "opted_out", "joins", "leaves", "blanked")


def test_limit_message_matches_design() -> None:
    assert exceeded_limits(Limit(), {"starts": 231}, 900) == (
        LimitBreach(
            "starts",
            231,
            200,
            "231 people would start getting marketing e-mail; your limit is 200 a run.",
        ),
    )


def test_limit_names_what_it_counts() -> None:
    products = ("product", "products")
    counts = {"blanked": 1201, "production": 1}
    found = exceeded_limits(Limit(), counts, 1000, confirmed_over=0, noun=products)
    assert [one.message for one in found] == [
        "1,201 products would lose a value; your limit is 200 a run.",
        "This is production: 1 product would be changed; more than 0 are asked about once more.",
    ]


@pytest.mark.parametrize("code", STOPPING)
def test_limit_stops_above_threshold_only(code: str) -> None:
    assert exceeded_limits(Limit(), {code: 200}, 1000) == ()
    (breach,) = exceeded_limits(Limit(), {code: 1201}, 1000)
    assert (breach.code, breach.people, breach.limit) == (code, 1201, 200)
    assert breach.message.startswith("1,201 people would ")
    assert exceeded_limits(Limit(), {code: 1201}, 1000, allowed=frozenset({code})) == ()


def test_limit_counts_one_person_once() -> None:
    for code in STOPPING:
        (breach,) = exceeded_limits(Limit(0, 0), {code: 1}, 5)
        assert breach.message.startswith("1 person would ")


@pytest.mark.parametrize(("read", "limit"), [(0, 200), (1000, 200), (1004, 200), (100_000, 20_000)])
def test_limit_uses_larger_of_number_and_share(read: int, limit: int) -> None:
    assert Limit().max_people(read) == limit


def test_limit_empty_source_always_stops() -> None:
    for allowed in (frozenset[str](), frozenset({"empty", "leaves"})):
        (breach,) = exceeded_limits(Limit(), {"leaves": 9000}, 0, allowed=allowed)
        assert breach.code == "empty"


def test_limit_empty_feed_is_not_empty_source() -> None:
    assert exceeded_limits(Limit(), {}, 0, incremental=True) == ()
    (breach,) = exceeded_limits(Limit(), {"leaves": 201}, 0, incremental=True)
    assert breach.code == "leaves"


@given(st.dictionaries(st.sampled_from(["stops", "flows", "again", "changed"]), st.integers(0)))
def test_limit_unlisted_consequence_never_stops(counts: dict[str, int]) -> None:
    assert exceeded_limits(Limit(0, 0), counts, 1) == ()


@given(
    st.dictionaries(st.sampled_from(STOPPING), st.integers(0, 500)),
    st.integers(1, 5000),
    st.frozensets(st.sampled_from(STOPPING)),
)
def test_limit_exceeded_and_not_allowed_stops(
    counts: dict[str, int], read: int, allowed: frozenset[str]
) -> None:
    over = {c for c, n in counts.items() if n > max(200, read // 5)} - allowed
    assert {b.code for b in exceeded_limits(Limit(), counts, read, allowed=allowed)} == over


@pytest.mark.parametrize(
    ("name", "first_space", "last_word"),
    [
        ("HomerSimpson", ("HomerSimpson", ""), ("", "HomerSimpson")),
        ("Homer Simpson", ("Homer", "Simpson"), ("Homer", "Simpson")),
        ("Homer J Simpson", ("Homer", "J Simpson"), ("Homer J", "Simpson")),
        ("  Homer \u00a0 J\tSimpson\u2003", ("Homer", "J Simpson"), ("Homer J", "Simpson")),
        ("", ("", ""), ("", "")),
        (" \u00a0 ", ("", ""), ("", "")),
        ("Lopez, Anna", ("Anna", "Lopez"), ("Anna", "Lopez")),
        ("de la Cruz ,  Anna Maria", ("Anna Maria", "de la Cruz"), ("Anna Maria", "de la Cruz")),
        ("حداد، ليلى", ("ليلى", "حداد"), ("ليلى", "حداد")),
        ("Martin King, Jr.", ("Martin", "King, Jr."), ("Martin", "King, Jr.")),
        ("Lopez, Anna, PhD", ("Anna", "Lopez"), ("Anna", "Lopez")),
        ("Acme, Inc.", ("Acme, Inc.", ""), ("", "Acme, Inc.")),
        ("Lopez,", ("Lopez", ""), ("", "Lopez")),
        ("علی\u200cرضا حداد", ("علی\u200cرضا", "حداد"), ("علی\u200cرضا", "حداد")),
        ("50 Cent", ("50", "Cent"), ("50", "Cent")),
        ("maria@lopez.example", ("", ""), ("", "")),
        ("'Maria@Lopez.example'", ("", ""), ("", "")),
        ("Maria Lopez <maria@lopez.example>", ("Maria", "Lopez"), ("Maria", "Lopez")),
        ("+1 (415) 555-0134", ("", ""), ("", "")),
        ("Caller +1 (415) 555-0134", ("", ""), ("", "")),
        ("Caller: 4155550134", ("", ""), ("", "")),
        ("Visitor 48213607", ("", ""), ("", "")),
        ("Phone Smith", ("Phone", "Smith"), ("Phone", "Smith")),
        ("WhatsApp +44 20 7946 0958", ("", ""), ("", "")),
        ("Anna Lopez +49151234567", ("Anna", "Lopez"), ("Anna", "Lopez")),
        ("Anna Lopez (+49 151 234567)", ("Anna", "Lopez"), ("Anna", "Lopez")),
        ("Lopez, Anna +49 151 234567", ("Anna", "Lopez"), ("Anna", "Lopez")),
        ("Store 2024", ("Store", "2024"), ("Store", "2024")),
        ("\u200eAnna\u200f Lopez", ("Anna", "Lopez"), ("Anna", "Lopez")),
        ("٠٣٠ ١٢٣٤٥٦", ("", ""), ("", "")),
        ("-", ("", ""), ("", "")),
    ],
)
def test_name_split_follows_rule(
    name: str, first_space: tuple[str, str], last_word: tuple[str, str]
) -> None:
    assert split_name(name) == first_space
    assert split_name(name, NameSplitRule.LAST_WORD) == last_word


@given(st.text(), st.sampled_from(NameSplitRule))
def test_name_split_keeps_every_letter(name: str, rule: NameSplitRule) -> None:
    parts = split_name(name, rule)
    if any(parts) and not set(name) & set(",，،、@＠"):
        assert [c for c in "".join(parts) if c.isalpha()] == [c for c in name if c.isalpha()]


def test_name_split_rules_have_labels() -> None:
    assert {rule.label for rule in NameSplitRule} == {
        "the first word is the first name",
        "the last word is the last name",
    }
