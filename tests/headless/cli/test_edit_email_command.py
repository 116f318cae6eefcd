"""`fairlead edit --email`: one change over both services, read by the official client."""

import json

import pytest

from tests.support import sell_cases
from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.email_change_cases import (
    PROFILE_VARS,
    AddressCustomer,
    change,
    states,
    stop_at,
)
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def customer(sandbox: SandboxServers, customers: CustomerFactory) -> AddressCustomer:
    return AddressCustomer(sandbox, customers.new_email(), customers.new_email())


def test_email_is_changed_in_both_services_and_the_profile_stays(
    fairlead: FairleadCommand, customer: AddressCustomer
) -> None:
    result = change(fairlead, customer, "--json")
    assert result.exit_code == 0, result.stdout
    assert states(result.json) == {
        "add_address": "done", "make_primary": "done", "remove_old": "kept",
        "move_profile": "done", "verify": "done",
    }  # fmt: skip
    assert result.json["verification"] == {
        "same_profile": True, "fields": [3, 3], "lists": [1, 1], "optout": "basic",
        "optout_kept": True,
    }  # fmt: skip
    assert customer.addresses == {customer.old: False, customer.new: True}
    profile = customer.profile
    assert profile["keys"]["email"] == customer.new
    assert (profile["vars"], profile["optout_email"]) == (PROFILE_VARS, "basic")
    assert set(profile["lists"]) == {"Newsletter"}


def test_email_change_removes_old_address_only_when_asked(
    fairlead: FairleadCommand, customer: AddressCustomer
) -> None:
    result = change(fairlead, customer, "--remove-old", "--json")
    assert result.exit_code == 0, result.stdout
    assert states(result.json)["remove_old"] == "done"
    assert customer.addresses == {customer.new: True}


def test_email_change_is_taken_back_within_a_day(
    fairlead: FairleadCommand, customer: AddressCustomer
) -> None:
    done = change(fairlead, customer, "--remove-old", "--json").json
    back = fairlead("undo", done["edits"][0]["id"], "--json")
    assert back.exit_code == 0, back.stdout
    assert customer.addresses == {customer.old: True}
    assert customer.profile["keys"]["email"] == customer.old
    again = fairlead("undo", done["edits"][0]["id"], "--json")
    assert again.exit_code == 3


