"""`fairlead events`: the cost of intake, triggers and simulation, and the rate of a delivery."""

import json
import math
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.events.default_actions import DEFAULT_ACTIONS
from desktop.events.simulation import compile_actions
from tests.bench.event_file import make_events, write_event_file
from tests.bench.report import Figure
from tests.bench.timed_process import run_timed
from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

DEFAULT_LINES = 100_000
_MILLION = 1_000_000
_LONGEST_S = 180.0
_MOST_MIB = 150.0
_US_PER_TRIGGER = 5.0
# Lines of a delivery: some four minutes at the limit of the smallest plan.
_DELIVERED_LINES = 420
_ESTIMATED_LINES = 600
_WINDOW_S = 60


def measure(rounds: int, lines: int = DEFAULT_LINES) -> list[Figure]:
    """Simulate so many lines in a process of its own, then deliver some at a real rate limit."""
    del rounds
    with TemporaryDirectory() as folder:
        return [
            *_measure_simulation(Path(folder), lines),
            _measure_triggers(),
            _measure_estimate(Path(folder)),
            *_measure_rate(Path(folder)),
        ]


def _measure_simulation(folder: Path, lines: int) -> list[Figure]:
    file = write_event_file(folder / "events.jsonl", lines)
    empty = write_event_file(folder / "empty.jsonl", 0)
    module = ("-m", "tests.bench.event_simulation")
    bare = run_timed([*module, str(empty)], {})
    cost = run_timed([*module, str(file)], {})
    file.unlink()
    cpu_s = (cost.cpu_ms - bare.cpu_ms) / 1_000
    scaled = cpu_s * _MILLION / lines
    return [
        Figure(
            "a million lines taken in and simulated, processor time",
            scaled,
            "s",
            _LONGEST_S,
            note=f"{lines:,} lines took {cpu_s:.1f} s, {cpu_s / lines * 1e6:.0f} µs each",
        ),
        Figure(
            "memory of it",
            cost.rss_mib,
            "MiB",
            _MOST_MIB,
            note=f"{cost.rss_mib / bare.rss_mib:.2f} × of no lines",
        ),
    ]


def _measure_triggers() -> Figure:
    triggers = [action.trigger for action in compile_actions(DEFAULT_ACTIONS)]
    events = list(make_events(2_000))
    best = math.inf
    for _ in range(5):
        begun = time.process_time()
        for event in events:
            for trigger in triggers:
                trigger.matches(event)
        best = min(best, time.process_time() - begun)
    each = best / (len(events) * len(triggers)) * 1e6
    return Figure("one trigger judged", each, "µs", _US_PER_TRIGGER)


def _measure_estimate(folder: Path) -> Figure:
    with _Desk(folder / "estimate", "--rate-limits", "off") as desk:
        simulated = desk.simulate(_ESTIMATED_LINES)
        before = desk.count_calls()
        desk.deliver(_ESTIMATED_LINES)
        taken = desk.count_calls() - before
    estimated = simulated["estimate"]["calls"]
    off = abs(estimated - taken) / taken
    return Figure(
        "calls of a delivery, off the estimate",
        off,
        "",
        0.2,
        note=f"{estimated:,} estimated, {taken:,} made",
    )


def _measure_rate(folder: Path) -> list[Figure]:
    with _Desk(folder / "rate", "--rate-limits", "real", "--account", "plan=team") as desk:
        desk.deliver(_DELIVERED_LINES)
        windows = desk.calls_by_window()
        limit = desk.limit
    whole = [count for _, count in sorted(windows.items())][1:-1]
    allowed = limit * (1 - INTERACTIVE_SHARE)
    used = sum(whole) / (allowed * len(whole)) if whole else 0.0
    return [
        Figure(
            "calls a minute of a limited delivery, of those it may make",
            used,
            "",
            0.95,
            at_least=True,
            note=f"{whole} in whole windows, of {allowed:.0f}; limit {limit}",
        )
    ]


class _Desk:
    """A sandbox and a workspace that delivers events to it."""

    def __init__(self, folder: Path, *flags: str) -> None:
        folder.mkdir()
        self._log = folder / "requests.jsonl"
        # What the set-up asks is not limited, so that the windows begin with the delivery.
        self.servers = SandboxServers("--customers", "0", *flags, log=self._log)
        create_workspace_home(folder / "home", self.servers.connection_document)
        document = self.servers.connection_document
        self.fairlead = FairleadCommand(folder / "home", document, keyring=False)

    def __enter__(self) -> "_Desk":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.servers.stop()

    def simulate(self, lines: int) -> Any:
        """What `events simulate` says of so many lines."""
        return self.fairlead("events", "simulate", "-", "--json", stdin=_text(lines)).json

    def deliver(self, lines: int) -> None:
        """Deliver so many lines. Raises RuntimeError where a line is not done."""
        done = self.fairlead("events", "deliver", "-", "--json", stdin=_text(lines))
        totals = done.json["totals"]
        if totals["waiting"]:
            raise RuntimeError(f"The delivery did not end: {totals}")

    def count_calls(self) -> int:
        """How many calls to Zendesk there were."""
        return len(self._calls())

    def calls_by_window(self) -> Counter[int]:
        """How many calls to Zendesk were answered well in each minute of the clock."""
        return Counter(int(one["at"] // _WINDOW_S) for one in self._calls() if one["status"] < 400)

    @property
    def limit(self) -> int:
        """The calls a minute that the account may make."""
        from desktop.sandbox.account_options import CALLS_A_MINUTE_BY_PLAN

        return CALLS_A_MINUTE_BY_PLAN["team"]

    def _calls(self) -> list[dict[str, Any]]:
        lines = self._log.read_text("utf-8").splitlines()
        found = (json.loads(line) for line in lines)
        return [one for one in found if one.get("service") == "zendesk"]


def _text(lines: int) -> str:
    return "".join(json.dumps(event) + "\n" for event in make_events(lines))
