"""Opt-outs of Zendesk Sell's contacts and leads reach Sailthru, and nothing loosens by itself."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import ConflictPreference, MappingRow, SourceType
from desktop.model.permission import Actor, PermissionDecision, Role
from desktop.model.sell_optout import SellOptOutRule
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.model.sync_plan import FieldChange, PlannedOutcome
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.sell_optouts import diff_sell_optout
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_presets import SELL_OPTOUTS_TO_SAILTHRU
from desktop.sync.sync_runner import RunRequest
from desktop.writing.optout_door import RowPermits, permit_loosening_if
from tests.support import sell_cases, sync_cases
from tests.support.sandbox_servers import SandboxServers

DOMAIN = sync_cases.DOMAIN
RULE = SellOptOutRule(out_tags=("no mail",), in_tags=("newsletter",))
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
    change: FieldChange | None = diff_sell_optout(record, target)
    assert (None if change is None else (change.applies, change.conflict)) == expected


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
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
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
