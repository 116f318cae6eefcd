"""Which opt-out level a contact or lead of Zendesk Sell stands for, by its tags and one field.

Sell has no opt-out of its own: accounts keep it as a tag or in a custom field, and say here how.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from desktop.model.field_value import as_list
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sell_record import SellPerson


class SellOptOutDefault(Enum):
    """What is taken of people whom Sell marks neither as opted out nor as opted in (S3-30)."""

    UNKNOWN = "unknown"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"


@dataclass(frozen=True)
class SellOptOutRule:
    """Which tags, and which values of the custom field `field` (name or id), mean what (S3-29).

    `level` is what opting out means in Sailthru, BASIC or ALL. Tags and values are compared
    without case.
    """

    out_tags: tuple[str, ...] = ()
    in_tags: tuple[str, ...] = ()
    field: str = ""
    out_values: tuple[str, ...] = ()
    in_values: tuple[str, ...] = ()
    level: OptOutLevel = OptOutLevel.BASIC
    default: SellOptOutDefault = SellOptOutDefault.UNKNOWN

    @property
    def can_mark(self) -> bool:
        """Whether a contact or lead can be marked as opted out: by a tag, else by the field."""
        return bool(self.out_tags or (self.field and self.out_values))

    def level_in_sell(self, level: OptOutLevel) -> OptOutLevel:
        """Return what a Sailthru level is by Sell's mark: opted out is `level` or stricter."""
        is_out = level.strictness >= self.level.strictness
        return self.level if is_out else OptOutLevel.NONE

    @property
    def marks_opt_outs(self) -> bool:
        """Whether anybody of Sell would count as opted out."""
        by_field = self.field and self.out_values
        return bool(self.out_tags or by_field) or self.default is SellOptOutDefault.OPTED_OUT


NOTHING_MARKED = SellOptOutRule()


def read_sell_optout(person: SellPerson, rule: SellOptOutRule) -> OptOutLevel | None:
    """Read a Sell person's opt-out level; None: unknown. An opt-out goes before an opt-in."""
    tags = _keys(person.tags)
    values = _keys(_texts(person.custom_fields.get(rule.field))) if rule.field else set()
    if tags & _keys(rule.out_tags) or values & _keys(rule.out_values):
        return rule.level
    if tags & _keys(rule.in_tags) or values & _keys(rule.in_values):
        return OptOutLevel.NONE
    if rule.default is SellOptOutDefault.OPTED_OUT:
        return rule.level
    return OptOutLevel.NONE if rule.default is SellOptOutDefault.OPTED_IN else None


def tags_for_optout(
    tags: Iterable[str], level: OptOutLevel, rule: SellOptOutRule
) -> tuple[str, ...]:
    """Return a Sell person's tags with the first tag that means opted out, or without any."""
    kept = tuple(tags)
    if level is OptOutLevel.NONE:
        return tuple(tag for tag in kept if not _keys([tag]) & _keys(rule.out_tags))
    is_marked = bool(_keys(kept) & _keys(rule.out_tags))
    return kept if is_marked or not rule.out_tags else (*kept, rule.out_tags[0])


def field_value_for_optout(
    value: Json, level: OptOutLevel, rule: SellOptOutRule, field_type: str
) -> Json:
    """Return the custom field's value that marks a Sell person, or one that marks nobody.

    A check box takes true or false, a list of several choices a list.
    """
    is_out = bool(_keys(_texts(value)) & _keys(rule.out_values))
    if is_out is (level is not OptOutLevel.NONE):
        return value
    if level is OptOutLevel.NONE:
        return not value if isinstance(value, bool) else None
    marked = rule.out_values[0]
    if field_type in ("bool", "boolean"):
        return bool(_keys([marked]) & {"yes", "true", "on"})
    return [marked] if field_type == "multi_select_list" else marked


def _keys(names: Iterable[str]) -> set[str]:
    return {" ".join(name.casefold().split()) for name in names} - {""}


def _texts(value: Json) -> Iterable[str]:
    """Return a custom field's value as people write it: a check box is yes and true, or no."""
    for one in as_list(value):
        if isinstance(one, bool):
            yield from ("yes", "true", "on") if one else ("no", "false", "off")
        elif isinstance(one, str | int | float):
            yield str(one)
