"""What a sync costs: calls, time and memory, beside the official clients one record at a time."""

import math
import os
import time
from collections.abc import Callable
from typing import Any

from desktop.sync.sync_presets import HIGH_VALUE_TAGGING, SAILTHRU_TO_ZENDESK, ZENDESK_TO_SAILTHRU
from tests.bench.report import Figure
from tests.bench.sync_session import (
    ALL_KNOWN_ACCOUNT,
    CommandCost,
    SyncSession,
    count_write_calls,
    run_sync_session,
)
from tests.bench.window_during_sync import measure_window_during_sync
from tests.bench.window_session import ConnectionDocument

CUSTOMER_COUNT = 100_000
MANY_CUSTOMER_COUNT = 1_000_000
_OFFICIAL_CLIENT_RECORDS = 500
_LATENCY = ("--latency-ms", "80", "--rate-limits", "off")
# Calls a minute that are let through at most (contracts zendesk 12, sailthru 3); a run leaves a
# quarter of them to people.
_CALLS_A_MINUTE = {SAILTHRU_TO_ZENDESK: 2500, ZENDESK_TO_SAILTHRU: 36_000}
_RUN_SHARE = 0.75
BATCH_SIZE = 100


def measure(
    rounds: int, *, people: int = CUSTOMER_COUNT, many: int = MANY_CUSTOMER_COUNT
) -> list[Figure]:
    """Both directions, the same again with nothing changed, memory, and the official clients.

    `rounds`, when given, is the number of customers instead.
    """
    people, many = (rounds, rounds * 10) if rounds else (people, many)
    rows: list[Figure] = []
    rows += measure_sync_to_zendesk(people)
    rows += measure_sync_to_sailthru(people)
    rows += measure_plan_of_known_people(people)
    rows += measure_memory(people, many)
    rows += measure_window_during_sync(people)
    rows += measure_beside_official_clients(min(people, _OFFICIAL_CLIENT_RECORDS))
    return rows


def measure_sync_to_zendesk(people: int) -> list[Figure]:
    """Everybody on the smart list gets fields and a tag."""
    with run_sync_session(people) as stage:
        return _measure_two_runs(
            stage, SAILTHRU_TO_ZENDESK, lambda changed: math.ceil(changed / BATCH_SIZE)
        )


def measure_sync_to_sailthru(people: int) -> list[Figure]:
    """Everybody with the box gets a profile or values: one job."""
    with run_sync_session(people) as stage:
        return _measure_two_runs(
            stage, ZENDESK_TO_SAILTHRU, lambda changed: math.ceil(changed / 120_000)
        )


def measure_plan_of_known_people(people: int) -> list[Figure]:
    """A full plan to Sailthru where nothing changed: by an export of a list, and one by one."""
    name = ZENDESK_TO_SAILTHRU
    with run_sync_session(people, account=ALL_KNOWN_ACCOUNT) as stage:
        stage.run_command("sync", "add", "--preset", name, "--on")
        # The second run reads back what a job of the first may have written late.
        for _ in range(2):
            stage.run_command("sync", "run", name)
        by_export = stage.run_command("sync", "plan", name, "--full")
        stage.run_command("sync", "set", name, "covering_list=none")
        stage.new_requests()
        singly = stage.run_command("sync", "plan", name, "--full")
        reads = stage.new_requests()["GET /user"]
    told = by_export.output["read_by"]
    note = (
        f"{told['covered']:,} of {told['people']:,} on “{told['list']}”,"
        f" {told['read_singly']:,} read singly"
    )
    each_ms = 1000 * singly.cpu_s / max(1, reads)
    ratio = singly.cpu_s / by_export.cpu_s
    most_s = 60 * people / CUSTOMER_COUNT
    return [
        Figure(f"{name}: plan by export, processor", by_export.cpu_s, "s", most_s, note=note),
        Figure(f"{name}: plan one by one, processor", singly.cpu_s, "s"),
        Figure(f"{name}: one by one to by export", ratio, "×", 2, at_least=True),
        Figure(f"{name}: a single read, all of a plan counted", each_ms, "ms", 1.5),
    ]


def _measure_two_runs(stage: SyncSession, name: str, aim: Callable[[int], int]) -> list[Figure]:
    stage.run_command("sync", "add", "--preset", name, "--on", "--create")
    stage.new_requests()
    plan = stage.run_command("sync", "plan", name)
    ticked = plan.output["totals"]["create"] + plan.output["totals"]["update"]
    stage.new_requests()
    run = stage.run_command("sync", "run", name, "--plan", plan.output["plan"])
    asked = stage.new_requests()
    again = stage.run_command("sync", "run", name)
    second = stage.new_requests()
    changed = run.output["totals"]["created"] + run.output["totals"]["updated"]
    note = f"{changed:,} of {plan.output['read']:,} changed; {dict(asked.most_common(5))}"
    rows = [
        Figure(f"{name}: planned", plan.wall_s, "s", note=f"{plan.cpu_s:.1f} s of processor"),
        Figure(f"{name}: applied", run.wall_s, "s", note=f"{run.cpu_s:.1f} s of processor"),
        Figure(f"{name}: rows changed", changed, "", ticked, at_least=True),
        Figure(f"{name}: write calls", count_write_calls(asked), "", aim(changed), note=note),
        Figure(f"{name}: again, write calls", count_write_calls(second), "", 0),
        Figure(f"{name}: again", again.wall_s, "s", note=f"{dict(second.most_common(4))}"),
        Figure(f"{name}: memory", max(m.rss_mib for m in (plan, run, again)), "MiB"),
    ]
    return [*rows, _cpu_share(name, run, asked.total())]


