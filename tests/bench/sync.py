"""What a sync costs: calls, time and memory, beside the official clients one record at a time."""

import math
import os
import time
from collections.abc import Callable
from typing import Any

from desktop.sync.presets import HIGH_VALUE, TO_SAILTHRU, TO_ZENDESK
from tests.bench.report import Row
from tests.bench.stage import Said
from tests.bench.sync_beside import measure_beside
from tests.bench.sync_stage import Measured, SyncStage, sync_stage, writes

PEOPLE = 100_000
MANY = 1_000_000
_ONE_BY_ONE = 500
_LATENCY = ("--latency-ms", "80", "--rate-limits", "off")
# Calls a minute that are let through at most (contracts zendesk 12, sailthru 3); a run leaves a
# quarter of them to people.
_MOST = {TO_ZENDESK: 2500, TO_SAILTHRU: 36_000}
_SHARE = 0.75
HUNDRED = 100


def measure(rounds: int, *, people: int = PEOPLE, many: int = MANY) -> list[Row]:
    """Both directions, the same again with nothing changed, memory, and the official clients.

    `rounds`, when given, is the number of customers instead.
    """
    people, many = (rounds, rounds * 10) if rounds else (people, many)
    rows: list[Row] = []
    rows += to_zendesk(people)
    rows += to_sailthru(people)
    rows += memory(people, many)
    rows += measure_beside(people)
    rows += beside_official(min(people, _ONE_BY_ONE))
    return rows


def to_zendesk(people: int) -> list[Row]:
    """Everybody on the smart list gets fields and a tag."""
    with sync_stage(people) as stage:
        return _both(stage, TO_ZENDESK, lambda changed: math.ceil(changed / HUNDRED))


def to_sailthru(people: int) -> list[Row]:
    """Everybody with the box gets a profile or values: one job."""
    with sync_stage(people) as stage:
        return _both(stage, TO_SAILTHRU, lambda changed: math.ceil(changed / 120_000))


def _both(stage: SyncStage, name: str, aim: Callable[[int], int]) -> list[Row]:
    stage.run("sync", "add", "--preset", name, "--on", "--create")
    stage.asked()
    plan = stage.run("sync", "plan", name)
    ticked = plan.said["totals"]["create"] + plan.said["totals"]["update"]
    stage.asked()
    run = stage.run("sync", "run", name, "--plan", plan.said["plan"])
    asked = stage.asked()
    again = stage.run("sync", "run", name)
    second = stage.asked()
    changed = run.said["totals"]["created"] + run.said["totals"]["updated"]
    note = f"{changed:,} of {plan.said['read']:,} changed; {dict(asked.most_common(5))}"
    rows = [
        Row(f"{name}: planned", plan.wall_s, "s", note=f"{plan.cpu_s:.1f} s of processor"),
        Row(f"{name}: applied", run.wall_s, "s", note=f"{run.cpu_s:.1f} s of processor"),
        Row(f"{name}: rows changed", changed, "", ticked, at_least=True),
        Row(f"{name}: write calls", writes(asked), "", aim(changed), note=note),
        Row(f"{name}: again, write calls", writes(second), "", 0),
        Row(f"{name}: again", again.wall_s, "s", note=f"{dict(second.most_common(4))}"),
        Row(f"{name}: memory", max(m.rss_mib for m in (plan, run, again)), "MiB"),
    ]
    return [*rows, _share(name, run, asked.total())]


def _share(name: str, run: Measured, calls: int) -> Row:
    """How much of a core a run needs at the most calls the service ever lets it make."""
    each_s = run.cpu_s / max(1, calls)
    most = _MOST[name] * _SHARE
    note = f"{each_s * 1000:.1f} ms a call, all of a run's work counted"
    return Row(
        f"{name}: of one core at {most:,.0f} calls a minute",
        100 * each_s * most / 60,
        "%",
        note=note,
    )


def memory(few: int, many: int) -> list[Row]:
    """The source grows; what is held does not."""
    found = []
    for people in (few, many):
        # Nobody has so high a value: the whole source is read, and nobody is written.
        with sync_stage(people, account="smart=100%,predictions=off") as stage:
            stage.run("sync", "add", "--preset", TO_ZENDESK, "--on", "--create")
            stage.run("sync", "add", "--preset", HIGH_VALUE, "--on", "--create")
            found.append(stage.run("sync", "plan", HIGH_VALUE, "--full"))
    small, large = found
    note = f"{small.rss_mib:.0f} MiB at {few:,}, {large.rss_mib:.0f} MiB at {many:,} source rows"
    return [Row("memory, many to few", large.rss_mib / small.rss_mib, "×", 1.2, note=note)]


def beside_official(people: int) -> list[Row]:
    """The same work at 80 ms a call: ours, and theirs one record after another."""
    rows = []
    for name, theirs in ((TO_ZENDESK, _zenpy_each), (TO_SAILTHRU, _sailthru_each)):
        with sync_stage(people, *_LATENCY) as stage:
            stage.run("sync", "add", "--preset", name, "--on", "--create")
            ours = stage.run("sync", "run", name)
            changed = ours.said["totals"]["created"] + ours.said["totals"]["updated"]
        with sync_stage(people, *_LATENCY) as stage:
            took_s = theirs(stage.said, min(50, changed)) * changed
        note = f"{changed} records: {ours.wall_s:.1f} s, official clients {took_s:.1f} s"
        ratio = took_s / ours.wall_s
        rows.append(Row(f"{name}: official, times as slow", ratio, "×", 10, True, note))
    return rows


def _zenpy_each(said: Said, count: int) -> float:
    """Seconds a record: found by its address, changed, read back."""
    from zenpy import Zenpy

    zendesk = said["zendesk"]
    os.environ["ZENPY_FORCE_SCHEME"] = "http"
    os.environ["ZENPY_FORCE_NETLOC"] = zendesk["base_url"].removeprefix("http://")
    client: Any = Zenpy(
        subdomain="acme", email=zendesk["email"], token=zendesk["api_token"], disable_cache=True
    )
    people = [u for u in _first(client.users(), 4 * count) if u.role == "end-user" and u.email]
    begun = time.perf_counter()
    for person in people[:count]:
        (found,) = list(client.users.search(query=f"email:{person.email}"))[:1]
        found.tags = [*found.tags, "bench"]
        client.users.update(found)
        client.users(id=found.id)
    return (time.perf_counter() - begun) / min(count, len(people))


def _sailthru_each(said: Said, count: int) -> float:
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


def _first(result: Any, count: int) -> list[Any]:
    found = []
    for item in result:
        found.append(item)
        if len(found) == count:
            break
    return found
