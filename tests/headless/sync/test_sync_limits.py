"""What holds a run back before anything is written, and who lets it pass."""

from dataclasses import replace

import pytest

from desktop.app.commands.sync_subcommands.run_and_plan_output import emit_plan
from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput
from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.lifecycle_stage import FrequencyCap, LifecycleStage
from desktop.model.run_limit import Limit
from desktop.model.sync import FlowPolicy, Sync, SyncEffects
from desktop.model.sync_plan import PlannedOutcome, PlanRowState, PlanState
from desktop.model.sync_run import RunState
from desktop.model.sync_state import LeftOutPerson
from desktop.sync.rollback_planner import RollbackPlanner
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

DAY_S = 86_400.0


def joining(goal: Sync) -> Sync:
    """Everybody joins a list; three may."""
    effects = SyncEffects(create_missing=True, add_to_lists=("Fresh",), remove_when_gone=True)
    return replace(
        goal,
        effects=effects,
        opt_in=sync_cases.ATTESTED,
        limits=Limit(people=3, percent=0),
        flows=FlowPolicy.MAY_START,
    )


def fresh(city: SandboxServers, pair: sync_cases.CustomerPair) -> bool:
    profile = city.read_profile(pair.email)
    return profile is not None and "Fresh" in (profile["lists"] or {})


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE plan SET state = 'applying'",
        "UPDATE plan SET sync_body = json_set(sync_body, '$.limits.people', 1000)",
    ],
)
async def test_plan_over_its_limit_changed_outside_fairlead_is_not_gone_on_with(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, attack: str
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 5, unknown=5)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.state is RunState.WAITING
    sync_services.store.fairlead_db.write(lambda c: c.execute(attack))
    ended = await sync_cases.run_sync(sync_services, goal, resume_run_id=run.id)
    assert (ended.state, "not as it was made" in ended.error) == (RunState.FAILED, True)
    assert not any(fresh(sync_sandbox, pair) for pair in made)


async def test_mass_opt_in_needs_two_admins_once(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 5, unknown=5)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    count = len(sync_cases.app_requests(sync_sandbox))
    run = await sync_cases.run_sync(sync_services, goal)
    assert (run.state, run.error_code) == (RunState.WAITING, "needs_person")
    assert "5 people would start getting marketing e-mail" in run.error
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
    with pytest.raises(InvalidInput, match="wrote nothing"):
        await RollbackPlanner(build_sync_context(sync_services)).build_plan(run.id, "Ada")
    plan = sync_services.store.plans.get.blocking(run.plan or "")
    assert (plan.state, set(plan.limit_breaches)) == (PlanState.STOPPED, {"starts", "joins"})
    await emit_plan(plan, sync_services.store, 0.0, row_count=1, as_json=False)
    printed = capsys.readouterr().out
    assert "5 people would start getting marketing e-mail" in printed
    assert "vars.first_name: not set → Ada" in printed
    assert "None" not in printed
    # One admin lets joining pass; starting takes a second one, and the same one twice is one.
    for _ in range(2):
        held = await sync_cases.run_sync(
            sync_services,
            goal,
            resume_run_id=run.id,
            allowed_limits=("starts", "joins"),
            approver_id="7601",
        )
        assert held.state is RunState.WAITING
    assert not any(fresh(sync_sandbox, pair) for pair in made)
    done = await sync_cases.run_sync(
        sync_services, goal, resume_run_id=run.id, allowed_limits=("starts",), approver_id="7699"
    )
    assert (done.state, done.totals["created"]) == (RunState.DONE, 5)
    assert all(fresh(sync_sandbox, pair) for pair in made)
    # It was for that plan alone.
    sync_cases.create_customers(sync_sandbox, 5, first=5, unknown=5)
    assert (await sync_cases.run_sync(sync_services, goal)).state is RunState.WAITING


async def test_limit_counts_ticked_rows(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 5, unknown=5)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    plan = await build_runner(sync_services, goal.name).preview(goal, "Ada")
    sync_services.store.plans.set_rows_ticked.blocking(plan.id, [1, 2], on=False)
    run = await sync_cases.run_sync(sync_services, goal, plan_id=plan.id)
    assert (run.state, run.totals["created"]) == (RunState.DONE, 3)
    assert sum(fresh(sync_sandbox, pair) for pair in made) == 3


