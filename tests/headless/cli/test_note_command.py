"""`fairlead note`: an internal comment on a ticket, sent once, seen by a witness."""

import json

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.customer_ticket import CustomerTicket
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def ticket(sandbox: SandboxServers, customers: CustomerFactory) -> CustomerTicket:
    return CustomerTicket(sandbox, customers.new_email())


def test_note_is_internal_and_says_what_was_typed(
    as_agent: FairleadCommand, ticket: CustomerTicket
) -> None:
    words = ("note", ticket.email, "--ticket", f"#{ticket.number}", "--json")
    result = as_agent(*words, "--text", "Wants no campaigns.\nCall back on Monday.")
    assert result.exit_code == 0, result.stdout
    (edit,) = result.json["edits"]
    assert (edit["kind"], edit["state"], edit["ticket"]) == ("note", "done", ticket.number)
    first, note = ticket.comments
    assert first["public"] is True
    assert note["public"] is False
    assert note["body"].startswith("Wants no campaigns.\nCall back on Monday.")


def test_note_without_text_says_what_was_changed_and_why(
    fairlead: FairleadCommand, ticket: CustomerTicket
) -> None:
    number = str(ticket.number)
    fairlead("edit", ticket.email, "--optout", "basic", "--reason", "asked on the phone")
    fairlead("edit", ticket.email, "--health", "frustrated", "--reason", "third mail")
    result = fairlead("note", ticket.email, "--ticket", number, "--json")
    assert result.exit_code == 0, result.stdout
    body = ticket.comments[-1]["body"]
    assert "Opt-out: No marketing e-mail (before: Gets everything). Reason: asked on the" in body
    assert "Health: frustrated (before: none). Reason: third mail." in body
    nothing = fairlead("note", "priya@nair.example", "--ticket", number, "--json")
    assert nothing.exit_code != 0
    # What colleagues have read on this ticket is not told there again.
    again = fairlead("note", ticket.email, "--ticket", number, "--json")
    assert again.exit_code == 2
    assert f"nothing to add to #{number}" in again.json["error"]["title"]
    fairlead("edit", ticket.email, "--health", "neutral", "--reason", "all is well")
    assert fairlead("note", ticket.email, "--ticket", number).exit_code == 0
    assert len(ticket.comments) == 3
    assert ticket.comments[-1]["body"].startswith("Health: neutral (before: frustrated).")
    assert "Opt-out" not in ticket.comments[-1]["body"]


def test_note_without_text_leaves_out_what_was_taken_back(
    fairlead: FairleadCommand, ticket: CustomerTicket
) -> None:
    fairlead("edit", ticket.email, "--health", "happy", "--reason", "a nice call")
    (edit,) = fairlead(
        "edit", ticket.email, "--optout", "basic", "--reason", "misheard", "--json"
    ).json["edits"]
    assert fairlead("undo", edit["id"]).exit_code == 0
    assert fairlead("note", ticket.email, "--ticket", str(ticket.number)).exit_code == 0
    body = ticket.comments[-1]["body"]
    assert "Health: happy" in body
    assert "Opt-out" not in body


def test_note_that_may_have_been_sent_is_looked_for_and_not_sent_again(
    fairlead: FairleadCommand, sandbox: SandboxServers, ticket: CustomerTicket
) -> None:
    sandbox.add_fault("zendesk:PUT /api/v2/tickets/*:reset-after")
    result = fairlead(
        "note", ticket.email, "--ticket", str(ticket.number), "--text", "Once.", "--json"
    )
    sandbox.clear_faults()
    if result.exit_code != 0:
        fairlead("outbox", "deliver")
    assert [c["body"].startswith("Once.") for c in ticket.comments] == [False, True]


def test_note_that_waits_is_not_added_once_more_by_the_same_command(
    fairlead: FairleadCommand, sandbox: SandboxServers, ticket: CustomerTicket
) -> None:
    words = ("note", ticket.email, "--ticket", str(ticket.number), "--text", "Waits.", "--json")
    sandbox.add_fault("zendesk:PUT /api/v2/tickets/*:503", times=None)
    assert fairlead(*words).exit_code == 4
    again = fairlead(*words)
    sandbox.clear_faults()
    assert again.exit_code == 3
    assert again.json["error"]["title"] == f"The same note waits for #{ticket.number} already."
    # What was tried in vain is tried again at its time.
    (waiting,) = fairlead("outbox", "--json").json["rows"]
    assert waiting["kind"] == "note"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("   ", "The note is empty."),
        ("\u200b\x1b \u2066", "The note is empty."),
        ("ä" * 40_000, "The note is too long."),
    ],
)
def test_note_that_cannot_be_kept_is_refused(
    fairlead: FairleadCommand, ticket: CustomerTicket, text: str, said: str
) -> None:
    number = str(ticket.number)
    refused = fairlead("note", ticket.email, "--ticket", number, "--text", text, "--json")
    assert refused.json["error"]["title"] == said
    assert len(ticket.comments) == 1


