"""Both services over one world, and the way back to how it began."""

from dataclasses import dataclass, field

from desktop.sandbox.credentials import SandboxCredentials
from desktop.sandbox.fault_rules import FaultRules, parse_fault_rule
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse
from desktop.sandbox.sailthru.service import SailthruSandbox
from desktop.sandbox.state import SandboxState
from desktop.sandbox.zendesk.service import ZendeskSandbox


@dataclass
class SandboxServices:
    """The one place that holds the services, so that a reset can put new ones there."""

    state: SandboxState
    credentials: SandboxCredentials
    sailthru: SailthruSandbox = field(init=False)
    zendesk: ZendeskSandbox = field(init=False)

    def __post_init__(self) -> None:
        self._create_services()

    def _create_services(self) -> None:
        self.sailthru = SailthruSandbox(self.state, self.credentials)
        self.zendesk = ZendeskSandbox(self.state, self.credentials)

    def handle_sailthru(self, request: SandboxRequest) -> SandboxResponse:
        """Answer as Sailthru."""
        return self.sailthru.handle(request)

    def handle_zendesk(self, request: SandboxRequest) -> SandboxResponse:
        """Answer as Zendesk."""
        return self.zendesk.handle(request)

    def set_stale(self, seconds: float) -> None:
        """Let reads show what was there before the writes of the last seconds."""
        self.sailthru.repository.profiles.stale_read_seconds = seconds
        self.zendesk.repository.users.stale_read_seconds = seconds
        self.zendesk.repository.tickets.stale_read_seconds = seconds

    def set_job_fault(self, service: str, kind: str) -> None:
        """Let the jobs made from now on get stuck or fail; an empty kind ends that."""
        if service == "sailthru":
            self.sailthru.repository.job_fault = kind
        else:
            self.zendesk.repository.job_fault = kind

    def reset(self) -> None:
        """Forget every change, job, token, count and switch; flags and dates stay."""
        world, options = self.state, self.state.options
        world.store.clear(keep="world")
        world.job_queue.jobs.clear()
        world.request_counts.clear()
        world.set_account(options.account)
        world.rate_limit_factor, world.latency_s = options.rate_factor, options.latency_s
        world.fault_rules = FaultRules([parse_fault_rule(fault.spec) for fault in options.faults])
        self._create_services()