def test_email_change_asks_what_becomes_of_another_profile(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    other = sandbox.create_profile(customer.new, vars={"city": "Porto", "shoe": 43})
    refused = change(fairlead, customer, "--json")
    assert refused.exit_code == 3
    assert "another profile" in refused.json["error"]["title"]
    assert customer.addresses == {customer.old: True}, "nothing is changed"
    shown = change(fairlead, customer, "--dry-run", "--json").json
    assert shown["check"]["other_profile"]["sid"] == other
    words = "Sailthru: other profile, on no list, opt-out none, 2 fields"
    assert words in change(fairlead, customer, "--dry-run").stdout.splitlines()
    assert customer.addresses == {customer.old: True}


def test_email_change_keeps_both_profiles_when_told_so(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.create_profile(customer.new)
    kept = change(fairlead, customer, "--conflict", "keep", "--json")
    assert kept.exit_code == 0, kept.stdout
    assert "move_profile" not in states(kept.json)
    assert customer.addresses == {customer.old: False, customer.new: True}
    assert customer.profile["keys"]["email"] == customer.old


def test_email_change_merges_and_the_stricter_optout_stands(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    other = sandbox.create_profile(
        customer.new, vars={"city": "Porto", "shoe": 43}, lists={"Winback": 1}, optout_email="all"
    )
    merged = change(fairlead, customer, "--conflict", "merge", "--json")
    assert merged.exit_code == 0, merged.stdout
    found = merged.json["verification"]
    assert (found["fields"], found["lists"], found["optout"]) == ([4, 4], [2, 2], "all")
    profile = customer.profile
    assert profile["vars"] == {**PROFILE_VARS, "shoe": 43}
    assert set(profile["lists"]) == {"Newsletter", "Winback"}
    assert sandbox.read_profile(other) is None
    back = fairlead("undo", merged.json["edits"][-1]["id"], "--json")
    assert back.exit_code == 3
    assert "merged" in back.json["error"]["title"]


def test_merging_needs_a_right_of_its_own(
    as_agent: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.create_profile(customer.new)
    refused = change(as_agent, customer, "--conflict", "merge", "--json")
    assert refused.exit_code == 3
    assert "merge two Sailthru profiles" in refused.json["error"]["message"]
    assert customer.addresses == {customer.old: True}


def test_email_of_somebody_else_is_refused_by_name(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    owner = sandbox.create_user(customer.new, name="Nora Holt")
    refused = change(fairlead, customer, "--json")
    assert refused.exit_code == 3
    assert "Nora Holt" in refused.json["error"]["title"]
    assert str(owner) in refused.json["error"]["hint"]
    assert customer.addresses == {customer.old: True}


def test_profile_without_a_user_does_not_take_a_strangers_address(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    old, new = customers.new_email(), customers.new_email()
    sid = sandbox.create_profile(old)
    sandbox.create_user(new, name="Nora Holt")
    refused = fairlead("edit", old, "--email", new, "--reason", "asked", "--json")
    assert refused.exit_code == 3
    assert "Nora Holt" in refused.json["error"]["title"]
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["keys"]["email"] == old


def test_user_without_a_profile_gets_a_strangers_only_when_told_so(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    old, new = customers.new_email(), customers.new_email()
    sandbox.create_user(old)
    sid = sandbox.create_profile(new, vars={"city": "Graz"})
    words = ("edit", old, "--email", new, "--reason", "asked", "--json")
    for more in ((), ("--conflict", "merge")):
        refused = fairlead(*words, *more)
        assert refused.exit_code == 3, refused.stdout
        assert "none of this customer" in refused.json["error"]["title"]
    kept = fairlead(*words, "--conflict", "keep")
    assert kept.exit_code == 0, kept.stdout
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["vars"] == {"city": "Graz"}


@pytest.mark.parametrize("option", ["--remove-old", "--conflict=keep"])
def test_option_of_an_email_change_is_refused_without_it(
    fairlead: FairleadCommand, customer: AddressCustomer, option: str
) -> None:
    words = ("--health", "happy", option, "--reason", "asked", "--json")
    refused = fairlead("edit", customer.old, *words)
    assert refused.exit_code == 2
    assert "belongs to --email" in refused.json["error"]["title"]


def test_email_change_that_stops_says_where_and_is_resumed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.add_fault("sailthru:POST /user:400", times=None)
    try:
        stopped = change(fairlead, customer, "--json")
    finally:
        sandbox.clear_faults()
    assert stopped.exit_code == 1, stopped.stdout
    assert states(stopped.json) == {
        "add_address": "done", "make_primary": "done", "remove_old": "kept",
        "move_profile": "failed", "verify": "waiting",
    }  # fmt: skip
    assert (
        "Zendesk has the new address, Sailthru the old one."
        in change(fairlead, customer, "--dry-run").stdout
    )
    resumed = change(fairlead, customer, "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert customer.profile["keys"]["email"] == customer.new
    posts = [step for step in resumed.json["edits"] if step["kind"] == "email_address"]
    assert len(posts) == 1, "what was done is not done again"


def test_email_change_sends_no_step_after_one_that_failed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.add_fault("zendesk:POST /api/v2/users/*/identities*:422", times=None)
    try:
        stopped = change(fairlead, customer, "--json")
        again = fairlead("outbox", "deliver", "--json")
    finally:
        sandbox.clear_faults()
    assert stopped.exit_code == 1
    assert states(stopped.json)["add_address"] == "failed"
    assert again.exit_code == 3, again.stdout
    assert {row["not_sent"] for row in again.json["edits"]} == {
        "an earlier step of the change of the address has failed."
    }
    assert customer.addresses == {customer.old: True}
    assert customer.profile["keys"]["email"] == customer.old
    assert change(fairlead, customer, "--json").exit_code == 0
    assert customer.profile["keys"]["email"] == customer.new


def test_second_change_waits_for_the_first(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.add_fault("sailthru:POST /user:400", times=None)
    try:
        change(fairlead, customer)
    finally:
        sandbox.clear_faults()
    other = fairlead(
        "edit", customer.old, "--email", f"x{customer.new}", "--reason", "asked", "--json"
    )
    assert other.exit_code != 0
    assert customer.new in other.json["error"]["message"]


@pytest.mark.parametrize("words", [("--optout", "basic"), ("--health", "happy"), ("--create",)])
def test_email_stands_alone(
    fairlead: FairleadCommand, customer: AddressCustomer, words: tuple[str, ...]
) -> None:
    refused = change(fairlead, customer, *words, "--json")
    assert refused.exit_code == 2
    assert "stands alone" in refused.json["error"]["title"]


def test_email_of_a_colleague_is_not_changed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    old, new = customers.new_email(), customers.new_email()
    sandbox.create_user(old, role="agent")
    refused = fairlead("edit", old, "--email", new, "--reason", "asked", "--json")
    assert refused.exit_code == 3
    assert "works in your Zendesk" in refused.json["error"]["message"]


def test_email_change_needs_the_right_to_it(
    fairlead: FairleadCommand, as_agent: FairleadCommand, customer: AddressCustomer
) -> None:
    allowed = change(as_agent, customer, "--json")
    assert allowed.exit_code == 0, allowed.stdout
    assert customer.profile["keys"]["email"] == customer.new


def test_email_change_that_stopped_is_taken_back(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.add_fault("sailthru:POST /user:400", times=None)
    try:
        stopped = change(fairlead, customer, "--json").json
    finally:
        sandbox.clear_faults()
    back = fairlead("undo", stopped["edits"][0]["id"], "--json")
    assert back.exit_code == 0, back.stdout
    assert customer.addresses == {customer.old: True}
    assert customer.profile["keys"]["email"] == customer.old
    assert json.loads(fairlead("outbox", "--json").stdout)["rows"][0]["state"] != "queued"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nobody", "is not an e-mail address"),
        ("a@@b", "is not an e-mail address"),
        ("me@localhost", "is not an e-mail address that mail can reach"),
    ],
)
def test_email_that_is_none_is_refused(
    fairlead: FairleadCommand, customer: AddressCustomer, typed: str, said: str
) -> None:
    refused = fairlead("edit", customer.old, "--email", typed, "--reason", "asked", "--json")
    assert refused.exit_code != 0
    assert said in refused.json["error"]["title"]
    same = fairlead("edit", customer.old, "--email", customer.old, "--reason", "asked", "--json")
    assert "this customer's address already" in same.json["error"]["title"]


@pytest.mark.parametrize(
    "fault",
    [
        "zendesk:POST /api/v2/users/*/identities*:reset-after",
        "zendesk:PUT /api/v2/users/*/make_primary*:500-after",
        "sailthru:POST /user:reset-after",
        "sailthru:POST /user:503",
    ],
)
def test_email_change_without_an_answer_is_read_and_stands_once(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer, fault: str
) -> None:
    sandbox.add_fault(fault)
    first = change(fairlead, customer, "--json")
    sandbox.clear_faults()
    if first.exit_code != 0:
        fairlead("outbox", "deliver")
        change(fairlead, customer)
    assert customer.addresses == {customer.old: False, customer.new: True}
    assert customer.profile["keys"]["email"] == customer.new
    rows = fairlead("audit", "--json").json["rows"]
    kinds = [row["kind"] for row in rows if row["result"] == "done"]
    assert sorted(kinds) == ["email_address", "primary_email", "profile_email"]


def test_email_change_stops_where_somebody_else_changed_the_address_meanwhile(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.add_fault("zendesk:POST /api/v2/users/*/identities*:423", times=None)
    change(fairlead, customer)
    sandbox.clear_faults()
    # Another desk moves the profile to an address of its own before ours goes on.
    other = f"other.{customer.new}"
    sandbox.write_profile(customer.sid, keys={"email": other})
    fairlead("outbox", "retry", "1")
    fairlead("outbox", "deliver")
    found = change(fairlead, customer, "--dry-run", "--json").json
    assert states(found)["move_profile"] == "failed"
    assert customer.profile["keys"]["email"] == other, "nothing of theirs is overwritten"


def test_removal_of_the_old_address_that_failed_is_resumed(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.add_fault("zendesk:DELETE /api/v2/users/*/identities/*:422", times=None)
    stopped = change(fairlead, customer, "--remove-old", "--json")
    sandbox.clear_faults()
    assert states(stopped.json)["remove_old"] == "failed", stopped.stdout
    resumed = change(fairlead, customer, "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert customer.addresses == {customer.new: True}
    assert customer.profile["keys"]["email"] == customer.new


def test_step_done_by_hand_meanwhile_is_found_done(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    sandbox.add_fault("sailthru:POST /user:400", times=None)
    change(fairlead, customer)
    sandbox.clear_faults()
    sandbox.write_profile(customer.sid, keys={"email": customer.new})
    resumed = change(fairlead, customer, "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert states(resumed.json)["verify"] == "done"


def test_change_of_which_nothing_was_done_is_given_up(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    """Without a Zendesk user there is one step: once it failed, nothing else ends the change."""
    old, new, third = (customers.new_email() for _ in range(3))
    sandbox.create_profile(old)
    sandbox.add_fault("sailthru:POST /user:400", times=None)
    stopped = fairlead("edit", old, "--email", new, "--reason", "asked", "--json")
    sandbox.clear_faults()
    assert states(stopped.json) == {"move_profile": "failed", "verify": "waiting"}
    ended = fairlead("undo", stopped.json["edits"][0]["id"], "--json")
    assert ended.exit_code == 0, ended.stdout
    other = fairlead("edit", old, "--email", third, "--reason", "asked", "--json")
    assert other.exit_code == 0, other.stdout


def test_resumed_merge_takes_no_other_profile_than_the_one_seen(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    seen = sandbox.create_profile(customer.new)
    sandbox.add_fault("sailthru:POST /user:400", times=None)
    stopped = change(fairlead, customer, "--conflict", "merge", "--json")
    sandbox.clear_faults()
    assert states(stopped.json)["move_profile"] == "failed"
    # The one that was seen goes elsewhere, and somebody else signs up at the address.
    sandbox.write_profile(seen, keys={"email": f"gone.{customer.new}"})
    sandbox.create_profile(customer.new)
    refused = change(fairlead, customer, "--json")
    assert refused.exit_code == 3, refused.stdout
    assert "another profile" in refused.json["error"]["title"]
    assert customer.profile["keys"]["email"] == customer.old
    merged = change(fairlead, customer, "--conflict", "merge", "--json")
    assert merged.exit_code == 0, merged.stdout
    assert customer.profile["keys"]["email"] == customer.new


def test_undo_of_a_change_that_stopped_is_itself_undone(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    done = change(fairlead, customer, "--json").json
    sandbox.add_fault("sailthru:POST /user:400", times=None)
    stopped = fairlead("undo", done["edits"][0]["id"], "--json")
    sandbox.clear_faults()
    assert states(stopped.json)["move_profile"] == "failed", stopped.stdout
    assert customer.addresses == {customer.old: True}
    again = fairlead("undo", stopped.json["edits"][0]["id"], "--json")
    assert again.exit_code == 0, again.stdout
    assert customer.addresses == {customer.old: False, customer.new: True}
    assert customer.profile["keys"]["email"] == customer.new


def test_change_that_merged_nothing_is_taken_back_whatever_its_policy(
    fairlead: FairleadCommand, customer: AddressCustomer
) -> None:
    made = change(fairlead, customer, "--conflict", "merge", "--json")
    assert made.exit_code == 0, made.stdout
    back = fairlead("undo", made.json["edits"][-1]["id"], "--json")
    assert back.exit_code == 0, back.stdout
    assert customer.addresses == {customer.old: True}
    assert customer.profile["keys"]["email"] == customer.old


@pytest.mark.parametrize("discarded", [1, 2])
def test_email_change_goes_on_after_a_step_was_discarded(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer, discarded: int
) -> None:
    fault = "zendesk:POST /api/v2/users/*/identities*:429=1"
    waiting = stop_at(sandbox, fault, lambda: change(fairlead, customer, "--json"))
    edit = waiting["edits"][discarded]["id"]
    assert fairlead("outbox", "discard", edit).exit_code == 0
    fairlead("outbox", "retry", waiting["edits"][0]["id"])
    told = fairlead("outbox", "deliver", "--json").json["edits"]
    assert all("was discarded" in row["not_sent"] for row in told if row["state"] == "queued")
    resumed = change(fairlead, customer, "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert customer.addresses == {customer.old: False, customer.new: True}
    assert customer.profile["keys"]["email"] == customer.new


def test_step_of_a_change_taken_back_is_not_tried_again(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    fault = "sailthru:POST /user:400"
    stopped = stop_at(sandbox, fault, lambda: change(fairlead, customer, "--json"))
    assert fairlead("undo", stopped["edits"][0]["id"]).exit_code == 0
    refused = fairlead("outbox", "retry", stopped["edits"][-1]["id"], "--json")
    assert refused.exit_code == 2, refused.stdout
    assert "has ended" in refused.json["error"]["title"]
    assert fairlead("outbox", "deliver", "--json").json["edits"] == []


@pytest.mark.parametrize("answer", ["429=1", "422"])
def test_somebody_elses_unsent_change_is_dropped_only_with_the_right(
    fairlead: FairleadCommand, as_agent: FairleadCommand, sandbox: SandboxServers,
    customer: AddressCustomer, answer: str,
) -> None:  # fmt: skip
    document = {**sandbox.connection_document, "permissions.agent.change_email": False}
    assert fairlead("setup", "--from", "-", stdin=json.dumps(document)).exit_code == 0
    fault = f"zendesk:POST /api/v2/users/*/identities*:{answer}"
    waiting = stop_at(sandbox, fault, lambda: change(fairlead, customer, "--json"))
    refused = as_agent("undo", waiting["edits"][0]["id"], "--json")
    assert refused.exit_code == 3, refused.stdout
    assert refused.json["error"]["code"] == "not_permitted"
    assert fairlead("undo", waiting["edits"][0]["id"]).exit_code == 0


def test_empty_email_does_not_let_other_options_through(
    fairlead: FairleadCommand, customer: AddressCustomer
) -> None:
    words = ("--email", "", "--optout", "all", "--reason", "asked", "--json")
    assert fairlead("edit", customer.old, *words).exit_code == 2
    assert customer.profile["optout_email"] == "basic"
    told = fairlead("edit", customer.old, "--email", "anna lopez", "--reason", "x", "--json")
    assert "anna lopez" in told.json["error"]["title"]


def test_email_change_reaches_sell_and_is_resumed_and_taken_back_there(
    fairlead: FairleadCommand, sandbox: SandboxServers, customer: AddressCustomer
) -> None:
    about = sandbox.connection_document["sell"]
    fairlead.environ["FAIRLEAD_SELL_TOKEN"] = about["access_token"]
    connected = json.dumps({"sell": about})
    assert fairlead("setup", "--from", "-", "--json", stdin=connected).exit_code == 0
    people = {
        kind: sell_cases.create_sell_person(sandbox, kind, customer.old, tags=["vip"])
        for kind in ("contact", "lead")
    }

    def addresses() -> list[str]:
        found = [sell_cases.read_sell_person(sandbox, *one) for one in people.items()]
        return [one["email"] for one in found if one is not None]

    refused = "sell:PUT /v2/leads/*:422"
    stopped = stop_at(sandbox, refused, lambda: change(fairlead, customer, "--json"))
    how_far = states(stopped)
    assert (how_far["move_contact"], how_far["move_lead"]) == ("done", "failed")
    assert addresses() == [customer.new, customer.old]
    resumed = change(fairlead, customer, "--json")
    assert resumed.exit_code == 0, resumed.stdout
    assert states(resumed.json)["move_lead"] == "done"
    assert addresses() == [customer.new, customer.new]
    back = fairlead("undo", stopped["edits"][0]["id"], "--json")
    assert back.exit_code == 0, back.stdout
    assert addresses() == [customer.old, customer.old]
    # Sell's own trouble keeps nobody's address from being changed; its step waits.
    sandbox.add_fault("sell:GET /v2/contacts:403", times=None)
    shown = change(fairlead, customer, "--dry-run", "--json").json
    assert (shown["obstacle"], states(shown)["move_contact"]) == (None, "waiting")
    waits = change(fairlead, customer, "--json")
    assert waits.exit_code == 3, waits.stdout
    assert [states(waits.json)[one] for one in ("move_contact", "verify")] == ["waiting", "done"]
    assert fairlead("addresses", "--json").json["waiting_for_sell"][0]["old"] == customer.old
    assert f"keeps {customer.old} for now" in waits.json["sell_note"]
    assert (customer.profile["keys"]["email"], addresses()) == (customer.new, [customer.old] * 2)
    sandbox.clear_faults()
    left = fairlead("addresses", "--leave", customer.new, "--json")
    assert (left.exit_code, left.json["waiting_for_sell"]) == (0, []), left.stdout
    later = change(fairlead, customer, "--json")
    assert later.exit_code == 0, later.stdout
    assert {name for name, state in states(later.json).items() if state == "done"} == {
        "move_contact", "move_lead", "verify",
    }  # fmt: skip
    assert addresses() == [customer.new, customer.new]
    again = change(fairlead, customer, "--json")
    assert "already" in again.json["error"]["title"]
    for done in (later, waits):
        assert fairlead("undo", done.json["edits"][0]["id"]).exit_code == 0
    assert addresses() == [customer.old, customer.old]
    # Two contacts have it: nobody can say which one is meant.
    sell_cases.create_sell_person(sandbox, "contact", customer.old, first_name="Grace")
    shown = change(fairlead, customer, "--dry-run", "--json").json
    assert shown["check"]["sell"] == [f"lead-{people['lead']}"]
