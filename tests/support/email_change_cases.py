"""A customer whose e-mail address is changed over the command line, and how far a change came."""

from collections.abc import Callable
from typing import Any

from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers

PROFILE_VARS = {"city": "Lisbon", "age": 41, "topics": ["bikes"]}


class AddressCustomer:
    """A customer of both services, and the address that they ask for."""

    def __init__(self, servers: SandboxServers, old: str, new: str) -> None:
        self._servers = servers
        self.old, self.new = old, new
        self.sid = servers.create_profile(
            old, vars=PROFILE_VARS, lists={"Newsletter": 1}, optout_email="basic"
        )
        self.user_id = servers.create_user(old)

    @property
    def profile(self) -> dict[str, Any]:
        found = self._servers.read_profile(self.sid)
        assert found is not None
        return found

    @property
    def addresses(self) -> dict[str, bool]:
        """The addresses of the Zendesk user, each with whether it is the primary one."""
        path = f"/api/v2/users/{self.user_id}/identities"
        identities = self._servers.zendesk_request("GET", path)[1]["identities"]
        return {item["value"]: item["primary"] for item in identities if item["type"] == "email"}


def change(fairlead: FairleadCommand, customer: AddressCustomer, *words: str) -> Any:
    """Run the command; returns its result."""
    return fairlead("edit", customer.old, "--email", customer.new, "--reason", "asked", *words)


def states(document: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["state"] for step in document["steps"]}


def stop_at(sandbox: SandboxServers, fault: str, change_it: Callable[[], Any]) -> Any:
    """Run a change against a fault, which is gone afterwards; returns what it printed."""
    sandbox.add_fault(fault, times=None)
    try:
        return change_it().json
    finally:
        sandbox.clear_faults()
