"""The sandbox as a process: flags, ports, state over a kill, request log, concurrency."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.sandbox.command_line import parse_options
from tests.support.child_processes import ROOT
from tests.support.sandbox_client import SandboxClient
from tests.support.sandbox_process import find_free_ports

MARIA = {"id": "maria@lopez.example"}


def change(sandbox: SandboxClient) -> tuple[str, int]:
    """Change something of every kind; return the new profile's sid and the new ticket's id."""
    sandbox.zendesk("PUT", "users/7701", {"user": {"notes": "kept"}})
    sandbox.zendesk("PUT", "users/30000000007", {"user": {"email": "seven@kept.example"}})
    ticket = {"ticket": {"subject": "Kept", "comment": {"body": "B"}, "requester_id": 7702}}
    number = sandbox.zendesk("POST", "tickets", ticket).body["ticket"]["id"]
    sandbox.sailthru("POST", "user", {**MARIA, "lists": {"Kept": 1, "Newsletter": 0}})
    new = {"id": "kept@new.example", "vars": {"zendesk_sync": True}, "fields": {"keys": 1}}
    sid = sandbox.sailthru("POST", "user", new).body["keys"]["sid"]
    sandbox.sailthru("DELETE", "user", {"id": "dana@okafor.example"})
    return sid, number


def check(sandbox: SandboxClient, sid: str, number: int) -> None:
    """See that all of it is still there."""
    assert sandbox.zendesk("GET", "users/7701").body["user"]["notes"] == "kept"
    found = sandbox.zendesk("GET", "users/search?query=seven@kept.example").body["users"]
    assert [user["id"] for user in found] == [30000000007]
    tickets = sandbox.zendesk("GET", "users/7702/tickets/requested").body["tickets"]
    assert number in {ticket["id"] for ticket in tickets}
    lists = sandbox.sailthru("GET", "user", MARIA).body["lists"]
    assert set(lists) == {"Kept", "VIP Offers", "Product news"}
    assert sandbox.sailthru("GET", "user", {"id": "kept@new.example"}).body["keys"]["sid"] == sid
    assert sandbox.sailthru("GET", "user", {"id": "dana@okafor.example"}).status == 400


def test_state_file_survives_sigterm_and_kill(
    start_sandbox: Callable[..., SandboxClient], tmp_path: Path
) -> None:
    flags = ("--customers", "50", "--seed", "4", "--state", str(tmp_path / "s.db"))
    flags += ("--rate-limits", "off")
    first = start_sandbox(*flags)
    sid, number = change(first)
    before = first.zendesk("GET", "users/30000000003").body["user"]
    smart = first.sailthru("GET", "list", {"list": "zendesk-sync-smart"}).body["count"]
    first.kill()
    second = start_sandbox(*flags)
    check(second, sid, number)
    # The dates hang on the moment of the first start, not of this one.
    assert (
        second.zendesk("GET", "users/30000000003").body["user"]["created_at"]
        == (before["created_at"])
    )
    again = second.sailthru("GET", "list", {"list": "zendesk-sync-smart"}).body["count"]
    assert again == smart
    assert second.stop() == 0
    third = start_sandbox(*flags)
    check(third, sid, number)
    other = {"ticket": {"subject": "New", "comment": {"body": "B"}, "requester_id": 7702}}
    assert third.zendesk("POST", "tickets", other).body["ticket"]["id"] > number
    assert (
        third.connection_document["sailthru"]["api_key"]
        == first.connection_document["sailthru"]["api_key"]
    )


def test_job_interrupted_by_kill_is_finished_once(
    start_sandbox: Callable[..., SandboxClient], tmp_path: Path
) -> None:
    flags = ("--customers", "0", "--state", str(tmp_path / "s.db"), "--rate-limits", "off")
    first = start_sandbox(*flags, "--account", "bulk_import=on,job_ms=400")
    rows = {"users": [{"name": f"P {n}", "email": f"p{n}@job.example"} for n in range(60)]}
    job = first.zendesk("POST", "users/create_many", rows).body["job_status"]["id"]
    emails = ",".join(f"l{n}@job.example" for n in range(500))
    data = {"job": "import", "list": "Big", "emails": emails}
    import_id = first.sailthru("POST", "job", data).body["job_id"]
    first.kill()
    second = start_sandbox(*flags, "--account", "bulk_import=on,job_ms=1")
    results = second.wait_for_zendesk_job(job)["results"]
    assert [row["status"] for row in results] == ["Created"] * 60
    assert second.wait_for_sailthru_job(import_id)["status"] == "completed"
    assert second.sailthru("GET", "list", {"list": "Big"}).body["count"] == 500
    users = second.zendesk("GET", "search?query=type:user+job.example").body
    assert users["count"] == 60


def test_log_has_one_line_per_request(
    start_sandbox: Callable[..., SandboxClient], tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    sandbox = start_sandbox("--customers", "0", "--log", str(log))
    sandbox.zendesk("PUT", "users/7701.json?a=1", {"user": {"notes": "é"}})
    sandbox.sailthru("POST", "user", {**MARIA, "vars": {"a": 1}})
    sandbox.add_fault("zendesk:GET *:reset", times=1)
    with contextlib.suppress(ConnectionResetError):
        sandbox.zendesk("GET", "users/me")
    until = time.monotonic() + 5
    while time.monotonic() < until and len(log.read_text().splitlines()) < 3:
        time.sleep(0.02)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(it["service"], it["method"], it["path"], it["status"]) for it in lines] == [
        ("zendesk", "PUT", "/api/v2/users/7701.json", 200),
        ("sailthru", "POST", "/user", 200),
        ("zendesk", "GET", "/api/v2/users/me", 0),
    ]
    assert lines[0]["query"] == "a=1"
    assert lines[0]["headers"]["content-type"] == "application/json"
    assert json.loads(lines[0]["body"]) == {"user": {"notes": "é"}}
    assert "api_key=" in lines[1]["body"]
    assert abs(lines[0]["at"] - time.time()) < 60


def test_ports_are_consecutive_when_given(start_sandbox: Callable[..., SandboxClient]) -> None:
    port = find_free_ports(3)
    sandbox = start_sandbox("--port", str(port), "--customers", "0")
    assert sandbox.connection_document["sailthru"]["service_uri"] == f"http://127.0.0.1:{port}"
    assert sandbox.connection_document["zendesk"]["base_url"] == f"http://127.0.0.1:{port + 1}"
    assert sandbox.connection_document["sell"]["base_url"] == f"http://127.0.0.1:{port + 2}"
    assert sandbox.control("GET", "credentials") == sandbox.connection_document


@pytest.mark.parametrize(
    "flags",
    [
        ["--fault", "nonsense"],
        ["--account", "colour=blue"],
        ["--account", "bulk_import=perhaps"],
        ["--account", "box=abc"],
        ["--account", "box=nan"],
        ["--rate-limits", "fast"],
        ["--customers", "-1"],
    ],
)
def test_invalid_flags_exit_2(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options(flags)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    if flags[0] == "--account":
        assert f"{flags[1]}: expected" in printed.err or "no such account key" in printed.err


def test_invalid_flag_ends_the_process_with_2() -> None:
    command = [sys.executable, "-m", "desktop.sandbox", "--fault", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nonsense" in done.stderr


def test_latency_does_not_serialise_requests(start_sandbox: Callable[..., SandboxClient]) -> None:
    sandbox = start_sandbox("--customers", "0", "--rate-limits", "off", "--latency-ms", "200")
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(sandbox.zendesk("GET", "users/7701").status)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20
    # One after another would take four seconds.
    assert time.monotonic() - begun < 2


def test_request_counts_exclude_control(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.control("DELETE", "requests")
    writable_sandbox.zendesk("GET", "users/7701.json")
    writable_sandbox.zendesk("GET", "users/7701")
    writable_sandbox.sailthru("GET", "settings", None)
    assert writable_sandbox.control("GET", "requests") == {
        "total": 3,
        "requests": {"sailthru GET /settings": 1, "zendesk GET /api/v2/users/7701": 2},
    }


def test_service_can_be_switched_off(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.control("POST", "account", {"sailthru": "off"})
    assert writable_sandbox.sailthru("GET", "settings", None).status == 503
    assert writable_sandbox.zendesk("GET", "users/me").status == 200


def test_network_is_lost_for_a_while_and_nothing_else_is(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "0")
    sandbox.zendesk("PUT", "users/7701", {"user": {"notes": "kept"}})

    def is_reachable() -> bool:
        try:
            return sandbox.zendesk("GET", "users/me").status == 200
        except OSError:
            return False

    assert sandbox.control("POST", "network", {"off_s": 0.7}) == {"off_s": 0.7}
    end = time.monotonic() + 20
    for wanted in (False, True):
        while is_reachable() is not wanted:
            assert time.monotonic() < end
            time.sleep(0.02)
    assert sandbox.zendesk("GET", "users/7701").body["user"]["notes"] == "kept"
    assert sandbox.sailthru("GET", "user", MARIA).status == 200
    assert sandbox.stop() == 0


def test_reset_forgets_every_change(
    start_sandbox: Callable[..., SandboxClient], tmp_path: Path
) -> None:
    flags = ("--customers", "20", "--state", str(tmp_path / "s.db"), "--rate-limits", "off")
    sandbox = start_sandbox(*flags)
    before = sandbox.zendesk("GET", "users/7701").body
    number = change(sandbox)[1]
    sandbox.add_fault("*:* *:500")
    sandbox.control("POST", "account", {"csat": "off"})
    sandbox.control("POST", "reset")
    assert sandbox.zendesk("GET", "users/7701").body == before
    assert sandbox.zendesk("GET", f"tickets/{number}").status == 404
    assert sandbox.control("GET", "account")["csat"] is True
    sandbox.kill()
    again = start_sandbox(*flags)
    assert again.zendesk("GET", "users/7701").body["user"]["notes"] != "kept"


def test_hanging_request_does_not_delay_shutdown() -> None:
    command = [sys.executable, "-m", "desktop.sandbox", "--customers", "0"]
    command += ["--fault", "zendesk:GET *:timeout"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["zendesk"]["base_url"]
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as client:
        client.sendall(b"GET /api/v2/users/me HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        process.terminate()
        _, complaints = process.communicate(timeout=5)
    assert process.returncode == 0
    assert complaints == ""


@pytest.mark.parametrize("by_signal", [False, True])
def test_sandbox_until_eof_ends_cleanly(by_signal: bool) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "desktop.sandbox", "--customers", "0", "--until-eof"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline()
    if by_signal:
        # While it waits for its input: a lock held there would abort it.
        process.terminate()
    else:
        process.stdin.close()
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
