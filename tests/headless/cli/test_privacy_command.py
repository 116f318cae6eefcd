"""`fairlead privacy`: export and erase one person over both services, with two admins."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import CommandResult, FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.erasure_cases import Person
from tests.support.sandbox_servers import SandboxServers

_STEPS = ["suppress", "delete_user", "delete_user_data", "delete_profile", "erase_here"]


@pytest.fixture
def person(
    sandbox: SandboxServers, fairlead: FairleadCommand, customers: CustomerFactory
) -> Person:
    return Person(sandbox, fairlead, customers.new_email())


@contextmanager
def fault(sandbox: SandboxServers, spec: str) -> Iterator[None]:
    sandbox.add_fault(spec, times=None)
    try:
        yield
    finally:
        sandbox.clear_faults()


def states(result: CommandResult) -> dict[str, str]:
    return {step["name"]: step["state"] for step in result.json["steps"]}


def files_with(home: Path, *texts: str) -> list[str]:
    return sorted(
        path.name
        for path in home.rglob("*")
        if path.is_file() and any(text.encode() in path.read_bytes() for text in texts)
    )


# Export.


class TextOfPage(HTMLParser):
    """What a browser would show of a page, and which elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_export_holds_both_services_and_what_is_kept_here_and_the_page_is_escaped(
    fairlead: FairleadCommand, person: Person, tmp_path: Path
) -> None:
    assert (
        fairlead("edit", person.email, "--health", "happy", "--reason", "<i>r</i>").exit_code == 0
    )
    folder = tmp_path / "out"
    done = fairlead("privacy", "export", person.email, "--to", str(folder), "--json")
    assert done.exit_code == 0, done.stdout
    found = json.loads((folder / "person.json").read_text("utf-8"))
    (user,) = found["zendesk"]["users"]
    assert user["user"]["external_id"] == f"shop-{person.email}"
    assert user["identities"][0]["value"] == person.email
    (ticket,) = found["zendesk"]["tickets"]
    assert (ticket["id"], ticket["comments"][0]["body"]) == (person.ticket, "my <img src=x> order")
    (profile,) = found["sailthru"]["profiles"]
    assert profile["user"]["vars"]["city"] == "Lisbon <b>"
    assert profile["user"]["lists"].keys() == {"Newsletter"}
    assert profile["email"]["lists"] == {"Newsletter": 1}
    assert "cookie" not in profile["user"]["keys"]
    here = found["this_computer"]
    assert [row["reason"] for row in here["fairlead.db"]["audit"]] == ["<i>r</i>"]
    assert here["mirror.db"]["cached_profile"][0]["sid"] == person.sid
    text = (folder / "person.html").read_text("utf-8")
    page = TextOfPage()
    page.feed(text)
    assert page.tags <= {
        *("html", "head", "meta", "title", "style", "body"),
        *("h1", "h2", "table", "tr", "th", "td"),
    }
    for shown in (person.email, "Lisbon <b>", "my <img src=x> order", "<script>alert(1)</script>"):
        assert shown in page.text
    assert [oct(path.stat().st_mode & 0o777) for path in folder.iterdir()] == ["0o600"] * 2
    again = fairlead("privacy", "export", person.email, "--to", str(folder), "--json")
    assert (again.exit_code, again.json["error"]["code"]) == (2, "bad_input")


