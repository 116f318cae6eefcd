"""The consent gate: nobody is written to without evidence for at least one purpose (S2-62)."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.kit.clock import utc
from desktop.kit.text import translate
from desktop.model.condition import Condition, Test, holds, words
from desktop.model.field_value import moment_in
from desktop.model.instant import FieldValue, Instant


@dataclass(frozen=True)
class Purpose:
    """What people agreed to, and what counts as evidence for it."""

    name: str
    evidence: Condition


@dataclass(frozen=True)
class Consent:
    """Whether there is consent; `words` name the evidence, or what is missing."""

    given: bool
    words: str


def judge(purposes: tuple[Purpose, ...], fields: Mapping[str, FieldValue], now: float) -> Consent:
    """Consent for at least one purpose. Without purposes there is no gate.

    Evidence that cannot be said (its field is absent) is none.
    """
    if not purposes:
        return Consent(given=True, words="")
    for purpose in purposes:
        if holds(purpose.evidence, fields, now):
            return Consent(given=True, words=_evidence(purpose.evidence, fields, now))
    named = ", ".join(dict.fromkeys(purpose.name for purpose in purposes))
    text = translate("Consent", "no consent found for {purposes}")
    return Consent(given=False, words=text.format(purposes=named))


def _evidence(evidence: Condition, fields: Mapping[str, FieldValue], now: float) -> str:
    if evidence.test is Test.HAS and evidence.field in _HOLDERS:
        return _HOLDERS[evidence.field].format(name=evidence.value)
    moment = _dated(fields.get(evidence.field))
    if moment is None:
        return translate("Consent", "consent: {evidence}").format(evidence=words(evidence))
    text = translate("Consent", "consent: field {field} of {day}")
    return text.format(field=evidence.field, day=_day(moment, now))


_HOLDERS = {
    "tags": translate("Consent", "consent: tag {name}"),
    "lists": translate("Consent", "consent: list {name}"),
}


def _dated(value: FieldValue) -> float | None:
    # A plain number is more often a code or a truth than a date.
    return moment_in(value) if isinstance(value, (str, Instant)) else None


def _day(moment: float, now: float) -> str:
    day = utc(moment)
    year = "" if day.year == utc(now).year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
