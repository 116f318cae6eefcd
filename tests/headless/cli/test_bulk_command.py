"""`fairlead bulk`: many pasted addresses looked up, changed at once and undone, over real HTTP."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

REASON = ("--reason", "complaint list 21 Nov")


class Crowd:
    """Some customers of the sandbox by what is known of them, and the text that names them."""

    def __init__(self, servers: SandboxServers, customers: CustomerFactory) -> None:
        self.servers = servers
        self._customers = customers

    def profile(self, *, with_user: bool = True, **values: Any) -> tuple[str, str]:
        email = self._customers.new_email()
        sid = self.servers.create_profile(email, **{"lists": {"Newsletter": 1}, **values})
        if with_user:
            self.servers.create_user(email)
        return email, sid

    def user_only(self) -> str:
        email = self._customers.new_email()
        self.servers.create_user(email)
        return email

    def read(self, sid: str) -> dict[str, Any]:
        found = self.servers.read_profile(sid)
        assert found is not None
        return found


@pytest.fixture
def crowd(sandbox: SandboxServers, customers: CustomerFactory) -> Crowd:
    return Crowd(sandbox, customers)


@pytest.fixture
def zendesk_searches(sandbox: SandboxServers) -> Any:
    """Count the app's searches of Zendesk since the test began."""
    before = len(sandbox.logged_requests())

    def count() -> int:
        made = sandbox.logged_requests()[before:]
        return sum(
            seen["path"].endswith("/users/search") and not seen["headers"].get("x-witness")
            for seen in made
        )

    return count


def test_bulk_finds_and_sorts_every_address(fairlead: FairleadCommand, crowd: Crowd) -> None:
    both, sid = crowd.profile(optout_email="basic")
    sailthru_only, _ = crowd.profile(with_user=False)
    zendesk_only = crowd.user_only()
    pasted = "\n".join(
        [f"Person <{both}>", f"x;{sailthru_only};1", zendesk_only, "nobody@nowhere.example",
         both.upper(), "not an address"]
    )  # fmt: skip
    result = fairlead("bulk", "-", "--json", stdin=pasted)
    assert result.exit_code == 0, result.stderr
    said = result.json
    assert [one["address"] for one in said["found"]] == [both, sailthru_only, zendesk_only]
    assert [one["line"] for one in said["found"]] == [1, 2, 3]
    first = said["found"][0]
    assert (first["sid"], first["optout"], first["found_on"]) == (sid, "basic", "the services")
    assert [bool(one["sid"]) for one in said["found"]] == [True, True, False]
    assert [bool(one["zendesk_id"]) for one in said["found"]] == [True, False, True]
    assert [one["address"] for one in said["missing"]] == ["nobody@nowhere.example"]
    assert [one["text"] for one in said["invalid"]] == ["not an address"]
    assert [one["address"] for one in said["duplicates"]] == [both]
    assert said["ambiguous"] == said["edits"] == []
    assert said["totals"]["profiles"] == 2


def test_what_is_kept_here_is_not_asked_for_again(
    fairlead: FairleadCommand, crowd: Crowd, zendesk_searches: Any
) -> None:
    pasted = "\n".join([crowd.profile()[0], crowd.profile()[0], "nobody@nowhere.example"])
    fairlead("bulk", "-", stdin=pasted)
    assert zendesk_searches() == 3
    said = fairlead("bulk", "-", "--json", stdin=pasted).json
    assert zendesk_searches() == 3
    assert {one["found_on"] for one in (*said["found"], *said["missing"])} == {"this computer"}
    assert said["totals"]["known_here"] == 3


def test_complaint_list_of_260_lines_asks_for_the_number(
    fairlead: FairleadCommand, crowd: Crowd
) -> None:
    """231 change, nine were stricter already, and over 200 their number is asked for."""
    levels = ["none"] * 201 + ["blast"] * 30 + ["all"] * 9
    people = [crowd.profile(with_user=False, optout_email=level) for level in levels]
    lines = [email for email, _ in people] + [crowd.user_only() for _ in range(6)]
    lines += [f"nobody{n}@nowhere.example" for n in range(5)]
    pasted = "\n".join([*lines, *lines[:3], *(["n/a"] * 6)])
    refused = fairlead("bulk", "-", "--optout", "basic", *REASON, "--json", stdin=pasted)
    said = refused.json
    assert refused.exit_code == 3
    assert "231 people would be opted out further; the limit is 200" in said["error"]["title"]
    assert "231" in said["error"]["hint"]
    totals = said["totals"]
    assert (totals["found"], totals["profiles"], totals["missing"]) == (246, 240, 5)
    assert (totals["invalid"], totals["duplicates"]) == (6, 3)
    assert said["levels"] == {"all": 9, "blast": 30, "none": 201}
    assert (totals["change"], totals["unchanged"], totals["skipped"]) == (231, 9, 6)
    left = [one for one in said["found"] if one["outcome"] == "unchanged"]
    assert {one["why"] for one in left} == {"Already stricter: No e-mail at all"}
    assert crowd.read(people[0][1])["optout_email"] == "none"
    wrong = fairlead("bulk", "--batch", said["batch"], "--optout", "basic", *REASON,
                     "--confirm", "230", "--json")  # fmt: skip
    assert wrong.exit_code == 3
    assert wrong.json["totals"]["edits"] == 0