def test_note_goes_to_no_closed_ticket_and_no_stranger(
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    ticket: CustomerTicket,
    customers: CustomerFactory,
) -> None:
    other = CustomerTicket(sandbox, customers.new_email())
    words = ("--text", "Hello.", "--json")
    strange = fairlead("note", ticket.email, "--ticket", str(other.number), *words)
    assert strange.exit_code != 0
    assert len(other.comments) == 1
    ticket.set_status("closed")
    closed = fairlead("note", ticket.email, "--ticket", str(ticket.number), *words)
    assert closed.exit_code != 0
    assert f"#{ticket.number}" in closed.json["error"]["title"]
    assert len(ticket.comments) == 1


def test_note_that_waited_does_not_go_to_a_ticket_that_is_somebody_elses_by_now(
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    ticket: CustomerTicket,
    customers: CustomerFactory,
) -> None:
    sandbox.add_fault("zendesk:PUT /api/v2/tickets/*:503", times=None)
    words = ("note", ticket.email, "--ticket", str(ticket.number), "--text", "Private.", "--json")
    assert fairlead(*words).exit_code == 4
    sandbox.clear_faults()
    other = sandbox.create_user(customers.new_email())
    ticket.hand_over_to(other)
    fairlead("outbox", "retry", newest_edit(fairlead), "--json")
    row = fairlead("outbox", "--json").json["rows"][0]
    assert row["state"] == "conflict"
    assert "somebody else" in row["detail"]
    assert len(ticket.comments) == 1


def newest_edit(fairlead: FairleadCommand) -> str:
    return str(fairlead("outbox", "--json").json["rows"][0]["id"])


def test_note_is_sent_without_control_and_direction_marks(
    fairlead: FairleadCommand, ticket: CustomerTicket
) -> None:
    text = "Calls\x1b[2J back.\r\n\u202eOn Monday."
    fairlead("note", ticket.email, "--ticket", str(ticket.number), "--text", text)
    assert ticket.comments[-1]["body"].startswith("Calls[2J back.\nOn Monday.")


def test_note_is_not_undone(fairlead: FairleadCommand, ticket: CustomerTicket) -> None:
    number = str(ticket.number)
    made = fairlead("note", ticket.email, "--ticket", number, "--text", "Hello.", "--json").json
    back = fairlead("undo", made["edits"][0]["id"], "--json")
    assert back.exit_code == 3
    assert "cannot be undone" in back.json["error"]["title"]


def test_note_by_template_is_filled_for_the_customer(
    fairlead: FairleadCommand, ticket: CustomerTicket
) -> None:
    template = {"title": "Call back", "text": "{agent}: call {name} about #{ticket}.\n{changes}"}
    wanted = json.dumps({"texts": {"notes": [template]}})
    assert fairlead("setup", "--from", "-", stdin=wanted).exit_code == 0
    words = ("note", ticket.email, "--ticket", str(ticket.number), "--json")
    fairlead("edit", ticket.email, "--health", "happy", "--reason", "thanked us")
    result = fairlead(*words, "--template", "call BACK")
    assert result.exit_code == 0, result.stdout
    body = ticket.comments[-1]["body"]
    assert body.startswith("Ada Admin: call ")
    assert f"about #{ticket.number}.\nHealth: happy (before: none). Reason: thanked us." in body
    unknown = fairlead(*words, "--template", "Hand-over")
    assert unknown.exit_code != 0
    assert "There are: “Call back”." in unknown.json["error"]["hint"]
    both = fairlead(*words, "--template", "Call back", "--text", "x")
    assert both.exit_code != 0
    assert len(ticket.comments) == 2


def test_texts_need_their_right(fairlead: FairleadCommand, as_agent: FairleadCommand) -> None:
    wanted = json.dumps({"texts": {"reasons": ["Asked by phone"]}})
    refused = as_agent("setup", "--from", "-", "--json", stdin=wanted)
    assert "“texts.reasons” needs an admin and was not changed." in refused.stdout
    assert refused.exit_code == 3
    # Who says in the same document that they are a lead is none.
    as_lead = json.dumps({**json.loads(wanted), "permissions": {"leads": "7602"}})
    assert as_agent("setup", "--from", "-", stdin=as_lead).exit_code == 3
    assert as_agent("setup", "--from", "-", stdin=wanted).exit_code == 3
    leads = json.dumps({"permissions": {"leads": "7602"}})
    assert fairlead("setup", "--from", "-", stdin=leads).exit_code == 0
    by_lead = as_agent("setup", "--from", "-", "--json", stdin=wanted)
    assert (by_lead.exit_code, by_lead.json["role"]) == (0, "lead")
    assert fairlead("setup", "--from", "-", stdin='{"permissions": {"leads": ""}}').exit_code == 0
    wanted = json.dumps({"texts": {"reasons": ["Asked by letter"]}})
    assert as_agent("setup", "--from", "-", stdin=wanted).exit_code == 3
    given = json.dumps({"permissions": {"agent": {"texts": True}}})
    assert fairlead("setup", "--from", "-", stdin=given).exit_code == 0
    allowed = as_agent("setup", "--from", "-", "--json", stdin=wanted)
    assert "was not changed" not in allowed.stdout
    assert allowed.exit_code == 0
    wrong = json.dumps({"texts": {"reasons": ["Asked by {nobody}"]}})
    assert "is no placeholder" in fairlead("setup", "--from", "-", "--json", stdin=wrong).stdout
