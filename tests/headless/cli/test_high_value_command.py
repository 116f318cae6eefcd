"""`fairlead edit --high-value`: the tag of one customer in Zendesk, checked over the sandbox."""

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

TAG = "sailthru_highvalue"


class TaggedCustomer:
    """A Zendesk user with tags of its own."""

    def __init__(self, servers: SandboxServers, email: str) -> None:
        self._servers = servers
        self.email = email
        self.user_id = servers.create_user(email, tags=["vip", "berlin"])

    @property
    def tags(self) -> set[str]:
        path = f"/api/v2/users/{self.user_id}"
        return set(self._servers.zendesk_request("GET", path)[1]["user"]["tags"])


@pytest.fixture
def customer(sandbox: SandboxServers, customers: CustomerFactory) -> TaggedCustomer:
    """On no list, and without a Sailthru profile: no sync sees them."""
    return TaggedCustomer(sandbox, customers.new_email())


def test_high_value_tag_is_added_beside_others_and_undone(
    fairlead: FairleadCommand, customer: TaggedCustomer
) -> None:
    words = ("edit", customer.email, "--high-value", "on", "--reason", "buys for the team")
    result = fairlead(*words, "--json")
    assert result.exit_code == 0, result.stdout
    (edit,) = result.json["edits"]
    assert (edit["kind"], edit["service"], edit["name"]) == ("tag", "zendesk", TAG)
    assert edit["target"] == str(customer.user_id)
    assert (edit["old"], edit["new"], edit["state"]) == (False, True, "done")
    assert customer.tags == {"vip", "berlin", TAG}
    assert fairlead("lookup", customer.email, "--json").json["zendesk"]["tags"].count(TAG) == 1
    again = fairlead(*words, "--json").json["edits"][0]
    assert (again["id"], again["detail"]) == (None, "It was so already.")
    back = fairlead("undo", edit["id"], "--json")
    assert back.exit_code == 0, back.stdout
    assert customer.tags == {"vip", "berlin"}
    audit = fairlead("audit", "--customer", customer.email, "--verify", "--json").json
    assert audit["verified"] is True
    assert [(row["kind"], row["new"]) for row in audit["rows"]] == [("tag", False), ("tag", True)]


def test_high_value_tag_is_removed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: TaggedCustomer
) -> None:
    path = f"/api/v2/users/{customer.user_id}"
    sandbox.zendesk_request("PUT", path, {"user": {"tags": ["vip", TAG]}})
    result = fairlead("edit", customer.email, "--high-value", "off", "--reason", "a mistake")
    assert result.exit_code == 0, result.stdout
    assert customer.tags == {"vip"}


def test_high_value_tag_needs_its_right(
    fairlead: FairleadCommand, as_agent: FairleadCommand, customer: TaggedCustomer
) -> None:
    words = ("edit", customer.email, "--high-value", "on", "--reason", "asked", "--json")
    refused = as_agent(*words)
    assert refused.exit_code == 3
    assert "may not tag customers as high value" in refused.json["error"]["message"]
    assert customer.tags == {"vip", "berlin"}
    assert as_agent("outbox", "--json").json["rows"] == []


def test_high_value_tag_needs_user_with_tags(
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    customer: TaggedCustomer,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    words = ("--high-value", "on", "--reason", "asked", "--json")
    nobody = fairlead("edit", email, *words)
    assert nobody.exit_code != 0
    assert "no Zendesk user" in nobody.json["error"]["title"]
    sandbox.control("POST", "account", {"user_tags": False})
    try:
        switched_off = fairlead("edit", customer.email, *words)
        assert "Tags of users are switched off" in switched_off.json["error"]["title"]
    finally:
        sandbox.control("POST", "account", {"user_tags": True})


def test_high_value_tag_without_answer_is_read_before_it_is_sent_again(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: TaggedCustomer
) -> None:
    sandbox.add_fault(f"zendesk:PUT /api/v2/users/{customer.user_id}:reset-after")
    try:
        words = ("edit", customer.email, "--high-value", "on", "--reason", "asked", "--json")
        result = fairlead(*words)
    finally:
        sandbox.clear_faults()
    fairlead("outbox", "deliver")
    assert customer.tags == {"vip", "berlin", TAG}, result.stdout
    rows = fairlead("outbox", "--json").json["rows"]
    assert [row["state"] for row in rows] == ["done"]
