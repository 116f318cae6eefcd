"""`fairlead rules`: a rule from its preview to its run, over real HTTP (S1-45)."""

import time
from collections.abc import Callable

from tests.support.cli_command import FairleadCommand
from tests.support.customer_ticket import CustomerTicket
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


def test_rule_acts_on_what_happens_after_it_was_switched_on(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    old = CustomerTicket(sandbox, customers.new_email())
    new = CustomerTicket(sandbox, customers.new_email())
    for one in (old, new):
        sandbox.write_profile(one.email, lists={"Newsletter": 1})

    def profile(one: CustomerTicket = new) -> tuple[object, bool]:
        found = sandbox.read_profile(one.sid)
        assert found is not None
        return found["vars"].get("survey"), "Newsletter" in (found["lists"] or ())

    add = ("rules", "add", "--title", "Survey", "--when", "ticket_solved", "--json")
    does = ("--var", "survey=ready", "--list", "Newsletter=off")
    assert fairlead(*add, *does).json["error"]["code"] == "needs_person"
    sandbox.control("POST", "account", {"withheld": 0})
    try:
        assert fairlead("data", "on").exit_code == 0
        old.set_status("solved")
        assert fairlead("data", "refresh").exit_code == 0
        assert as_agent(*add, *does).json["error"]["code"] == "not_permitted"
        assert fairlead(*add, "--list", "Newsletter=maybe").exit_code == 2
        made = fairlead(*add, *does).json
        assert (made["sync"], made["on"], made["kind"]) == ("survey", False, "rule")

        # Off: it shows who matched of late, and nothing of that is ever written.
        shown = fairlead("rules", "preview", "survey", "--rows", "9999", "--json").json
        assert shown["since"] is None
        assert old.email in str(shown["rows"])
        assert fairlead("rules", "run", "survey").exit_code == 3
        assert fairlead("rules", "on", "survey").exit_code == 0
        assert fairlead("sync", "run", "survey", "--plan", str(shown["plan"])).exit_code == 1
        assert fairlead("rules", "run", "survey", "--json").json["totals"]["updated"] == 0
        assert profile(old) == (None, True)

        # Zendesk's times are whole seconds: what is in the second of the switch is before it.
        armed_at = fairlead("rules", "show", "survey", "--json").json["since"]
        while int(time.time()) <= int(armed_at):
            fairlead("rules", "list")
        new.set_status("solved")
        assert fairlead("data", "refresh").exit_code == 0
        ran = fairlead("rules", "run", "survey", "--json").json
        assert ran["totals"]["updated"] == 1
        assert profile() == ("ready", False)
        assert fairlead("rules", "run", "survey", "--json").json["totals"]["updated"] == 0
        assert fairlead("sync", "rollback", str(ran["run"])).exit_code == 0
        assert profile() == (None, True)
        # Taken back, it is not done once more by what happened before.
        assert fairlead("rules", "run", "survey", "--json").json["totals"]["updated"] == 0
        assert profile() == (None, True)

        stated = fairlead("rules", "show", "survey", "--json").json
        assert len(stated["runs"]) == 5
        assert stated["rule"][0] == "When: A ticket is solved"
        (listed,) = fairlead("rules", "list", "--json").json["rules"]
        assert listed["on"]
        assert fairlead("rules", "off", "survey").exit_code == 0
        assert fairlead("rules", "remove", "survey").exit_code == 0
        assert fairlead("rules", "list", "--json").json["rules"] == []
        _check_sync_of_a_segment(fairlead, as_agent, (old, new), sandbox)
        _check_rule_of_a_segment(fairlead, old, profile)
    finally:
        sandbox.control("POST", "account", {"withheld": 60})


def _check_rule_of_a_segment(
    fairlead: FairleadCommand,
    one: CustomerTicket,
    profile: Callable[[CustomerTicket], tuple[object, bool]],
) -> None:
    """A rule acts on who comes into a segment, and on nobody who was in it before."""
    where = f'email is "{one.email}" and open_tickets >= 1'
    assert fairlead("audience", "segment", "save", "Open", "--where", where).exit_code == 0
    add = ("rules", "add", "--title", "Came in", "--when", "entered_segment", "--var", "survey=in")
    name = fairlead(*add, "--segment", "Open", "--json").json["sync"]
    segments = fairlead("audience", "segment", "list", "--json").json["segments"]
    assert {one["name"]: one["used_by"] for one in segments}["Open"] == ["Came in"]
    assert fairlead("rules", "on", name).exit_code == 0
    assert fairlead("rules", "run", name, "--json").json["totals"]["updated"] == 0
    one.set_status("open")
    assert fairlead("data", "refresh").exit_code == 0
    assert fairlead("rules", "run", name, "--json").json["totals"]["updated"] == 1
    assert profile(one)[0] == "in"


def _check_sync_of_a_segment(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    people: tuple[CustomerTicket, CustomerTicket],
    sandbox: SandboxServers,
) -> None:
    """A sync copies those in its segment, and takes off its list who has left it."""
    first, second = people

    def on_list() -> list[bool]:
        profiles = [sandbox.read_profile(one.sid) for one in people]
        return ["Seg" in ((profile or {}).get("lists") or ()) for profile in profiles]

    def save_segment(email: str) -> None:
        saved = ("audience", "segment", "save", "Some", "--where", f'email is "{email}"')
        assert fairlead(*saved).exit_code == 0

    save_segment(first.email)
    made = fairlead("sync", "add", "--from", "zendesk_users", "--title", "Some people", "--json")
    assert made.exit_code == 0, made.stdout
    name = made.json["sync"]
    some = ("sync", "set", name, "source.segment=Some", "effects.add_to_lists=Seg")
    assert as_agent(*some).exit_code == 3
    assert fairlead(*some, "effects.remove_when_gone=on").exit_code == 0
    assert fairlead("sync", "on", name, "--create").exit_code == 0
    ran = fairlead("sync", "run", name, "--json")
    assert ran.json["totals"]["updated"] == 1, ran.stdout
    assert on_list() == [True, False]
    save_segment(second.email)
    assert fairlead("sync", "run", name, "--json").json["totals"]["updated"] == 2
    assert on_list() == [False, True]
