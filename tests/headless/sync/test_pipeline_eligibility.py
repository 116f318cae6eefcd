"""Eligibility: why nothing is planned for a record (S2-20, S2-22, S2-33 to S2-35, S2-54)."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.model.instant import Instant
from desktop.model.lifecycle_stage import CapPeriod, ContactEvent, FrequencyCap
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_plan import RETRY_LATER, PlannedOutcome
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.context import HoldReason, PlanContext
from desktop.sync.pipeline.eligibility import find_ineligibility
from desktop.sync.pipeline.matching import MatchResult
from desktop.sync.source_record import SourceRecord
from tests.support import pipeline_cases as cases

CREATES = SyncEffects(create_missing=True)
FOUND = MatchResult(cases.profile())
SKIPPED, CORRECTION = PlannedOutcome.SKIPPED, PlannedOutcome.CORRECTION


def _find(
    match: MatchResult,
    sync: Sync | None = None,
    record: SourceRecord | None = None,
    *,
    is_leaving: bool = False,
    **known: Any,
) -> tuple[PlannedOutcome, str, str] | None:
    context: PlanContext = cases.context(sync or cases.users_sync(), **known)
    found = find_ineligibility(record or cases.user_record(), match, context, is_leaving=is_leaving)
    return (found.outcome, found.reason, found.cause) if found else None


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param({}, None, id="S2-33 identifiable"),
        pytest.param(
            {"holds": {"7": HoldReason("a job runs")}},
            (SKIPPED, "a job runs", RETRY_LATER),
            id="S2-31 an increment under way",
        ),
        pytest.param(
            {"holds": {"7": HoldReason("look at it", "increments")}},
            (CORRECTION, "look at it", "increments"),
            id="S2-31 an increment that nobody can decide",
        ),
    ],
)
def test_record_with_target(
    known: dict[str, Any], expected: tuple[PlannedOutcome, str, str] | None
) -> None:
    assert _find(FOUND, **known) == expected


@pytest.mark.parametrize(
    ("match", "outcome", "cause"),
    [
        pytest.param(MatchResult(error="no"), CORRECTION, "no", id="7.3 target not read"),
        pytest.param(
            MatchResult(candidates=("a", "b")), CORRECTION, "several match", id="S2-24 several"
        ),
        pytest.param(
            MatchResult(cases.profile(), taken_by="Bo"),
            CORRECTION,
            "two with one counterpart",
            id="S2-24 taken",
        ),
        pytest.param(
            MatchResult(replace(cases.user(), is_editable=False)),
            SKIPPED,
            "",
            id="S2-33 an agent is no customer",
        ),
    ],
)
def test_target_that_is_not_written(
    match: MatchResult, outcome: PlannedOutcome, cause: str
) -> None:
    found = _find(match)
    assert found is not None
    assert (found[0], found[2]) == (outcome, cause)


@pytest.mark.parametrize(
    ("sync", "email", "expected"),
    [
        pytest.param(
            cases.users_sync(),
            cases.ADDRESS,
            (SKIPPED, "not in Sailthru, and this sync creates nobody", ""),
            id="S2-34 no match, creating is off",
        ),
        pytest.param(
            cases.lists_sync(),
            cases.ADDRESS,
            (SKIPPED, "not in Zendesk, and this sync creates nobody", ""),
            id="S2-22 creating on import is off by default",
        ),
        pytest.param(cases.users_sync(effects=CREATES), cases.ADDRESS, None, id="S2-51 created"),
        pytest.param(
            cases.users_sync(effects=CREATES), "", (SKIPPED, "no e-mail address", ""), id="S2-35"
        ),
        pytest.param(
            cases.lists_sync(effects=CREATES),
            "",
            (SKIPPED, "no e-mail address", ""),
            id="S2-35 in Zendesk",
        ),
        pytest.param(
            cases.lists_sync(),
            "",
            (SKIPPED, "not in Zendesk, and this sync creates nobody", ""),
            id="S2-35 its address was not read: nobody is created",
        ),
        pytest.param(
            cases.users_sync(effects=CREATES),
            "maria@home",
            (CORRECTION, "“maria@home” is not an e-mail address", "invalid e-mail address"),
            id="S2-35 an address without a domain",
        ),
    ],
)
def test_record_without_target(
    sync: Sync, email: str, expected: tuple[PlannedOutcome, str, str] | None
) -> None:
    assert _find(MatchResult(), sync, cases.user_record(email=email)) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param(cases.profile(), None, id="S2-53 gives back what it was given"),
        pytest.param(None, (SKIPPED, "not there any more", ""), id="S2-53 gone in the target too"),
    ],
)
def test_leaving_record(
    target: TargetRecord | None, expected: tuple[PlannedOutcome, str, str] | None
) -> None:
    assert _find(MatchResult(target), is_leaving=True) == expected


@pytest.mark.parametrize(
    ("event", "opened", "target_opened", "is_capped"),
    [
        pytest.param(ContactEvent.SENT, None, None, True, id="S2-20 two of two touches"),
        pytest.param(ContactEvent.OPENED, None, None, False, id="S2-54 never opened"),
        pytest.param(ContactEvent.OPENED, 30.0, None, True, id="S2-54 opened after both"),
        pytest.param(ContactEvent.OPENED, 15.0, None, False, id="S2-54 opened after one"),
        pytest.param(
            ContactEvent.CLICKED, None, 30.0, True, id="S2-54 the profile tells the click"
        ),
        pytest.param(ContactEvent.CLICKED, 5.0, 30.0, False, id="S2-54 the source tells it first"),
    ],
)
def test_frequency_cap(
    event: ContactEvent, opened: float | None, target_opened: float | None, is_capped: bool
) -> None:
    sync = cases.users_sync(pressure=FrequencyCap(2, CapPeriod.WEEK, event))
    name = "click_time" if event is ContactEvent.CLICKED else "open_time"
    fields = {} if opened is None else {name: Instant(opened)}
    times = {} if target_opened is None else {name: target_opened}
    match = MatchResult(replace(cases.profile(), activity_times=times))
    found = _find(match, sync, cases.user_record(**fields), touch_times={"sid1": (10.0, 20.0)})
    capped = (SKIPPED, "already 2 times this week", RETRY_LATER)
    assert found == (capped if is_capped else None)


@pytest.mark.parametrize("event", [ContactEvent.SENT, ContactEvent.OPENED])
def test_frequency_cap_never_holds_a_new_customer(event: ContactEvent) -> None:
    sync = cases.users_sync(effects=CREATES, pressure=FrequencyCap(1, CapPeriod.MONTH, event))
    assert _find(MatchResult(), sync) is None
