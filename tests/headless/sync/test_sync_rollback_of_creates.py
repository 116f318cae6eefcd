"""Taking back a run that created records: what stays, what goes, and what others did meanwhile."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.kit.errors import InvalidInput
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.sync import FlowPolicy, OptInAttestation, Sync, SyncEffects
from desktop.model.sync_run import Run, RunState
from desktop.sync.rollback_planner import RollbackPlanner
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

ADDRESS = f"noa@{sync_cases.DOMAIN}"
STAYS = "was created by the run: the profile itself stays"


async def taken_back(services: WorkspaceServices, sync: Sync, run: Run) -> tuple[Run, set[str]]:
    rollback = RollbackPlanner(build_sync_context(services))
    plan = await rollback.build_plan(run.id, "Ada Admin")
    losses = {loss.reason for loss in await rollback.list_losses(plan.id)}
    return await sync_cases.run_sync(services, sync, plan_id=plan.id, why="rollback"), losses


async def run_creating_profile(
    services: WorkspaceServices, servers: SandboxServers, flows: FlowPolicy, level: str
) -> tuple[Sync, Run]:
    """A run that creates Noa's profile, on a list and with an opt-out level."""
    servers.create_user(ADDRESS, name="Noa Levi", user_fields={"sync_to_sailthru": True})

    def creating(made: Sync) -> Sync:
        mapping = (
            MappingRow("name", "vars.full_name"),
            MappingRow(level, "optout", type=SourceType.TEXT),
        )
        effects = SyncEffects(create_missing=True, add_to_lists=("Fresh",))
        given = OptInAttestation(email=True, attested_by="Ada Admin", attested_at=1.0)
        return replace(made, mapping=mapping, effects=effects, flows=flows, opt_in=given)

    sync = sync_cases.save_preset(services, sync_cases.ZENDESK_TO_SAILTHRU, creating)
    run = await sync_cases.run_sync(services, sync)
    assert (run.state, run.totals["created"]) == (RunState.DONE, 1), run
    return sync, run


@pytest.mark.parametrize("level", ["all", "basic"])
@pytest.mark.parametrize("flows", FlowPolicy)
async def test_rollback_of_profile_created_with_optout(
    flows: FlowPolicy, level: str, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    sync, run = await run_creating_profile(sync_services, sync_sandbox, flows, level)
    back, losses = await taken_back(sync_services, sync, run)
    assert (back.state, back.totals["updated"], back.totals["parked"]) == (RunState.DONE, 1, 0)
    profile = sync_sandbox.read_profile(ADDRESS)
    assert profile is not None
    assert profile["optout_email"] == level
    assert not profile["lists"]
    assert profile["vars"]["full_name"] is None
    assert {STAYS, "no earlier opt-out level can be set: the level stays"} <= losses


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        ("deleted", "not there any more, or not a customer"),
        ("merged", "not there any more, or not a customer"),
        ("address changed", STAYS),
        ("opted out", STAYS),
    ],
)
async def test_rollback_of_created_profile_that_changed_meanwhile(
    meanwhile: str,
    expected: str,
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
) -> None:
    sync, run = await run_creating_profile(
        sync_services, sync_sandbox, FlowPolicy.MAY_START, "basic"
    )
    profile = sync_sandbox.read_profile(ADDRESS)
    assert profile is not None
    sid = profile["keys"]["sid"]
    if meanwhile == "deleted":
        assert sync_sandbox.sailthru_request("DELETE", {"id": sid, "key": "sid"})[0] == 200
    elif meanwhile == "merged":
        other = sync_sandbox.create_profile("kept@x.example")
        sync_sandbox.write_profile(other, keys={"email": ADDRESS}, keysconflict="merge")
    elif meanwhile == "address changed":
        sync_sandbox.write_profile(sid, keys={"email": "noa.new@x.example"})
    else:
        sync_sandbox.write_profile(sid, optout_email="all")
    if expected != STAYS:
        with pytest.raises(InvalidInput, match=expected):
            await taken_back(sync_services, sync, run)
        return
    back, losses = await taken_back(sync_services, sync, run)
    assert (back.state, back.totals["updated"]) == (RunState.DONE, 1)
    assert STAYS in losses
    now = sync_sandbox.read_profile(sid)
    assert now is not None
    assert now["optout_email"] == ("all" if meanwhile == "opted out" else "basic")
    assert now["vars"]["full_name"] is None


async def test_rollback_of_created_user(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    """What Zendesk cannot be without stays; every other value goes."""
    values = {
        "name": "Noa Levi",
        "phone": "+1 555 010 7777",
        "external_id": "crm-noa",
        "time_zone": "Berlin",
        "locale": "de",
        "user_fields.sailthru_optout": "none",
        "tags": "gold",
    }
    sync_sandbox.create_profile(
        ADDRESS,
        lists={sync_cases.LIST_NAME: 1},
        vars={name.removeprefix("user_fields."): value for name, value in values.items()},
    )

    def creating(made: Sync) -> Sync:
        mapping = tuple(
            MappingRow(f"vars.{name.removeprefix('user_fields.')}", name) for name in values
        )
        effects = SyncEffects(create_missing=True, add_tags=("vip",))
        return replace(made, mapping=mapping, effects=effects)

    sync = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK, creating)
    run = await sync_cases.run_sync(sync_services, sync)
    assert (run.state, run.totals["created"]) == (RunState.DONE, 1), run
    (row,) = sync_cases.plan_rows(sync_services.store, run.plan)
    back, losses = await taken_back(sync_services, sync, run)
    assert (back.state, back.totals["updated"], back.totals["parked"]) == (RunState.DONE, 1, 0)
    assert {STAYS, "stays: nobody in Zendesk is without one"} <= losses
    now = sync_sandbox.read_user(int(row.target_id))
    assert {key: now[key] for key in ("name", "time_zone", "locale", "phone", "external_id")} == {
        "name": "Noa Levi",
        "time_zone": "Berlin",
        "locale": "de",
        "phone": None,
        "external_id": None,
    }
    assert now["user_fields"]["sailthru_optout"] is None
    assert "vip" not in now["tags"]
