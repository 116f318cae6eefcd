"""The kind of a workspace over the command line: set up, told, and asked about by `sync run`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

BOX = "zendesk-to-sailthru"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[SandboxServers]:
    made = SandboxServers(
        "--customers", "160", "--account", "job_ms=20,box=100%,profile=100%",
        log=tmp_path / "log.jsonl",
    )  # fmt: skip
    yield made
    made.stop()


@pytest.fixture
def fairlead(servers: SandboxServers, tmp_path: Path) -> FairleadCommand:
    create_workspace_home(tmp_path / "home", servers.connection_document)
    return FairleadCommand(tmp_path / "home", servers.connection_document, keyring=False)


def test_run_over_fifty_in_production_needs_allow_production(
    fairlead: FairleadCommand, servers: SandboxServers
) -> None:
    document = {**servers.connection_document, "kind": "production"}
    set_up = fairlead("setup", "--from", "-", "--json", stdin=json.dumps(document))
    assert set_up.exit_code == 0, set_up
    fairlead("sync", "add", "--preset", BOX, "--on", "--json")
    run = fairlead("sync", "run", BOX, "--json")
    assert (run.exit_code, run.json["state"]) == (3, "waiting"), run
    assert "This is production: " in run.json["detail"]
    planned = fairlead("sync", "plan", BOX)
    assert "more than 50 are asked about once more" in planned.stdout
    done = fairlead("sync", "run", BOX, "--allow", "production", "--json")
    assert done.json["state"] == "done", done
    assert done.json["totals"]["updated"] + done.json["totals"]["created"] > 50
    # So is setting them back.
    back = fairlead("sync", "rollback", done.json["run"], "--json")
    assert (back.exit_code, back.json["state"]) == (3, "waiting"), back
    assert "This is production: " in back.json["detail"]
    audit = fairlead("audit", "--verify", "--json")
    assert audit.exit_code == 0, audit


def test_undo_of_a_batch_over_fifty_in_production_needs_its_number(
    fairlead: FairleadCommand, servers: SandboxServers
) -> None:
    document = {**servers.connection_document, "kind": "production"}
    assert fairlead("setup", "--from", "-", "--json", stdin=json.dumps(document)).exit_code == 0
    mails = [f"batch{number}@kind.example" for number in range(51)]
    for mail in mails:
        servers.create_profile(mail)
    words = ("bulk", "-", "--health", "happy", "--reason", "a nice letter", "--json")
    asked = fairlead(*words, stdin="\n".join(mails))
    assert asked.exit_code == 3
    assert asked.json["error"]["title"] == "This is production: 51 customers would be changed."
    made = fairlead(*words, "--confirm", "51", stdin="\n".join(mails))
    assert made.exit_code == 0, made
    undo = ("undo", "--batch", made.json["batch"], "--json")
    refused = fairlead(*undo)
    assert refused.exit_code == 3
    assert refused.json["error"]["title"] == "This is production: 51 customers would be set back."
    assert fairlead(*undo, "--confirm", "50").exit_code == 3
    undone = fairlead(*undo, "--confirm", "51")
    assert undone.exit_code == 0, undone
    assert [edit["state"] for edit in undone.json["undo_edits"]] == ["done"] * 51


def test_setup_refuses_an_unknown_kind(fairlead: FairleadCommand, servers: SandboxServers) -> None:
    document = {**servers.connection_document, "kind": "playground"}
    refused = fairlead("setup", "--from", "-", "--json", stdin=json.dumps(document))
    assert refused.exit_code == 2
    assert "kind" in refused.json["error"]["title"]
