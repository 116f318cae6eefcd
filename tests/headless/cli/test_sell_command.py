"""`fairlead sell`: the export as a process, killed for real; who may; disconnecting."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture
def with_sell(fairlead: FairleadCommand, sandbox: SandboxServers) -> FairleadCommand:
    about = sandbox.connection_document["sell"]
    fairlead.environ["FAIRLEAD_SELL_TOKEN"] = about["access_token"]
    done = fairlead("setup", "--from", "-", "--json", stdin=json.dumps({"sell": about}))
    assert done.exit_code == 0, done.stdout + done.stderr
    return fairlead


@pytest.fixture
def slow_sell(sandbox: SandboxServers) -> Iterator[None]:
    sandbox.control("POST", "speed", {"latency_ms": 30})
    yield
    sandbox.control("POST", "speed", {"latency_ms": 0})


def test_setup_and_doctor_name_sell(with_sell: FairleadCommand) -> None:
    done = with_sell("doctor", "--json")
    assert done.exit_code == 0, done.stdout
    names = {check["name"] for check in done.json["checks"] if check["ok"]}
    assert {"Zendesk Sell: token", "Zendesk Sell: products"} <= names


def test_optout_sync_is_set_and_run_by_processes_of_their_own(
    with_sell: FairleadCommand, sandbox: SandboxServers
) -> None:
    name, email = "sell-optouts-to-sailthru", "refused@optouts.example"
    sandbox.create_profile(email)
    person = {"first_name": "Re", "last_name": "Fused", "email": email, "tags": ["cli no mail"]}
    sandbox.sell_request("POST", "/v2/leads", person)
    assert with_sell("sync", "add", "--preset", name).exit_code == 0
    refused = with_sell("sync", "on", name, "--json")
    assert "means opted out" in refused.json["error"]["title"]
    given = ("source.optout.out_tags=cli no mail", "source.optout.level=all")
    done = with_sell("sync", "set", name, *given, "--json")
    assert done.json["fields"]["source.optout.out_tags"] == ["cli no mail"]
    assert with_sell("sync", "on", name).exit_code == 0
    totals = with_sell("sync", "run", name, "--json").json["totals"]
    assert (totals["updated"], totals["created"]) == (1, 0)
    profile = sandbox.read_profile(email)
    assert profile is not None
    assert profile["optout_email"] == "all"


def test_export_killed_goes_on_to_the_end(
    with_sell: FairleadCommand, tmp_path: Path, slow_sell: None
) -> None:
    folder = tmp_path / "out"
    words = ("sell", "export", str(folder), "--no-links", "--progress", "jsonl", "--json")
    with with_sell.start(*words) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if json.loads(line)["table"] == "contacts":
                child.send_signal(signal.SIGKILL)
                break
        assert child.wait(20) == -signal.SIGKILL
    assert not (folder / "manifest.json").exists()
    done = with_sell("sell", "export", str(folder), "--no-links", "--json")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert done.json["complete"]
    manifest: Any = json.loads((folder / "manifest.json").read_text())
    assert manifest["tables"]["contacts"]["rows"] >= 18
    rows = with_sell("audit", "--json").json["rows"]
    assert [row["name"] for row in rows if row["kind"] == "sell_export"] == [
        "finished",
        "resumed",
        "begun",
    ]
    assert with_sell("audit", "--verify").exit_code == 0


def test_agent_may_not_export_from_sell(
    with_sell: FairleadCommand, as_agent: FairleadCommand, tmp_path: Path
) -> None:
    as_agent.environ["FAIRLEAD_SELL_TOKEN"] = with_sell.environ["FAIRLEAD_SELL_TOKEN"]
    refused = as_agent("sell", "export", str(tmp_path / "out"), "--json")
    assert refused.exit_code == 3
    assert refused.json["error"]["code"] == "not_permitted"
    assert not (tmp_path / "out").exists()
    assert as_agent("sell", "disconnect").exit_code == 3


def test_export_needs_a_folder_and_a_connection(fairlead: FairleadCommand, tmp_path: Path) -> None:
    assert fairlead("sell", "export").exit_code == 2
    refused = fairlead("sell", "export", str(tmp_path / "out"), "--json")
    assert refused.exit_code == 2
    assert "not connected" in refused.json["error"]["title"]


def test_disconnected_sell_is_asked_no_more(with_sell: FairleadCommand, tmp_path: Path) -> None:
    # A server's keyring is not there, and its token is the environment's: the switch decides.
    done = with_sell("sell", "disconnect")
    assert done.exit_code == 0, done.stderr
    refused = with_sell("sell", "export", str(tmp_path / "out"), "--json")
    assert "not connected" in refused.json["error"]["title"]


def test_lookup_has_sells_part(with_sell: FairleadCommand) -> None:
    found = with_sell("lookup", "maria@lopez.example", "--json").json
    assert found["sell"]["contacts"][0]["id"] == 2101
    assert found["sell"]["deals"][0]["value"] == "12400.50"
    assert found["age_s"]["sell"] is not None
    text = with_sell("lookup", "maria@lopez.example").stdout
    assert "Zendesk Sell contact 2101  Maria Lopez" in text


def test_lookup_without_sell_says_null(fairlead: FairleadCommand) -> None:
    found = fairlead("lookup", "maria@lopez.example", "--json").json
    assert found["sell"] is None
    assert "sell" not in found["age_s"]


def test_export_works_while_changes_are_off(with_sell: FairleadCommand, tmp_path: Path) -> None:
    off = with_sell("setup", "--from", "-", stdin='{"changes": false}')
    assert off.exit_code == 0, off.stderr
    done = with_sell("sell", "export", str(tmp_path / "out"), "--no-links", "--json")
    assert done.exit_code == 0, done.stdout
