"""What a rule's plan does to a person: lists left, pauses begun and ended, once a day (S1-45)."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.lifecycle_stage import CapPeriod, FrequencyCap
from desktop.model.optout_level import OptOutLevel
from desktop.model.rule_trigger import RuleTrigger
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRow
from desktop.model.sync_validation import validate_sync, validate_sync_names
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.plan_rows import plan_record
from tests.support import pipeline_cases as cases

PAUSED, VAR = "lists.Support - paused", "vars.zendesk_paused"
PAUSE = SyncEffects(pause_days=14, pause_var="zendesk_paused", pause_list="Support - paused")
# NOW is 15 January 2027 in Berlin.
UNTIL = "2027-01-29"


def rule(*mapping: MappingRow, **parts: Any) -> Sync:
    source = SyncSource(SourceKind.RULE, trigger=RuleTrigger.BAD_RATING)
    cap = FrequencyCap(1, CapPeriod.DAY)
    return Sync("rule", "Rule", source, mapping=mapping, **{"pressure": cap, **parts})


def planned(
    sync: Sync, target: TargetRecord, *, is_leaving: bool = False, **known: Any
) -> tuple[PlanRow, dict[str, tuple[Any, Any]]]:
    """The row of the person, and old and new of what it sends."""
    record = cases.user_record()
    context = cases.context(sync, (record, target), zone=cases.ZONE, **known)
    row = plan_record(record, context, is_leaving=is_leaving)
    return row, {change.field: (change.old, change.new) for change in row.changes_to_send}


def paused(until: str, *, on_list: bool = True) -> TargetRecord:
    target = cases.profile(vars_zendesk_paused=until)
    return replace(target, fields={**target.fields, PAUSED: on_list})


def test_rule_takes_off_lists_and_adds_to_others() -> None:
    effects = SyncEffects(add_to_lists=("Winback",), remove_from_lists=("Newsletter", "Other"))
    _, sent = planned(rule(effects=effects), cases.profile(lists_Newsletter=True))
    assert sent == {"lists.Winback": (False, True), "lists.Newsletter": (True, False)}


def test_rule_sets_a_value_each_time_that_it_happens() -> None:
    survey = MappingRow("ready", "vars.survey", type=SourceType.TEXT)
    # Set by the rule before, and answered by somebody since.
    known = {"synced_values": {"sid1": {"vars.survey": "ready"}}}
    target = cases.profile(vars_survey="answered")
    assert planned(rule(survey), target, **known)[1] == {"vars.survey": ("answered", "ready")}
    # Negative control: any other sync keeps what was changed in Sailthru alone.
    assert planned(cases.users_sync(survey), target, **known)[1] == {}


@pytest.mark.parametrize(
    ("target", "sent", "reason"),
    [
        (cases.profile(), {VAR: (None, UNTIL), PAUSED: (False, True)}, ""),
        (paused("2027-01-20"), {VAR: ("2027-01-20", UNTIL)}, ""),
        (paused("2027-02-20"), {}, "is paused until 2027-02-20 already"),
        (
            replace(cases.profile(), fields={PAUSED: True}),
            {},
            "is on it already, without an end: not paused by this rule",
        ),
    ],
    ids=["not paused", "paused for less", "paused for longer", "on the list by other ways"],
)
def test_pause_begins(target: TargetRecord, sent: dict[str, tuple[Any, Any]], reason: str) -> None:
    row, found = planned(rule(effects=PAUSE), target)
    assert (found, row.why) == (sent, reason)


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (paused(UNTIL), {VAR: (UNTIL, None), PAUSED: (True, False)}),
        (paused(UNTIL, on_list=False), {VAR: (UNTIL, None)}),
        # Made longer by a colleague: it goes on.
        (paused("2027-03-01"), {}),
        # Ended by a colleague.
        (cases.profile(), {}),
    ],
    ids=["as written", "off the list", "changed since", "ended"],
)
def test_pause_ends_unless_somebody_changed_it(
    target: TargetRecord, sent: dict[str, tuple[Any, Any]]
) -> None:
    known = {"synced_values": {"sid1": {VAR: UNTIL}}, "members": frozenset({"7"})}
    assert planned(rule(effects=PAUSE), target, is_leaving=True, **known)[1] == sent


def test_pause_is_no_start_of_marketing() -> None:
    target = replace(cases.profile(), fields={"optout": OptOutLevel.NONE.value})
    row, _ = planned(rule(effects=PAUSE), target)
    assert {code for code, _ in row.consequences} == {Consequence.JOINS}
    # Negative control: another list starts it.
    row, _ = planned(rule(effects=SyncEffects(add_to_lists=("Winback",))), target)
    assert Consequence.STARTS in {code for code, _ in row.consequences}


def test_rule_acts_on_a_person_once_a_day_and_does_not_make_up_for_it() -> None:
    sync = rule(effects=SyncEffects(add_to_lists=("Winback",)))
    row, _ = planned(sync, cases.profile(), touch_times={"sid1": (cases.NOW - 60.0,)})
    assert (row.fate, row.why, row.cause) == (
        PlannedOutcome.SKIPPED,
        "already 1 time in the last day",
        "",
    )
    # Negative control: without a touch it acts.
    assert planned(sync, cases.profile())[0].fate is PlannedOutcome.UPDATE


def test_rule_that_gives_tags_writes_to_the_user_it_is_about() -> None:
    sync = rule(effects=SyncEffects(add_tags=("survey_sent",)))
    assert (sync.target_service, validate_sync(sync)) == (Service.ZENDESK, ())
    row, sent = planned(sync, cases.user())
    assert (row.target_id, sent) == ("7", {"tags.survey_sent": (False, True)})


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"pressure": None}, "so many times a day"),
        ({"pressure": FrequencyCap(1, CapPeriod.WEEK)}, "so many times a day"),
        ({"effects": SyncEffects(add_to_lists=("A",), remove_from_lists=("A",))}, "choose one"),
        ({"effects": SyncEffects(pause_days=91)}, "1 to 90 days"),
        ({"effects": SyncEffects(add_tags=("a",), pause_days=3)}, "Zendesk alone"),
        ({"source": SyncSource(SourceKind.RULE, trigger=RuleTrigger.PHRASE)}, "Say the phrase"),
        ({"source": SyncSource(SourceKind.ZENDESK_USERS), "effects": PAUSE}, "Only a rule"),
    ],
)
def test_rule_that_cannot_be_says_why(parts: dict[str, Any], problem: str) -> None:
    assert any(problem in found for found in validate_sync_names(replace(rule(), **parts)))
    assert validate_sync_names(rule()) == ()
