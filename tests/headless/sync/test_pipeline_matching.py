"""Matching: the identity rules in their order, and never a guess (S2-24, S2-26, S2-34)."""

from collections.abc import Mapping

import pytest

from desktop.model.sync import MatchIdentifier
from desktop.sync.pipeline.matching import MatchResult, match_record
from tests.support import pipeline_cases as cases

SID, EMAIL, EXTID = MatchIdentifier.SID, MatchIdentifier.EMAIL, MatchIdentifier.EXTERNAL_ID
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
        pytest.param({SID: ("gone",)}, MatchResult(), id="S2-34 the target is not there any more"),
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


def test_match_ignores_rules_the_sync_does_not_have() -> None:
    sync = cases.users_sync(identity=(EMAIL,))
    known = cases.context(sync, candidates={"7": {SID: ("a",)}}, targets={"a": A})
    assert match_record(cases.user_record(), known) == MatchResult()


def test_match_by_what_only_proposes_is_not_certain() -> None:
    """A shared phone number, or an opted-out profile at a former address."""
    known = cases.context(cases.users_sync(), proposed={"7": ("old@x.example (b, opt-out all)",)})
    found = match_record(cases.user_record(), known)
    assert found == MatchResult(proposed=("old@x.example (b, opt-out all)",))
    assert not found.is_certain
