"""Fault injection of the sandbox: each kind of fault, its counting and its command-line form."""

import http.client
import json
import socket
import time
from typing import Any

import pytest

from desktop.sandbox.fault_rules import FAULT_KINDS, parse_fault_rule
from desktop.sandbox.http_messages import SandboxRequest
from tests.support.sandbox_client import HttpResult, SandboxClient

NOTE = {"user": {"notes": "after the fault"}}


def notes(sandbox: SandboxClient) -> str:
    """Read what is stored, once no fault is in force."""
    sandbox.control("DELETE", "fault")
    text: str = sandbox.zendesk("GET", "users/7701").body["user"]["notes"]
    return text


def put(sandbox: SandboxClient, kind: str, timeout: float = 20) -> HttpResult:
    sandbox.add_fault(f"zendesk:PUT /api/v2/users/*:{kind}")
    return sandbox.zendesk("PUT", "users/7701.json", NOTE, timeout=timeout)


def test_fault_spec_is_parsed_or_refused() -> None:
    fault = parse_fault_rule("zendesk:GET /api/v2/users/*:429=7@3")
    assert (fault.service, fault.method, fault.glob) == ("zendesk", "GET", "/api/v2/users/*")
    assert (fault.kind, fault.argument, fault.every) == ("429", 7, 3)
    call = SandboxRequest("zendesk", "GET", "/api/v2/users/7.json", "", {}, {}, b"", 0)
    assert [fault.matches(call) for _ in range(7)] == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    once = parse_fault_rule("*:* *:500", times=1)
    assert [once.matches(call) for _ in range(3)] == [True, False, False]
    for wrong in ("zendesk", "zendesk:GET /x:nonsense", "mars:GET /x:500", "*:GET /x:500@0"):
        with pytest.raises(ValueError, match=":"):
            parse_fault_rule(wrong)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("400", 400),
        ("401", 401),
        ("403", 403),
        ("404", 404),
        ("409", 409),
        ("422", 422),
        ("423", 423),
        ("429", 429),
        ("500", 500),
        ("503=9", 503),
    ],
)
def test_fault_refusal_is_not_applied(
    writable_sandbox: SandboxClient, kind: str, status: int
) -> None:
    answer = put(writable_sandbox, kind)
    assert answer.status == status
    expected = {"429": "2", "503=9": "9"}.get(kind)
    assert answer.headers.get("retry-after") == expected
    assert notes(writable_sandbox) != "after the fault"


@pytest.mark.parametrize("kind", ["502", "503", "504", "html"])
def test_fault_html_replaces_json(writable_sandbox: SandboxClient, kind: str) -> None:
    answer = put(writable_sandbox, kind)
    assert answer.status == (200 if kind == "html" else int(kind))
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html" in answer.body
    assert notes(writable_sandbox) != "after the fault"


def test_fault_429_without_retry_after_is_plain_text(writable_sandbox: SandboxClient) -> None:
    answer = put(writable_sandbox, "429-bare")
    assert (answer.status, answer.body) == (429, b"Too Many Requests")
    assert "retry-after" not in answer.headers


def test_fault_error_with_200(writable_sandbox: SandboxClient) -> None:
    answer = put(writable_sandbox, "error-200")
    assert answer.status == 200
    assert "error" in answer.body
    assert notes(writable_sandbox) != "after the fault"
    writable_sandbox.add_fault("sailthru:POST /user:error-200")
    sailthru = writable_sandbox.sailthru(
        "POST", "user", {"id": "maria@lopez.example", "vars": {"x": 1}}
    )
    assert (sailthru.status, sailthru.body["error"]) == (200, 9)


@pytest.mark.parametrize(("kind", "applied"), [("reset", False), ("reset-after", True)])
def test_fault_connection_reset(writable_sandbox: SandboxClient, kind: str, applied: bool) -> None:
    with pytest.raises(ConnectionResetError):
        put(writable_sandbox, kind)
    assert (notes(writable_sandbox) == "after the fault") is applied


@pytest.mark.parametrize(("kind", "applied"), [("timeout", False), ("timeout-after", True)])
def test_fault_timeout(writable_sandbox: SandboxClient, kind: str, applied: bool) -> None:
    with pytest.raises(socket.timeout):
        put(writable_sandbox, kind, timeout=0.3)
    assert (notes(writable_sandbox) == "after the fault") is applied