def test_typed_number_lets_a_batch_pass_and_one_undo_takes_it_back(
    fairlead: FairleadCommand, crowd: Crowd
) -> None:
    people = [crowd.profile(optout_email=level) for level in ("none", "blast", "all")]
    pasted = ", ".join(email for email, _ in people)
    made = fairlead("bulk", "-", "--optout", "basic", *REASON, "--confirm", "2", "--json",
                    stdin=pasted)  # fmt: skip
    assert made.exit_code == 0, made.stdout
    edits = made.json["edits"]
    assert [edit["state"] for edit in edits] == ["done", "done"]
    assert {edit["batch"] for edit in edits} == {made.json["batch"]}
    assert {edit["reason"] for edit in edits} == {"complaint list 21 Nov"}
    levels = [crowd.read(sid)["optout_email"] for _, sid in people]
    assert levels == ["basic", "basic", "all"]
    undone = fairlead("undo", "--batch", made.json["batch"], "--json")
    assert undone.exit_code == 0, undone.stdout
    assert [edit["state"] for edit in undone.json["undo_edits"]] == ["done", "done"]
    assert undone.json["not_undone"] == []
    assert [crowd.read(sid)["optout_email"] for _, sid in people] == ["none", "blast", "all"]
    again = fairlead("undo", "--batch", made.json["batch"], "--json")
    assert again.exit_code == 3
    assert "undone already" in again.json["error"]["message"]