async def test_limit_counts_person_with_two_lists_once(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """The limit is about people, whatever list they join."""
    sync_cases.create_customers(sync_sandbox, 3, unknown=3)

    def two_lists(goal: Sync) -> Sync:
        return replace(
            joining(goal), effects=SyncEffects(create_missing=True, add_to_lists=("Fresh", "Other"))
        )

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, two_lists)
    plan = await build_runner(sync_services, goal.name).preview(goal, "Ada")
    assert sync_services.store.plans.count_ticked_by_consequence.blocking(plan.id)["joins"] == 3
    assert plan.state is PlanState.READY


@pytest.mark.parametrize("full", [False, True])
async def test_empty_source_always_stops(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, full: bool
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 3)

    def both(goal: Sync) -> Sync:
        effects = replace(goal.effects, untag_when_gone=True)
        return replace(goal, effects=effects)

    goal = sync_cases.save_preset(sync_services, sync_cases.HIGH_VALUE_TAGGING, both)
    assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 3
    for pair in made:
        sync_sandbox.write_profile(pair.sid, lists={sync_cases.LIST_NAME: 0})
    count = len(sync_cases.app_requests(sync_sandbox))
    run = await sync_cases.run_sync(sync_services, goal, is_full=full)
    assert run.state is RunState.WAITING
    assert "empty" in run.error
    # Nobody can let that pass.
    again = await sync_cases.run_sync(
        sync_services, goal, resume_run_id=run.id, allowed_limits=("empty",), approver_id="7601"
    )
    assert again.state is RunState.WAITING
    assert sync_cases.write_requests(sync_cases.app_requests(sync_sandbox, count)) == []
    assert "sailthru_highvalue" in sync_sandbox.read_user(made[0].user_id)["tags"]


@pytest.mark.parametrize("full", [False, True])
async def test_source_without_matching_records_stops(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, full: bool
) -> None:
    """People are there, but no box is ticked any more; a catch-up reads only who changed."""
    made = sync_cases.create_customers(sync_sandbox, 3)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 3
    unticked = {"user": {"user_fields": {"sync_to_sailthru": False}}}
    for pair in made[:2]:
        sync_sandbox.zendesk_request("PUT", f"/api/v2/users/{pair.user_id}.json", unticked)
    # One is still there: who left it leaves the list.
    assert (await sync_cases.run_sync(sync_services, goal, is_full=full)).totals["updated"] == 2
    sync_sandbox.zendesk_request("PUT", f"/api/v2/users/{made[2].user_id}.json", unticked)
    run = await sync_cases.run_sync(sync_services, goal, is_full=full)
    assert (run.state, "empty" in run.error) == (RunState.WAITING, True)
    assert [fresh(sync_sandbox, pair) for pair in made] == [False, False, True]


async def test_person_removed_from_source_loses_tag_if_configured(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 5)
    by_hand = made[0]

    def untag(goal: Sync) -> Sync:
        return replace(goal, effects=replace(goal.effects, untag_when_gone=True))

    goal = sync_cases.save_preset(sync_services, sync_cases.HIGH_VALUE_TAGGING, untag)
    await sync_cases.run_sync(sync_services, goal)
    # Who is always left out keeps what they have.
    left_out = LeftOutPerson(made[4].sid, "", made[4].email, "asked us to", "Ada", 1.0)
    sync_services.store.sync_state.save_left_out.blocking(goal.name, [left_out])
    sync_sandbox.write_profile(made[1].sid, lists={sync_cases.LIST_NAME: 0})
    sync_sandbox.write_profile(made[4].sid, lists={sync_cases.LIST_NAME: 0})
    sync_sandbox.write_profile(made[2].sid, vars={"customer_value": 1})
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.state is RunState.DONE
    tagged = [p for p in made if "sailthru_highvalue" in sync_sandbox.read_user(p.user_id)["tags"]]
    assert tagged == [by_hand, made[3], made[4]]
    assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 0


