"""Who is always left out: every run respects it, and what it may not do it does not."""

from dataclasses import replace
from types import ModuleType

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput, NotFound, ServiceUnreachable
from desktop.model.field_mapping import MappingRow
from desktop.model.run_limit import Limit
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RunState
from desktop.model.sync_state import LeftOutPerson
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.sync.mapping_trial import read_left_out_person
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.sync_toml_file import export_syncs_toml
from desktop.writing import sailthru_plan_writer, zendesk_plan_writer
from desktop.writing.write_protocol import WriteStep
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

REASON = "asked us to"


@pytest.fixture
def decisions(sync_services: WorkspaceServices, clock: ManualClock) -> PlanRowDecisions:
    return PlanRowDecisions(sync_services.store, clock)


async def leave_out(
    services: WorkspaceServices, decisions: PlanRowDecisions, goal: Sync, who: str
) -> int:
    context = build_sync_context(services)
    person = await read_left_out_person(context, goal, who, REASON, "Ada")
    return decisions.leave_out(goal.name, [person])


async def test_scheduled_run_leaves_them_out_and_includes_them_again(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    await leave_out(sync_services, decisions, goal, one.email)
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["updated"] == 1
    assert "zendesk_id" not in (sync_sandbox.read_profile(one.sid) or {})["vars"]
    assert "zendesk_id" in (sync_sandbox.read_profile(two.sid) or {})["vars"]
    # By the profile as well: the same person under another user of Zendesk.
    (entry,) = sync_services.store.sync_state.list_left_out.blocking(goal.name)
    assert (entry.source_id, entry.target_id) == (str(one.user_id), one.sid)
    decisions.no_longer_leave_out(goal.name, entry.key)
    assert (await sync_cases.run_sync(sync_services, goal, is_full=True)).totals["updated"] == 1
    with pytest.raises(NotFound):
        decisions.no_longer_leave_out(goal.name, entry.key)


async def test_open_preview_writes_nothing_of_them_even_when_all_are_ticked(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    plan = await build_runner(sync_services, goal.name).preview(goal, "Ada Admin")
    assert await leave_out(sync_services, decisions, goal, one.email) == 1
    plans = sync_services.store.plans
    plans.set_all_ticked.blocking(plan.id, PlanRowFilter(), on=True)
    rows = {row.label: row for row in sync_cases.plan_rows(sync_services.store, plan.id)}
    assert (rows[one.email].fate, rows[one.email].why) == (
        PlannedOutcome.SKIPPED,
        f"always left out: {REASON}",
    )
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert run.totals["updated"] == 1
    assert "zendesk_id" not in (sync_sandbox.read_profile(one.sid) or {})["vars"]
    assert "zendesk_id" in (sync_sandbox.read_profile(two.sid) or {})["vars"]


async def test_earlier_plan_that_a_limit_stopped_writes_nothing_of_them(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    def joining(sync: Sync) -> Sync:
        return replace(
            sync,
            effects=SyncEffects(create_missing=False, add_to_lists=("Fresh",)),
            opt_in=sync_cases.ATTESTED,
            limits=Limit(people=1, percent=0),
            flows=FlowPolicy.MAY_START,
        )

    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    stopped = await sync_cases.run_sync(sync_services, goal)
    assert stopped.plan is not None
    assert stopped.state is RunState.WAITING
    await build_runner(sync_services, goal.name).preview(goal, "Ada Admin")
    await leave_out(sync_services, decisions, goal, one.email)
    rows = {row.label: row for row in sync_cases.plan_rows(sync_services.store, stopped.plan)}
    assert rows[one.email].fate is PlannedOutcome.SKIPPED
    run = await sync_cases.run_sync(sync_services, goal, plan_id=stopped.plan)
    assert run.totals["updated"] == 1
    assert "zendesk_id" not in (sync_sandbox.read_profile(one.sid) or {})["vars"]
    assert "zendesk_id" in (sync_sandbox.read_profile(two.sid) or {})["vars"]


async def test_preview_that_was_set_aside_meanwhile_writes_nothing_of_them(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    plan = await build_runner(sync_services, goal.name).preview(goal, "Ada Admin")
    plans = sync_services.store.plans
    await plans.set_aside(plan.id)
    assert await leave_out(sync_services, decisions, goal, one.email) == 0
    await plans.restore(plan.id, plan.state)
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert run.totals["updated"] == 1
    assert "zendesk_id" not in (sync_sandbox.read_profile(one.sid) or {})["vars"]
    assert "zendesk_id" in (sync_sandbox.read_profile(two.sid) or {})["vars"]


@pytest.mark.parametrize(
    ("preset", "module"),
    [
        (sync_cases.TO_SAILTHRU_BY_POSTS, sailthru_plan_writer),
        (sync_cases.SAILTHRU_TO_ZENDESK, zendesk_plan_writer),
    ],
)
async def test_left_out_while_the_plan_is_applied_is_not_written(
    preset: str,
    module: ModuleType,
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    decisions: PlanRowDecisions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for size in ("_POSTS_PER_BATCH", "MAX_USERS_PER_CALL"):
        monkeypatch.setattr(module, size, 1, raising=False)
    monkeypatch.setattr(zendesk_plan_writer, "_MAX_CONCURRENT_JOBS", 1)
    sync_cases.create_customers(sync_sandbox, 3)
    sync = sync_cases.save_preset(sync_services, preset)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    rows = sync_cases.plan_rows(sync_services.store, plan.id)
    last = rows[-1]

    def at(passed: str) -> None:
        if passed == WriteStep.CLAIMED.value and not decided:
            decided.append(last.label)
            decisions.leave_out(sync.name, [person_of(last)])

    decided: list[str] = []
    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id, checkpoint=at)
    assert (run.state, run.totals["updated"], run.totals["skipped"]) == (RunState.DONE, 2, 1)
    assert decided
    ended = {row.row: row for row in sync_cases.plan_rows(sync_services.store, plan.id)}
    assert (ended[last.row].fate, ended[last.row].cause) == (
        PlannedOutcome.SKIPPED,
        "always left out",
    )
    for change in last.changes_to_send:
        assert sync_cases.read_target_value(sync_sandbox, last, change.field) == change.old


async def test_left_out_while_a_job_is_gathered_is_not_in_it(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    sync = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    plan = await build_runner(sync_services, sync.name).preview(sync, "Ada Admin")
    rows = {row.label: row for row in sync_cases.plan_rows(sync_services.store, plan.id)}

    def at(passed: str) -> None:
        if passed == WriteStep.READ.value:
            decisions.leave_out(sync.name, [person_of(rows[one.email])])

    run = await sync_cases.run_sync(sync_services, sync, plan_id=plan.id, checkpoint=at)
    assert (run.totals["updated"], run.totals["skipped"]) == (1, 1)
    assert "zendesk_id" not in (sync_sandbox.read_profile(one.sid) or {})["vars"]
    assert "zendesk_id" in (sync_sandbox.read_profile(two.sid) or {})["vars"]


async def test_left_out_before_a_run_goes_on_is_not_written(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    decisions: PlanRowDecisions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sailthru_plan_writer, "_POSTS_PER_BATCH", 1)
    people = sync_cases.create_customers(sync_sandbox, 3)
    sync = sync_cases.save_preset(sync_services, sync_cases.TO_SAILTHRU_BY_POSTS)

    def stop_after_the_first(passed: str) -> None:
        if passed == WriteStep.READ_BACK.value:
            raise ServiceUnreachable("Gone.")

    stopped = await sync_cases.run_sync(sync_services, sync, checkpoint=stop_after_the_first)
    assert stopped.state is RunState.FAILED
    rows = sync_cases.plan_rows(sync_services.store, stopped.plan)
    left = [row for row in rows if row.state is PlanRowState.PLANNED]
    assert len(left) >= 2
    decisions.leave_out(sync.name, [person_of(left[-1])])
    run = await sync_cases.run_sync(sync_services, sync, resume_run_id=stopped.id)
    assert (run.state, run.totals["skipped"]) == (RunState.DONE, 1)
    written = {
        person.email
        for person in people
        if "zendesk_id" in (sync_sandbox.read_profile(person.sid) or {})["vars"]
    }
    assert written == {person.email for person in people} - {left[-1].label}


def person_of(row: PlanRow) -> LeftOutPerson:
    return LeftOutPerson(row.source_id, row.target_id, row.label, REASON, "Ada", 1.0)


async def test_stricter_opt_out_of_theirs_is_written_and_nothing_else(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    strict, loose = sync_cases.create_customers(sync_sandbox, 2)
    sync_sandbox.write_profile(loose.sid, optout_email="all")
    sync_sandbox.write_user(strict.user_id, user_fields={"sailthru_optout": "all"})
    sync_sandbox.write_user(loose.user_id, user_fields={"sailthru_optout": "basic"})

    def with_level(sync: Sync) -> Sync:
        return replace(
            sync, mapping=(*sync.mapping, MappingRow("user_fields.sailthru_optout", "optout"))
        )

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, with_level)
    for each in (strict, loose):
        await leave_out(sync_services, decisions, goal, each.email)
    await sync_cases.run_sync(sync_services, goal)
    profile = sync_sandbox.read_profile(strict.sid) or {}
    assert profile["optout_email"] == "all"
    assert "zendesk_id" not in profile["vars"]
    assert (sync_sandbox.read_profile(loose.sid) or {})["optout_email"] == "all"


async def test_copy_leaves_them_out_and_exported_file_names_nobody(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    await leave_out(sync_services, decisions, goal, one.email)
    copy = sync_services.syncs.duplicate_sync(goal.name, "Another")
    (entry,) = sync_services.store.sync_state.list_left_out.blocking(copy.name)
    assert entry.label == one.email
    text = export_syncs_toml(sync_services.store.syncs.list_all.blocking())
    for word in (one.email, one.sid, str(one.user_id), REASON):
        assert word not in text


async def test_leaving_out_takes_a_reason(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, decisions: PlanRowDecisions
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU)
    context = build_sync_context(sync_services)
    person = await read_left_out_person(context, goal, one.email, "  ", "Ada")
    with pytest.raises(InvalidInput, match="reason"):
        decisions.leave_out(goal.name, [person])
    assert sync_services.store.sync_state.list_left_out.blocking(goal.name) == ()
