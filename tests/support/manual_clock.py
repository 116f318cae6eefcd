"""Time that moves when told, and customers that nobody else uses."""

import asyncio
import itertools
import uuid

from tests.support.edit_cases import EditedCustomer, create_customer
from tests.support.sandbox_servers import SandboxServers


class ManualClock:
    """Moves only when told; whoever sleeps moves it."""

    def __init__(self, now: float = 1_780_000_000.0) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> float:
        """See `Clock`."""
        return self._now

    def monotonic(self) -> float:
        """See `Clock`."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        self._monotonic += seconds

    def set_wall_clock_back(self, seconds: float) -> None:
        """Somebody corrects the computer's clock; waits go on."""
        self._now -= seconds

    async def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


class CustomerFactory:
    """Makes customers that no other test has."""

    def __init__(self, servers: SandboxServers) -> None:
        self._servers = servers
        self._names = (f"{uuid.uuid4().hex[:12]}x{n}" for n in itertools.count())

    def new_email(self) -> str:
        return f"{next(self._names)}@town.example"

    def new_customer(self, kind: str) -> EditedCustomer:
        return create_customer(self._servers, kind, self.new_email())
