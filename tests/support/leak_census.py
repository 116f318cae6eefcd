"""Counts what a process holds between rounds of the same work, and names what grows with them."""

import asyncio
import ctypes
import gc
import itertools
import sys
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What is kept of two changes has some 150 Nones; each signal of PySide6 6.12 lost one, or a True,
# and a round emits hundreds.
_REFERENCES_PER_ROUND = 300
_PACKAGE = "desktop."
OPEN_FILES = Path("/proc/self/fd")  # of Linux alone


@dataclass(frozen=True)
class LeakCensus:
    """What a process holds: counts by what they are of, and references to None and True."""

    held: Mapping[str, int]
    references: Mapping[str, int]


def take_census() -> LeakCensus:
    """Count tasks of the running loop, threads, open files, and objects of our classes."""
    gc.collect()
    kinds = Counter(type(one) for one in gc.get_objects())
    ours = {kind: n for kind, n in kinds.items() if kind.__module__.startswith(_PACKAGE)}
    held = Counter({_object_key(kind.__qualname__): n for kind, n in ours.items()})
    held["tasks"] = len(asyncio.all_tasks())
    held["threads"] = threading.active_count()
    if OPEN_FILES.is_dir():
        # The folder itself is open while it is listed, each time.
        held["open files"] = len(list(OPEN_FILES.iterdir()))
    references = {"None": sys.getrefcount(None), "True": sys.getrefcount(True)}
    return LeakCensus(held, references)


def _object_key(kind: str) -> str:
    return f"objects {kind}"


def find_leaks(
    censuses: Sequence[LeakCensus], rounds: int, expected: Collection[str] = ()
) -> list[str]:
    """Name what grew in every stretch between two censuses, by half of its `rounds` or more.

    A cache that fills up stops growing; what is kept of each round, or lost with it, does not.
    `expected` are classes of ours whose objects are kept on purpose.
    """
    stretches = list(itertools.pairwise(censuses))
    kept = {_object_key(kind) for kind in expected}
    names = {name for census in censuses for name in census.held} - kept
    found = []
    for name in sorted(names):
        grown = [after.held.get(name, 0) - before.held.get(name, 0) for before, after in stretches]
        if min(grown) * 2 >= rounds:
            found.append(f"{name}: {grown} more in stretches of {rounds} rounds")
    for name in ("None", "True"):
        moved = [after.references[name] - before.references[name] for before, after in stretches]
        if min(map(abs, moved)) >= _REFERENCES_PER_ROUND * rounds:
            found.append(f"references to {name}: {moved} in stretches of {rounds} rounds")
    return found


def lose_references_to_none(count: int) -> None:
    """Keep so many references to None for ever, as a faulty extension does."""
    for _ in range(count):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))
