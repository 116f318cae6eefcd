"""Which process holds a claimed row, and whether that process still lives."""

import itertools
import os
import sys
from pathlib import Path

_owner_counter = itertools.count(1)


def new_owner_id() -> str:
    """`pid:start:boot` of this process, and a number that no other caller in it is given.

    A recycled pid has another start or boot.
    """
    return f"{process_identity(os.getpid()) or f'{os.getpid()}::'}:{next(_owner_counter)}"


def process_identity(pid: int) -> str | None:
    """The identity of a running process, or None when there is none with this pid."""
    # A set, not a comparison: mypy would call the other platforms unreachable.
    return _linux_identity(pid) if sys.platform in {"linux"} else _portable_identity(pid)


def is_owner_alive(owner: str) -> bool:
    """Whether the process that wrote `owner` is still the one that runs under that pid."""
    parts = owner.split(":")
    pid = parts[0]
    return pid.isascii() and pid.isdigit() and process_identity(int(pid)) == ":".join(parts[:3])


def _linux_identity(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command name may hold spaces and brackets: count from its closing bracket.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        return None
    return f"{pid}:{fields[19]}:{boot}"


def _portable_identity(pid: int) -> str | None:
    # Without /proc only the pid is known; a recycled one is told apart when it is our own kind.
    if sys.platform in {"win32"}:
        return f"{pid}::" if _is_windows_process_alive(pid) else None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return f"{pid}::"


def _is_windows_process_alive(pid: int) -> bool:
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - absent elsewhere, so for mypy too
    handle = kernel.OpenProcess(0x1000, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == 259
