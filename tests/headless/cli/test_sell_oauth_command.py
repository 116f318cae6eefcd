"""Zendesk Sell by OAuth on the command line: set up, ended, renewed, taken back."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import sell_oauth
from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers
from tests.support.sign_in_browser import hold_redirect_ports


@pytest.fixture
def at_a_desk(tmp_path: Path, sandbox: SandboxServers) -> FairleadCommand:
    """A person with a keyring, connected to all but Sell."""
    fairlead = FairleadCommand(tmp_path / "desk", sandbox.connection_document, keyring=True)
    others = {k: v for k, v in sandbox.connection_document.items() if k != "sell"}
    done = fairlead("setup", "--from", "-", "--json", stdin=json.dumps(others))
    assert done.exit_code == 0, done.stdout + done.stderr
    return fairlead


def sell_section(sandbox: SandboxServers, **more: str) -> dict[str, Any]:
    about = {k: v for k, v in sandbox.connection_document["sell"].items() if k != "access_token"}
    return {**about, **more}


def set_up(fairlead: FairleadCommand, section: dict[str, Any]) -> Any:
    done = fairlead("setup", "--from", "-", "--json", stdin=json.dumps({"sell": section}))
    assert done.exit_code == 0, done.stdout + done.stderr
    return done.json


def failed(report: Any) -> list[dict[str, Any]]:
    return [one for one in report["checks"] if "Sell" in one["name"] and not one["ok"]]


def test_sell_by_refresh_token_is_renewed_and_revoked(
    at_a_desk: FairleadCommand, sandbox: SandboxServers
) -> None:
    refresh = sell_oauth.sign_in(sandbox)["refresh_token"]
    set_up(at_a_desk, sell_section(sandbox, refresh_token=refresh))
    found = at_a_desk("lookup", "maria@lopez.example", "--json").json
    assert found["sell"]["contacts"][0]["id"] == 2101
    sandbox.control("POST", "expire-tokens")
    found = at_a_desk("lookup", "maria@lopez.example", "--json").json
    assert found["sell"]["contacts"][0]["id"] == 2101
    done = at_a_desk("sell", "disconnect", "--json")
    assert done.json == {"connected": False, "revoked": True}
    logs = "".join(path.read_text() for path in at_a_desk.home.rglob("*.log"))
    about = sandbox.connection_document["sell"]
    assert refresh not in logs
    assert about["oauth_client_secret"] not in logs
    settings = "".join(path.read_text() for path in at_a_desk.home.rglob("settings.json"))
    assert about["oauth_client_id"] in settings
    assert about["oauth_client_secret"] not in settings


def test_sign_in_command_waits_for_the_browser(
    at_a_desk: FairleadCommand, sandbox: SandboxServers
) -> None:
    set_up(at_a_desk, sell_section(sandbox))
    (check,) = failed(at_a_desk("doctor", "--json").json)
    assert check["detail"] == "You are signed out of Zendesk Sell."
    assert check["hint"] == "Sign in to Zendesk Sell again in Settings › Connections."
    with hold_redirect_ports():
        child = subprocess.Popen(
            at_a_desk.command_line("sell", "sign-in", "--json"),
            env=at_a_desk.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stderr is not None
        lines = iter(child.stderr.readline, "")
        url = next(line for line in lines if line.startswith("http")).strip()
        assert httpx.get(url + "&auto=allow", follow_redirects=True).status_code == 200
        report, _ = child.communicate(timeout=60)
    assert child.returncode == 0, report
    assert not failed(at_a_desk("doctor", "--json").json)


def test_server_without_keyring_uses_up_no_refresh_token(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    refresh = sell_oauth.sign_in(sandbox)["refresh_token"]
    report = set_up(fairlead, sell_section(sandbox, refresh_token=refresh))
    assert any("FAIRLEAD_SELL_TOKEN" in note for note in report["notes"])
    assert sell_oauth.renew(sandbox, refresh).status == 200
    refused = fairlead("sell", "sign-in", "--json")
    assert refused.exit_code == 1
    assert "keyring" in refused.json["error"]["title"].lower()


def test_agent_may_not_sign_in_to_sell(as_agent: FairleadCommand) -> None:
    refused = as_agent("sell", "sign-in", "--json")
    assert refused.exit_code == 3
    assert refused.json["error"]["code"] == "not_permitted"