async def test_person_removed_from_source_leaves_list(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    made = sync_cases.create_customers(sync_sandbox, 3)
    sync_sandbox.write_profile(made[0].sid, lists={"Fresh": 1})
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, joining)
    await sync_cases.run_sync(sync_services, goal)
    for pair in made[:2]:
        sync_sandbox.write_user(pair.user_id, user_fields={"sync_to_sailthru": False})
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.state is RunState.DONE
    # The first one was on the list by somebody else's hand.
    assert [fresh(sync_sandbox, pair) for pair in made] == [True, False, True]


async def test_deleted_user_sets_var(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)

    def marked(goal: Sync) -> Sync:
        return replace(goal, effects=replace(goal.effects, deleted_var="zendesk_deleted"))

    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, marked)
    await sync_cases.run_sync(sync_services, goal)
    sync_sandbox.delete_user(one.user_id)
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["updated"] == 1
    profiles = [sync_sandbox.read_profile(pair.sid) for pair in (one, two)]
    assert [p and p["vars"].get("zendesk_deleted") for p in profiles] == [True, None]
    assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 0


async def test_consent_missing_writes_nobody(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2, unknown=2)
    sync_sandbox.write_user(two.user_id, tags=["newsletter_yes"])
    agreed = ConsentPurpose(
        "newsletter", FieldCondition("tags", ConditionOperator.HAS, "newsletter_yes")
    )
    goal = sync_cases.save_preset(
        sync_services, sync_cases.ZENDESK_TO_SAILTHRU, lambda g: replace(g, purposes=(agreed,))
    )
    run = await sync_cases.run_sync(sync_services, goal)
    rows = {r.label: r for r in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert (rows[one.email].fate, rows[one.email].why) == (
        PlannedOutcome.SKIPPED,
        "no consent found for newsletter",
    )
    assert rows[two.email].evidence == "consent: tag newsletter_yes"
    assert sync_sandbox.read_profile(one.email) is None


async def test_frequency_cap_is_never_exceeded(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, clock: ManualClock
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.TICKETS_TO_PROFILES,
        lambda g: replace(g, pressure=FrequencyCap(most=2)),
    )
    for _ in range(2):
        sync_cases.create_ticket(sync_sandbox, one.user_id)
        clock.advance(DAY_S)
        assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 1
    sync_cases.create_ticket(sync_sandbox, one.user_id)
    run = await sync_cases.run_sync(sync_services, goal)
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.fate, row.why) == (PlannedOutcome.SKIPPED, "already 2 times this week")
    # A week later it is done without a new ticket.
    clock.advance(8 * DAY_S)
    assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 1
    profile = sync_sandbox.read_profile(one.sid)
    assert profile is not None
    assert profile["vars"]["ticket_count"] == 4


async def test_frequency_cap_counts_what_was_written_before_it_was_set(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, clock: ManualClock
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    goal = sync_cases.save_preset(sync_services, sync_cases.TICKETS_TO_PROFILES)
    for _ in range(2):
        sync_cases.create_ticket(sync_sandbox, one.user_id)
        clock.advance(60)
        assert (await sync_cases.run_sync(sync_services, goal)).totals["updated"] == 1
    goal = sync_services.store.syncs.save.blocking(
        replace(goal, pressure=FrequencyCap(most=2)), clock.now()
    )
    sync_cases.create_ticket(sync_sandbox, one.user_id)
    run = await sync_cases.run_sync(sync_services, goal)
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.fate, row.why) == (PlannedOutcome.SKIPPED, "already 2 times this week")


async def test_lifecycle_stage_sync_selects_its_members_only(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    one, two = sync_cases.create_customers(sync_sandbox, 2)
    sync_sandbox.write_user(two.user_id, tags=["vip"])
    stage = LifecycleStage("dear", (FieldCondition("tags", ConditionOperator.HAS, "vip"),))
    goal = sync_cases.save_preset(
        sync_services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda g: replace(g, stages=(stage,), source=replace(g.source, stage="dear")),
    )
    run = await sync_cases.run_sync(sync_services, goal)
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (row.label, row.state) == (two.email, PlanRowState.DONE)
    assert one.email != two.email
