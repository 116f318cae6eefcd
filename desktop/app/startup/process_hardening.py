"""Keeps secrets in memory off the disk: no core dumps, no reading by other processes."""

import contextlib
import sys

# prctl(2): a process that is not dumpable cannot be traced, nor its /proc/PID/mem be read.
_PR_SET_DUMPABLE = 4


def harden_process() -> None:
    """Switch the process's core dumps (POSIX) and debugger access (Linux) off, where it may."""
    if sys.platform in {"win32"}:
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform in {"linux"}:
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
