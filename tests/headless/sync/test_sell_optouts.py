"""Opt-outs of Zendesk Sell's contacts and leads reach Sailthru, and nothing loosens by itself."""

import time
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names, build_runner, build_sync_context
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import ConflictPreference, MappingRow, SourceType
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Actor, PermissionDecision, Role
from desktop.model.sell_lists import CONTACTS_LIST
from desktop.model.sell_optout import SellOptOutRule
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource, TargetType
from desktop.model.sync_plan import FieldChange, PlannedOutcome
from desktop.model.target_record import TargetRecord
from desktop.model.value_conversion import UnconvertibleValue
from desktop.sync.pipeline.sell_optouts import diff_optout
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_presets import (
    SAILTHRU_OPTOUTS_TO_SELL,
    SELL_OPTOUTS_TO_SAILTHRU,
    build_preset,
)
from desktop.sync.sync_runner import RunRequest
from desktop.writing.optout_door import RowPermits, permit_loosening_if
from tests.support import sell_cases, sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

DOMAIN = sync_cases.DOMAIN
RULE = SellOptOutRule(out_tags=("no mail",), in_tags=("newsletter",))
OPTOUTS = Sync("out", "Out", SyncSource(SourceKind.SELL_OPTOUTS, optout=RULE))
EAGER_ROW = MappingRow("optout", "optout", type=SourceType.OPTOUT, prefer=ConflictPreference.SOURCE)
ADA = Actor("Ada", Role.ADMIN, 7601)


@pytest.mark.parametrize(
    ("marked", "there", "expected"),
    [
        ("basic", "none", (True, False)),
        ("basic", "blast", (True, False)),
        ("all", "basic", (True, False)),
        # Not read: only the strictest is stricter for certain.
        ("all", None, (True, False)),
        ("basic", None, (False, False)),
        ("basic", "all", (False, False)),
        ("none", "basic", (False, True)),
        ("none", None, (False, True)),
        ("basic", "basic", None),
        ("none", "none", None),
        (None, "basic", None),
    ],
)
def test_sell_optout_diff_tightens_and_asks_before_it_loosens(
    marked: str | None, there: str | None, expected: tuple[bool, bool] | None
) -> None:
    record = SourceRecord(Service.SELL, "lead-1", "a", fields={"optout": marked} if marked else {})
    target = TargetRecord(Service.SAILTHRU, "s", "a", "a", {"optout": there} if there else {})
    change: FieldChange | None = diff_optout(record, target, OPTOUTS)
    assert (None if change is None else (change.applies, change.conflict)) == expected


@pytest.mark.parametrize(
    ("level", "there", "marked", "expected"),
    [
        ("basic", "basic", False, (True, False)),
        ("basic", "all", False, (True, False)),
        # Less than what the mark stands for: it would come back as more than was refused.
        ("all", "basic", False, None),
        ("basic", "blast", False, None),
        ("basic", "none", False, None),
        ("basic", "basic", True, None),
        ("basic", "none", True, (False, True)),
        ("basic", None, True, None),
    ],
)
def test_sailthru_optout_diff_marks_in_sell_and_never_takes_a_mark_away(
    level: str, there: str | None, marked: bool, expected: tuple[bool, bool] | None
) -> None:
    rule = replace(RULE, level=OptOutLevel(level))
    source = SyncSource(SourceKind.SAILTHRU_LISTS, optout=rule)
    sync = Sync("back", "Back", source, target=TargetType.SELL_OPTOUTS)
    fields = {"optout": there} if there else {}
    record = SourceRecord(Service.SAILTHRU, "s", "a", fields=fields)
    in_sell = {"optout": level if marked else "none"}
    target = TargetRecord(Service.SELL, "contact-1", "a", "a", in_sell)
    change = diff_optout(record, target, sync)
    assert (None if change is None else (change.applies, change.conflict)) == expected


@pytest.mark.parametrize("corrected", ["blast", "never", 3])
def test_sell_optout_corrected_to_no_level_is_refused(corrected: Json) -> None:
    record = SourceRecord(Service.SELL, "lead-1", "a", fields={"optout": corrected})
    target = TargetRecord(Service.SAILTHRU, "s", "a", "a", {"optout": "none"})
    with pytest.raises(UnconvertibleValue):
        diff_optout(record, target, OPTOUTS)


def save_sync(house: WorkspaceServices, **changes: Any) -> Sync:
    """The preset, on; a condition and a preference that would hold opt-outs back do not."""
    readers = FieldCondition("title", ConditionOperator.IS, "Reader")
    source = SyncSource(SourceKind.SELL_OPTOUTS, where=(readers,), optout=RULE)
    sync = sell_cases.save_sell_preset(house, SELL_OPTOUTS_TO_SAILTHRU)
    changed = replace(sync, source=source, **changes)
    return house.store.syncs.save.blocking(changed, house.context.clock.now())


def optout(servers: SandboxServers, email: str) -> str:
    profile = servers.read_profile(email)
    assert profile is not None
    return str(profile["optout_email"])


