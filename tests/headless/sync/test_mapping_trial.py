"""What a sync tried on one customer says is what a run's plan says of them."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.lifecycle_stage import FrequencyCap, LifecycleStage
from desktop.model.name_splitting import NameSplitRule
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.sync.mapping_trial import compute_trial_row, read_trial_customer
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

STAGES = (
    LifecycleStage("known", (FieldCondition("name", ConditionOperator.HAS, "Ada"),)),
    LifecycleStage("stranger", (FieldCondition("name", ConditionOperator.HAS, "Zoe"),)),
)
STAGE_ROW = MappingRow("", "vars.stages", type=SourceType.STAGES)
TO_SAILTHRU, TICKETS = sync_cases.ZENDESK_TO_SAILTHRU, sync_cases.TICKETS_TO_PROFILES


def _with_mapping(*rows: MappingRow, **parts: Any) -> Any:
    return lambda sync: replace(sync, mapping=(*sync.mapping, *rows), **parts)


def _with_source(**parts: Any) -> Any:
    return lambda sync: replace(sync, source=replace(sync.source, **parts), stages=STAGES)


async def _trial(services: WorkspaceServices, sync: Sync, email: str) -> PlanRow:
    customer = await read_trial_customer(build_sync_context(services), sync, email)
    return compute_trial_row(sync, customer, services.context.clock.now())


@pytest.mark.parametrize(
    ("preset", "change", "changed"),
    [
        pytest.param(TO_SAILTHRU, _with_mapping(), True, id="plain"),
        pytest.param(TO_SAILTHRU, _with_mapping(STAGE_ROW, stages=STAGES), True, id="stages"),
        pytest.param(TO_SAILTHRU, _with_source(stage="known"), True, id="in the stage"),
        pytest.param(sync_cases.TICKETS_INCREMENTED, _with_mapping(), True, id="increment"),
        pytest.param(TICKETS, _with_mapping(), True, id="tickets"),
        pytest.param(
            TO_SAILTHRU, _with_mapping(name_split=NameSplitRule.LAST_WORD), True, id="names"
        ),
        pytest.param(TICKETS, _with_source(within_days=1), True, id="young tickets"),
    ],
)
async def test_trial_row_is_the_row_of_a_plan(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    preset: str,
    change: Any,
    changed: bool,
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    sync = sync_cases.save_preset(sync_services, preset, change)
    before = await _trial(sync_services, sync, one.email)
    run = await sync_cases.run_sync(sync_services, sync)
    (planned,) = sync_cases.plan_rows(sync_services.store, run.plan)
    assert (before.fate, before.why) == (planned.fate, "")
    assert [(c.field, c.new) for c in before.changes] == [(c.field, c.new) for c in planned.changes]
    assert before.fate.is_written is changed
    # What the run has done is known to the next trial: events are not counted twice.
    after = await _trial(sync_services, sync, one.email)
    assert (after.fate, after.changes_to_send) == (PlannedOutcome.UNCHANGED, ())


async def test_trial_splits_the_name_as_the_draft_says(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    sync = sync_cases.save_preset(sync_services, TO_SAILTHRU)
    customer = await read_trial_customer(build_sync_context(sync_services), sync, one.email)
    draft = replace(sync, name_split=NameSplitRule.LAST_WORD)
    row = compute_trial_row(draft, customer, sync_services.context.clock.now())
    assert {c.field: c.new for c in row.changes}["vars.first_name"] == "Ada 0"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_with_source(stage="stranger"), "not in the stage “stranger”"),
        (
            _with_source(where=(FieldCondition("tags", ConditionOperator.HAS, "vip"),)),
            "the condition",
        ),
    ],
)
async def test_trial_of_somebody_outside_the_source_says_why(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, change: Any, why: str
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    sync = sync_cases.save_preset(sync_services, TO_SAILTHRU, change)
    row = await _trial(sync_services, sync, one.email)
    assert (row.fate, row.changes_to_send) == (PlannedOutcome.SKIPPED, ())
    assert row.why.startswith("not included: ")
    assert why in row.why


@pytest.mark.parametrize(
    ("lists", "fate"),
    [
        ((sync_cases.LIST_NAME,), PlannedOutcome.SKIPPED),
        ((sync_cases.LIST_NAME, "Others"), PlannedOutcome.UPDATE),
        ((), PlannedOutcome.UPDATE),
    ],
    ids=["another list", "one of two", "every natural list"],
)
async def test_trial_of_somebody_on_none_of_the_lists_is_not_planned(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    lists: tuple[str, ...],
    fate: PlannedOutcome,
) -> None:
    address = f"noa@{sync_cases.DOMAIN}"
    sync_sandbox.create_user(address, name="Noa Levi")
    sync_sandbox.create_profile(address, lists={"Others": 1})
    sync = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK)
    draft = replace(sync, source=replace(sync.source, lists=lists))
    customer = await read_trial_customer(build_sync_context(sync_services), sync, address)
    row = compute_trial_row(draft, customer, sync_services.context.clock.now())
    assert row.fate is fate, row.why
    if fate is PlannedOutcome.SKIPPED:
        assert row.why == "not included: on none of the lists it reads"


async def test_trial_within_the_contact_limit_is_left_out(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (one,) = sync_cases.create_customers(sync_sandbox, 1)
    sync = sync_cases.save_preset(
        sync_services, TO_SAILTHRU, lambda made: replace(made, pressure=FrequencyCap(most=1))
    )
    assert (await _trial(sync_services, sync, one.email)).fate is PlannedOutcome.UPDATE
    await sync_cases.run_sync(sync_services, sync)
    more = replace(sync, mapping=(*sync.mapping, MappingRow("name", "vars.full_name")))
    assert (await _trial(sync_services, more, one.email)).fate is PlannedOutcome.SKIPPED


async def test_option_label_is_written_as_its_value_or_parked(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    options = [{"name": "Gold", "value": "tier_gold"}]
    field = {"key": "tier", "title": "Tier", "type": "dropdown", "custom_field_options": options}
    made = sync_sandbox.zendesk_request("POST", "/api/v2/user_fields.json", {"user_field": field})
    assert made[0] == 201
    gold, bronze = sync_cases.create_customers(sync_sandbox, 2)
    sync_sandbox.write_profile(gold.sid, vars={"tier": "gold"})
    sync_sandbox.write_profile(bronze.sid, vars={"tier": "Bronze"})
    sync = sync_cases.save_preset(
        sync_services,
        sync_cases.SAILTHRU_TO_ZENDESK,
        lambda made: replace(made, mapping=(MappingRow("vars.tier", "user_fields.tier"),)),
    )
    run = await sync_cases.run_sync(sync_services, sync)
    rows = {row.source_id: row for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert rows[bronze.sid].fate is PlannedOutcome.CORRECTION
    assert "“Bronze” is no option" in rows[bronze.sid].why
    assert sync_sandbox.read_user(gold.user_id)["user_fields"]["tier"] == "tier_gold"
    again = await sync_cases.run_sync(sync_services, sync, is_full=True)
    assert again.totals["updated"] == 0
