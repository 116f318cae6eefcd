"""Faults on demand: each kind does what it says, no more and no less often."""

import http.client
import json
import socket
import time
from typing import Any

import pytest

from desktop.sandbox.call import Call
from desktop.sandbox.fault import KINDS, parse_fault
from tests.headless.sandbox.sandbox_client import Answered, Sandbox

NOTE = {"user": {"notes": "after the fault"}}


def notes(sandbox: Sandbox) -> str:
    """Read what is stored, once no fault is in force."""
    sandbox.control("DELETE", "fault")
    text: str = sandbox.zendesk("GET", "users/7701").body["user"]["notes"]
    return text


def put(sandbox: Sandbox, kind: str, timeout: float = 20) -> Answered:
    sandbox.fault(f"zendesk:PUT /api/v2/users/*:{kind}")
    return sandbox.zendesk("PUT", "users/7701.json", NOTE, timeout=timeout)


def test_a_spec_is_read_or_refused() -> None:
    fault = parse_fault("zendesk:GET /api/v2/users/*:429=7@3")
    assert (fault.service, fault.method, fault.glob) == ("zendesk", "GET", "/api/v2/users/*")
    assert (fault.kind, fault.argument, fault.every) == ("429", 7, 3)
    call = Call("zendesk", "GET", "/api/v2/users/7.json", "", {}, {}, b"", 0)
    assert [fault.strikes(call) for _ in range(7)] == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    once = parse_fault("*:* *:500", times=1)
    assert [once.strikes(call) for _ in range(3)] == [True, False, False]
    for wrong in ("zendesk", "zendesk:GET /x:nonsense", "mars:GET /x:500", "*:GET /x:500@0"):
        with pytest.raises(ValueError, match=":"):
            parse_fault(wrong)


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
def test_refusals_are_not_applied(own: Sandbox, kind: str, status: int) -> None:
    answer = put(own, kind)
    assert answer.status == status
    expected = {"429": "2", "503=9": "9"}.get(kind)
    assert answer.headers.get("retry-after") == expected
    assert notes(own) != "after the fault"


@pytest.mark.parametrize("kind", ["502", "503", "504", "html"])
def test_html_comes_instead_of_json(own: Sandbox, kind: str) -> None:
    answer = put(own, kind)
    assert answer.status == (200 if kind == "html" else int(kind))
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html" in answer.body
    assert notes(own) != "after the fault"


def test_429_without_retry_after_is_not_json(own: Sandbox) -> None:
    answer = put(own, "429-bare")
    assert (answer.status, answer.body) == (429, b"Too Many Requests")
    assert "retry-after" not in answer.headers


def test_an_error_with_200(own: Sandbox) -> None:
    answer = put(own, "error-200")
    assert answer.status == 200
    assert "error" in answer.body
    assert notes(own) != "after the fault"
    own.fault("sailthru:POST /user:error-200")
    sailthru = own.sailthru("POST", "user", {"id": "maria@lopez.example", "vars": {"x": 1}})
    assert (sailthru.status, sailthru.body["error"]) == (200, 9)


@pytest.mark.parametrize(("kind", "applied"), [("reset", False), ("reset-after", True)])
def test_resets(own: Sandbox, kind: str, applied: bool) -> None:
    with pytest.raises(ConnectionResetError):
        put(own, kind)
    assert (notes(own) == "after the fault") is applied


@pytest.mark.parametrize(("kind", "applied"), [("timeout", False), ("timeout-after", True)])
def test_timeouts(own: Sandbox, kind: str, applied: bool) -> None:
    with pytest.raises(socket.timeout):
        put(own, kind, timeout=0.3)
    assert (notes(own) == "after the fault") is applied


def test_a_timeout_ends_by_itself(own: Sandbox) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        put(own, "timeout=0.2")


def test_500_after_is_applied(own: Sandbox) -> None:
    assert put(own, "500-after").status == 500
    assert notes(own) == "after the fault"


def test_truncated_json_is_a_complete_answer(own: Sandbox) -> None:
    own.fault("zendesk:GET /api/v2/users/7701:truncated")
    with pytest.raises(json.JSONDecodeError):
        own.zendesk("GET", "users/7701")


def test_a_cut_answer_is_shorter_than_promised(own: Sandbox) -> None:
    own.fault("zendesk:GET /api/v2/users/7701:cut")
    with pytest.raises(http.client.IncompleteRead):
        own.zendesk("GET", "users/7701")


def test_a_slow_answer_drips(own: Sandbox) -> None:
    own.fault("zendesk:GET /api/v2/users/7701:slow=0.4")
    begun = time.monotonic()
    assert own.zendesk("GET", "users/7701").body["user"]["id"] == 7701
    assert time.monotonic() - begun >= 0.4


def test_a_wrong_type(own: Sandbox) -> None:
    answer = put(own, "wrong-type")
    assert answer.headers["content-type"].startswith("text/plain")
    assert json.loads(answer.body)["user"]["notes"] == "after the fault"


def test_stale_reads_after_a_write(own: Sandbox) -> None:
    own.fault("sailthru:GET /user:stale=1")
    maria: dict[str, Any] = {"id": "maria@lopez.example", "fields": {"optout_email": 1}}
    own.sailthru("POST", "user", {"id": "maria@lopez.example", "optout_email": "basic"})
    assert own.sailthru("GET", "user", maria).body["optout_email"] == "none"
    time.sleep(1.05)
    assert own.sailthru("GET", "user", maria).body["optout_email"] == "basic"


def test_stuck_and_failed_jobs(own: Sandbox) -> None:
    own.fault("*:* *job*:stuck-job", times=1)
    job = {"job": "import", "list": "L", "emails": "a@b.example"}
    stuck = own.sailthru("POST", "job", job).body["job_id"]
    own.fault("sailthru:POST /job:failed-job", times=1)
    failed = own.sailthru("POST", "job", job).body["job_id"]
    assert own.sailthru_job_done(failed)["status"] == "error"
    assert own.sailthru("GET", "job", {"job_id": stuck}).body["status"] == "pending"
    assert own.sailthru("GET", "user", {"id": "a@b.example"}).status == 400

    update = {"users": [{"id": 7701, "notes": "x"}]}
    own.fault("zendesk:PUT /api/v2/users/update_many:failed-job", times=1)
    failed = own.zendesk("PUT", "users/update_many", update).body["job_status"]["id"]
    assert own.job_done(failed)["status"] == "failed"
    own.fault("zendesk:PUT /api/v2/users/update_many:stuck-job", times=1)
    stuck = own.zendesk("PUT", "users/update_many", update).body["job_status"]["id"]
    time.sleep(0.3)
    assert own.zendesk("GET", f"job_statuses/{stuck}").body["job_status"]["status"] == "working"


def test_faults_of_the_command_line(start: Any) -> None:
    sandbox = start(
        "--customers", "0", "--fault", "zendesk:GET /api/v2/users/me:500@2", "--fault",
        "sailthru:GET /list:503", "--latency-ms", "60",
    )  # fmt: skip
    begun = time.monotonic()
    statuses = [sandbox.zendesk("GET", "users/me").status for _ in range(4)]
    assert statuses == [200, 500, 200, 500]
    assert time.monotonic() - begun >= 0.24
    assert sandbox.sailthru("GET", "list", {}).status == 503


def test_every_kind_says_what_it_does() -> None:
    for kind, (_, words) in KINDS.items():
        assert words, kind
        assert parse_fault(f"*:GET /x:{kind}").kind == kind
