"""The sandbox services over one state, and the reset to how they began."""

from dataclasses import dataclass, field

from desktop.sandbox.credentials import SandboxCredentials
from desktop.sandbox.fault_rules import FaultRules, parse_fault_rule
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse
from desktop.sandbox.sailthru.service import SailthruSandbox
from desktop.sandbox.sell.service import SellSandbox
from desktop.sandbox.state import SandboxState
from desktop.sandbox.zendesk.service import ZendeskSandbox


@dataclass
class SandboxServices:
    """Holds the sandbox's services, so that a reset can replace them."""

    state: SandboxState
    credentials: SandboxCredentials
    sailthru: SailthruSandbox = field(init=False)
    zendesk: ZendeskSandbox = field(init=False)
    sell: SellSandbox = field(init=False)

    def __post_init__(self) -> None:
        self._create_services()

    def _create_services(self) -> None:
        self.sailthru = SailthruSandbox(self.state, self.credentials)
        self.zendesk = ZendeskSandbox(self.state, self.credentials)
        self.sell = SellSandbox(self.state, self.credentials)

    def handle_sailthru(self, request: SandboxRequest) -> SandboxResponse:
        """Answer a request as the sandbox's Sailthru."""
        return self.sailthru.handle(request)

    def handle_zendesk(self, request: SandboxRequest) -> SandboxResponse:
        """Answer a request as the sandbox's Zendesk."""
        return self.zendesk.handle(request)

    def handle_sell(self, request: SandboxRequest) -> SandboxResponse:
        """Answer a request as the sandbox's Zendesk Sell."""
        return self.sell.handle(request)

    def set_stale(self, seconds: float) -> None:
        """Let the sandbox's reads show records as before the writes of the last seconds."""
        self.sailthru.repository.profiles.stale_read_seconds = seconds
        self.zendesk.repository.users.stale_read_seconds = seconds
        self.zendesk.repository.tickets.stale_read_seconds = seconds
        for table in self.sell.repository.tables.values():
            table.stale_read_seconds = seconds

    def set_job_fault(self, service: str, kind: str) -> None:
        """Let new jobs of a sandbox service suffer `KIND=ARG`; an empty kind ends that."""
        if service == "sailthru":
            self.sailthru.repository.job_fault = kind
        elif service == "zendesk":
            self.zendesk.repository.job_fault = kind

    def reset(self) -> None:
        """Reset the sandbox: forget changes, jobs, tokens; flags and reference time stay."""
        state, options = self.state, self.state.options
        # "world" holds seed and reference time: the same people are there after a reset.
        state.store.clear(keep="world")
        state.job_queue.jobs.clear()
        state.request_counts.clear()
        state.set_account(options.account)
        state.rate_limit_factor, state.latency_s = options.rate_factor, options.latency_s
        state.fault_rules = FaultRules([parse_fault_rule(fault.spec) for fault in options.faults])
        self._create_services()
