"""Keeps secrets in memory from reaching the disk: no core dumps, no reading by others."""

import contextlib
import sys


def harden_process() -> None:
    """Ask the system for it; where it cannot be had, go on without."""
    if sys.platform in {"win32"}:
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform in {"linux"}:
        _forbid_process_dumps()


def _forbid_process_dumps() -> None:
    import ctypes

    pr_set_dumpable = 4
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)
