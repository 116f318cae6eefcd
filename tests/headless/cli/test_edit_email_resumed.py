"""`fairlead edit --email`, resumed: by another choice, over new levels, after rows were edited."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.email_change_cases import AddressCustomer, change, states, stop_at
from tests.support.sandbox_servers import SandboxServers

_ADDING_REFUSED = "zendesk:POST /api/v2/users/*/identities*:422"
_PRIMARY_REFUSED = "zendesk:PUT /api/v2/users/*/make_primary*:422"
_MOVING_REFUSED = "sailthru:POST /user:400"


@pytest.fixture
def customer(sandbox: SandboxServers, customers: CustomerFactory) -> AddressCustomer:
    return AddressCustomer(sandbox, customers.new_email(), customers.new_email())


def write_raw(home: Path, sql: str) -> None:
    with closing(sqlite3.connect(home / "workspaces" / "main" / "fairlead.db")) as raw, raw:
        raw.execute(sql)


def stop_merge(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> Any:
    """Decide on a merge whose step before it fails; returns what was printed."""
    words = ("--conflict", "merge", "--json")
    return stop_at(sandbox, _PRIMARY_REFUSED, lambda: change(fairlead, customer, *words))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE outbox SET step = 1 WHERE kind = 'profile_email'",
        "UPDATE outbox SET email_change = NULL WHERE kind = 'profile_email'",
        # Those before it are gone from its change.
        "UPDATE outbox SET email_change = NULL, step = 0 WHERE kind <> 'profile_email'",
        "UPDATE outbox SET email_change = NULL WHERE kind = 'email_address'",
        "DELETE FROM outbox WHERE kind <> 'profile_email'",
    ],
)
def test_profile_is_not_moved_first_by_rows_edited_with_sqlite(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer, sql: str
) -> None:
    stop_at(sandbox, _ADDING_REFUSED, lambda: change(fairlead, customer, "--json"))
    write_raw(fairlead.home, sql)
    fairlead("outbox", "deliver", "--json")
    assert customer.profile["keys"]["email"] == customer.old
    rows = fairlead("outbox", "--json").json["rows"]
    (move,) = [row for row in rows if row["kind"] == "profile_email"]
    assert move["state"] == "queued"


def test_step_edited_with_sqlite_is_discarded_and_the_change_resumed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    stopped = stop_at(sandbox, _ADDING_REFUSED, lambda: change(fairlead, customer, "--json"))
    move = stopped["edits"][-1]["id"]
    write_raw(fairlead.home, "UPDATE outbox SET ticket = 7 WHERE kind = 'profile_email'")
    fairlead("outbox", "retry", stopped["edits"][0]["id"])
    told = fairlead("outbox", "deliver", "--json").json["edits"]
    assert "edited outside Fairlead" in next(row["not_sent"] for row in told if row["id"] == move)
    assert fairlead("outbox", "discard", move).exit_code == 0
    resumed = change(fairlead, customer, "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert customer.profile["keys"]["email"] == customer.new


@pytest.mark.parametrize("fault", [_PRIMARY_REFUSED, _MOVING_REFUSED])
def test_old_address_is_removed_when_a_resume_asks_for_it(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer, fault: str
) -> None:
    stop_at(sandbox, fault, lambda: change(fairlead, customer, "--json"))
    resumed = change(fairlead, customer, "--remove-old", "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert states(resumed.json)["remove_old"] == "done"
    assert customer.addresses == {customer.new: True}
    assert customer.profile["keys"]["email"] == customer.new


def test_both_profiles_are_kept_when_so_chosen_at_an_earlier_step(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    other = sandbox.create_profile(customer.new, vars={"city": "Porto"})
    stopped = stop_merge(fairlead, sandbox, customer)
    assert states(stopped)["make_primary"] == "failed"
    kept = change(fairlead, customer, "--conflict", "keep", "--json")
    assert kept.exit_code == 0, kept.stdout
    assert (states(kept.json)["move_profile"], states(kept.json)["verify"]) == ("kept", "done")
    assert customer.addresses == {customer.old: False, customer.new: True}
    assert customer.profile["keys"]["email"] == customer.old
    assert sandbox.read_profile(other) is not None
    assert "the old one" not in change(fairlead, customer, "--dry-run").stdout


def test_merge_chosen_at_an_earlier_step_replaces_the_plain_move(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    stop_at(sandbox, _PRIMARY_REFUSED, lambda: change(fairlead, customer, "--json"))
    other = sandbox.create_profile(customer.new)
    merged = change(fairlead, customer, "--conflict", "merge", "--json")
    assert merged.exit_code == 0, merged.stdout
    assert sandbox.read_profile(other) is None
    assert customer.profile["keys"]["email"] == customer.new


def test_merge_that_was_refused_is_resumed_from_a_sheet_opened_by_the_new_address(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    other = sandbox.create_profile(customer.new)
    words = ("--conflict", "merge", "--json")
    stop_at(sandbox, _MOVING_REFUSED, lambda: change(fairlead, customer, *words))
    # The profile at the new address is not taken for the customer's meanwhile.
    by_id = fairlead("lookup", str(customer.user_id), "--json").json
    assert by_id["sailthru"]["sid"] == customer.sid
    resumed = fairlead("edit", customer.new, "--email", customer.new, "--reason", "asked", "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert sandbox.read_profile(other) is None
    assert customer.profile["keys"]["email"] == customer.new


def test_change_stopped_by_a_profile_that_turned_up_is_resumed_by_the_new_address(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    stop_at(sandbox, _MOVING_REFUSED, lambda: change(fairlead, customer, "--json"))
    other = sandbox.create_profile(customer.new)
    words = ("edit", customer.new, "--email", customer.new, "--reason", "asked", "--json")
    asked = fairlead(*words)
    assert asked.exit_code == 3
    assert "another profile" in asked.json["error"]["title"]
    kept = fairlead(*words, "--conflict", "keep")
    assert kept.exit_code == 0, kept.stdout
    assert customer.profile["keys"]["email"] == customer.old
    assert sandbox.read_profile(other) is not None
    # What was decided holds: the sheet shows the profile that is the customer's.
    for who in (customer.new, str(customer.user_id)):
        assert fairlead("lookup", who, "--json").json["sailthru"]["sid"] == customer.sid


@pytest.mark.parametrize(
    ("other_seen", "own_now", "other_now", "stands"),
    [
        # Own is basic when the merge is decided on.
        ("none", "all", "none", "all"),
        ("none", "basic", "all", "all"),
        ("none", "none", "none", "none"),
        ("all", "all", "all", "all"),
    ],
)
def test_merge_leaves_the_stricter_level_of_its_own_moment(
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    customer: AddressCustomer,
    other_seen: str,
    own_now: str,
    other_now: str,
    stands: str,
) -> None:
    other = sandbox.create_profile(customer.new, optout_email=other_seen)
    stop_merge(fairlead, sandbox, customer)
    sandbox.write_profile(customer.sid, optout_email=own_now)
    sandbox.write_profile(other, optout_email=other_now)
    assert fairlead("outbox", "retry", "2").exit_code == 0
    merged = change(fairlead, customer, "--json")
    assert merged.exit_code == 0, merged.stdout
    assert customer.profile["optout_email"] == stands
    assert merged.json["verification"]["optout_kept"] is True


@pytest.mark.parametrize(
    ("own_now", "other_now", "stands"), [("none", "all", "all"), ("basic", "none", "basic")]
)
def test_opt_in_made_while_a_merge_waited_stops_it_and_is_asked_about(
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    customer: AddressCustomer,
    own_now: str,
    other_now: str,
    stands: str,
) -> None:
    other = sandbox.create_profile(customer.new, optout_email="all")
    stop_merge(fairlead, sandbox, customer)
    sandbox.write_profile(customer.sid, optout_email=own_now)
    sandbox.write_profile(other, optout_email=other_now)
    assert fairlead("outbox", "retry", "2").exit_code == 0
    stopped = change(fairlead, customer, "--json")
    assert stopped.exit_code == 3, stopped.stdout
    (move,) = [step for step in stopped.json["steps"] if step["name"] == "move_profile"]
    assert "“Gets everything” since the merge was decided on" in move["detail"]
    assert "Nothing was sent" in move["detail"]
    assert sandbox.read_profile(other) is not None
    assert customer.profile["optout_email"] == own_now
    asked = change(fairlead, customer, "--json")
    assert asked.exit_code == 3, asked.stdout
    assert "another profile" in asked.json["error"]["title"]
    merged = change(fairlead, customer, "--conflict", "merge", "--json")
    assert merged.exit_code == 0, merged.stdout
    assert customer.profile["optout_email"] == stands


def test_verification_of_a_resumed_move_is_by_what_stood_there_before_it(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    stopped = stop_at(sandbox, _MOVING_REFUSED, lambda: change(fairlead, customer, "--json"))
    # Somebody moves it by hand, and a field of it is lost before anybody goes on.
    sandbox.write_profile(customer.sid, keys={"email": customer.new}, vars={"city": "Rome"})
    assert states(stopped)["move_profile"] == "failed"
    resumed = change(fairlead, customer, "--json")
    assert resumed.json["verification"]["fields"] == [2, 3], resumed.stdout
