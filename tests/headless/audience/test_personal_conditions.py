"""Conditions that tell who somebody is: hidden in the audit, erased with them, agents by right."""

from pathlib import Path

import pytest

from desktop.audience.audience_service import AudienceRights, AudienceService
from desktop.audience.condition_parser import format_expression, parse_expression
from desktop.kit.errors import NotPermitted
from desktop.model.audience_condition import hide_values
from desktop.model.audience_person import AudienceOrder
from desktop.model.audience_segment import SavedSegment
from desktop.model.permission import Permission
from desktop.store.data_workspace_store import open_data_store
from desktop.store.segment_erasure import erase_segments_of
from desktop.store.workspace_store import open_store
from tests.support.clocks import ManualClock
from tests.support.data_cases import read_all, small_account
from tests.support.report_cases import AGENT, build_rules

WHO = {
    "addresses": ["ana@lopez.example"],
    "names": ["Ána Lopez", "Bob"],
    "phones": ["+49 170 1234567"],
    "external_ids": ["42"],
}


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ('name is "Ana Lopez"', 'name is "(hidden)"'),
        ("phone contains 0170", 'phone contains "(hidden)"'),
        ("external_id is shop-1", 'external_id is "(hidden)"'),
        ('text contains "my name is Ana"', 'text contains "(hidden)"'),
        ("subject does not contain Ana", 'subject does not contain "(hidden)"'),
        ("body contains Ana", 'body contains "(hidden)"'),
        ("field.plan is gold and tag is vip", 'field.plan is "(hidden)" and tag is vip'),
        ("field.seats >= 3", 'field.seats >= "(hidden)"'),
        ("name is set or (tag is vip and email is a@b.example)",
         'name is set or (tag is vip and email is "(hidden)")'),
        ("tickets >= 3", "tickets >= 3"),
    ],
)  # fmt: skip
def test_an_export_is_noted_without_what_tells_who_somebody_is(expression: str, kept: str) -> None:
    assert format_expression(hide_values(parse_expression(expression))) == kept


@pytest.mark.parametrize(
    ("name", "expression", "is_erased"),
    [
        ("A", 'name is "Ana Lopez"', True),
        ("A", 'name contains "ANA LOPEZ" and tag is vip', True),
        ("Call Ana Lopez", "tag is vip", True),
        ("A", "name is bob", True),
        ("A", "(tag is vip or name begins with Bob) and tickets >= 1", True),
        ("A", 'phone is "+49 170 1234567"', True),
        ("A", "external_id is 42", True),
        ("A", "email is Ana@Lopez.example", True),
        ("A", 'text contains "ana lopez"', True),
        ("A", "tickets >= 42", False),
        ("A", "external_id is 421", False),
        ("A", "name is bobby", False),
        ("Bob", "tag is bob", False),
        ("A", 'name is "Ana Lopezova"', False),
    ],
)
def test_a_segment_that_names_an_erased_person_goes(
    tmp_path: Path, name: str, expression: str, is_erased: bool
) -> None:
    store = open_store(tmp_path)
    saved = format_expression(parse_expression(expression))
    store.segments.save.blocking(SavedSegment(name, saved, 1.0, "Ada"))
    count = store.fairlead_db.write(lambda c: erase_segments_of(c, **WHO))
    assert (count, len(store.segments.list_all.blocking())) == (is_erased, not is_erased)
    store.close()


async def test_people_are_picked_by_agents_only_with_the_right_to_reports_on_them(
    tmp_path: Path,
) -> None:
    data, store = open_data_store(tmp_path), open_store(tmp_path)
    await read_all(data, small_account())

    def service(*granted: Permission) -> AudienceService:
        rules = build_rules(granted)
        rights = AudienceRights(lambda: AGENT, lambda: rules, lambda: True)
        clock = ManualClock()
        return AudienceService(
            lambda: data, store.segments, store.audit, clock, rights, lambda: "UTC"
        )

    group = parse_expression("tag is vip or (tickets >= 1 and assignee is 901)")
    condition = tuple(group.conditions())[-1]
    audience = service(Permission.AUDIENCE)
    allowed = service(Permission.AUDIENCE, Permission.AGENT_REPORTS)
    await allowed.save_segment("Of Kim", group)
    people = await audience.list_people(parse_expression("tag is vip"), AudienceOrder())
    for refused in (
        audience.count(group),
        audience.count_condition(condition),
        audience.list_people(group, AudienceOrder()),
        audience.list_ids(group, AudienceOrder()),
        anext(audience.iter_people(group, AudienceOrder())),
        audience.explain(people[0], group),
        audience.save_segment("A", group),
        audience.get_segment("Of Kim"),
        audience.save_segment("Of Kim", parse_expression("tag is vip")),
        audience.remove_segment("Of Kim"),
    ):
        with pytest.raises(NotPermitted, match="by agents"):
            await refused
    assert await audience.list_values("tag")
    assert await audience.list_values("assignee") == ()
    assert "assignee" not in [field.name for field in audience.list_fields()]
    assert await audience.list_segments() == ()
    assert await allowed.count(group)
    assert await allowed.list_values("assignee")
    assert "assignee" in [field.name for field in allowed.list_fields()]
    assert [one.name for one in await allowed.list_segments()] == ["Of Kim"]
    data.close()
    store.close()
