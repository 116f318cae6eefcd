"""`fairlead undo --batch ID --only FILE`: a part of a batch is taken back, by two persons."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

_REASON = ("--reason", "old list clean-up")
_NOTE = "they read their mail"


@pytest.fixture
def people(sandbox: SandboxServers, customers: CustomerFactory) -> list[tuple[str, str]]:
    """Five customers by address and sid."""
    emails = [customers.new_email() for _ in range(5)]
    return [(one, sandbox.create_profile(one, lists={"Newsletter": 1})) for one in emails]


@pytest.fixture
def second_admin(sandbox: SandboxServers) -> dict[str, str]:
    zendesk = sandbox.connection_document["zendesk"]
    return {
        "FAIRLEAD_ZENDESK_EMAIL": zendesk["second_admin_email"],
        "FAIRLEAD_ZENDESK_TOKEN": zendesk["second_admin_api_token"],
    }


@pytest.fixture
def batch(fairlead: FairleadCommand, people: list[tuple[str, str]]) -> str:
    pasted = "\n".join(email for email, _ in people)
    made = fairlead("bulk", "-", "--optout", "basic", *_REASON, "--json", stdin=pasted)
    assert made.exit_code == 0, made.stdout
    return str(made.json["batch"])


def levels(sandbox: SandboxServers, people: list[tuple[str, str]]) -> list[Any]:
    found = [sandbox.read_profile(sid) for _email, sid in people]
    return [one["optout_email"] for one in found if one is not None]


def test_part_of_a_batch_is_taken_back_once_a_second_admin_has_approved(
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    people: list[tuple[str, str]],
    batch: str,
    second_admin: dict[str, str],
) -> None:
    # One chooses the strictest level after the batch.
    sandbox.write_profile(people[2][1], optout_email="all")
    chosen = "\n".join(email for email, _ in people[:3])
    part = ("undo", "--batch", batch, "--only", "-", "--note", _NOTE)
    shown = fairlead(*part, "--dry-run", stdin=f"{chosen}\nnobody@else.example")
    assert shown.exit_code == 0, shown.stderr
    assert f"nobody@else.example  not changed by batch {batch}" in shown.stdout
    assert "2 restorable, 1 changed since or undone already" in shown.stdout
    assert levels(sandbox, people) == ["basic", "basic", "all", "basic", "basic"]
    asked = fairlead(*part, "--json", stdin=chosen)
    assert asked.exit_code == 3
    assert asked.json["error"]["title"] == "It takes a second person."
    number = asked.json["batch"]
    assert [one["new"] for one in asked.json["edits"]] == ["none", "none"]
    # Whoever has asked is not the second one.
    refused = fairlead("undo", "--batch", number, "--approve", "--confirm", "2", "--json")
    assert refused.exit_code == 3
    assert "already approved" in refused.json["error"]["title"]
    # An admin says for how many they approve; a dry run shows it, and approves nothing.
    approve = ("undo", "--batch", number, "--approve")
    for blind in ((), ("--confirm", "3")):
        wrong = fairlead(*approve, *blind, "--json", **second_admin)
        assert wrong.exit_code == 2
        assert "Nothing was approved" in wrong.json["error"]["message"]
    looked = fairlead(*approve, "--dry-run", "--json", **second_admin)
    assert [one["new"] for one in looked.json["edits"]] == ["none", "none"]
    assert not any(one["as"] == "admin" for one in looked.json["approvals"])
    approved = fairlead(*approve, "--confirm", "2", "--json", **second_admin)
    assert approved.exit_code == 0, approved.stdout
    made = fairlead("undo", "--batch", number, "--json")
    assert made.exit_code == 0, made.stdout
    assert levels(sandbox, people) == ["none", "none", "all", "basic", "basic"]
    names = [one["by"] for one in made.json["approvals"]]
    assert len(set(names)) == 2
    rows = fairlead("audit", "--json").json["rows"]
    told = [one for one in rows if one["kind"] == "approval"]
    assert [one["actor"] for one in reversed(told)] == names
    written = [one for one in rows if one["kind"] == "optout" and one["new"] == "none"]
    assert {(one["actor"], names[1] in one["reason"]) for one in written} == {(names[0], True)}
    assert _NOTE in written[0]["reason"]
    # The rest of the batch is taken back as before.
    rest = fairlead("undo", "--batch", batch, "--json")
    assert levels(sandbox, people) == ["none", "none", "all", "none", "none"]
    assert [one["customer"] for one in rest.json["not_undone"]] == [people[2][0]]


def test_approval_is_for_the_rows_that_were_asked_about(
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
    people: list[tuple[str, str]],
    batch: str,
    second_admin: dict[str, str],
    tmp_path: Path,
) -> None:
    chosen = tmp_path / "chosen.txt"
    chosen.write_text("\n".join(email for email, _ in people[:3]))
    part = ("undo", "--batch", batch, "--only", str(chosen), "--json")
    number = fairlead(*part).json["batch"]
    approve = ("--approve", "--confirm", "3")
    assert fairlead("undo", "--batch", number, *approve, **second_admin).exit_code == 0
    # Asked about three, the approval does not let another part of two pass.
    chosen.write_text("\n".join(email for email, _ in people[3:]))
    other = fairlead(*part)
    assert other.exit_code == 3
    assert other.json["approvals"] == [] or not any(
        one["as"] == "admin" for one in other.json["approvals"]
    )
    assert levels(sandbox, people) == ["basic"] * 5
    # Nobody approves what nobody has asked for.
    shown = fairlead(*part, "--note", "another question", "--dry-run").json
    early = fairlead("undo", "--batch", shown["batch"], "--approve", "--confirm", "2", "--json",
                     **second_admin)  # fmt: skip
    assert early.exit_code == 2
    assert "Nobody has asked" in early.json["error"]["title"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--opened", "--only", "-"), "either --opened or --only"),
        (("--dry-run",), "belongs to a part of a batch"),
        (("--note", "why"), "--note belongs to a part"),
    ],
)
def test_options_of_a_part_that_make_no_sense_change_nothing(
    fairlead: FairleadCommand, batch: str, words: tuple[str, ...], why: str
) -> None:
    result = fairlead("undo", "--batch", batch, *words, "--json")
    assert result.exit_code == 2
    assert why in str(result.json["error"])
