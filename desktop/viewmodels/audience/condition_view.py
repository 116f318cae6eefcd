"""How conditions look as chips: field, operator and value in words, and the count of each alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model.audience_condition import (
    AudienceCondition,
    AudienceGroup,
    AudienceOperator,
)
from desktop.model.audience_person import ConditionCount

_O = AudienceOperator
OPERATOR_WORDS: Mapping[AudienceOperator, str] = {
    _O.IS: "is",
    _O.IS_NOT: "is not",
    _O.CONTAINS: "contains",
    _O.CONTAINS_NOT: "does not contain",
    _O.BEGINS: "begins with",
    _O.AT_LEAST: "at least",
    _O.AT_MOST: "at most",
    _O.MORE: "more than",
    _O.LESS: "less than",
    _O.BEFORE: "before",
    _O.AFTER: "after",
    _O.WITHIN: "within",
    _O.OLDER: "older than",
    _O.SET: "is set",
    _O.NOT_SET: "is not set",
    _O.READ: "was read",
    _O.NOT_READ: "was not read",
}
# Where a condition stands: its place, or the place of its group and its place in it.
ConditionPath = tuple[int, ...]


@dataclass(frozen=True)
class ConditionChipView:
    """One condition as a chip; `count` is "" while it is counted.

    `tip` says of how many people the field was not read. `is_empty`: it picks nobody.
    """

    path: ConditionPath
    field: str
    operator: str
    value: str
    count: str
    tip: str
    is_empty: bool

    @property
    def text(self) -> str:
        """The chip's words, as a screen reader says them."""
        return " ".join(filter(None, (self.field, self.operator, self.value)))


@dataclass(frozen=True)
class ConditionGroupView:
    """A group of conditions as a box with its own count."""

    path: ConditionPath
    is_any: bool
    chips: tuple[ConditionChipView, ...]
    count: str


ConditionItemView = ConditionChipView | ConditionGroupView


def view_conditions(
    group: AudienceGroup,
    counts: Mapping[AudienceCondition, ConditionCount],
    group_counts: Mapping[AudienceGroup, int],
) -> tuple[ConditionItemView, ...]:
    """Return the items of the outermost group, as far as they are counted."""
    items: list[ConditionItemView] = []
    for place, item in enumerate(group.items):
        if isinstance(item, AudienceGroup):
            chips = tuple(
                _view_chip((place, inner), one, counts)
                for inner, one in enumerate(item.items)
                # The window makes one level; a deeper one of the command line stays as it is.
                if isinstance(one, AudienceCondition)
            )
            found = group_counts.get(item)
            words = "" if found is None else f"{found:,} match {'any' if item.is_any else 'all'}"
            items.append(ConditionGroupView((place,), item.is_any, chips, words))
        else:
            items.append(_view_chip((place,), item, counts))
    return tuple(items)


def value_words(condition: AudienceCondition) -> str:
    """Return a condition's value as people read it: a label, a day, a number of days."""
    value = condition.value
    if value is None:
        return ""
    if condition.operator in (_O.WITHIN, _O.OLDER):
        return format_count(int(float(value)), "day", "days")
    if isinstance(value, float):
        return f"{value:,.15g}"
    return condition.definition.choices.get(value, value)


def _view_chip(
    path: ConditionPath,
    condition: AudienceCondition,
    counts: Mapping[AudienceCondition, ConditionCount],
) -> ConditionChipView:
    found = counts.get(condition)
    tip = ""
    if found is not None:
        tip = f"{format_count(found.people, 'person matches', 'people match')} this alone."
        if found.not_read:
            tip += f" Of {format_count(found.not_read, 'person', 'people')} it was not read."
    return ConditionChipView(
        path,
        condition.definition.label,
        OPERATOR_WORDS[condition.operator],
        value_words(condition),
        "" if found is None else f"{found.people:,}",
        tip,
        found is not None and not found.people,
    )


def replace_condition(
    group: AudienceGroup, path: ConditionPath, condition: AudienceCondition
) -> AudienceGroup:
    """Return the group with the condition at a path replaced."""
    items = list(group.items)
    inner = items[path[0]]
    if len(path) > 1 and isinstance(inner, AudienceGroup):
        items[path[0]] = replace_condition(inner, path[1:], condition)
    else:
        items[path[0]] = condition
    return AudienceGroup(tuple(items), group.is_any)


def remove_condition(group: AudienceGroup, path: ConditionPath) -> AudienceGroup:
    """Return the group without the item at a path; an emptied group goes too."""
    items = list(group.items)
    inner = items[path[0]]
    if len(path) > 1 and isinstance(inner, AudienceGroup):
        left = remove_condition(inner, path[1:])
        # A group of one condition says no more than the condition.
        if len(left.items) > 1:
            items[path[0]] = left
        else:
            items[path[0] : path[0] + 1] = left.items
    else:
        del items[path[0]]
    return AudienceGroup(tuple(items), group.is_any)


def append_condition(
    group: AudienceGroup, path: ConditionPath, condition: AudienceCondition
) -> AudienceGroup:
    """Return the group with a condition behind the others, or in its group at a path.

    At the place of a condition a group of both is made: one of them has to hold.
    """
    if not path:
        return AudienceGroup((*group.items, condition), group.is_any)
    items = list(group.items)
    inner = items[path[0]]
    known = inner.items if isinstance(inner, AudienceGroup) else (inner,)
    is_any = inner.is_any if isinstance(inner, AudienceGroup) else not group.is_any
    items[path[0]] = AudienceGroup((*known, condition), is_any)
    return AudienceGroup(tuple(items), group.is_any)


def condition_at(group: AudienceGroup, path: ConditionPath) -> AudienceCondition | None:
    """Return the condition at a path, or None where there is none."""
    if not path or not 0 <= path[0] < len(group.items):
        return None
    item = group.items[path[0]]
    if isinstance(item, AudienceGroup):
        return condition_at(item, path[1:])
    return item
