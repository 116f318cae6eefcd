"""Ask a lead over the command line: asked without the right, done only by somebody with it."""

from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.customer_ticket import CustomerTicket
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def ticket(sandbox: SandboxServers, customers: CustomerFactory) -> CustomerTicket:
    return CustomerTicket(sandbox, customers.new_email())


@pytest.fixture
def member(sandbox: SandboxServers, ticket: CustomerTicket) -> CustomerTicket:
    """A customer on the list Newsletter, whom an agent may not take off it."""
    sandbox.write_profile(ticket.email, lists={"Newsletter": 1})
    return ticket


def ask_to_leave(fairlead: FairleadCommand, member: CustomerTicket, *more: str) -> Any:
    words = ("edit", member.email, "--list", "Newsletter=off", "--reason", "moved away", "--json")
    return fairlead(*words, "--ask", *more)


def lists_of(sandbox: SandboxServers, member: CustomerTicket) -> set[str]:
    profile = sandbox.read_profile(member.email)
    assert profile is not None
    return set(profile["lists"] or ())


def test_request_is_left_and_done_under_the_leads_own_right(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    member: CustomerTicket,
) -> None:
    refused = as_agent("edit", member.email, "--list", "Newsletter=off", "--reason", "moved away")
    assert refused.exit_code == 3
    asked = ask_to_leave(as_agent, member)
    assert asked.exit_code == 0, asked.stdout
    (request,) = asked.json["requests"]
    assert request["what"] == "Take off the list Newsletter"
    assert (request["state"], request["reason"], request["actor"]) == (
        "open",
        "moved away",
        "Kim Park",
    )
    assert "Newsletter" in lists_of(sandbox, member), "asking changes nothing"
    again = ask_to_leave(as_agent, member)
    assert "Kim Park has asked for this already." in again.json["error"]["title"]
    # Who asked has no more right by it.
    own = as_agent("requests", "--do", request["id"], "--json")
    assert own.exit_code == 3
    assert "may not take customers off lists" in own.json["error"]["message"]
    declined = as_agent("requests", "--decline", request["id"], "--reason", "no", "--json")
    assert declined.exit_code == 3
    assert [r["id"] for r in fairlead("requests", "--json").json["requests"]] == [request["id"]]
    done = fairlead("requests", "--do", request["id"], "--json")
    assert done.exit_code == 0, done.stdout
    (edit,) = done.json["edits"]
    assert (edit["state"], edit["actor"]) == ("done", "Ada Admin")
    assert edit["reason"] == "moved away (asked by Kim Park)"
    assert "Newsletter" not in lists_of(sandbox, member)
    late = fairlead("requests", "--do", request["id"], "--json")
    assert late.exit_code != 0
    assert "done already" in late.json["error"]["title"]
    assert fairlead("requests", "--json").json["requests"] == []
    (ended,) = fairlead("requests", "--all", "--json").json["requests"]
    assert (ended["state"], ended["answered_by"], ended["edit"]) == (
        "done",
        "Ada Admin",
        edit["id"],
    )
    audit = fairlead("audit", "--customer", member.email, "--verify", "--json").json
    assert audit["verified"] is True
    kinds = [(row["kind"], row["actor"]) for row in audit["rows"]]
    assert kinds == [
        ("list", "Ada Admin"), ("lead_request", "Ada Admin"), ("lead_request", "Kim Park"),
    ]  # fmt: skip
    back = fairlead("undo", edit["id"], "--json")
    assert back.exit_code == 0, back.stdout
    assert "Newsletter" in lists_of(sandbox, member)


def test_request_as_note_on_the_ticket(as_agent: FairleadCommand, member: CustomerTicket) -> None:
    number = str(member.number)
    asked = ask_to_leave(as_agent, member, "--ticket", number, "--ask-note")
    assert asked.exit_code == 0, asked.stdout
    _first, note = member.comments
    assert note["public"] is False
    assert note["body"].startswith(
        f"Kim Park asks a lead: Take off the list Newsletter for {member.email} in Sailthru.\n"
        f"Reason: moved away\nfairlead://ticket/{number}"
    )
    assert ask_to_leave(as_agent, member, "--ticket", number, "--ask-note").exit_code != 0
    assert len(member.comments) == 2
    # Without a ticket there is nowhere to put it, and nothing is asked either.
    other = as_agent(
        "edit",
        member.email,
        "--high-value",
        "on",
        "--reason",
        "buys",
        "--ask",
        "--ask-note",
        "--json",
    )
    assert other.exit_code != 0
    assert "Choose the ticket" in other.json["error"]["title"]
    assert len(as_agent("requests", "--json").json["requests"]) == 1


