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


def _keys(names: Iterable[str]) -> set[str]:
    return {" ".join(name.casefold().split()) for name in names} - {""}


def _texts(value: Json) -> Iterable[str]:
    """Return a custom field's value as people write it: a check box is yes and true, or no."""
    for one in as_list(value):
        if isinstance(one, bool):
            yield from ("yes", "true", "on") if one else ("no", "false", "off")
        elif isinstance(one, str | int | float):
            yield str(one)