def test_customer_who_changed_since_is_left_by_the_undo_and_listed(
    fairlead: FairleadCommand, crowd: Crowd
) -> None:
    people = [crowd.profile() for _ in range(3)]
    pasted = "\n".join(email for email, _ in people)
    made = fairlead("bulk", "-", "--optout", "basic", *REASON, "--json", stdin=pasted).json
    # One by somebody here, one elsewhere.
    fairlead("edit", people[0][0], "--optout", "all", *REASON)
    crowd.servers.write_profile(people[1][1], optout_email="all")
    undone = fairlead("undo", "--batch", made["batch"], "--json")
    assert undone.exit_code == 3
    assert {one["customer"] for one in undone.json["not_undone"]} == {
        people[0][0],
        people[1][0],
    }
    assert all(one["why"] for one in undone.json["not_undone"])
    assert [crowd.read(sid)["optout_email"] for _, sid in people] == ["all", "all", "none"]


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (("--list", "Newsletter=off"), {"lists": {"Newsletter": 1}}, {"lists": {}}),
        (("--list", "newsletter=off"), None, None),
        (("--health", "frustrated"), {}, {"vars": {"zendesk_health": "frustrated"}}),
        (("--var", 'city="Lisbon"'), {}, {"vars": {"city": "Lisbon"}}),
    ],
)
def test_each_kind_of_change_is_made_and_undone(
    fairlead: FairleadCommand,
    crowd: Crowd,
    words: tuple[str, ...],
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    email, sid = crowd.profile(**(before or {}))
    made = fairlead("bulk", "-", *words, *REASON, "--json", stdin=email)
    if after is None:
        # Naming an unknown list would create it.
        assert (made.exit_code, made.json["error"]["code"]) == (2, "bad_input")
        return
    assert made.exit_code == 0, made.stdout
    profile = crowd.read(sid)
    for part, wanted in after.items():
        assert profile[part] == wanted or (not wanted and not profile[part])
    assert fairlead("undo", "--batch", made.json["batch"]).exit_code == 0
    back = crowd.read(sid)
    assert set(back["lists"] or {}) == {"Newsletter"}
    assert not any((back["vars"] or {}).values())


def test_dry_run_shows_each_change_and_makes_none(fairlead: FairleadCommand, crowd: Crowd) -> None:
    email, sid = crowd.profile()
    said = fairlead("bulk", "-", "--optout", "all", *REASON, "--dry-run", "--json", stdin=email)
    assert said.exit_code == 0
    (edit,) = said.json["edits"]
    assert (edit["id"], edit["old"], edit["new"]) == (None, "none", "all")
    assert said.json["dry_run"] is True
    assert {one["kind"] for one in said.json["consequences"]} == {"stops", "opted_out"}
    assert crowd.servers.count_writes(sid) == 0
    assert fairlead("outbox", "--json").json["rows"] == []


def test_opting_many_in_needs_a_ticket_and_a_reason(
    fairlead: FairleadCommand, crowd: Crowd
) -> None:
    email, sid = crowd.profile(optout_email="all")
    refused = fairlead("bulk", "-", "--optout", "none", *REASON, "--json", stdin=email)
    assert refused.exit_code == 2
    assert "ticket" in refused.json["error"]["title"]
    assert crowd.read(sid)["optout_email"] == "all"
    words = ("--optout", "none", *REASON, "--ticket", "48213", "--json")
    assert fairlead("bulk", "-", *words, stdin=email).exit_code == 0
    assert crowd.read(sid)["optout_email"] == "none"


def test_all_is_written_over_a_level_that_is_not_known_and_its_undo_says_so(
    fairlead: FairleadCommand, crowd: Crowd, sandbox: SandboxServers
) -> None:
    email, sid = crowd.profile(optout_email="none")
    sandbox.control("POST", "account", {"optout_none": "marketing"})
    try:
        left = fairlead("bulk", "-", "--optout", "basic", *REASON, "--json", stdin=email)
        assert left.json["found"][0]["outcome"] == "skipped"
        made = fairlead("bulk", "-", "--optout", "all", *REASON, "--json", stdin=email).json
        assert [(one["old"], one["state"]) for one in made["edits"]] == [(None, "done")]
        undone = fairlead("undo", "--batch", made["batch"], "--json")
        (kept,) = undone.json["not_undone"]
        assert "had not said which opt-out level" in kept["why"]
        assert crowd.read(sid)["optout_email"] == "all"
    finally:
        sandbox.control("POST", "account", {"optout_none": "none"})


def test_field_of_another_type_leaves_out_that_customer_alone(
    fairlead: FairleadCommand, crowd: Crowd
) -> None:
    number, sid = crowd.profile(vars={"points": 5})
    text, other = crowd.profile(vars={"points": "5"})
    pasted = f"{text}\n{number}"
    said = fairlead("bulk", "-", "--var", "points=7", *REASON, "--json", stdin=pasted).json
    assert [one["outcome"] for one in said["found"]] == ["skipped", "update"]
    assert "holds a text" in said["found"][0]["why"]
    assert [crowd.read(one)["vars"]["points"] for one in (sid, other)] == [7, "5"]


def test_two_addresses_of_one_profile_change_it_once(
    fairlead: FairleadCommand, crowd: Crowd, customers: CustomerFactory
) -> None:
    email, sid = crowd.profile(with_user=False)
    second = customers.new_email()
    user = crowd.servers.create_user(email)
    identity = {"identity": {"type": "email", "value": second, "verified": True}}
    crowd.servers.zendesk_request("POST", f"/api/v2/users/{user}/identities", identity)
    pasted = f"{email}\n{second}"
    said = fairlead("bulk", "-", "--optout", "basic", *REASON, "--json", stdin=pasted).json
    assert [one["sid"] for one in said["found"]] == [sid, sid]
    assert [one["outcome"] for one in said["found"]] == ["update", "skipped"]
    assert said["found"][1]["why"].startswith("The same customer as")
    assert len(said["edits"]) == 1
    assert crowd.servers.count_writes(sid) == 1


def test_two_people_with_one_address_are_ambiguous_and_left(
    fairlead: FairleadCommand, crowd: Crowd, customers: CustomerFactory
) -> None:
    """One mailbox by the one address rule, and a user of its own for each spelling."""
    name = customers.new_email().partition("@")[0]
    for domain in ("bücher.example", "xn--bcher-kva.example"):
        crowd.servers.create_user(f"{name}@{domain}")
    sid = crowd.servers.create_profile(f"{name}@bücher.example")
    pasted = f"{name}@bücher.example"
    said = fairlead("bulk", "-", "--optout", "basic", *REASON, "--json", stdin=pasted)
    (one,) = said.json["ambiguous"]
    assert "Several people in Zendesk" in one["detail"]
    assert said.json["edits"] == []
    assert crowd.servers.count_writes(sid) == 0


def test_two_profiles_of_one_person_without_one_at_the_address_are_ambiguous(
    fairlead: FairleadCommand, crowd: Crowd, customers: CustomerFactory
) -> None:
    primary, others = customers.new_email(), [customers.new_email() for _ in range(2)]
    user = crowd.servers.create_user(primary)
    for other in others:
        identity = {"identity": {"type": "email", "value": other, "verified": True}}
        crowd.servers.zendesk_request("POST", f"/api/v2/users/{user}/identities", identity)
        crowd.servers.create_profile(other)
    said = fairlead("bulk", "-", "--json", stdin=primary).json
    (one,) = said["ambiguous"]
    assert all(other in one["detail"] for other in others)
    assert said["found"] == []


def test_agent_without_the_right_is_refused(as_agent: FairleadCommand, crowd: Crowd) -> None:
    email, _ = crowd.profile()
    refused = as_agent("bulk", "-", "--json", stdin=email)
    assert refused.exit_code == 3
    assert "look up and change many customers at once" in refused.json["error"]["message"]
    assert crowd.servers.count_writes(email) == 0


def test_agent_with_the_right_still_needs_that_of_the_change(
    sandbox: SandboxServers, crowd: Crowd, tmp_path: Path
) -> None:
    rights = {"agent": {"bulk": True, "list_remove": False}}
    create_workspace_home(tmp_path / "home", sandbox.connection_document, permissions=rights)
    agent = FairleadCommand(
        tmp_path / "home", sandbox.connection_document, keyring=False, agent=True
    )
    email, sid = crowd.profile()
    words = ("--list", "Newsletter=off", *REASON, "--json")
    refused = agent("bulk", "-", *words, stdin=email)
    assert refused.exit_code == 3
    assert "take customers off lists" in refused.json["error"]["message"]
    assert agent("bulk", "-", "--optout", "basic", *REASON, stdin=email).exit_code == 0
    assert crowd.read(sid)["optout_email"] == "basic"


def test_service_that_is_away_stops_the_look_up_which_goes_on_later(
    fairlead: FairleadCommand, crowd: Crowd
) -> None:
    people = [crowd.profile() for _ in range(3)]
    crowd.servers.add_fault("sailthru:GET /user:401")
    stopped = fairlead("bulk", "-", "--json", stdin="\n".join(email for email, _ in people))
    assert stopped.exit_code == 3
    crowd.servers.clear_faults()
    (batch,) = fairlead("bulk", "--batches", "--json").json["batches"]
    assert (batch["state"], batch["totals"]["not_looked_up"]) == ("interrupted", 3)
    said = fairlead("bulk", "--batch", batch["batch"], "--json").json
    assert len(said["found"]) == 3
    assert said["batch"] == batch["batch"]


@pytest.mark.parametrize(
    ("words", "stdin", "title"),
    [
        (("-",), "", "There is no e-mail address in that."),
        (("-",), "nothing\n", "There is no e-mail address in that."),
        ((), "", "Say one of FILE, --batch, --cancel and --batches."),
        (("-", "--batch", "1"), "", "Say one of FILE, --batch, --cancel and --batches."),
        (("no-such-file",), "", "no-such-file cannot be read."),
        (("--batch", "77"), "", "There is no batch 77."),
        (("--batch", "x"), "", "There is no batch x."),
        (("-", "--reason", "x"), "a@b.example", "There is nothing to change."),
        (("-", "--optout", "all", "--health", "happy"), "a@b.example", "A batch makes one change."),
        (("-", "--list", "Promo"), "a@b.example", "--list Promo: say NAME=on or NAME=off."),
        (("-", "--health", "grumpy"), "a@b.example", "“grumpy” is no health."),
        (("-", "--var", "city"), "a@b.example", "--var city: say NAME=JSON."),
    ],
)  # fmt: skip
def test_wrong_words_are_a_sentence(
    fairlead: FairleadCommand, words: tuple[str, ...], stdin: str, title: str
) -> None:
    refused = fairlead("bulk", *words, "--json", stdin=stdin)
    assert (refused.exit_code, refused.json["error"]["title"]) == (2, title)


def test_file_that_is_too_large_is_refused_without_being_read_whole(
    fairlead: FairleadCommand, tmp_path: Path
) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        # A gigabyte on paper: no disk holds it, and nobody reads it.
        file.truncate(1 << 30)
    refused = fairlead("bulk", str(large), "--json")
    assert refused.exit_code == 2
    assert refused.json["error"]["title"] == "That is too large to be a list of addresses."


def test_batch_can_be_stopped_and_undone_only_within_a_day(
    fairlead: FairleadCommand, crowd: Crowd
) -> None:
    email, _ = crowd.profile()
    looked = fairlead("bulk", "-", "--json", stdin=email).json
    nothing = fairlead("undo", "--batch", looked["batch"], "--json")
    assert nothing.exit_code == 3
    assert "changed nobody" in nothing.json["error"]["message"]
    assert fairlead("bulk", "--cancel", looked["batch"], "--json").exit_code == 0
    both = fairlead("undo", "1", "--batch", "1", "--json")
    assert both.json["error"]["title"] == "Say either EDIT or --batch ID."