def test_request_is_declined_or_withdrawn(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    member: CustomerTicket,
) -> None:
    (request,) = ask_to_leave(as_agent, member).json["requests"]
    silent = fairlead("requests", "--decline", request["id"], "--json")
    assert silent.exit_code != 0
    assert "Say why" in silent.json["error"]["title"]
    declined = fairlead("requests", "--decline", request["id"], "--reason", "not proven", "--json")
    (ended,) = declined.json["requests"]
    assert (ended["state"], ended["answer"], ended["answered_by"]) == (
        "declined", "not proven", "Ada Admin",
    )  # fmt: skip
    assert fairlead("requests", "--do", request["id"]).exit_code != 0
    assert "Newsletter" in lists_of(sandbox, member)
    (second,) = ask_to_leave(as_agent, member).json["requests"]
    assert second["id"] != request["id"]
    theirs = fairlead("requests", "--withdraw", second["id"], "--json")
    assert "somebody else’s" in theirs.json["error"]["title"]
    withdrawn = as_agent("requests", "--withdraw", second["id"], "--json")
    assert withdrawn.json["requests"][0]["state"] == "withdrawn"
    assert as_agent("requests", "--withdraw", "99", "--json").exit_code != 0
    assert as_agent("requests", "--withdraw", "x", "--json").exit_code != 0


def test_opt_in_is_asked_with_ticket_and_reason_alone(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    ticket: CustomerTicket,
) -> None:
    sandbox.write_profile(ticket.email, optout_email="basic")
    words = ("edit", ticket.email, "--optout", "none", "--ask", "--json")
    no_ticket = as_agent(*words, "--reason", "wants it back")
    assert no_ticket.exit_code != 0
    assert "needs a ticket" in no_ticket.json["error"]["title"]
    no_reason = as_agent(*words, "--reason", " ", "--ticket", str(ticket.number))
    assert "Say why" in no_reason.json["error"]["title"]
    asked = as_agent(*words, "--reason", "wants it back", "--ticket", str(ticket.number))
    (request,) = asked.json["requests"]
    assert request["what"] == "Opt back in: Gets everything"
    # Somebody has opted them out further since: the level is compared anew, and the right asked.
    sandbox.write_profile(ticket.email, optout_email="all")
    done = fairlead("requests", "--do", request["id"], "--json")
    (edit,) = done.json["edits"]
    assert (edit["old"], edit["new"], edit["state"]) == ("all", "none", "done")


def test_what_one_may_do_oneself_is_not_asked(
    as_agent: FairleadCommand, ticket: CustomerTicket
) -> None:
    words = ("edit", ticket.email, "--reason", "asked", "--ask", "--json")
    own = as_agent(*words, "--health", "happy")
    assert "You may do this yourself." in own.json["error"]["title"]
    mixed = as_agent(*words, "--high-value", "on", "--health", "happy")
    assert mixed.exit_code != 0
    assert as_agent("requests", "--json").json["requests"] == [], "all or none"


def test_request_for_what_is_so_already_ends_without_edit(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    member: CustomerTicket,
) -> None:
    (request,) = ask_to_leave(as_agent, member).json["requests"]
    sandbox.write_profile(member.email, lists={"Newsletter": 0})
    before = sandbox.count_writes("/user")
    # Nothing would be written, and yet it is not theirs to answer.
    assert as_agent("requests", "--do", request["id"]).exit_code == 3
    assert len(fairlead("requests", "--json").json["requests"]) == 1
    done = fairlead("requests", "--do", request["id"], "--json")
    assert done.exit_code == 0, done.stdout
    assert done.json["edits"] == []
    assert sandbox.count_writes("/user") == before
    (ended,) = fairlead("requests", "--all", "--json").json["requests"]
    assert (ended["state"], ended["answer"]) == ("done", "It was so already.")


def test_request_about_deleted_profile_is_refused_and_stays(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    member: CustomerTicket,
) -> None:
    (request,) = ask_to_leave(as_agent, member).json["requests"]
    sandbox.delete_profile(member.sid)
    gone = fairlead("requests", "--do", request["id"], "--json")
    assert gone.exit_code != 0
    assert "can't be found in Sailthru any more" in gone.json["error"]["title"]
    assert len(fairlead("requests", "--json").json["requests"]) == 1


def test_erasing_a_customer_erases_their_requests(
    fairlead: FairleadCommand, as_agent: FairleadCommand, member: CustomerTicket
) -> None:
    ask_to_leave(as_agent, member)
    erased = fairlead("data", "erase", "--customer", member.email, "--json")
    assert erased.exit_code == 0, erased.stdout
    assert fairlead("requests", "--all", "--json").json["requests"] == []
    audit = fairlead("audit", "--verify", "--json").json
    assert audit["verified"] is True
    assert member.email not in str(audit)