def _cpu_share(name: str, run: CommandCost, calls: int) -> Figure:
    """How much of a core a run needs at the most calls the service ever lets it make."""
    each_s = run.cpu_s / max(1, calls)
    most = _CALLS_A_MINUTE[name] * _RUN_SHARE
    note = f"{each_s * 1000:.1f} ms a call, all of a run's work counted"
    return Figure(
        f"{name}: of one core at {most:,.0f} calls a minute",
        100 * each_s * most / 60,
        "%",
        note=note,
    )


def measure_memory(few: int, many: int) -> list[Figure]:
    """The source grows; what is held does not."""
    found = []
    for people in (few, many):
        # Nobody has so high a value: the whole source is read, and nobody is written.
        with run_sync_session(people, account="smart=100%,predictions=off") as stage:
            stage.run_command("sync", "add", "--preset", SAILTHRU_TO_ZENDESK, "--on", "--create")
            stage.run_command("sync", "add", "--preset", HIGH_VALUE_TAGGING, "--on", "--create")
            found.append(stage.run_command("sync", "plan", HIGH_VALUE_TAGGING, "--full"))
    small, large = found
    note = f"{small.rss_mib:.0f} MiB at {few:,}, {large.rss_mib:.0f} MiB at {many:,} source rows"
    return [Figure("memory, many to few", large.rss_mib / small.rss_mib, "×", 1.2, note=note)]


def measure_beside_official_clients(people: int) -> list[Figure]:
    """The same work at 80 ms a call: ours, and theirs one record after another."""
    rows = []
    for name, theirs in ((SAILTHRU_TO_ZENDESK, _zenpy_each), (ZENDESK_TO_SAILTHRU, _sailthru_each)):
        with run_sync_session(people, *_LATENCY) as stage:
            stage.run_command("sync", "add", "--preset", name, "--on", "--create")
            ours = stage.run_command("sync", "run", name)
            changed = ours.output["totals"]["created"] + ours.output["totals"]["updated"]
        with run_sync_session(people, *_LATENCY) as stage:
            took_s = theirs(stage.connection_document, min(50, changed)) * changed
        note = f"{changed} records: {ours.wall_s:.1f} s, official clients {took_s:.1f} s"
        ratio = took_s / ours.wall_s
        rows.append(Figure(f"{name}: official, times as slow", ratio, "×", 10, True, note))
    return rows


def _zenpy_each(said: ConnectionDocument, count: int) -> float:
    """Seconds a record: found by its address, changed, read back."""
    from zenpy import Zenpy

    zendesk = said["zendesk"]
    os.environ["ZENPY_FORCE_SCHEME"] = "http"
    os.environ["ZENPY_FORCE_NETLOC"] = zendesk["base_url"].removeprefix("http://")
    client: Any = Zenpy(
        subdomain="acme", email=zendesk["email"], token=zendesk["api_token"], disable_cache=True
    )
    people = [
        u for u in _first_records(client.users(), 4 * count) if u.role == "end-user" and u.email
    ]
    begun = time.perf_counter()
    for person in people[:count]:
        (found,) = list(client.users.search(query=f"email:{person.email}"))[:1]
        found.tags = [*found.tags, "bench"]
        client.users.update(found)
        client.users(id=found.id)
    return (time.perf_counter() - begun) / min(count, len(people))


def _sailthru_each(said: ConnectionDocument, count: int) -> float:
    """Seconds a record: read, posted, read back."""
    from sailthru.sailthru_client import SailthruClient

    told = said["sailthru"]
    client: Any = SailthruClient(told["api_key"], told["api_secret"], told["service_uri"])
    begun = time.perf_counter()
    for number in range(count):
        who = {"id": f"bench{number}@bench.example", "key": "email"}
        client.api_get("user", {**who, "fields": {"vars": 1, "keys": 1}})
        client.api_post("user", {**who, "vars": {"phone": str(number)}})
        client.api_get("user", {**who, "fields": {"vars": 1, "keys": 1}})
    return (time.perf_counter() - begun) / count


def _first_records(result: Any, count: int) -> list[Any]:
    found = []
    for item in result:
        found.append(item)
        if len(found) == count:
            break
    return found
