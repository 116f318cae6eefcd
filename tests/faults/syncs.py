"""Every preset over people made for it, and what a witness sees of a plan that was applied."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from desktop.app.runs import runner_of, sync_names
from desktop.app.wiring import House
from desktop.model.condition import Condition, Test
from desktop.model.goal import Flows, Goal
from desktop.model.mapping import MappingRow, Operator
from desktop.model.plan import PlanRow, RowState
from desktop.model.run import Run, RunState
from desktop.store.plan_filter import RowFilter
from desktop.store.store import Store
from desktop.sync.presets import HIGH_VALUE, TICKETS, TO_SAILTHRU, TO_ZENDESK, preset
from desktop.sync.run import Asked
from desktop.writing.work import Checkpoint
from tests.faults.servers import Servers

LIST = "Loyal"
DOMAIN = "sync.example"
OURS = Condition("email", Test.HAS, f"@{DOMAIN}")
FLAGS = ("--account", "job_ms=20,bulk_import=on,withheld=0")
BY_POSTS = f"{TO_SAILTHRU} by posts"
SUMMED = f"{TICKETS} summed"
SUM = MappingRow("ticket_count", "vars.tickets", Operator.SUM)
ALL = (TICKETS, TO_SAILTHRU, BY_POSTS, TO_ZENDESK, HIGH_VALUE)
_TO_ZENDESK_FIELDS = ("sailthru_profile_id", "sailthru_engagement", "sailthru_optout")


@dataclass(frozen=True)
class Pair:
    """One customer in both services; `sid` is empty where Sailthru does not know them."""

    email: str
    person: int
    sid: str


def reset(servers: Servers) -> None:
    """The sandbox as it was started, with the fields that `sailthru-to-zendesk` writes."""
    servers.control("POST", "reset")
    for key in _TO_ZENDESK_FIELDS:
        field = {"key": key, "title": key, "type": "text"}
        status, body = servers.ask_zendesk(
            "POST", "/api/v2/user_fields.json", {"user_field": field}
        )
        assert status == 201, body


def people(servers: Servers, count: int, *, first: int = 0, unknown: int = 0) -> list[Pair]:
    """So many customers with a ticket each; Sailthru does not know the first `unknown` of them."""
    made = []
    for number in range(first, first + count):
        email = f"p{number}@{DOMAIN}"
        person = servers.make_person(
            email,
            name=f"Ada {number} Lovelace",
            phone=f"+155501{number:04}",
            user_fields={"sync_to_sailthru": True},
        )
        ticket(servers, person)
        sid = ""
        if number >= first + unknown:
            values = {"customer_value": 4, "shoe": number}
            sid = servers.make_profile(email, vars=values, lists={LIST: 1})
        made.append(Pair(email, person, sid))
    return made


def ticket(servers: Servers, person: int, **values: Any) -> int:
    """Somebody writes."""
    told = {"requester_id": person, "subject": "Hello", "comment": {"body": "Hello"}, **values}
    status, body = servers.ask_zendesk("POST", "/api/v2/tickets.json", {"ticket": told})
    assert status == 201, body
    return int(body["ticket"]["id"])


def goal_for(house: House, name: str, change: Callable[[Goal], Goal] = lambda g: g) -> Goal:
    """A preset over these people alone, checked and on."""
    made = preset({BY_POSTS: TO_SAILTHRU, SUMMED: TICKETS}.get(name, name), sync_names(house))
    made = replace(made, name=name.replace(" ", "-"), checked_at=1.0, on=True)
    if made.source.lists or name == HIGH_VALUE:
        made = replace(made, source=replace(made.source, lists=(LIST,)))
    else:
        where = (*made.source.where, OURS)
        made = replace(made, source=replace(made.source, where=where))
    if name == SUMMED:
        made = replace(made, mapping=(SUM,))
    if name == BY_POSTS:
        made = replace(made, flows=Flows.MAY_START)
    return house.store.goals.save(change(made), house.ground.clock.now())


async def run(
    house: House, goal: Goal, *, checkpoint: Checkpoint = lambda _name: None, **asked: Any
) -> Run:
    """One run of it, as `fairlead sync run` does it."""
    runner = runner_of(house, goal.name, checkpoint=checkpoint)
    return await runner.run(goal, Asked(goal.name, "Ada Admin", **asked))


def rows_of(store: Store, plan: str | None, chosen: RowFilter | None = None) -> list[PlanRow]:
    """Every row of a plan."""
    assert plan is not None
    return list(store.plans.rows(plan, chosen, limit=1_000_000))


def value_at(servers: Servers, row: PlanRow, field: str) -> Any:
    """What the witness sees in a plan's field."""
    kind, _, name = field.partition(".")
    if row.target_id.isdigit():
        person = servers.person(int(row.target_id))
        if kind == "tags":
            return name in person["tags"]
        return person["user_fields"].get(name) if kind == "user_fields" else person.get(field)
    profile = servers.profile(row.target_id or row.address)
    if profile is None:
        return None
    if kind == "lists":
        return name in (profile["lists"] or {})
    return profile["optout_email"] if kind == "optout" else (profile["vars"] or {}).get(name)


def troubles_of(store: Store, servers: Servers, run: Run) -> list[str]:
    """What is not as it must be after a run has come to its end; nothing is best."""
    found = [] if run.state is RunState.DONE else [f"ended {run.state.value}: {run.error}"]
    rows = rows_of(store, run.plan)
    if sum(run.totals.values()) != len(rows):
        found.append(f"{run.totals} is not the sum of {len(rows)} rows")
    written = [r for r in rows if was_written(r)]
    for row in rows:
        if not row.state.final:
            found.append(f"row {row.row} is left {row.state.value}")
        if row.fate.writes and row.ticked and row.state not in (*_WRITTEN, RowState.SAME):
            found.append(f"row {row.row} is {row.state.value}: {row.detail}")
    for row in written:
        for change in row.sent:
            now = value_at(servers, row, change.field)
            if now != change.new and str(now) != str(change.new):
                found.append(f"{row.label} {change.field}: {now!r}, not {change.new!r}")
    told = audited(store, run.goal)
    found += [
        f"{row.label} stands {told[row.target_id]} times in the history: row {row.row} {row.state}"
        for row in written
        if told[row.target_id] != 1
    ]
    if store.audit.verify().broken_at is not None:
        found.append("the history is broken")
    return found


def was_written(row: PlanRow) -> bool:
    """Whether a run wrote this row."""
    return row.fate.writes and row.state in _WRITTEN


_WRITTEN = (RowState.DONE, RowState.ACCEPTED)


def audited(store: Store, goal: str) -> Counter[str]:
    """How many rows of the history each target of this goal has."""
    return Counter(r.target for r in store.audit.rows(limit=1_000_000) if r.name == goal)


def requests(servers: Servers, since: int = 0) -> list[dict[str, Any]]:
    """What the app asked, in order, from that request on."""
    return [r for r in servers.logged() if not r["headers"].get("x-witness")][since:]


def writes(asked: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that change something; an export of a list is a job, and changes nothing."""
    return [
        r for r in asked if r["method"] != "GET" and "export_list_data" not in json.dumps(r["body"])
    ]
