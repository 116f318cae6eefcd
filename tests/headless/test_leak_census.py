"""What the soak calls a leak: each kind of it is found, and a cache that fills up is none."""

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest

from desktop.model.lookup_query import LookupQuery, parse_lookup_query
from tests.support.leak_census import (
    OPEN_FILES,
    find_leaks,
    lose_references_to_none,
    take_census,
)

_ROUNDS, _STRETCHES = 6, 3
_ON_LINUX = pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="open files are listed on Linux")
_COUNTED = pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is counted no more")


@dataclass
class _Keeper:
    """What rounds leave behind, until the test ends."""

    ended: threading.Event = field(default_factory=threading.Event)
    files: list[BinaryIO] = field(default_factory=list)
    tasks: list[asyncio.Task[object]] = field(default_factory=list)
    queries: list[LookupQuery] = field(default_factory=list)

    def keep_task(self) -> None:
        self.tasks.append(asyncio.ensure_future(asyncio.Event().wait()))

    def keep_thread(self) -> None:
        threading.Thread(target=self.ended.wait, daemon=True).start()

    def keep_file(self) -> None:
        self.files.append(Path("/dev/null").open("rb"))  # noqa: SIM115 - it stays open

    def keep_object(self) -> None:
        self.queries.append(parse_lookup_query("#48213"))

    def lose_references(self) -> None:
        lose_references_to_none(400)

    def fill_cache(self) -> None:
        """Keep ten at most."""
        self.keep_object()
        del self.queries[10:]

    def keep_nothing(self) -> None:
        parse_lookup_query("#48213")


@pytest.fixture(autouse=True)
def small_census() -> None:
    """Leave out what other tests hold: after thousands of them each census takes seconds."""
    gc.collect()
    gc.freeze()


async def _find(act: Callable[[], None], expected: tuple[str, ...] = ()) -> list[str]:
    censuses = [take_census()]
    for _ in range(_STRETCHES):
        for _ in range(_ROUNDS):
            act()
            await asyncio.sleep(0)
        censuses.append(take_census())
    return find_leaks(censuses, _ROUNDS, expected)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("keep_task", "tasks: "),
        ("keep_thread", "threads: "),
        pytest.param("keep_file", "open files: ", marks=_ON_LINUX),
        ("keep_object", "objects LookupQuery: "),
        pytest.param("lose_references", "references to None: ", marks=_COUNTED),
        ("fill_cache", ""),
        ("keep_nothing", ""),
    ],
)
async def test_what_every_round_leaves_behind_is_found(name: str, words: str) -> None:
    keeper = _Keeper()
    try:
        found = await _find(getattr(keeper, name))
        wanted = await _find(keeper.keep_object, ("LookupQuery",))
    finally:
        keeper.ended.set()
        for file in keeper.files:
            file.close()
        for task in keeper.tasks:
            task.cancel()
    assert [one[: len(words)] for one in found] == ([words] if words else [])
    assert wanted == []
