"""A sandbox with a crowd, a home on it, and runs as processes of their own that are measured."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.timed_process import ROOT
from tests.bench.window_session import ConnectionDocument
from tests.support.workspace_home import create_workspace_home

ALL_IN_SYNC_ACCOUNT = "box=100%,profile=80%,smart=100%,bulk_import=on"
ALL_KNOWN_ACCOUNT = "box=100%,profile=100%,smart=100%,bulk_import=on"


@dataclass(frozen=True)
class CommandCost:
    """A command to its end: seconds, the most memory it held, and what it printed."""

    wall_s: float
    cpu_s: float
    rss_mib: float
    output: dict[str, Any]


@dataclass
class SyncSession:
    """One sandbox and one workspace. `log` is the sandbox's own account of every request."""

    connection_document: ConnectionDocument
    home: Path
    log: Path
    log_offset: int = 0

    @property
    def run_environment(self) -> dict[str, str]:
        """What a run's process is given; its secrets are in the environment."""
        s, z = self.connection_document["sailthru"], self.connection_document["zendesk"]
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "FAIRLEAD_HOME": str(self.home),
            "FAIRLEAD_SAILTHRU_KEY": s["api_key"],
            "FAIRLEAD_SAILTHRU_SECRET": s["api_secret"],
            "FAIRLEAD_ZENDESK_EMAIL": z["email"],
            "FAIRLEAD_ZENDESK_TOKEN": z["api_token"],
            "FAIRLEAD_SELL_TOKEN": self.connection_document["sell"]["access_token"],
        }

    def start_command(self, *words: str) -> subprocess.Popen[str]:
        """`fairlead WORDS`, not waited for."""
        command = [sys.executable, "-m", "desktop", *words, "--json"]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=self.run_environment
        )

    def run_command(self, *words: str) -> CommandCost:
        """`fairlead WORDS` to its end. Raises RuntimeError when it fails."""
        begun = time.perf_counter()
        process = self.start_command(*words)
        assert process.stdout is not None
        # Not ru_maxrss: that begins with what this process held when it made the other.
        with ThreadPoolExecutor(1) as watcher:
            peak = watcher.submit(_watch_peak_memory, process.pid)
            out = process.stdout.read()
            process.stdout.close()
            _, status, usage = os.wait4(process.pid, 0)
        rss_mib = peak.result()
        process.returncode = os.waitstatus_to_exitcode(status)
        took = time.perf_counter() - begun
        if process.returncode not in (0, 3):
            raise RuntimeError(f"{words} ended with {process.returncode}: {out[:400]}")
        cpu = usage.ru_utime + usage.ru_stime
        return CommandCost(took, cpu, rss_mib, json.loads(out))

    def new_requests(self) -> Counter[str]:
        """The requests since the last time, by method and kind of path."""
        found: Counter[str] = Counter()
        with self.log.open(encoding="utf-8") as lines:
            lines.seek(self.log_offset)
            for line in lines:
                found[request_kind(json.loads(line))] += 1
            self.log_offset = lines.tell()
        return found


def _watch_peak_memory(pid: int) -> float:
    """The most memory (MiB) that a process had resident, asked until it has ended."""
    peak_kib = 0
    while True:
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:
            return peak_kib / 1024
        # The line is missing once a process has ended and waits to be collected.
        line = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        if line is None:
            return peak_kib / 1024
        peak_kib = int(line.split()[1])
        time.sleep(0.05)


def request_kind(request: dict[str, Any]) -> str:
    path = str(request["path"]).removesuffix(".json")
    if path.startswith("/job/") or "job_statuses" in path:
        return f"{request['method']} job status"
    if path == "/job" and request["method"] == "POST":
        return "POST export" if "export_list_data" in str(request["body"]) else "POST /job"
    return f"{request['method']} {path.removesuffix('/cursor')}"


def count_write_calls(asked: Counter[str]) -> int:
    """Calls that changed something; an export of a list is a job, and changes nothing."""
    return sum(
        n for kind, n in asked.items() if kind[:4] in ("POST", "PUT ") and "export" not in kind
    )


@contextlib.contextmanager
def run_sync_session(
    customers: int, *flags: str, account: str = ALL_IN_SYNC_ACCOUNT, sell: bool = False
) -> Iterator[SyncSession]:
    """The sandbox and a workspace set up on it, with Sell where asked for; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-sync-") as name:
        folder = Path(name)
        log = folder / "requests.jsonl"
        command = [
            sys.executable, "-m", "desktop.sandbox", "--customers", str(customers),
            "--account", account, "--log", str(log), *(flags or ("--rate-limits", "x100")),
        ]  # fmt: skip
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            create_workspace_home(folder / "home", said, **({"sell": said["sell"]} if sell else {}))
            yield SyncSession(said, folder / "home", log)
        finally:
            process.terminate()
            process.wait(20)
            if process.stdout is not None:
                process.stdout.close()
