"""Whether what a goal names can be: its conditions' fields, its lists, tags and limits of pressure.

What cannot be would be read as nobody, be dropped by the service, or be written again every run.
"""

from collections.abc import Callable, Iterator

from desktop.kit.errors import BadInput
from desktop.kit.text import translate
from desktop.model.condition import Condition, Test
from desktop.model.conversion import tag_of
from desktop.model.edit import Service
from desktop.model.field_value import number_in
from desktop.model.goal import Goal
from desktop.model.mapping import FIELD_KEY, RESERVED, SourceType
from desktop.model.optout import OptOut
from desktop.model.variable import check_list_name, check_var_name

_DAYS = (Test.WITHIN_DAYS, Test.BEFORE_DAYS)
_LEVELS = frozenset(level.value for level in OptOut if level is not OptOut.BLAST)
_ORDERED = (*_DAYS, Test.AT_LEAST, Test.AT_MOST)


def name_problems(goal: Goal) -> tuple[str, ...]:
    """What of it cannot be, a sentence each; empty: nothing."""
    found = [*_conditions(goal), *_direction(goal)]
    found += [*_lists(goal), *_tags(goal), *_fields(goal)]
    found += _levels(goal)
    if goal.pressure is not None and goal.pressure.most < 1:
        found.append(translate("Goals", "“At most” is once at least: else it reaches nobody."))
    return tuple(dict.fromkeys(found))


def _conditions(goal: Goal) -> Iterator[str]:
    for condition in goal.source.where:
        if not condition.field:
            yield translate("Goals", "A condition of the source names no field.")
    for purpose in goal.purposes:
        if not purpose.evidence.field:
            text = translate("Goals", "The evidence for “{purpose}” names no field.")
            yield text.format(purpose=purpose.name[:80])
    stages = [condition for stage in goal.stages for condition in stage.where]
    evidence = [purpose.evidence for purpose in goal.purposes]
    for condition in (*goal.source.where, *stages, *evidence):
        yield from _compared(condition)


def _compared(condition: Condition) -> Iterator[str]:
    if condition.test in _DAYS and number_in(condition.value) is None:
        text = translate("Goals", "The condition on {field} does not say how many days.")
        yield text.format(field=condition.field[:80])
    elif condition.test in _ORDERED and condition.value in (None, ""):
        text = translate("Goals", "The condition on {field} compares with nothing.")
        yield text.format(field=condition.field[:80])


def _direction(goal: Goal) -> Iterator[str]:
    """What the other direction has, and this one would leave undone without a word."""
    effects = goal.effects
    if goal.source.lists and goal.source.kind.service is Service.ZENDESK:
        yield translate("Goals", "It reads Zendesk, which has no lists.")
    if goal.target is Service.ZENDESK and effects.add_to_lists:
        yield translate("Goals", "It writes to Zendesk, which has no lists: give a tag.")
    if goal.target is Service.SAILTHRU and effects.add_tags:
        yield translate("Goals", "It writes to Sailthru, which has no tags: add to a list.")
    if goal.target is Service.ZENDESK and effects.deleted_var:
        yield translate(
            "Goals", "A deleted person is marked in Sailthru, and it writes to Zendesk."
        )
    if goal.target is Service.SAILTHRU and effects.list_name_field:
        yield translate("Goals", "A list's name goes into a Zendesk field, and it reads Zendesk.")


def _lists(goal: Goal) -> Iterator[str]:
    for name in goal.effects.add_to_lists:
        yield from _refused(check_list_name, name)


def _tags(goal: Goal) -> Iterator[str]:
    for tag in goal.effects.add_tags:
        if not tag or tag_of(tag) != tag:
            text = translate(
                "Goals",
                "“{tag}” cannot be a tag in Zendesk: small letters, digits and _ - / : alone.",
            )
            yield text.format(tag=tag[:80])


def _fields(goal: Goal) -> Iterator[str]:
    var, key = goal.effects.deleted_var, goal.effects.list_name_field
    if var in RESERVED:
        text = translate("Goals", "{field} says who somebody is; a sync does not write it.")
        yield text.format(field=var)
    elif var:
        yield from _refused(check_var_name, var)
    if key and not FIELD_KEY.fullmatch(key):
        text = translate("Goals", "“{key}” cannot be the key of a Zendesk field.")
        yield text.format(key=key[:80])


def _levels(goal: Goal) -> Iterator[str]:
    """A constant that is no opt-out level would be everybody's row to correct."""
    for row in goal.mapping:
        constant = row.on and row.type is SourceType.TEXT and row.target == "optout"
        if constant and row.source not in _LEVELS:
            text = translate("Goals", "“{level}” cannot be set: levels are none, basic and all.")
            yield text.format(level=row.source[:80])


def _refused(check: Callable[[str], str], name: str) -> Iterator[str]:
    try:
        check(name)
    except BadInput as error:
        yield str(error)
