"""Every preset over people made for it, and what a witness sees of a plan that was applied."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names, build_runner
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.sync import FlowPolicy, OptInAttestation, Sync
from desktop.model.sync_plan import PlanRow, PlanRowState
from desktop.model.sync_run import Run, RunState
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.sync_presets import (
    HIGH_VALUE_TAGGING,
    SAILTHRU_TO_ZENDESK,
    TICKETS_TO_PROFILES,
    ZENDESK_TO_SAILTHRU,
    build_preset,
)
from desktop.sync.sync_runner import RunRequest
from desktop.writing.write_protocol import Checkpoint
from tests.support.sandbox_servers import SandboxServers

LIST_NAME = "Loyal"
DOMAIN = "sync.example"
ONLY_TEST_CUSTOMERS = FieldCondition("email", ConditionOperator.HAS, f"@{DOMAIN}")
SANDBOX_FLAGS = ("--account", "job_ms=20,bulk_import=on,withheld=0")
TO_SAILTHRU_BY_POSTS = f"{ZENDESK_TO_SAILTHRU} by posts"
TICKETS_INCREMENTED = f"{TICKETS_TO_PROFILES} summed"
ATTESTED = OptInAttestation(email=True, attested_by="Ada", attested_at=1.0)
INCREMENT_MAPPING = MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM)
ALL_PRESETS = (
    TICKETS_TO_PROFILES,
    ZENDESK_TO_SAILTHRU,
    TO_SAILTHRU_BY_POSTS,
    SAILTHRU_TO_ZENDESK,
    HIGH_VALUE_TAGGING,
)
_TO_ZENDESK_FIELDS = ("sailthru_profile_id", "sailthru_engagement", "sailthru_optout")


@dataclass(frozen=True)
class CustomerPair:
    """One customer in both services; `sid` is empty where Sailthru does not know them."""

    email: str
    user_id: int
    sid: str


def reset_sandbox(servers: SandboxServers) -> None:
    """The sandbox as it was started, with the fields that `sailthru-to-zendesk` writes."""
    servers.control("POST", "reset")
    for key in _TO_ZENDESK_FIELDS:
        field = {"key": key, "title": key, "type": "text"}
        status, body = servers.zendesk_request(
            "POST", "/api/v2/user_fields.json", {"user_field": field}
        )
        assert status == 201, body


def create_customers(
    servers: SandboxServers, count: int, *, first: int = 0, unknown: int = 0
) -> list[CustomerPair]:
    """So many customers with a ticket each; Sailthru does not know the first `unknown` of them."""
    made = []
    for number in range(first, first + count):
        email = f"p{number}@{DOMAIN}"
        person = servers.create_user(
            email,
            name=f"Ada {number} Lovelace",
            phone=f"+155501{number:04}",
            user_fields={"sync_to_sailthru": True},
        )
        create_ticket(servers, person)
        sid = ""
        if number >= first + unknown:
            values = {"customer_value": 4, "shoe": number}
            sid = servers.create_profile(email, vars=values, lists={LIST_NAME: 1})
        made.append(CustomerPair(email, person, sid))
    return made


def create_ticket(servers: SandboxServers, person: int, **values: Any) -> int:
    """Somebody writes."""
    told = {"requester_id": person, "subject": "Hello", "comment": {"body": "Hello"}, **values}
    status, body = servers.zendesk_request("POST", "/api/v2/tickets.json", {"ticket": told})
    assert status == 201, body
    return int(body["ticket"]["id"])


def save_preset(
    house: WorkspaceServices, name: str, change: Callable[[Sync], Sync] = lambda g: g
) -> Sync:
    """A preset over these people alone, checked and on."""
    made = build_preset(
        {TO_SAILTHRU_BY_POSTS: ZENDESK_TO_SAILTHRU, TICKETS_INCREMENTED: TICKETS_TO_PROFILES}.get(
            name, name
        ),
        build_preset_names(house),
    )
    made = replace(made, name=name.replace(" ", "-"), checked_at=1.0, on=True)
    if made.source.lists or name == HIGH_VALUE_TAGGING:
        made = replace(made, source=replace(made.source, lists=(LIST_NAME,)))
    else:
        where = (*made.source.where, ONLY_TEST_CUSTOMERS)
        made = replace(made, source=replace(made.source, where=where))
    if name == TICKETS_INCREMENTED:
        made = replace(made, mapping=(INCREMENT_MAPPING,))
    if name == TO_SAILTHRU_BY_POSTS:
        made = replace(made, flows=FlowPolicy.MAY_START)
    return house.store.syncs.save.blocking(change(made), house.context.clock.now())


async def run_sync(
    house: WorkspaceServices,
    goal: Sync,
    *,
    checkpoint: Checkpoint = lambda _name: None,
    **asked: Any,
) -> Run:
    """One run of it, as `fairlead sync run` does it."""
    runner = build_runner(house, goal.name, checkpoint=checkpoint)
    return await runner.run(goal, RunRequest(goal.name, "Ada Admin", **asked))


def plan_rows(
    store: WorkspaceStore, plan: str | None, chosen: PlanRowFilter | None = None
) -> list[PlanRow]:
    """Every row of a plan."""
    assert plan is not None
    return list(store.plans.list_rows.blocking(plan, chosen, limit=1_000_000))


def read_target_value(servers: SandboxServers, row: PlanRow, field: str) -> Any:
    """What the witness sees in a plan's field."""
    kind, _, name = field.partition(".")
    if row.target_id.isdigit():
        person = servers.read_user(int(row.target_id))
        if kind == "tags":
            return name in person["tags"]
        return person["user_fields"].get(name) if kind == "user_fields" else person.get(field)
    profile = servers.read_profile(row.target_id or row.address)
    if profile is None:
        return None
    if kind == "lists":
        return name in (profile["lists"] or {})
    return profile["optout_email"] if kind == "optout" else (profile["vars"] or {}).get(name)


