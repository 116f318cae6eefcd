"""The consent check of a sync: a record needs evidence for at least one purpose (S2-62)."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.kit.clock import utc_datetime
from desktop.model.field_condition import (
    ConditionOperator,
    FieldCondition,
    describe_condition,
    is_condition_met,
)
from desktop.model.field_value import parse_timestamp
from desktop.model.instant import FieldValue, Instant


@dataclass(frozen=True)
class ConsentPurpose:
    """A consent purpose that people agree to, and the condition that is evidence for it."""

    name: str
    evidence: FieldCondition


@dataclass(frozen=True)
class ConsentDecision:
    """Whether a record has consent, and the evidence found or the purposes missing, in words."""

    is_given: bool
    explanation: str


def check_consent(
    purposes: tuple[ConsentPurpose, ...], fields: Mapping[str, FieldValue], now: float
) -> ConsentDecision:
    """Check a source record's fields for consent to one purpose; no purposes, no check.

    Evidence that cannot be said (its field is absent) is none.
    """
    if not purposes:
        return ConsentDecision(is_given=True, explanation="")
    for purpose in purposes:
        # None (the field was not read) is no evidence.
        if is_condition_met(purpose.evidence, fields, now):
            explanation = _describe_evidence(purpose.evidence, fields, now)
            return ConsentDecision(is_given=True, explanation=explanation)
    named = ", ".join(dict.fromkeys(purpose.name for purpose in purposes))
    return ConsentDecision(is_given=False, explanation=f"no consent found for {named}")


def _describe_evidence(
    evidence: FieldCondition, fields: Mapping[str, FieldValue], now: float
) -> str:
    if evidence.test is ConditionOperator.HAS and evidence.field in _MEMBERSHIP_EVIDENCE:
        return _MEMBERSHIP_EVIDENCE[evidence.field].format(name=evidence.value)
    moment = _parse_date(fields.get(evidence.field))
    if moment is None:
        return f"consent: {describe_condition(evidence)}"
    return f"consent: field {evidence.field} of {_format_day(moment, now)}"


_MEMBERSHIP_EVIDENCE = {
    "tags": "consent: tag {name}",
    "lists": "consent: list {name}",
}


def _parse_date(value: FieldValue) -> float | None:
    # A plain number is more often a code or a truth than a date.
    return parse_timestamp(value) if isinstance(value, (str, Instant)) else None


def _format_day(moment: float, now: float) -> str:
    day = utc_datetime(moment)
    year = "" if day.year == utc_datetime(now).year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
