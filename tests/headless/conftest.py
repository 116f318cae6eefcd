"""What several rooms share: a real sandbox process, a workspace connected to it, a manual clock."""

import asyncio
import itertools
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.wiring import House
from desktop.kit.clock import Clock
from tests.faults.home import make_home, opened
from tests.faults.kinds import Subject, make_subject
from tests.faults.servers import Servers


class ManualClock:
    """Moves only when told; whoever sleeps moves it."""

    def __init__(self, now: float = 1_780_000_000.0) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds

    def set_back(self, seconds: float) -> None:
        """Somebody corrects the computer's clock; waits go on."""
        self._now -= seconds

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    log = tmp_path_factory.mktemp("sandbox") / "requests.jsonl"
    servers = Servers("--customers", "0", log=log)
    yield servers
    servers.stop()


@pytest.fixture
def servers(serving: Servers) -> Iterator[Servers]:
    """Without the faults of the test before."""
    serving.quiet()
    yield serving
    serving.quiet()


@pytest.fixture(scope="session")
def set_up_once(serving: Servers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "home"
    make_home(folder, serving.document)
    return folder


@pytest.fixture
def home(set_up_once: Path, tmp_path: Path) -> Path:
    """A home of the test's own with a workspace connected to the sandbox."""
    folder = tmp_path / "home"
    shutil.copytree(set_up_once, folder)
    return folder


@pytest_asyncio.fixture
async def house(home: Path, servers: Servers, clock: Clock) -> AsyncIterator[House]:
    """The connected house of that home, as an admin, with a manual clock."""
    async with opened(home, servers.document, clock=clock) as found:
        yield found


class Town:
    """Makes customers that no other test has."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._names = (f"{uuid.uuid4().hex[:12]}x{n}" for n in itertools.count())

    def email(self) -> str:
        return f"{next(self._names)}@town.example"

    def subject(self, kind: str) -> Subject:
        return make_subject(self._servers, kind, self.email())


@pytest.fixture
def town(servers: Servers) -> Town:
    return Town(servers)
