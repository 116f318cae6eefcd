"""Repairs of a trigger that cannot be used, where one reading alone makes sense.

Offered, never made by itself: texts in single quotes, `==`, `&&`, a joiner left at the end, a field
in other capitals, and parentheses around alternatives of one field (docs/events.md 3).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from desktop.events.trigger import EVENT_TYPES, FIELDS, TriggerError, compile_trigger

_STRING = r'"(?:[^"\\]|\\.)*"'
_OUTSIDE_STRINGS = re.compile(rf"({_STRING})|([^\"]+)")
_SINGLE_QUOTED = re.compile(rf"({_STRING})|['‘’]([^'‘’\"]*)['‘’]")
_SIGNS = ((re.compile(r"={2,}"), "="), (re.compile(r"<>|!=="), "!="))
_WORDS = ((re.compile(r"\s*&&\s*"), " and "), (re.compile(r"\s*\|\|\s*"), " or "))
_DANGLING = re.compile(r"\s+(?:and|or)\s*$", re.IGNORECASE)
_JOINER = re.compile(rf"{_STRING}|\([^()]*\)|\b(and|or)\b", re.IGNORECASE)
_TYPE_VALUE = re.compile(r'(\btype\s*!?=\s*")(\w+)(")')


@dataclass(frozen=True)
class TriggerRepair:
    """What a repair does, as the label of a button, and the trigger's text after it."""

    label: str
    text: str


def find_repair(text: str) -> TriggerRepair | None:
    """Return the first repair that brings a trigger further, or None where a person has to."""
    complaint = _complaint(text)
    if not complaint:
        return None
    repairs = (one for one in _iter_repairs(text) if one.text != text)
    # One that fails for another reason is a step too: a second repair follows.
    return next((one for one in repairs if _complaint(one.text) != complaint), None)


def _complaint(text: str) -> str:
    """Return what is wrong or looks wrong with a trigger, without the place; "" for nothing."""
    try:
        return " ".join(compile_trigger(text).hints)
    except TriggerError as error:
        return f"{error.title} {error.hint}"


def _iter_repairs(text: str) -> Iterator[TriggerRepair]:
    quoted = _SINGLE_QUOTED.sub(
        lambda found: found[1] if found[1] is not None else f'"{found[2]}"', text
    )
    yield TriggerRepair("Use double quotes", quoted)
    signs = _outside_strings(text, _SIGNS)
    yield TriggerRepair("Use = and !=", signs)
    yield TriggerRepair("Write “and”, “or”", _outside_strings(text, _WORDS))
    dangling = _DANGLING.search(text)
    if dangling is not None:
        word = dangling[0].strip()
        yield TriggerRepair(f"Remove “{word}”", text[: dangling.start()])
    yield from _with_other_capitals(text)
    grouped = _group_alternatives(text)
    if grouped:
        yield TriggerRepair("Add parentheses", grouped)


def _outside_strings(text: str, rules: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    def change(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        part = found[2]
        for pattern, replacement in rules:
            part = pattern.sub(replacement, part)
        return part

    return _OUTSIDE_STRINGS.sub(change, text)


def _with_other_capitals(text: str) -> Iterator[TriggerRepair]:
    """Yield the trigger with one field, or a type of event, in the capitals that count."""
    fields = {name.lower(): name for name in FIELDS}
    for found in re.finditer(rf"{_STRING}|(?<![\w.])[A-Za-z]+(?=[\s.=!<>,])", text):
        known = fields.get(found[0].lower())
        if known is not None and known != found[0]:
            changed = f"{text[: found.start()]}{known}{text[found.end() :]}"
            yield TriggerRepair(f"Write “{known}”", changed)
    for found in _TYPE_VALUE.finditer(text):
        value = found[2].lower()
        if value in EVENT_TYPES and value != found[2]:
            changed = f"{text[: found.start(2)]}{value}{text[found.end(2) :]}"
            yield TriggerRepair(f"Write “{value}”", changed)


def _group_alternatives(text: str) -> str:
    """Put neighbours joined by "or" into parentheses; "" unless each run tests one field.

    `a = 1 and b = 2 or b = 3` can only mean `a = 1 and (b = 2 or b = 3)`; of alternatives about
    different fields nobody can tell.
    """
    conditions, joiners = _split(text)
    groups: list[list[str]] = [[conditions[0]]]
    for joiner, condition in zip(joiners, conditions[1:], strict=True):
        if joiner == "or":
            groups[-1].append(condition)
        else:
            groups.append([condition])
    if len(groups) < 2 or all(len(group) == 1 for group in groups):
        return ""
    made = []
    for group in groups:
        fields = {_field_of(condition) for condition in group}
        if len(group) > 1 and (len(fields) > 1 or "" in fields):
            return ""
        made.append(f"({' or '.join(group)})" if len(group) > 1 else group[0])
    return " and ".join(made)


def _split(text: str) -> tuple[list[str], list[str]]:
    """Split a trigger at the joiners outside of parentheses and strings."""
    conditions, joiners, at = [], [], 0
    for found in _JOINER.finditer(text):
        if found[1] is not None:
            conditions.append(text[at : found.start()].strip())
            joiners.append(found[1].lower())
            at = found.end()
    return [*conditions, text[at:].strip()], joiners


def _field_of(condition: str) -> str:
    found = re.match(r"!?(?:(?:contains|match)\s*\(\s*)?([A-Za-z_][\w.$@:-]*)", condition)
    return found[1] if found is not None else ""
