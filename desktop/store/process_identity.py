"""Identifies a process across pid reuse, so that a claim on a row ends when its process does."""

import itertools
import os
import platform
import sys
from pathlib import Path

_owner_counter = itertools.count(1)


def new_owner_id() -> str:
    """Return `pid:start:boot:n`, which names this process in the claims of rows.

    A process that is given a recycled pid has another start or boot.
    """
    return f"{process_identity(os.getpid()) or f'{os.getpid()}::'}:{next(_owner_counter)}"


def process_identity(pid: int) -> str | None:
    """Return `pid:start:boot` of a running process that may own a claim, or None.

    `start` is empty where the system does not tell when another user's process has begun.
    """
    # A set, not a comparison: mypy would call the other platforms unreachable.
    return _linux_identity(pid) if sys.platform in {"linux"} else _portable_identity(pid)


def machine_id() -> str:
    """Return what tells this machine from others that have a copy of its files.

    Where the system tells no id of its own, its name stands for it.
    """
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip() or platform.node()
    except (OSError, ValueError):
        return platform.node()


def is_owner_alive(owner: str) -> bool:
    """Whether the process that claimed a row (`new_owner_id`) still runs under its pid."""
    pid, start, boot = [*owner.split(":"), "", ""][:3]
    if not (pid.isascii() and pid.isdigit()):
        return False
    identity = process_identity(int(pid))
    if identity is None:
        return False
    # Where either start is unknown the owner counts as alive: a claim that is kept too long
    # waits, one that is given up too early is sent twice.
    is_start_known = bool(start) and identity != f"{pid}::"
    return not is_start_known or identity == f"{pid}:{start}:{boot}"


def _linux_identity(pid: int) -> str | None:
    # Not psutil: its create_time is the boot time plus ticks, and the boot time that Linux tells
    # moves whenever the clock is set (psutil docs, Process.create_time). Ticks alone do not.
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command name may hold spaces and brackets: count from its closing bracket.
    fields = stat.rpartition(")")[2].split()
    # Zombie or dead: it does nothing any more, though its parent has not asked for its end yet.
    if fields[0] in ("Z", "X"):
        return None
    return f"{pid}:{fields[19]}:{boot}"


def _portable_identity(pid: int) -> str | None:
    # Here and not above: 10 ms of processor time, and Linux needs none of it.
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        # macOS and Windows keep the wall time of the start itself; no later clock change moves it.
        return f"{pid}:{process.create_time():.3f}:"
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return f"{pid}::"
