"""Both services over one world, and the way back to how it began."""

from dataclasses import dataclass, field

from desktop.sandbox.call import Answer, Call
from desktop.sandbox.credentials import Credentials
from desktop.sandbox.fault import Faults, parse_fault
from desktop.sandbox.sailthru.service import Sailthru
from desktop.sandbox.world import World
from desktop.sandbox.zendesk.service import Zendesk


@dataclass
class Services:
    """The one place that holds the services, so that a reset can put new ones there."""

    world: World
    credentials: Credentials
    sailthru: Sailthru = field(init=False)
    zendesk: Zendesk = field(init=False)

    def __post_init__(self) -> None:
        self._build()

    def _build(self) -> None:
        self.sailthru = Sailthru(self.world, self.credentials)
        self.zendesk = Zendesk(self.world, self.credentials)

    def answer_sailthru(self, call: Call) -> Answer:
        """Answer as Sailthru."""
        return self.sailthru.answer(call)

    def answer_zendesk(self, call: Call) -> Answer:
        """Answer as Zendesk."""
        return self.zendesk.answer(call)

    def set_stale(self, seconds: float) -> None:
        """Let reads show what was there before the writes of the last seconds."""
        self.sailthru.book.profiles.stale_s = seconds
        self.zendesk.book.users.stale_s = seconds
        self.zendesk.book.tickets.stale_s = seconds

    def doom_job(self, service: str, kind: str) -> None:
        """Let the jobs made from now on get stuck or fail; an empty kind ends that."""
        if service == "sailthru":
            self.sailthru.book.doom = kind
        else:
            self.zendesk.book.doom = kind

    def reset(self) -> None:
        """Forget every change, job, token, count and switch; flags and dates stay."""
        world, options = self.world, self.world.options
        world.shelf.clear(keep="world")
        world.work.tasks.clear()
        world.requests.clear()
        world.switch(options.account)
        world.rate_factor, world.latency_s = options.rate_factor, options.latency_s
        world.faults = Faults([parse_fault(fault.spec) for fault in options.faults])
        self._build()
