"""Matching by the one rule, with a sync's identifiers, and never a guess (S2-24, S2-26, S2-34)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from desktop.model.sync import MatchIdentifier, SyncEffects
from desktop.sync.pipeline.matching import MatchResult, match_record
from tests.support import pipeline_cases as cases

SID, EMAIL, EXTID = MatchIdentifier.SID, MatchIdentifier.EMAIL, MatchIdentifier.EXTERNAL_ID
PHONE = MatchIdentifier.PHONE
A, B = cases.profile("a"), cases.profile("b")


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param({SID: ("a",)}, MatchResult(A), id="S2-26 the known sid is the target"),
        pytest.param({EMAIL: ("b",)}, MatchResult(B), id="S2-24 by address where no sid is known"),
        pytest.param(
            {EXTID: ("b",), SID: ("a",)}, MatchResult(A), id="S2-24 the first rule decides"
        ),
        pytest.param({SID: (), EMAIL: ("b",)}, MatchResult(B), id="S2-24 a rule that finds nobody"),
        pytest.param(
            {EMAIL: ("a", "b")}, MatchResult(candidates=("a", "b")), id="S2-24 several: not guessed"
        ),
        pytest.param(
            {SID: ("a", "b"), EMAIL: ("b",)},
            MatchResult(candidates=("a", "b")),
            id="S2-24 several by the first rule: the next does not decide",
        ),
        pytest.param({}, MatchResult(), id="S2-34 nobody matches"),
        pytest.param({SID: ("gone",)}, MatchResult(), id="S2-34 the target no longer exists"),
    ],
)
def test_match_by_identity_rules(
    candidates: Mapping[MatchIdentifier, tuple[str, ...]], expected: MatchResult
) -> None:
    known = cases.context(
        cases.users_sync(), candidates={"7": candidates}, targets={"a": A, "b": B}
    )
    assert match_record(cases.user_record(), known) == expected


def test_match_of_unreadable_target_is_not_certain() -> None:
    """7.3: what was not read is no empty target."""
    known = cases.context(cases.users_sync(), read_errors={"7": "It cannot be read."})
    found = match_record(cases.user_record(), known)
    assert found == MatchResult(error="It cannot be read.")
    assert not found.is_certain


@pytest.mark.parametrize(
    ("identity", "found", "expected"),
    [
        pytest.param((EMAIL,), {SID: ("a",)}, MatchResult(A), id="the pair decides in every sync"),
        pytest.param(
            (EXTID, EMAIL),
            {EXTID: ("a",), EMAIL: ("b",)},
            MatchResult(candidates=("b", "a")),
            id="address and external id disagree",
        ),
        pytest.param(
            (PHONE,),
            {PHONE: ("a",)},
            MatchResult(proposed=("maria@example.com (a)",)),
            id="a phone proposes though the sync says phone",
        ),
        pytest.param(
            (SID,),
            {EMAIL: ("b",)},
            MatchResult(proposed=("maria@example.com (b)",)),
            id="an address the sync does not match by",
        ),
    ],
)
def test_match_by_identifiers_of_sync(
    identity: tuple[MatchIdentifier, ...],
    found: Mapping[MatchIdentifier, tuple[str, ...]],
    expected: MatchResult,
) -> None:
    sync = cases.users_sync(identity=identity)
    known = cases.context(sync, candidates={"7": found}, targets={"a": A, "b": B})
    result = match_record(cases.user_record(), known)
    assert result == expected
    assert result.is_certain is not bool(expected.proposed or expected.candidates)


@pytest.mark.parametrize(
    ("level", "creates", "parks"),
    [("all", True, True), ("basic", True, True), ("none", True, False), ("all", False, False)],
)
def test_match_at_former_address_parks_beside_optout(
    level: str, creates: bool, parks: bool
) -> None:
    old = replace(cases.profile("b", optout=level), email="old@x.example", label="old@x.example")
    sync = cases.users_sync(effects=SyncEffects(create_missing=creates))
    known = cases.context(sync, candidates={"7": {EMAIL: ("b",)}}, targets={"b": old})
    described = MatchResult(proposed=(f"old@x.example (b, opt-out {level})",))
    assert match_record(cases.user_record(), known) == (described if parks else MatchResult(old))