def test_fault_timeout_ends_itself(writable_sandbox: SandboxClient) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        put(writable_sandbox, "timeout=0.2")


def test_fault_500_after_is_applied(writable_sandbox: SandboxClient) -> None:
    assert put(writable_sandbox, "500-after").status == 500
    assert notes(writable_sandbox) == "after the fault"


def test_fault_truncated_json_is_complete_response(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.add_fault("zendesk:GET /api/v2/users/7701:truncated")
    with pytest.raises(json.JSONDecodeError):
        writable_sandbox.zendesk("GET", "users/7701")


def test_fault_cut_response_is_short(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.add_fault("zendesk:GET /api/v2/users/7701:cut")
    with pytest.raises(http.client.IncompleteRead):
        writable_sandbox.zendesk("GET", "users/7701")


def test_fault_slow_response_drips(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.add_fault("zendesk:GET /api/v2/users/7701:slow=0.4")
    begun = time.monotonic()
    assert writable_sandbox.zendesk("GET", "users/7701").body["user"]["id"] == 7701
    assert time.monotonic() - begun >= 0.4


def test_fault_wrong_content_type(writable_sandbox: SandboxClient) -> None:
    answer = put(writable_sandbox, "wrong-type")
    assert answer.headers["content-type"].startswith("text/plain")
    assert json.loads(answer.body)["user"]["notes"] == "after the fault"


def test_fault_stale_read_after_write(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.add_fault("sailthru:GET /user:stale=1")
    maria: dict[str, Any] = {"id": "maria@lopez.example", "fields": {"optout_email": 1}}
    writable_sandbox.sailthru(
        "POST", "user", {"id": "maria@lopez.example", "optout_email": "basic"}
    )
    assert writable_sandbox.sailthru("GET", "user", maria).body["optout_email"] == "none"
    time.sleep(1.05)
    assert writable_sandbox.sailthru("GET", "user", maria).body["optout_email"] == "basic"


def test_fault_stuck_and_failed_jobs(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.add_fault("*:* *job*:stuck-job", times=1)
    job = {"job": "import", "list": "L", "emails": "a@b.example"}
    stuck = writable_sandbox.sailthru("POST", "job", job).body["job_id"]
    writable_sandbox.add_fault("sailthru:POST /job:failed-job", times=1)
    failed = writable_sandbox.sailthru("POST", "job", job).body["job_id"]
    assert writable_sandbox.wait_for_sailthru_job(failed)["status"] == "error"
    assert writable_sandbox.sailthru("GET", "job", {"job_id": stuck}).body["status"] == "pending"
    assert writable_sandbox.sailthru("GET", "user", {"id": "a@b.example"}).status == 400

    update = {"users": [{"id": 7701, "notes": "x"}]}
    writable_sandbox.add_fault("zendesk:PUT /api/v2/users/update_many:failed-job", times=1)
    failed = writable_sandbox.zendesk("PUT", "users/update_many", update).body["job_status"]["id"]
    assert writable_sandbox.wait_for_zendesk_job(failed)["status"] == "failed"
    writable_sandbox.add_fault("zendesk:PUT /api/v2/users/update_many:stuck-job", times=1)
    stuck = writable_sandbox.zendesk("PUT", "users/update_many", update).body["job_status"]["id"]
    time.sleep(0.3)
    assert (
        writable_sandbox.zendesk("GET", f"job_statuses/{stuck}").body["job_status"]["status"]
        == "working"
    )


def test_fault_from_command_line(start_sandbox: Any) -> None:
    sandbox = start_sandbox(
        "--customers", "0", "--fault", "zendesk:GET /api/v2/users/me:500@2", "--fault",
        "sailthru:GET /list:503", "--latency-ms", "60",
    )  # fmt: skip
    begun = time.monotonic()
    statuses = [sandbox.zendesk("GET", "users/me").status for _ in range(4)]
    assert statuses == [200, 500, 200, 500]
    assert time.monotonic() - begun >= 0.24
    assert sandbox.sailthru("GET", "list", {}).status == 503


def test_fault_kinds_are_documented() -> None:
    for kind, (_, words) in FAULT_KINDS.items():
        assert words, kind
        assert parse_fault_rule(f"*:GET /x:{kind}").kind == kind
