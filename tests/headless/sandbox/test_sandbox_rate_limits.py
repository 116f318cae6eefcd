"""Rate limits of both sandbox services, and their headers."""

import time
from collections.abc import Callable

from tests.support.sandbox_client import SandboxClient


def early_in_the_minute() -> None:
    """Counting tests must not fall across a clock minute."""
    left = 60 - time.time() % 60
    if left < 5:
        time.sleep(left + 0.05)


def test_sailthru_rate_limit_is_per_endpoint_and_method(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "0", "--rate-limits", "x0.0001")
    early_in_the_minute()
    statuses = [
        sandbox.sailthru("GET", "user", {"id": "maria@lopez.example"}).status for _ in range(4)
    ]
    assert statuses == [200, 200, 200, 429]
    over = sandbox.sailthru("GET", "user", {"id": "maria@lopez.example"})
    assert over.body == {"error": 43, "errormsg": "Too many GET requests this minute to /user API"}
    assert "retry-after" not in over.headers
    assert over.headers["x-rate-limit-limit"] == "3"
    assert over.headers["x-rate-limit-remaining"] == "0"
    reset = int(over.headers["x-rate-limit-reset"])
    assert reset % 60 == 0
    assert 0 < reset - time.time() <= 60
    other = sandbox.sailthru("GET", "list", {})
    assert (other.status, other.headers["x-rate-limit-remaining"]) == (200, "2")
    sandbox.control("POST", "account", {"headers_on_429": "off"})
    bare = sandbox.sailthru("GET", "user", {"id": "maria@lopez.example"})
    assert bare.status == 429
    assert "x-rate-limit-reset" not in bare.headers


def test_sailthru_rate_limits_are_recorded_ones(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "0")
    asked = {
        ("GET", "user"): "36000",
        ("POST", "user"): "36000",
        ("POST", "list"): "4800",
        ("DELETE", "user"): "4800",
    }
    for (method, endpoint), limit in asked.items():
        data = {"id": "x@limit.example", "list": "L"}
        answer = sandbox.sailthru(method, endpoint, data)
        assert answer.headers["x-rate-limit-limit"] == limit


def test_zendesk_rate_limit_has_account_bucket(start_sandbox: Callable[..., SandboxClient]) -> None:
    sandbox = start_sandbox("--customers", "0", "--account", "plan=essential")
    early_in_the_minute()
    answers = [sandbox.zendesk("GET", "users/7701") for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert answers[0].headers["x-rate-limit"] == "10"
    assert answers[0].headers["x-rate-limit-remaining"] == "9"
    assert answers[0].headers["ratelimit-remaining"] == "9"
    assert 1 <= int(answers[10].headers["retry-after"]) <= 60
    assert answers[10].body["error"] == "APIRateLimitExceeded"
    sandbox.control("POST", "speed", {"rate_limits": "off"})
    assert sandbox.zendesk("GET", "users/7701").status == 200


def test_zendesk_user_update_limit_is_one_per_second(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "0")
    early_in_the_minute()
    note = {"user": {"notes": "x"}}
    for _ in range(20):
        time.sleep(1.02 - time.time() % 1)
        first = sandbox.zendesk("PUT", "users/7701", note)
        second = sandbox.zendesk("PUT", "users/7702", note)
        # Another second may have begun between the two.
        if second.status != 200:
            break
    assert (first.status, second.status) == (200, 429)
    assert second.headers["retry-after"] == "1"
    header = first.headers["zendesk-ratelimit-create-update-user"]
    assert header == "total=1; remaining=0; resets=1"
    # Jobs are the way out.
    rows = {"users": [{"id": 7702, "notes": "x"}]}
    assert sandbox.zendesk("PUT", "users/update_many", rows).status == 200


def test_zendesk_incremental_export_limit_is_ten_per_minute(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "0")
    early_in_the_minute()
    path = "incremental/users/cursor?start_time=1"
    answers = [sandbox.zendesk("GET", path) for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [429]
    header = answers[3].headers["zendesk-ratelimit-incremental-exports"]
    assert header.startswith("total=10; remaining=6; resets=")
    assert sandbox.zendesk("GET", "users/7701").status == 200