@pytest.mark.parametrize("spec", ["zendesk:GET /api/v2/tickets/*:503", "sailthru:GET /email:503"])
def test_export_that_a_service_does_not_finish_writes_no_file(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person, tmp_path: Path, spec: str
) -> None:
    with fault(sandbox, spec):
        failed = fairlead(
            "privacy", "export", person.email, "--to", str(tmp_path / "out"), "--json"
        )
    assert failed.exit_code == 4, failed.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("export", "maria@lopez.example"), 2, "Say where to"),
        (("export", "nobody@nowhere.example", "--to", "out"), 3, "Nobody found"),
        (("export", "Alex Kim", "--to", "out"), 3, "Several customers match"),
        (("erase", "nobody@nowhere.example", "--confirm", "nobody@nowhere.example"), 3, "Nobody"),
        (("erase", "Alex Kim", "--confirm", "alex"), 3, "Several customers match"),
        (("erase",), 2, "Say who"),
        (
            ("erase", "ada@acme.example", "--confirm", "ada@acme.example"),
            3,
            "works in your Zendesk",
        ),
        (
            ("erase", "kim@acme.example", "--confirm", "kim@acme.example"),
            3,
            "works in your Zendesk",
        ),
        (("status", "999"), 2, "There is no erasure 999"),
        (("cancel", "999"), 2, "There is no erasure 999"),
    ],
)
def test_privacy_refuses_what_it_cannot_use_with_a_sentence(
    fairlead: FairleadCommand, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    refused = fairlead("privacy", *words, "--json")
    assert refused.exit_code == exit_code, refused.stdout
    error = refused.json["error"]
    assert said in f"{error['title']} {error['message']}"


def test_link_of_another_account_and_a_tickets_number_name_nobody_erased(
    fairlead: FairleadCommand, person: Person, tmp_path: Path
) -> None:
    assert person.erase().json["state"] == "requested"
    link = f"https://other-company.zendesk.com/agent/users/{person.user_id}"
    for action in ("export", "erase", "status", "allow"):
        refused = fairlead("privacy", action, link, "--to", str(tmp_path / "out"), "--json")
        assert refused.exit_code == 3, refused.stdout
        assert "This link leads to other-company.zendesk.com" in refused.json["error"]["title"]
    # A ticket's number may be somebody's id.
    refused = fairlead("privacy", "allow", f"#{person.user_id}", "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (2, "bad_input")


@pytest.mark.parametrize("action", ["export", "erase", "status", "allow"])
def test_agents_may_neither_export_nor_erase(
    as_agent: FairleadCommand, person: Person, action: str, tmp_path: Path
) -> None:
    words = ("--to", str(tmp_path / "out"), "--confirm", person.email, "--json")
    refused = as_agent("privacy", action, person.email, *words)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert person.is_in_sailthru


def test_nobody_is_erased_while_changes_are_off_and_an_export_is_made_all_the_same(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person, tmp_path: Path
) -> None:
    document = {**sandbox.connection_document, "changes": False}
    assert fairlead("setup", "--from", "-", stdin=json.dumps(document)).exit_code == 0
    refused = person.erase()
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    exported = fairlead("privacy", "export", person.email, "--to", str(tmp_path / "out"))
    assert exported.exit_code == 0, exported.stderr


# Erase.


def test_person_is_erased_everywhere_once_a_second_admin_agrees(
    fairlead: FairleadCommand, person: Person, tmp_path: Path
) -> None:
    assert fairlead("edit", person.email, "--health", "happy", "--reason", "asked").exit_code == 0
    shown = fairlead("privacy", "erase", person.email, "--json")
    assert shown.exit_code == 3
    counts = shown.json["counts"]
    assert (counts["zendesk_users"], counts["zendesk_tickets"]) == (1, 1)
    assert (counts["sailthru_profiles"], counts["audit_entries"], counts["edits"]) == (1, 1, 1)
    wrong = person.erase(confirm="maria@lopez.example")
    assert (wrong.exit_code, wrong.json["error"]["code"]) == (2, "bad_input")
    requested = person.erase()
    assert (requested.exit_code, requested.json["state"]) == (3, "requested")
    assert "Ada Admin" in requested.json["detail"]
    # The first admin once more is no second one.
    assert person.erase().json["state"] == "requested"
    assert person.is_in_sailthru
    done = person.erase(by_second=True)
    assert done.exit_code == 0, done.stdout
    assert states(done) == dict.fromkeys(_STEPS, "done")
    assert [one["by"] for one in done.json["approvals"]] == ["Ada Admin", "Bo Berg"]
    assert (person.is_in_sailthru, person.zendesk_name) == (False, "Permanently Deleted User")
    # Nothing of them is left on this computer, and the record of changes is whole.
    assert files_with(fairlead.home, person.email, person.sid, str(person.user_id)) == []
    audit = fairlead("audit", "--verify", "--json").json
    assert (audit["verified"], audit["erased"]) == (True, 4)
    folder = tmp_path / "evidence"
    assert fairlead("privacy", "status", "1", "--to", str(folder)).exit_code == 0
    report = json.loads((folder / "erasure-1.json").read_text("utf-8"))
    assert (report["state"], report["counts"]["zendesk_tickets"]) == ("done", 1)
    assert len(report["subject_hash"]) == 64
    assert "Permanently Deleted User" in (folder / "erasure-1.html").read_text("utf-8")
    assert files_with(folder, person.email, person.sid, str(person.user_id)) == []
    assert fairlead("privacy", "status", person.email, "--json").json == {"erased": True}


def test_address_of_a_changed_e_mail_is_erased_too(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person, customers: CustomerFactory
) -> None:
    """It is the name of an edit: beside the chain of the record of changes, not in it."""
    old, new = person.email, customers.new_email()
    assert fairlead("edit", old, "--email", new, "--reason", "asked", "--remove-old").exit_code == 0
    rows = fairlead("audit", "--customer", new, "--json").json["rows"]
    assert {row["name"] for row in rows if row["kind"] == "email_address"} == {old, new}
    person.email = new
    assert person.erase().json["state"] == "requested"
    assert person.erase(by_second=True).exit_code == 0
    assert files_with(fairlead.home, old, new) == []
    assert fairlead("audit", "--verify", "--json").json["verified"]


def test_second_admin_with_the_token_of_the_first_does_not_count(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person
) -> None:
    assert person.erase().json["state"] == "requested"
    email = sandbox.connection_document["zendesk"]["second_admin_email"]
    words = ("privacy", "erase", person.email, "--confirm", person.email, "--json")
    refused = fairlead(*words, FAIRLEAD_ZENDESK_EMAIL=email)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert "token" in refused.json["error"]["title"]
    assert person.is_in_sailthru


def test_agent_is_no_second_admin(as_agent: FairleadCommand, person: Person) -> None:
    assert person.erase().json["state"] == "requested"
    refused = as_agent("privacy", "erase", person.email, "--confirm", person.email, "--json")
    assert refused.json["error"]["code"] == "not_permitted"
    assert person.is_in_sailthru


def test_cancelled_erasure_forgets_whose_it_was(fairlead: FairleadCommand, person: Person) -> None:
    assert person.erase().json["state"] == "requested"
    assert fairlead("privacy", "cancel", "1", "--json").json == {"cancelled": True}
    (row,) = fairlead("privacy", "status", "--json").json["erasures"]
    assert (row["state"], row["counts"]) == ("cancelled", {})
    assert fairlead("privacy", "status", person.email, "--json").json == {"erased": False}
    assert fairlead("privacy", "cancel", "1", "--json").json["error"]["code"] == "conflict"
    assert person.is_in_sailthru


def test_tickets_that_are_not_closed_stop_it_unless_they_are_to_be_closed(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person
) -> None:
    ticket = person.create_ticket()
    shown = fairlead("privacy", "erase", person.email, "--json").json
    assert (shown["unclosed_tickets"], f"#{ticket}" in shown["obstacle"]) == ([ticket], True)
    refused = person.erase()
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "rejected")
    assert person.erase("--close-tickets").json["state"] == "requested"
    # One more comes before the second admin agrees.
    person.create_ticket()
    stopped = person.erase(by_second=True)
    assert (stopped.exit_code, stopped.json["stopped_at"]) == (3, "delete_user")
    assert person.is_in_sailthru
    done = person.erase()
    assert done.exit_code == 0, done.stdout
    assert states(done) == dict.fromkeys(["close_tickets", *_STEPS], "done")


def test_ticket_opened_meanwhile_stops_it_with_its_number_and_it_is_resumed(
    sandbox: SandboxServers, person: Person
) -> None:
    assert person.erase().json["state"] == "requested"
    ticket = person.create_ticket()
    stopped = person.erase(by_second=True)
    assert (stopped.exit_code, stopped.json["stopped_at"]) == (3, "delete_user")
    assert f"#{ticket}" in stopped.json["detail"]
    assert person.is_in_sailthru
    sandbox.close_tickets(person.user_id)
    assert person.erase().exit_code == 0
    assert not person.is_in_sailthru


def retry_open_edits(fairlead: FairleadCommand) -> None:
    """As a person does who does not wait until they are due."""
    for edit in fairlead("outbox", "--json").json["rows"]:
        if edit["state"] in ("queued", "unknown"):
            fairlead("outbox", "retry", edit["id"])


@pytest.mark.parametrize(
    "spec",
    [
        "zendesk:DELETE /api/v2/users/*:429=1",
        "zendesk:DELETE /api/v2/deleted_users/*:429=1",
        "sailthru:DELETE /user:429=1",
    ],
)
def test_erasure_that_a_service_holds_up_half_way_goes_on_later(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person, spec: str
) -> None:
    assert person.erase().json["state"] == "requested"
    with fault(sandbox, spec):
        halfway = person.erase(by_second=True)
    assert (halfway.exit_code, halfway.json["state"]) == (4, "running")
    retry_open_edits(fairlead)
    assert person.erase().exit_code == 0
    assert (person.is_in_sailthru, person.zendesk_name) == (False, "Permanently Deleted User")


@pytest.mark.parametrize(
    "spec",
    [
        "zendesk:DELETE /api/v2/users/*:reset-after",
        "zendesk:DELETE /api/v2/deleted_users/*:500-after",
        "sailthru:DELETE /user:reset-after",
    ],
)
def test_deletion_without_an_answer_is_looked_for_and_never_sent_twice(
    sandbox: SandboxServers, person: Person, spec: str
) -> None:
    assert person.erase().json["state"] == "requested"
    sandbox.add_fault(spec)
    done = person.erase(by_second=True)
    assert done.exit_code == 0, done.stdout
    deletions = [
        seen["path"]
        for seen in sandbox.logged_requests()
        if seen["method"] == "DELETE"
        and (str(person.user_id) in seen["path"] or person.sid in str(seen["query"]))
    ]
    assert len(deletions) == 3


@pytest.mark.parametrize("by_second", [True, False])
def test_right_lost_half_way_stops_the_next_step(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person, by_second: bool
) -> None:
    """Zendesk is asked again for the role of who sends it, and of everybody who approved it."""
    assert person.erase().json["state"] == "requested"
    with fault(sandbox, "zendesk:DELETE /api/v2/users/*:429=1"):
        assert person.erase(by_second=True).exit_code == 4
    # Bo Berg goes on himself, or Ada Admin does in his place.
    sandbox.write_user(7604, role="agent")
    try:
        retry_open_edits(fairlead)
        refused = person.erase(by_second=by_second)
    finally:
        sandbox.write_user(7604, role="admin")
    assert refused.exit_code == 3, refused.stdout
    assert (person.is_in_sailthru, person.zendesk_name) == (True, person.email.partition("@")[0])
    retry_open_edits(fairlead)
    assert person.erase().exit_code == 0


def test_profile_that_something_makes_again_is_deleted_again(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person
) -> None:
    assert person.erase().json["state"] == "requested"
    with fault(sandbox, "sailthru:DELETE /user:429=1"):
        assert person.erase(by_second=True).exit_code == 4
    # A shop writes to the address while the erasure waits: a second profile beside the first one.
    other = sandbox.create_profile(f"again.{person.email}")
    sandbox.write_profile(person.sid, keys={"email": f"moved.{person.email}"})
    sandbox.write_profile(other, keys={"email": person.email})
    retry_open_edits(fairlead)
    done = person.erase()
    assert done.exit_code == 0, done.stdout
    assert (sandbox.read_profile(person.sid), sandbox.read_profile(other)) == (None, None)
    assert {s["name"]: s["count"] for s in done.json["steps"]}["delete_profile"] == 2


def test_address_of_two_zendesk_users_is_erased_for_nobody(
    fairlead: FairleadCommand, sandbox: SandboxServers, person: Person, customers: CustomerFactory
) -> None:
    """The profile has an address that another customer has in Zendesk."""
    other = customers.new_email()
    sandbox.create_user(other)
    sandbox.write_profile(person.sid, keys={"email": other})
    refused = fairlead("privacy", "erase", person.sid, "--confirm", other, "--json")
    assert refused.exit_code == 3, refused.stdout
    assert sandbox.read_profile(person.sid) is not None


# Nobody makes them again.


def test_nobody_makes_an_erased_person_again_by_hand_until_an_admin_allows_it(
    fairlead: FairleadCommand, as_agent: FairleadCommand, sandbox: SandboxServers,
    person: Person, customers: CustomerFactory,
) -> None:  # fmt: skip
    other = customers.new_email()
    sandbox.create_profile(other)
    person.erase()
    assert person.erase(by_second=True).exit_code == 0
    create = ("edit", person.email, "--create", "--reason", "asked", "--json")
    refused = fairlead(*create)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    moved = fairlead("edit", other, "--email", person.email.upper(), "--reason", "x", "--json")
    assert moved.exit_code == 3, moved.stdout
    assert sandbox.read_profile(person.email) is None
    assert as_agent("privacy", "allow", person.email).exit_code == 3
    assert fairlead("privacy", "allow", person.email, "--json").json == {"allowed": True}
    assert fairlead(*create).exit_code == 0
    assert sandbox.read_profile(person.email) is not None


def test_without_its_key_nobody_is_made_where_people_were_erased(
    fairlead: FairleadCommand, person: Person, customers: CustomerFactory
) -> None:
    """Whether they were erased can't be checked then."""
    key = {"FAIRLEAD_AUDIT_KEY": "k" * 64}
    person.erase(**key)
    assert person.erase(by_second=True, **key).exit_code == 0
    other = customers.new_email()
    create = ("edit", other, "--create", "--reason", "asked", "--json")
    refused = fairlead(*create)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert "FAIRLEAD_AUDIT_KEY" in refused.json["error"]["message"]
    assert fairlead(*create, **key).exit_code == 0


def test_erasure_only_of_zendesk_or_sailthru_has_the_steps_of_that_service(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    alone = Person(sandbox, fairlead, customers.new_email())
    sandbox.delete_profile(alone.sid)
    alone.erase()
    done: Any = alone.erase(by_second=True)
    assert (done.exit_code, "delete_profile" in states(done)) == (0, False)
    email = customers.new_email()
    sandbox.create_profile(email)
    words = ("privacy", "erase", email, "--confirm", email, "--json")
    assert fairlead(*words).json["state"] == "requested"
    document = sandbox.connection_document["zendesk"]
    second = fairlead(
        *words,
        FAIRLEAD_ZENDESK_EMAIL=document["second_admin_email"],
        FAIRLEAD_ZENDESK_TOKEN=document["second_admin_api_token"],
    )
    assert states(second) == {
        "suppress": "done", "delete_profile": "done", "erase_here": "done",
    }  # fmt: skip
