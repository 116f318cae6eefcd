"""Which opt-out level a person of Zendesk Sell stands for: a table of marks and meanings."""

from collections.abc import Mapping
from typing import Any

import pytest

from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sell_optout import (
    SellOptOutDefault,
    SellOptOutRule,
    field_value_for_optout,
    read_sell_optout,
    tags_for_optout,
)
from desktop.model.sell_record import SellLead

NONE, BASIC, ALL = OptOutLevel.NONE, OptOutLevel.BASIC, OptOutLevel.ALL
RULE: Mapping[str, Any] = {
    "out_tags": ("No mail", "left"),
    "in_tags": ("newsletter",),
    "field": "E-mail?",
    "out_values": ("no", "never"),
    "in_values": ("yes",),
}


@pytest.mark.parametrize(
    ("tags", "fields", "changes", "level"),
    [
        ((), {}, {}, None),
        (("customer",), {"E-mail?": "maybe"}, {}, None),
        (("no  MAIL",), {}, {}, BASIC),
        (("left",), {}, {"level": ALL}, ALL),
        (("newsletter",), {}, {}, NONE),
        (("newsletter", "left"), {}, {}, BASIC),
        (("left",), {"E-mail?": "yes"}, {}, BASIC),
        ((), {"E-mail?": "Never"}, {}, BASIC),
        ((), {"E-mail?": False}, {}, BASIC),
        ((), {"E-mail?": True}, {}, NONE),
        ((), {"E-mail?": ["maybe", "no"]}, {}, BASIC),
        ((), {"E-mail?": None}, {}, None),
        ((), {"Other": "no"}, {}, None),
        ((), {"": "no"}, {"field": ""}, None),
        ((), {"77": "no"}, {"field": "77"}, BASIC),
        ((), {}, {"default": SellOptOutDefault.OPTED_OUT}, BASIC),
        (("newsletter",), {}, {"default": SellOptOutDefault.OPTED_OUT}, NONE),
        ((), {}, {"default": SellOptOutDefault.OPTED_IN}, NONE),
        (("left",), {}, {"default": SellOptOutDefault.OPTED_IN}, BASIC),
        (("",), {}, {"out_tags": ("",)}, None),
    ],
)
def test_sell_optout_of_marks_is_read(
    tags: tuple[str, ...],
    fields: dict[str, Json],
    changes: dict[str, Any],
    level: OptOutLevel | None,
) -> None:
    rule = SellOptOutRule(**{**RULE, **changes})
    person = SellLead(id=1, tags=tags, custom_fields=fields)
    assert read_sell_optout(person, rule) is level


def test_sell_optout_rule_without_marks_marks_nobody() -> None:
    assert not SellOptOutRule(in_tags=("newsletter",), out_values=("no",)).marks_opt_outs
    assert SellOptOutRule(**RULE).marks_opt_outs
    assert SellOptOutRule(default=SellOptOutDefault.OPTED_OUT).marks_opt_outs


@pytest.mark.parametrize(
    ("tags", "level", "expected"),
    [
        (["vip"], OptOutLevel.BASIC, ("vip", "no mail")),
        (["vip", "NO  mail"], OptOutLevel.BASIC, ("vip", "NO  mail")),
        (["No Mail", "vip", "unsubscribed"], OptOutLevel.NONE, ("vip",)),
    ],
)
def test_sell_optout_is_written_as_a_tag_beside_the_others(
    tags: list[str], level: OptOutLevel, expected: tuple[str, ...]
) -> None:
    rule = SellOptOutRule(out_tags=("no mail", "unsubscribed"))
    assert tags_for_optout(tags, level, rule) == expected


@pytest.mark.parametrize(
    ("value", "level", "out", "field_type", "expected"),
    [
        (None, OptOutLevel.BASIC, "no", "list", "no"),
        ("No", OptOutLevel.BASIC, "no", "list", "No"),
        ("yes", OptOutLevel.BASIC, "no", "string", "no"),
        (True, OptOutLevel.BASIC, "no", "bool", False),
        (None, OptOutLevel.BASIC, "yes", "boolean", True),
        ([], OptOutLevel.ALL, "never", "multi_select_list", ["never"]),
        ("no", OptOutLevel.NONE, "no", "list", None),
        (False, OptOutLevel.NONE, "no", "bool", True),
        ("yes", OptOutLevel.NONE, "no", "list", "yes"),
    ],
)
def test_sell_optout_is_written_as_a_value_of_the_fields_type(
    value: Json, level: OptOutLevel, out: str, field_type: str, expected: Json
) -> None:
    rule = SellOptOutRule(field="Mail?", out_values=(out,))
    assert field_value_for_optout(value, level, rule, field_type) == expected
