"""The stage that a sync wrote into a var is taken back when somebody leaves its source."""

from dataclasses import replace

from desktop.app.container import WorkspaceServices
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.sync import Sync, SyncEffects
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

IS_MARKED = FieldCondition("user_fields.sync_to_sailthru", ConditionOperator.IS, True)
STAGE_VAR = MappingRow("", "vars.stages", type=SourceType.STAGES)


def only_loyal(preset: Sync) -> Sync:
    return replace(
        preset,
        source=replace(preset.source, where=(sync_cases.ONLY_TEST_CUSTOMERS,), stage="loyal"),
        stages=(LifecycleStage("loyal", (IS_MARKED,)),),
        mapping=(STAGE_VAR,),
        effects=SyncEffects(),
    )


async def test_stage_var_is_emptied_for_who_leaves_and_kept_for_who_stays(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    leaves, stays = sync_cases.create_customers(sync_sandbox, 2)
    goal = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, only_loyal)
    await sync_cases.run_sync(sync_services, goal)
    for pair in (leaves, stays):
        assert (sync_sandbox.read_profile(pair.sid) or {})["vars"]["stages"] == ["loyal"]
    sync_sandbox.write_user(leaves.user_id, user_fields={"sync_to_sailthru": False})
    run = await sync_cases.run_sync(sync_services, goal)
    assert run.totals["updated"] == 1
    assert not (sync_sandbox.read_profile(leaves.sid) or {})["vars"].get("stages")
    assert (sync_sandbox.read_profile(stays.sid) or {})["vars"]["stages"] == ["loyal"]
    again = await sync_cases.run_sync(sync_services, goal, is_full=True)
    assert again.totals["updated"] == 0