async def test_optouts_travel_again_and_are_taken_back(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices, clock: ManualClock
) -> None:
    # Sailthru tells when a level was chosen, by its own clock.
    clock.correct_wall_clock(time.time() - clock.now())
    out, lead, plain, strict, absent = (
        f"{name}@{DOMAIN}" for name in ("out", "lead", "plain", "strict", "absent")
    )
    for email in (out, lead, plain, strict):
        sync_sandbox.create_profile(email)
    sync_sandbox.write_profile(strict, optout_email="all")
    for kind, email, tags in (
        # The same person twice, and marked the other way: the refusal counts.
        ("contact", out, ["newsletter"]),
        ("lead", out, ["No Mail"]),
        ("lead", lead, ["no mail"]),
        ("contact", plain, ["customer"]),
        ("contact", strict, ["no mail"]),
        ("contact", absent, ["no mail"]),
    ):
        title = "Reader" if tags == ["newsletter"] else ""
        sell_cases.create_sell_person(sync_sandbox, kind, email, tags=tags, title=title)
    # Whatever a file has set besides: it writes opt-outs alone.
    sync = save_sync(sell_services, effects=SyncEffects(create_missing=True))

    plan = await build_runner(sell_services, sync.name).preview(sync, "Ada")
    rows = sync_cases.plan_rows(sell_services.store, plan.id)
    assert sorted((row.label, row.fate) for row in rows if row.fate.is_written) == [
        (lead, PlannedOutcome.UPDATE),
        (out, PlannedOutcome.UPDATE),
    ]
    assert optout(sync_sandbox, out) == "none"

    run = await sync_cases.run_sync(sell_services, sync)
    assert (run.totals["updated"], run.totals["created"], run.totals["parked"]) == (2, 0, 0)
    levels = {email: optout(sync_sandbox, email) for email in (out, lead, plain, strict)}
    assert levels == {out: "basic", lead: "basic", plain: "none", strict: "all"}
    assert sync_sandbox.read_profile(absent) is None

    # Nothing has changed in Sell: an opt-out travels all the same.
    sync_sandbox.write_profile(lead, optout_email="none")
    again = await sync_cases.run_sync(sell_services, sync)
    assert (again.totals["updated"], again.totals["parked"]) == (1, 0)
    assert optout(sync_sandbox, lead) == "basic"

    back = await RollbackPlanner(build_sync_context(sell_services)).build_plan(again.id, "Ada")
    await sync_cases.run_sync(sell_services, sync, plan_id=back.id)
    assert optout(sync_sandbox, lead) == "none"


@pytest.mark.parametrize(
    ("permits", "level"),
    [
        (None, "none"),
        (RowPermits(permit_loosening_if(lambda: PermissionDecision(False, "may not"))), "basic"),
    ],
)
async def test_optin_mark_waits_for_a_person_with_the_right(
    sync_sandbox: SandboxServers,
    sell_services: WorkspaceServices,
    permits: RowPermits | None,
    level: str,
) -> None:
    email = f"back@{DOMAIN}"
    sync_sandbox.create_profile(email)
    sync_sandbox.write_profile(email, optout_email="basic")
    sell_cases.create_sell_person(
        sync_sandbox, "contact", email, tags=["newsletter"], title="Reader"
    )
    other = f"other@{DOMAIN}"
    sync_sandbox.create_profile(other)
    sync_sandbox.write_profile(other, optout_email="basic")
    sell_cases.create_sell_person(sync_sandbox, "contact", other, tags=["newsletter"])
    # What the mapping prefers does not let it through.
    sync = save_sync(sell_services, mapping=(EAGER_ROW,))
    run = await sync_cases.run_sync(sell_services, sync)
    assert (run.totals["updated"], run.totals["parked"]) == (0, 1)
    assert optout(sync_sandbox, email) == "basic"

    plan = await build_runner(sell_services, sync.name).preview(sync, "Ada")
    (row,) = sync_cases.plan_rows(sell_services.store, plan.id)
    assert row.label == email
    assert row.fate is PlannedOutcome.CONFLICT
    decisions = PlanRowDecisions(sell_services.store, sell_services.context.clock)
    with pytest.raises(InvalidInput, match="person by person"):
        decisions.set_preferred_side(plan.id, "optout", Service.SELL.value, ADA)
    decisions.resolve_conflict(plan.id, row.row, "optout", Service.SELL.value)
    runner = build_runner(sell_services, sync.name, permits=permits)
    await runner.run(sync, RunRequest(sync.name, "Ada", plan_id=plan.id))
    assert optout(sync_sandbox, email) == level
    assert optout(sync_sandbox, other) == "basic"


