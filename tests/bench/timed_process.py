"""Runs a process to its end and says how long it took and how much memory it held."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ProcessCost:
    """Wall and processor time from its start to its exit, and the most memory it had resident."""

    wall_ms: float
    cpu_ms: float
    rss_mib: float


def run_timed(arguments: Sequence[str], env: dict[str, str]) -> ProcessCost:
    """Run Python with `arguments`. Raises RuntimeError when it fails."""
    return run_program([sys.executable, *arguments], env)


def run_program(command: Sequence[str], env: dict[str, str]) -> ProcessCost:
    """Run a program to its end. Raises RuntimeError when it fails."""
    merged = {**os.environ, **env}
    merged.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=merged, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    return ProcessCost(wall * 1000, cpu * 1000, usage.ru_maxrss / 1024)


@contextlib.contextmanager
def start_virtual_screen() -> Iterator[str | None]:
    """A screen of its own for as long as it is needed; None where there is no Xvfb."""
    program = shutil.which("Xvfb")
    if program is None:
        yield None
        return
    readable, writable = os.pipe()
    with open(os.devnull, "wb") as nowhere:
        screen = subprocess.Popen(
            [
                program,
                "-displayfd",
                str(writable),
                "-screen",
                "0",
                "1400x900x24",
                "-nolisten",
                "tcp",
            ],
            pass_fds=[writable],
            stdout=nowhere,
            stderr=nowhere,
        )
    os.close(writable)
    try:
        with os.fdopen(readable) as said:
            number = said.readline().strip()
        yield f":{number}" if number else None
    finally:
        screen.terminate()
        screen.wait()
