"""`fairlead pause`: held back until the last ticket is solved or the days are over."""

import json
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

_LIST = "Support - paused"


class PausedCustomer:
    """A customer of both services with one open ticket."""

    def __init__(self, servers: SandboxServers, email: str) -> None:
        self._servers = servers
        self.email = email
        self.sid = servers.create_profile(email, lists={"Newsletter": 1})
        self.user_id = servers.create_user(email)
        document = {
            "ticket": {
                "subject": "Broken", "comment": {"body": "It broke."},
                "requester_id": self.user_id, "status": "open",
            }
        }  # fmt: skip
        made = servers.zendesk_request("POST", "/api/v2/tickets", document)[1]["ticket"]
        self.ticket = int(made["id"])

    @property
    def profile(self) -> dict[str, Any]:
        found = self._servers.read_profile(self.sid)
        assert found is not None
        return found

    @property
    def is_paused(self) -> bool:
        """Whether var and list say so; they never disagree."""
        profile = self.profile
        until, listed = profile["vars"].get("zendesk_paused"), _LIST in (profile["lists"] or {})
        assert bool(until) == listed
        return listed

    def solve(self) -> None:
        path = f"/api/v2/tickets/{self.ticket}"
        self._servers.zendesk_request("PUT", path, {"ticket": {"status": "solved"}})


@pytest.fixture
def paused(sandbox: SandboxServers, customers: CustomerFactory) -> PausedCustomer:
    return PausedCustomer(sandbox, customers.new_email())


def test_pause_holds_back_until_the_last_ticket_is_solved(
    as_agent: FairleadCommand, paused: PausedCustomer
) -> None:
    made = as_agent("pause", paused.email, "--json")
    assert made.exit_code == 0, made.stdout
    assert paused.is_paused
    assert set(paused.profile["lists"]) == {"Newsletter", _LIST}
    assert as_agent("pause", "--release", "--json").json["edits"] == []
    assert paused.is_paused
    paused.solve()
    (end,) = as_agent("pause", "--release", "--json").json["edits"]
    assert (end["state"], end["reason"]) == ("done", "The customer's last ticket is solved.")
    assert not paused.is_paused
    assert set(paused.profile["lists"]) == {"Newsletter"}
    assert as_agent("pause", "--release", "--json").json["edits"] == []
    assert as_agent("pause", "--list", "--json").json["pauses"] == []


def test_pause_ends_with_the_last_of_more_tickets_than_a_page_holds(
    as_agent: FairleadCommand, sandbox: SandboxServers, paused: PausedCustomer
) -> None:
    for number in range(101):
        document = {
            "ticket": {
                "subject": f"Old {number}", "comment": {"body": "Done."},
                "requester_id": paused.user_id, "status": "solved",
            }
        }  # fmt: skip
        sandbox.zendesk_request("POST", "/api/v2/tickets", document)
    assert as_agent("pause", paused.email).exit_code == 0
    # The open one is the oldest, on the second page.
    assert as_agent("pause", "--release", "--json").json["edits"] == []
    assert paused.is_paused
    paused.solve()
    (end,) = as_agent("pause", "--release", "--json").json["edits"]
    assert end["state"] == "done"
    assert not paused.is_paused


def test_overdue_pause_is_listed_with_what_holds_its_end_back(
    fairlead: FairleadCommand, as_agent: FairleadCommand, paused: PausedCustomer
) -> None:
    as_agent("pause", paused.email)
    (listed,) = as_agent("pause", "--list", "--json").json["pauses"]
    assert (listed["overdue"], listed["end"]) == (False, None)
    paused.solve()
    switch_changes(fairlead, on=False)
    as_agent("pause", "--release")
    (held,) = as_agent("pause", "--list", "--json").json["pauses"]
    assert "Changes are switched off" in held["end"]["not_sent"]
    assert "its end is queued" in as_agent("pause", "--list").stdout


def switch_changes(fairlead: FairleadCommand, *, on: bool) -> None:
    file = fairlead.home / "changes.json"
    file.write_text(json.dumps({"changes": on}))
    assert fairlead("setup", "--from", str(file), "--json").exit_code == 0


def test_end_that_waited_for_changes_to_be_allowed_is_sent_by_the_next_release(
    fairlead: FairleadCommand, as_agent: FairleadCommand, paused: PausedCustomer
) -> None:
    as_agent("pause", paused.email)
    paused.solve()
    switch_changes(fairlead, on=False)
    as_agent("pause", "--release", "--json")
    assert paused.is_paused
    switch_changes(fairlead, on=True)
    (end,) = as_agent("pause", "--release", "--json").json["edits"]
    assert end["state"] == "done", end
    assert not paused.is_paused


def test_pause_is_ended_by_hand_and_undone(
    as_agent: FairleadCommand, paused: PausedCustomer
) -> None:
    made = as_agent("pause", paused.email, "--json").json["edits"][0]
    assert as_agent("undo", made["id"], "--json").exit_code == 0
    assert not paused.is_paused
    as_agent("pause", paused.email)
    assert paused.is_paused
    assert as_agent("pause", paused.email, "--end", "--json").exit_code == 0
    assert not paused.is_paused
    again = as_agent("pause", paused.email, "--end", "--json")
    assert again.json["error"]["title"] == "This customer's marketing is not paused."


def test_pause_takes_nobody_off_a_list_it_did_not_put_them_on(
    as_agent: FairleadCommand, sandbox: SandboxServers, paused: PausedCustomer
) -> None:
    sandbox.write_profile(paused.sid, lists={_LIST: 1})
    refused = as_agent("pause", paused.email, "--json")
    assert refused.exit_code == 3
    assert "without an end" in refused.json["error"]["title"]


@pytest.mark.parametrize("days", ["0", "91", "-3"])
def test_pause_of_odd_length_is_refused(
    as_agent: FairleadCommand, paused: PausedCustomer, days: str
) -> None:
    refused = as_agent("pause", paused.email, f"--days={days}", "--json")
    assert "1 to 90 days" in refused.json["error"]["title"]
    assert not paused.is_paused


def test_pause_field_is_not_changed_as_profile_data(
    fairlead: FairleadCommand, paused: PausedCustomer
) -> None:
    words = ("--var", 'zendesk_paused="2027-01-01"', "--reason", "x", "--json")
    refused = fairlead("edit", paused.email, *words)
    assert refused.exit_code != 0
    listed = fairlead("edit", paused.email, "--list", f"{_LIST}=on", "--reason", "x", "--json")
    assert "paused customers" in listed.json["error"]["title"]
    assert not paused.is_paused