async def test_optouts_of_sailthru_mark_everybody_in_sell_and_create_where_permitted(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    both, lead, absent, plain, marked, nameless = (
        f"{name}@{DOMAIN}" for name in ("both", "lead", "absent", "plain", "marked", "nameless")
    )
    for email in (both, lead, absent, plain, marked, nameless):
        names = {} if email == nameless else {"first_name": "Ada", "last_name": "Lovelace"}
        sync_sandbox.create_profile(email, vars=names, lists={CONTACTS_LIST: 1})
        if email not in (plain, marked):
            sync_sandbox.write_profile(email, optout_email="basic")
    people = {
        name: sell_cases.create_sell_person(sync_sandbox, kind, email, tags=tags)
        for name, kind, email, tags in (
            ("contact", "contact", both, ["vip"]),
            ("its lead", "lead", both, []),
            ("lead", "lead", lead, []),
            ("plain", "contact", plain, []),
            ("marked", "contact", marked, ["No Mail"]),
        )
    }

    def tags_of(name: str) -> list[str]:
        kind = "lead" if "lead" in name else "contact"
        person = sell_cases.read_sell_person(sync_sandbox, kind, people[name])
        assert person is not None
        return sorted(person["tags"])

    saved = sell_cases.save_sell_preset(sell_services, SAILTHRU_OPTOUTS_TO_SELL)
    sync = replace(saved, source=replace(saved.source, optout=RULE))
    sync = sell_services.store.syncs.save.blocking(sync, sell_services.context.clock.now())
    first = await sync_cases.run_sync(sell_services, sync)
    assert (first.totals["updated"], first.totals["created"], first.totals["parked"]) == (2, 0, 1)
    # A contact and a lead with the address: the one in this run, the other in the next.
    second = await sync_cases.run_sync(sell_services, sync)
    assert second.totals["updated"] == 1
    tags = {name: tags_of(name) for name in people}
    assert tags == {
        "contact": ["no mail", "vip"],
        "its lead": ["no mail"],
        "lead": ["no mail"],
        "plain": [],
        "marked": ["No Mail"],
    }
    third = await sync_cases.run_sync(sell_services, sync)
    assert (third.totals["updated"], third.totals["created"]) == (0, 0)

    allowed = replace(sync, effects=SyncEffects(create_missing=True))
    sync = sell_services.store.syncs.save.blocking(allowed, sell_services.context.clock.now())
    run = await sync_cases.run_sync(sell_services, sync)
    assert (run.totals["created"], run.totals["parked"]) == (1, 2)
    _, found = sync_sandbox.sell_request("GET", f"/v2/contacts?email={quote(absent)}")
    (made,) = [item["data"] for item in found["items"]]
    assert (made["last_name"], made["tags"]) == ("Lovelace", ["no mail"])

    back = await RollbackPlanner(build_sync_context(sell_services)).build_plan(second.id, "Ada")
    refusing = RowPermits(permit_loosening_if(lambda: PermissionDecision(False, "may not")))
    runner = build_runner(sell_services, sync.name, permits=refusing)
    await runner.run(sync, RunRequest(sync.name, "Ada", plan_id=back.id))
    assert sum("no mail" in tags_of(name) for name in ("contact", "its lead")) == 2
    back = await RollbackPlanner(build_sync_context(sell_services)).build_plan(second.id, "Ada")
    await sync_cases.run_sync(sell_services, sync, plan_id=back.id)
    assert sum("no mail" in tags_of(name) for name in ("contact", "its lead")) == 1


def test_optout_sync_without_marks_is_not_switched_on(sell_services: WorkspaceServices) -> None:
    sync = sell_cases.save_sell_preset(sell_services, SELL_OPTOUTS_TO_SAILTHRU, on=False)
    with pytest.raises(UserDecisionNeeded, match="means opted out"):
        sell_services.syncs.set_enabled(sync.name, on=True)
    with pytest.raises(InvalidInput, match="custom field"):
        sell_services.syncs.change_fields(sync.name, [("source.optout.out_values", "no")])
    changes = [("source.optout.field", "E-mail?"), ("source.optout.out_values", "no, never")]
    saved = sell_services.syncs.change_fields(sync.name, changes)
    assert saved.source.optout.out_values == ("no", "never")
    with pytest.raises(InvalidInput, match="no field"):
        sell_services.syncs.change_fields(sync.name, [("effects.create_missing", "on")])


@pytest.mark.parametrize("is_partner", [False, True])
def test_optout_syncs_of_two_levels_are_not_on_together(
    sell_services: WorkspaceServices, is_partner: bool
) -> None:
    marks = SellOptOutRule(out_tags=("no mail",))
    made = {
        name: sell_cases.save_sell_preset(
            sell_services,
            name,
            source=replace(
                build_preset(name, build_preset_names(sell_services)).source, optout=rule
            ),
            on=name == SAILTHRU_OPTOUTS_TO_SELL and not is_partner,
            both_directions=is_partner,
        )
        for name, rule in (
            (SAILTHRU_OPTOUTS_TO_SELL, marks),
            (SELL_OPTOUTS_TO_SAILTHRU, replace(marks, level=OptOutLevel.ALL)),
        )
    }
    sync = made[SELL_OPTOUTS_TO_SAILTHRU]
    with pytest.raises(UserDecisionNeeded, match="No marketing e-mail"):
        sell_services.syncs.set_enabled(sync.name, on=True)
    assert not sell_services.store.syncs.get.blocking(sync.name).on
    same = replace(sync, source=replace(sync.source, optout=marks))
    sell_services.store.syncs.save.blocking(same, 1.0)
    assert sell_services.syncs.set_enabled(sync.name, on=True).on
