"""`fairlead bounce`: the opt-out is kept over an address that is set Valid in Sailthru."""

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


class BouncedCustomer:
    """A customer whose mail bounces, opted out of marketing."""

    def __init__(self, servers: SandboxServers, email: str, level: str) -> None:
        self._servers = servers
        self.email = email
        self.sid = servers.create_profile(email, optout_email=level)
        self.set_status("hardbounce")

    def set_status(self, status: str) -> None:
        """What a colleague sets in Sailthru's own window."""
        self._servers.control("POST", "mail-status", {"email": self.email, "status": status})

    @property
    def level(self) -> str:
        profile = self._servers.read_profile(self.sid)
        assert profile is not None
        return str(profile["optout_email"])


@pytest.fixture
def bounced(sandbox: SandboxServers, customers: CustomerFactory) -> BouncedCustomer:
    return BouncedCustomer(sandbox, customers.new_email(), "basic")


@pytest.mark.parametrize("level", ["none", "basic", "all"])
def test_optout_is_remembered_and_set_again_once_the_address_is_valid(
    as_agent: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory, level: str
) -> None:
    bounced = BouncedCustomer(sandbox, customers.new_email(), level)
    told = as_agent("bounce", bounced.email)
    assert told.exit_code == 3
    assert "set its e-mail status to Valid" in told.stdout
    assert as_agent("bounce", "--list", "--json").json["repairs"] == [], "nothing was begun"
    begun = as_agent("bounce", bounced.email, "--repair", "--json")
    assert (begun.exit_code, begun.json["state"]) == (3, "waiting")
    assert begun.json["repair"]["level"] == level
    # Asked again before it is Valid: the level is still kept.
    assert as_agent("bounce", bounced.email, "--repair").exit_code == 3
    bounced.set_status("valid")
    assert bounced.level == "none", "Sailthru takes the opt-out away"
    done = as_agent("bounce", bounced.email, "--repair", "--json")
    assert (done.exit_code, done.json["state"]) == (0, "done"), done.stdout
    assert bounced.level == level
    assert as_agent("bounce", "--list", "--json").json["repairs"] == []
    assert as_agent("bounce", bounced.email, "--json").json["state"] == "not needed"


def test_repair_does_not_undo_a_level_that_was_chosen_since(
    fairlead: FairleadCommand, bounced: BouncedCustomer
) -> None:
    fairlead("bounce", bounced.email, "--repair")
    bounced.set_status("valid")
    stricter = ("--optout", "basic", "--reason", "asked")
    assert fairlead("edit", bounced.email, *stricter).exit_code == 0
    opened = ("--optout", "none", "--reason", "asked for mail", "--ticket", "7")
    assert fairlead("edit", bounced.email, *opened).exit_code == 0
    left = fairlead("bounce", bounced.email, "--repair", "--json")
    assert (left.exit_code, left.json["state"]) == (3, "left")
    assert bounced.level == "none"


def test_repair_keeps_a_stricter_level_set_meanwhile(
    fairlead: FairleadCommand, sandbox: SandboxServers, bounced: BouncedCustomer
) -> None:
    fairlead("bounce", bounced.email, "--repair")
    bounced.set_status("valid")
    sandbox.write_profile(bounced.sid, optout_email="all")
    assert fairlead("bounce", bounced.email, "--repair").exit_code == 0
    assert bounced.level == "all"


def test_repair_is_given_up(fairlead: FairleadCommand, bounced: BouncedCustomer) -> None:
    fairlead("bounce", bounced.email, "--repair")
    assert fairlead("bounce", bounced.email, "--forget", "--json").json["state"] == "bounced"
    bounced.set_status("valid")
    assert fairlead("bounce", bounced.email).exit_code == 0
    assert bounced.level == "none"
    assert fairlead("bounce", bounced.email, "--forget").exit_code == 3
    told = fairlead("audit", "--customer", bounced.email, "--json").json["rows"]
    assert [(row["new"], row["actor"]) for row in told if row["kind"] == "bounce_repair"] == [
        ({"level": "basic", "state": "Given up"}, "Ada Admin"),
        ({"level": "basic", "state": "Begun"}, "Ada Admin"),
    ]


def test_repair_waits_for_sailthru_and_goes_on(
    fairlead: FairleadCommand, sandbox: SandboxServers, bounced: BouncedCustomer
) -> None:
    fairlead("bounce", bounced.email, "--repair")
    bounced.set_status("valid")
    sandbox.add_fault("sailthru:POST /user:429=1", times=None)
    waiting = fairlead("bounce", bounced.email, "--repair", "--json")
    sandbox.clear_faults()
    assert (waiting.exit_code, waiting.json["state"]) == (4, "applying")
    fairlead("outbox", "retry", "1")
    assert fairlead("bounce", bounced.email, "--repair").exit_code == 0
    assert bounced.level == "basic"
    assert fairlead("bounce", bounced.email, "--repair").exit_code != 0, "nothing bounces"


def test_repair_needs_a_bounce_and_the_right(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    refused = fairlead("bounce", email, "--repair", "--json")
    assert refused.exit_code == 3
    assert "does not bounce" in refused.json["error"]["title"]
