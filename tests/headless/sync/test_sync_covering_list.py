"""A sync to Sailthru reads its profiles by one export of a covering list, and singly the rest."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingOperator, MappingRow, SourceType
from desktop.model.sync import READ_SINGLY, Sync
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRow, PlanRowState
from desktop.sync import covering_list
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU
from desktop.sync.sync_runner import RunRequest
from desktop.writing.optout_door import RowPermits
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

COUNT = 6
UNCHANGED, UPDATE, CREATE = (
    PlannedOutcome.UNCHANGED,
    PlannedOutcome.UPDATE,
    PlannedOutcome.CREATE,
)
MAPPING = (MappingRow("name", "vars.plan"),)
LOYAL = sync_cases.LIST_NAME


def name_of(number: int) -> str:
    return f"Ada {number} Lovelace"


def make_people(servers: SandboxServers, **others: Any) -> list[sync_cases.CustomerPair]:
    """Six customers whose var `plan` is as the sync wants it; all on the list Loyal."""
    pairs = sync_cases.create_customers(servers, COUNT)
    for number, pair in enumerate(pairs):
        servers.write_profile(pair.sid, vars={"plan": name_of(number)})
    return pairs


def save_sync(services: WorkspaceServices, covering: str = LOYAL, **changes: Any) -> Sync:
    made = {"mapping": MAPPING, "covering_list": covering, **changes}
    return sync_cases.save_preset(services, ZENDESK_TO_SAILTHRU, lambda sync: replace(sync, **made))


async def make_plan(
    services: WorkspaceServices, servers: SandboxServers, sync: Sync
) -> tuple[Plan, dict[str, PlanRow], list[str]]:
    """The plan, its rows by address, and the profiles that were read singly for it."""
    before = len(sync_cases.app_requests(servers))
    plan = await build_runner(services, sync.name).preview(sync, "Ada Admin", full=True)
    rows = {row.label: row for row in sync_cases.plan_rows(services.store, plan.id)}
    asked = sync_cases.app_requests(servers, before)
    ids = [
        json.loads(parse_qs(r["query"])["json"][0])["id"]
        for r in asked
        if r["method"] == "GET" and r["path"] == "/user"
    ]
    return plan, rows, ids


async def test_people_on_list_are_read_by_one_export(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    make_people(sync_sandbox)
    plan, rows, singly = await make_plan(sync_services, sync_sandbox, save_sync(sync_services))
    assert singly == []
    assert {row.fate for row in rows.values()} == {UNCHANGED}
    reading = plan.target_reading
    assert reading is not None
    assert (reading.list_name, reading.is_chosen) == (LOYAL, False)
    assert (reading.people, reading.covered, reading.read_singly) == (COUNT, COUNT, 0)
    assert "6 of 6 people are on it (100 %)" in reading.sentence
    assert plan.as_json()["read_by"] == {
        "list": LOYAL,
        "chosen": "by setting",
        "read_at": reading.read_at,
        "people": COUNT,
        "covered": COUNT,
        "read_singly": 0,
        "note": "",
    }


def leave_list(servers: SandboxServers, sid: str) -> None:
    servers.write_profile(sid, lists={LOYAL: 0})


def change_value(servers: SandboxServers, sid: str) -> None:
    servers.write_profile(sid, vars={"plan": "of old"})


def empty_value(servers: SandboxServers, sid: str) -> None:
    servers.write_profile(sid, vars={"plan": ""})


def null_value(servers: SandboxServers, sid: str) -> None:
    servers.write_profile(sid, vars={"plan": None})


def array_value(servers: SandboxServers, sid: str) -> None:
    servers.write_profile(sid, vars={"plan": [name_of(0)]})


@pytest.mark.parametrize(
    ("change", "fate", "old"),
    [
        (leave_list, UNCHANGED, None),
        (change_value, UPDATE, "of old"),
        (empty_value, UPDATE, ""),
        (null_value, UPDATE, None),
        (array_value, UPDATE, [name_of(0)]),
    ],
)
async def test_person_whom_export_does_not_settle_is_read_singly(
    change: Callable[[SandboxServers, str], None],
    fate: PlannedOutcome,
    old: object,
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
) -> None:
    (first, *_) = make_people(sync_sandbox)
    change(sync_sandbox, first.sid)
    plan, rows, singly = await make_plan(sync_services, sync_sandbox, save_sync(sync_services))
    assert singly == [first.email]
    assert rows[first.email].fate is fate
    # The before-image is the value itself: "" is not null, and nothing is the text of a cell.
    assert [change.old for change in rows[first.email].changes] == ([old] if fate is UPDATE else [])
    assert plan.target_reading is not None
    assert plan.target_reading.read_singly == 1


@pytest.mark.parametrize(
    ("stored", "twin"),
    [
        ("noa@bücher.example", "noa@xn--bcher-kva.example"),
        ("noa@xn--bcher-kva.example", "noa@bücher.example"),
    ],
)
async def test_person_at_international_domain_is_read_singly_by_each_spelling(
    stored: str, twin: str, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    make_people(sync_sandbox)
    sync_sandbox.create_user(stored, name="Noa", user_fields={"sync_to_sailthru": True})
    for address in (stored, twin):
        sync_sandbox.create_profile(address, vars={"plan": "Noa"}, lists={LOYAL: 1})
    sync = save_sync(sync_services)
    where = (FieldCondition("email", ConditionOperator.HAS, "cher"),)
    sync = replace(sync, source=replace(sync.source, where=where))
    _plan, rows, singly = await make_plan(sync_services, sync_sandbox, sync)
    assert singly == [stored, twin]
    assert rows[stored].cause == "several match"


async def test_person_whose_external_id_leads_to_another_on_list_is_read_singly(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    first, second, *_ = make_people(sync_sandbox)
    sync_sandbox.write_profile(second.sid, keys={"extid": "crm-1"})
    path = f"/api/v2/users/{first.user_id}.json"
    sync_sandbox.zendesk_request("PUT", path, {"user": {"external_id": "crm-1"}})
    _, rows, singly = await make_plan(sync_services, sync_sandbox, save_sync(sync_services))
    assert set(singly) == {first.email, "crm-1"}
    row = rows[first.email]
    assert (row.fate, row.cause) == (PlannedOutcome.CORRECTION, "several match")


async def test_person_without_profile_is_created(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    make_people(sync_sandbox)
    (new,) = sync_cases.create_customers(sync_sandbox, 1, first=COUNT, unknown=1)
    _, rows, singly = await make_plan(sync_services, sync_sandbox, save_sync(sync_services))
    assert rows[new.email].fate is CREATE
    assert set(singly) >= {new.email}
    assert [row.fate for row in rows.values()].count(UNCHANGED) == COUNT


async def test_person_with_second_address_is_read_by_each(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    (first, *_) = make_people(sync_sandbox)
    other = f"other@{sync_cases.DOMAIN}"
    sid = sync_sandbox.create_profile(other, vars={})
    identity = {"identity": {"type": "email", "value": other, "verified": True}}
    path = f"/api/v2/users/{first.user_id}/identities.json"
    assert sync_sandbox.zendesk_request("POST", path, identity)[0] == 201
    _, rows, singly = await make_plan(sync_services, sync_sandbox, save_sync(sync_services))
    assert sorted(singly) == sorted([first.email, other])
    assert rows[first.email].fate is PlannedOutcome.CORRECTION
    assert sid in rows[first.email].why


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (MappingRow("name", "vars.plan", MappingOperator.ADD), "vars.plan"),
        (
            MappingRow("user_fields.level", "optout", type=SourceType.OPTOUT),
            "optout",
        ),
    ],
    ids=["add", "opt-out"],
)
async def test_what_export_does_not_tell_is_read_singly(
    row: MappingRow,
    field: str,
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
) -> None:
    field_made = {"key": "level", "title": "level", "type": "text"}
    sync_sandbox.zendesk_request("POST", "/api/v2/user_fields.json", {"user_field": field_made})
    pairs = make_people(sync_sandbox)
    for pair in pairs:
        sync_sandbox.write_user(pair.user_id, user_fields={"level": "basic"})
    sync = save_sync(sync_services, mapping=(row,))
    _, rows, singly = await make_plan(sync_services, sync_sandbox, sync)
    assert sorted(singly) == sorted(pair.email for pair in pairs)
    if field == "optout":
        assert {row.changes[0].old for row in rows.values()} == {"none"}


async def test_optout_set_after_export_began_is_neither_loosened_nor_overwritten(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    field_made = {"key": "level", "title": "level", "type": "text"}
    sync_sandbox.zendesk_request("POST", "/api/v2/user_fields.json", {"user_field": field_made})
    (first, second, *_) = make_people(sync_sandbox)
    sync_sandbox.write_profile(first.sid, vars={"plan": "of old"})
    # One whose var changes, and one whose level a rule would set; all else is as it should be.
    sync_sandbox.write_user(second.user_id, user_fields={"level": "none"})
    rows = (*MAPPING, MappingRow("user_fields.level", "optout", type=SourceType.OPTOUT))
    real = covering_list.CoveringListReader._with_rows

    async def opt_out_after_export(self: Any, export: Any) -> Any:
        read = await real(self, export)
        for pair in (first, second):
            sync_sandbox.write_profile(pair.sid, optout_email="all")
        return read

    monkeypatch.setattr(covering_list.CoveringListReader, "_with_rows", opt_out_after_export)
    sync = save_sync(sync_services, mapping=rows)
    runner = build_runner(sync_services, sync.name)
    runner.permits = RowPermits(lambda change: f"Not {change.new.value}.")
    run = await runner.run(sync, RunRequest(sync.name, "Ben"))
    planned = {row.label: row for row in sync_cases.plan_rows(sync_services.store, run.plan)}
    assert planned[first.email].optout == "all"
    assert planned[first.email].state in (PlanRowState.DONE, PlanRowState.ACCEPTED)
    assert [change.old for change in planned[second.email].changes] == ["all"]
    assert planned[second.email].state is PlanRowState.PARKED
    for pair in (first, second):
        profile = sync_sandbox.read_profile(pair.sid)
        assert profile is not None
        assert profile["optout_email"] == "all"
    plan = await sync_services.store.plans.get(run.plan or "")
    assert plan.target_reading is not None
    assert (plan.target_reading.covered, plan.target_reading.read_singly) == (COUNT, 2)


@pytest.mark.parametrize(
    "fault",
    [
        "sailthru:POST /job:403",
        "sailthru:GET /export/*:403",
        "sailthru:POST /job:failed-job",
    ],
)
async def test_export_that_fails_falls_back_to_single_reads(
    fault: str, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    pairs = make_people(sync_sandbox)
    sync_sandbox.control("POST", "fault", {"spec": fault, "times": None})
    plan, rows, singly = await make_plan(sync_services, sync_sandbox, save_sync(sync_services))
    assert sorted(singly) == sorted(pair.email for pair in pairs)
    assert {row.fate for row in rows.values()} == {UNCHANGED}
    assert plan.target_reading is not None
    assert plan.target_reading.list_name == ""
    assert "one by one. The list's export failed" in plan.target_reading.sentence


@pytest.mark.parametrize(
    ("covering", "note"),
    [
        (READ_SINGLY, "The sync is set to it."),
        ("Nobody's", "There is no list “Nobody's” in Sailthru."),
        ("", "There are fewer than 500 to read."),
    ],
)
async def test_without_usable_list_profiles_are_read_singly(
    covering: str, note: str, sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    make_people(sync_sandbox)
    sync = save_sync(sync_services, covering)
    plan, _, singly = await make_plan(sync_services, sync_sandbox, sync)
    assert len(singly) == COUNT
    assert plan.target_reading is not None
    assert plan.target_reading.sentence == f"Profiles read one by one. {note}"


@pytest.mark.parametrize(("members", "chosen"), [(COUNT, "Loyal"), (5, "Loyal"), (4, ""), (0, "")])
async def test_list_is_chosen_at_80_percent_of_people(
    members: int,
    chosen: str,
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(covering_list, "_MIN_PEOPLE", 1)
    pairs = make_people(sync_sandbox)
    for pair in pairs[members:]:
        leave_list(sync_sandbox, pair.sid)
    plan, rows, _ = await make_plan(sync_services, sync_sandbox, save_sync(sync_services, ""))
    reading = plan.target_reading
    assert reading is not None
    assert (reading.list_name, reading.is_chosen) == (chosen, True)
    assert {row.fate for row in rows.values()} == {UNCHANGED}
    if not chosen:
        assert reading.note == "No list has 80 % of these people."


async def test_export_older_than_an_hour_is_not_used(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_people(sync_sandbox)
    real = covering_list.CoveringListReader._with_rows

    async def slow_export(self: Any, export: Any) -> Any:
        read = await real(self, export)
        clock.advance(3601.0)
        return read

    monkeypatch.setattr(covering_list.CoveringListReader, "_with_rows", slow_export)
    plan, _, singly = await make_plan(sync_services, sync_sandbox, save_sync(sync_services))
    assert len(singly) == COUNT
    assert plan.target_reading is not None
    assert plan.target_reading.read_singly == COUNT