def check_finished_run(store: WorkspaceStore, servers: SandboxServers, run: Run) -> list[str]:
    """What is not as it must be after a run has come to its end; nothing is best."""
    found = [] if run.state is RunState.DONE else [f"ended {run.state.value}: {run.error}"]
    rows = plan_rows(store, run.plan)
    if sum(run.totals.values()) != len(rows):
        found.append(f"{run.totals} is not the sum of {len(rows)} rows")
    written = [r for r in rows if is_written(r)]
    for row in rows:
        if not row.state.is_final:
            found.append(f"row {row.row} is left {row.state.value}")
        if (
            row.fate.is_written
            and row.ticked
            and row.state not in (*_WRITTEN_STATES, PlanRowState.SAME)
        ):
            found.append(f"row {row.row} is {row.state.value}: {row.detail}")
    for row in written:
        for change in row.changes_to_send:
            now = read_target_value(servers, row, change.field)
            if now != change.new and str(now) != str(change.new):
                found.append(f"{row.label} {change.field}: {now!r}, not {change.new!r}")
    told = count_audit_rows(store, run.sync)
    found += [
        f"{row.label} stands {told[row.target_id]} times in the history: row {row.row} {row.state}"
        for row in written
        if told[row.target_id] != 1
    ]
    if store.audit.verify_chain.blocking().first_broken_seq is not None:
        found.append("the history is broken")
    return found


def is_written(row: PlanRow) -> bool:
    """Whether a run wrote this row."""
    return row.fate.is_written and row.state in _WRITTEN_STATES


_WRITTEN_STATES = (PlanRowState.DONE, PlanRowState.ACCEPTED)


def count_audit_rows(store: WorkspaceStore, goal: str) -> Counter[str]:
    """How many rows of the audit tell of what this sync wrote, by target."""
    entries = store.audit.list_entries.blocking(limit=1_000_000)
    return Counter(r.target for r in entries if (r.kind, r.name) == ("sync", goal))


def app_requests(servers: SandboxServers, since: int = 0) -> list[dict[str, Any]]:
    """What the app asked, in order, from that request on."""
    return [r for r in servers.logged_requests() if not r["headers"].get("x-witness")][since:]


def write_requests(asked: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that change something; an export of a list is a job, and changes nothing."""
    return [
        r for r in asked if r["method"] != "GET" and "export_list_data" not in json.dumps(r["body"])
    ]
