"""A workspace that keys of another account are given to: nothing of the old one goes there."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.support.cli_command import CommandResult, FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture(scope="module")
def other_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServers]:
    log = tmp_path_factory.mktemp("other") / "requests.jsonl"
    servers = SandboxServers("--customers", "0", "--account", "account_id=11111", log=log)
    yield servers
    servers.stop()


@pytest.fixture
def queued(fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory) -> str:
    """A customer of the first account with an edit that waits."""
    email = customers.new_email()
    sandbox.create_profile(email, vars={"city": "Lisbon"})
    sandbox.create_user(email)
    assert fairlead("lookup", email).exit_code == 0
    sandbox.add_fault("sailthru:* *:503", times=None)
    assert (
        fairlead("edit", email, "--var", 'city="Porto"', "--reason", "asked", "--json").exit_code
        == 4
    )
    sandbox.clear_faults()
    return email


def set_up(person: FairleadCommand, servers: SandboxServers, *words: str) -> CommandResult:
    document = json.dumps({**servers.connection_document, "changes": True})
    return person("setup", "--from", "-", "--json", *words, stdin=document)


@pytest.fixture
def another_sailthru_account(sandbox: SandboxServers, queued: str) -> Iterator[None]:
    """The same addresses, as with Sailthru's one host for everybody: the account's id tells."""
    sandbox.control("POST", "account", {"account_id": 22222})
    yield
    sandbox.control("POST", "account", {"account_id": 99999})


def test_setup_for_another_account_says_what_waits_and_changes_nothing(
    fairlead: FairleadCommand, other_account: SandboxServers, queued: str
) -> None:
    person = FairleadCommand(fairlead.home, other_account.connection_document, keyring=False)
    refused = set_up(person, other_account)
    assert refused.exit_code == 3, refused.stdout
    error = refused.json["error"]
    assert "1 edit that waits" in error["message"]
    assert "--move-account" in error["hint"]
    assert other_account.logged_writes() == []
    assert [e["state"] for e in fairlead("outbox", "retry", "1", "--json").json["edits"]] == [
        "done"
    ]


@pytest.mark.usefixtures("another_sailthru_account")
def test_setup_move_account_drops_what_waits_and_never_delivers_it(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    before = len(sandbox.logged_writes())
    assert set_up(fairlead, sandbox).exit_code == 3
    moved = set_up(fairlead, sandbox, "--move-account")
    assert moved.exit_code == 0, moved.stdout
    rows = fairlead("outbox", "--json").json["rows"]
    assert [row["state"] for row in rows] == ["undone"]
    assert fairlead("outbox", "deliver", "--json").json["edits"] == []
    assert len(sandbox.logged_writes()) == before
    assert fairlead("audit", "--verify", "--json").exit_code == 0


def test_keys_of_another_account_in_the_environment_send_and_read_nothing(
    fairlead: FairleadCommand, sandbox: SandboxServers, queued: str
) -> None:
    before = len(sandbox.logged_writes())
    sandbox.control("POST", "account", {"account_id": 22222})
    try:
        for words in (("outbox", "deliver"), ("outbox", "retry", "1")):
            refused = fairlead(*words, "--json")
            assert refused.exit_code == 3, refused.stdout
            assert "another account" in refused.json["error"]["title"]
        assert len(sandbox.logged_writes()) == before
    finally:
        sandbox.control("POST", "account", {"account_id": 99999})
    retried = fairlead("outbox", "retry", "1", "--json")
    assert [edit["state"] for edit in retried.json["edits"]] == ["done"]


def test_account_of_another_workspace_is_refused_and_leaves_no_folder(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    refused = set_up(fairlead, sandbox, "--workspace", "second")
    assert refused.exit_code == 3
    assert "already connected" in refused.stdout
    assert not (fairlead.home / "workspaces" / "second").exists()


def test_refused_set_up_under_another_spelling_keeps_the_workspace(
    fairlead: FairleadCommand,
) -> None:
    kept = fairlead.home / "workspaces" / "main" / "workspace.json"
    before = kept.read_text()
    document = json.dumps({"sailthru": {"service_uri": "ftp://elsewhere.example"}})
    words = ("setup", "--from", "-", "--workspace", "MAIN", "--json")
    assert fairlead(*words, stdin=document).exit_code == 2
    assert kept.read_text() == before


def test_workspace_that_was_never_set_up_asks_no_service(fairlead: FairleadCommand) -> None:
    """Keys of the environment go to no address that nobody chose."""
    folder = fairlead.home / "workspaces" / "empty"
    folder.mkdir()
    try:
        (folder / "workspace.json").write_text('{"id": "0123456789abcdef"}')
        result = fairlead("lookup", "maria@lopez.example", "--workspace", "empty", "--json")
        assert result.exit_code == 3, result
        assert "not set up yet" in result.json["error"]["title"]
    finally:
        shutil.rmtree(folder)
