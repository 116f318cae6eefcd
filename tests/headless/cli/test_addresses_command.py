"""A primary address changed in Zendesk itself: found by a sync, told, or taken over by itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.email_change_cases import PROFILE_VARS, AddressCustomer, change
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

_SYNC = "zendesk-to-sailthru"


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServers]:
    """Its exports withhold nothing: really the last minute is not in them."""
    log = tmp_path_factory.mktemp("sandbox") / "requests.jsonl"
    servers = SandboxServers("--customers", "0", "--account", "job_ms=20,withheld=0", log=log)
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def prepared_home(shared_sandbox: SandboxServers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "home"
    create_workspace_home(folder, shared_sandbox.connection_document)
    return folder


@pytest.fixture
def customer(sandbox: SandboxServers, customers: CustomerFactory) -> AddressCustomer:
    return AddressCustomer(sandbox, customers.new_email(), customers.new_email())


def read_by_sync(fairlead: FairleadCommand) -> None:
    """Have a run read the users that were changed; nobody is to be synced."""
    result = fairlead("sync", "run", _SYNC, "--json")
    assert result.json.get("state") == "done", result.stdout


def add_sync(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", _SYNC, "--on").exit_code == 0
    read_by_sync(fairlead)


def change_in_zendesk(
    servers: SandboxServers, customer: AddressCustomer, *, removes_old: bool = False
) -> None:
    """Make another address the primary one, as an agent does in Zendesk."""
    path = f"/api/v2/users/{customer.user_id}/identities"
    wanted = {"identity": {"type": "email", "value": customer.new, "verified": True}}
    made = servers.zendesk_request("POST", path, wanted)[1]["identity"]
    servers.zendesk_request("PUT", f"{path}/{made['id']}/make_primary", {})
    if removes_old:
        listed = servers.zendesk_request("GET", path)[1]["identities"]
        (old,) = [one["id"] for one in listed if one["value"] == customer.old]
        servers.zendesk_request("DELETE", f"{path}/{old}")


def allow(fairlead: FairleadCommand, **settings: Any) -> None:
    wanted = {"addresses.follow_zendesk": True, **settings}
    assert fairlead("setup", "--from", "-", stdin=json.dumps(wanted)).exit_code == 0


def listed(fairlead: FairleadCommand, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fairlead("addresses", *words, "--json").json["differences"]
    return found


def test_address_changed_in_zendesk_is_found_by_a_sync_and_listed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    assert listed(fairlead) == []
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    (found,) = listed(fairlead)
    assert (found["user_id"], found["sid"]) == (customer.user_id, customer.sid)
    assert (found["sailthru"], found["zendesk"]) == (customer.old, customer.new)
    assert customer.profile["keys"]["email"] == customer.old, "nobody allowed it"
    assert customer.new in fairlead("addresses").stdout
    # A person finishes it.
    done = fairlead("edit", customer.new, "--email", customer.new, "--reason", "asked", "--json")
    assert done.exit_code == 0, done.stdout
    assert customer.profile["keys"]["email"] == customer.new
    assert listed(fairlead, "--check") == []


def test_address_changed_in_zendesk_is_taken_over_where_an_admin_allowed_it(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    allow(fairlead)
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    profile = customer.profile
    assert profile["keys"]["email"] == customer.new
    assert (profile["vars"], profile["optout_email"]) == (PROFILE_VARS, "basic")
    assert listed(fairlead) == []
    (row,) = [r for r in fairlead("audit", "--json").json["rows"] if r["kind"] == "profile_email"]
    assert row["reason"] == "The primary address was changed in Zendesk"
    # Taken back, it is not made again by itself.
    assert fairlead("undo", row["edit"], "--json").exit_code == 0
    assert customer.profile["keys"]["email"] == customer.old
    fairlead("addresses", "--check")
    assert customer.profile["keys"]["email"] == customer.old


def test_address_is_not_taken_over_from_another_profile(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    allow(fairlead)
    other = sandbox.create_profile(customer.new)
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    (found,) = listed(fairlead)
    assert "another profile" in found["obstacle"]
    assert found["sid"] == customer.sid
    assert customer.profile["keys"]["email"] == customer.old
    assert sandbox.read_profile(other) is not None


def test_address_with_a_profile_is_followed_by_naming_the_former_one(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    other = sandbox.create_profile(customer.new)
    change_in_zendesk(sandbox, customer)
    words = ("--email", customer.new, "--conflict", "merge", "--reason", "asked", "--json")
    # The sheet shows the profile at the primary address.
    refused = fairlead("edit", str(customer.user_id), *words)
    assert refused.exit_code == 2
    assert f"look {customer.old} up" in refused.json["error"]["hint"]
    assert fairlead("edit", customer.old, *words).exit_code == 0
    assert sandbox.read_profile(other) is None


def test_address_is_not_taken_over_where_the_old_one_is_theirs_no_more(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    allow(fairlead)
    change_in_zendesk(sandbox, customer, removes_old=True)
    read_by_sync(fairlead)
    (found,) = listed(fairlead)
    assert "addresses in Zendesk any more" in found["obstacle"]
    assert customer.profile["keys"]["email"] == customer.old


def test_address_is_taken_over_only_by_whom_the_right_allows_it(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customer: AddressCustomer,
) -> None:
    add_sync(fairlead)
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    allow(fairlead, **{"permissions.agent.change_email": False})
    as_agent("addresses", "--check")
    assert customer.profile["keys"]["email"] == customer.old
    (found,) = listed(fairlead)
    assert "may not change e-mail addresses" in found["obstacle"]
    assert as_agent("addresses", "--leave", customer.new).exit_code == 3
    fairlead("addresses", "--check")
    assert customer.profile["keys"]["email"] == customer.new


def test_address_taken_over_is_asked_about_again_when_it_is_sent(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    allow(fairlead)
    sandbox.add_fault("sailthru:POST /user:429=1", times=None)
    fairlead("addresses", "--check")
    sandbox.clear_faults()
    assert customer.profile["keys"]["email"] == customer.old
    allow(fairlead, **{"addresses.follow_zendesk": False})
    (told,) = fairlead("outbox", "retry", "1", "--json").json["edits"]
    assert told["state"] == "conflict"
    assert "An admin has switched that off" in told["detail"]
    assert customer.profile["keys"]["email"] == customer.old
    # Whoever goes on with it decides by themselves.
    assert change(fairlead, customer, "--json").exit_code == 0
    assert customer.profile["keys"]["email"] == customer.new


def test_address_that_was_changed_back_meanwhile_is_not_taken_over(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    allow(fairlead)
    sandbox.add_fault("sailthru:POST /user:429=1", times=None)
    fairlead("addresses", "--check")
    sandbox.clear_faults()
    path = f"/api/v2/users/{customer.user_id}/identities"
    made = sandbox.zendesk_request("GET", path)[1]["identities"]
    (old,) = [one["id"] for one in made if one["value"] == customer.old]
    sandbox.zendesk_request("PUT", f"{path}/{old}/make_primary", {})
    (told,) = fairlead("outbox", "retry", "1", "--json").json["edits"]
    assert "not the primary address in Zendesk any more" in told["detail"]
    assert customer.profile["keys"]["email"] == customer.old


def test_difference_seen_by_a_lookup_is_told_and_listed_and_followed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    change_in_zendesk(sandbox, customer)
    seen = fairlead("lookup", str(customer.user_id))
    assert f"Sailthru the old one: {customer.old}." in seen.stdout
    (listed,) = fairlead("addresses", "--json").json["differences"]
    assert (listed["sailthru"], listed["zendesk"]) == (customer.old, customer.new)
    followed = change(fairlead, customer)
    assert followed.exit_code == 0
    # Both have it now; half-way is said of no change that is done.
    assert "the old one" not in followed.stdout
    assert "address_difference" not in fairlead("lookup", customer.new, "--json").json
    assert fairlead("addresses", "--json").json["differences"] == []


def test_difference_that_was_left_is_listed_again_only_for_another_address(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    assert fairlead("addresses", "--leave", customer.new).exit_code == 0
    assert listed(fairlead, "--check") == []
    read_by_sync(fairlead)
    assert listed(fairlead) == []
    customer.new = f"third.{customer.new}"
    change_in_zendesk(sandbox, customer)
    read_by_sync(fairlead)
    (found,) = listed(fairlead)
    assert found["zendesk"] == customer.new


def test_own_change_of_address_is_no_difference(
    fairlead: FairleadCommand, customer: AddressCustomer
) -> None:
    add_sync(fairlead)
    assert change(fairlead, customer).exit_code == 0
    read_by_sync(fairlead)
    assert listed(fairlead) == []
