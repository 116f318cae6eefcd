"""Incremental exports and background jobs of the Zendesk sandbox."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.sandbox_client import SandboxClient


def walk(sandbox: SandboxClient, name: str, per_page: int, start: int = 1) -> list[dict[str, Any]]:
    path = f"incremental/{name}/cursor?start_time={start}&per_page={per_page}"
    rows: list[dict[str, Any]] = []
    while True:
        page = sandbox.zendesk("GET", path).body
        rows += page[name]
        if page["end_of_stream"]:
            return rows
        path = page["after_url"].partition("/api/v2/")[2]


@pytest.mark.parametrize("name", ["users", "tickets"])
def test_export_any_page_size_has_each_row_once(
    read_only_sandbox: SandboxClient, name: str
) -> None:
    whole = walk(read_only_sandbox, name, 1000)
    pieces = walk(read_only_sandbox, name, 137)
    assert [row["id"] for row in whole] == [row["id"] for row in pieces]
    assert len({row["id"] for row in whole}) == len(whole)
    stamp = "updated_at" if name == "users" else "generated_timestamp"
    stamps = [row[stamp] for row in whole]
    assert stamps == sorted(stamps)


def test_export_later_start_omits_older_rows(read_only_sandbox: SandboxClient) -> None:
    start = int(time.time()) - 30 * 86_400
    recent = {row["id"] for row in walk(read_only_sandbox, "tickets", 1000, start)}
    everything = walk(read_only_sandbox, "tickets", 1000)
    assert recent == {row["id"] for row in everything if row["generated_timestamp"] >= start}
    assert 48213 in recent


def test_time_based_export_repeats_boundary_row(read_only_sandbox: SandboxClient) -> None:
    first = read_only_sandbox.zendesk("GET", "incremental/users?start_time=1&per_page=100").body
    assert (first["count"], first["end_of_stream"]) == (100, False)
    path = first["next_page"].partition("/api/v2/")[2]
    second = read_only_sandbox.zendesk("GET", path).body
    assert first["users"][-1]["id"] in {user["id"] for user in second["users"]}


def test_export_withholds_last_minute(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.zendesk("PUT", "users/7701", {"user": {"notes": "changed"}})
    assert 7701 not in {user["id"] for user in walk(writable_sandbox, "users", 1000)}
    answer = writable_sandbox.zendesk(
        "GET", f"incremental/users/cursor?start_time={int(time.time())}"
    )
    assert answer.status == 422


def test_bulk_import_is_off_by_default(writable_sandbox: SandboxClient) -> None:
    rows = {"users": [{"name": "A", "email": "a@bulk.example"}]}
    writable_sandbox.control("POST", "account", {"bulk_import": "off"})
    assert writable_sandbox.zendesk("POST", "users/create_or_update_many", rows).status == 403
    assert writable_sandbox.zendesk("POST", "users/create_many", rows).status == 403
    update = {"users": [{"id": 7701, "notes": "many"}]}
    job = writable_sandbox.zendesk("PUT", "users/update_many", update).body["job_status"]
    assert job["status"] == "queued"
    done = writable_sandbox.wait_for_zendesk_job(job["id"])
    assert (done["status"], done["results"][0]["status"]) == ("completed", "Updated")


def test_completed_job_can_have_failed_rows(writable_sandbox: SandboxClient) -> None:
    rows = [
        {"name": "A", "email": "a@bulk.example"},
        {"name": "", "email": "b@bulk.example"},
        {"name": "Maria L.", "email": "maria@lopez.example"},
    ]
    job = writable_sandbox.zendesk("POST", "users/create_or_update_many", {"users": rows}).body[
        "job_status"
    ]
    results = writable_sandbox.wait_for_zendesk_job(job["id"])["results"]
    assert [row.get("status") for row in results] == ["Created", "Failed", "Updated"]
    assert results[1]["index"] == 1
    assert "Name" in results[1]["details"]
    assert writable_sandbox.zendesk("GET", "users/7701").body["user"]["name"] == "Maria L."
    too_many = {"users": [{"name": "x"}] * 101}
    assert writable_sandbox.zendesk("POST", "users/create_many", too_many).status == 400


def test_job_limit_is_thirty(start_sandbox: Callable[..., SandboxClient]) -> None:
    sandbox = start_sandbox("--customers", "0", "--rate-limits", "off", "--account", "job_ms=60000")
    update = {"users": [{"id": 7701, "notes": "x"}]}
    for left in range(29, -1, -1):
        answer = sandbox.zendesk("PUT", "users/update_many", update)
        header = answer.headers["zendesk-ratelimit-inflight-jobs"]
        assert header == f"total=30; remaining={left}; resets=60"
    refused = sandbox.zendesk("PUT", "users/update_many", update)
    assert (refused.status, refused.body["error"]) == (429, "TooManyJobs")
    assert len(refused.body["current_job_ids"]) == 30


def test_satisfaction_ratings_are_listed(read_only_sandbox: SandboxClient) -> None:
    page = read_only_sandbox.zendesk("GET", "satisfaction_ratings?score=good&page[size]=100").body
    assert {row["score"] for row in page["satisfaction_ratings"]} == {"good"}
    whole = read_only_sandbox.zendesk("GET", "satisfaction_ratings").body
    assert whole["count"] > len(page["satisfaction_ratings"]) > 0
    read_only_sandbox.control("POST", "account", {"csat": "off"})
    try:
        assert read_only_sandbox.zendesk("GET", "satisfaction_ratings").status == 403
    finally:
        read_only_sandbox.control("POST", "account", {"csat": "on"})


def test_everybodys_ratings_are_listed_by_cursor(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "300")
    told = everybodys_ratings(sandbox)
    rated = {
        ticket["id"]: ticket["satisfaction_rating"]["score"]
        for ticket in walk(sandbox, "tickets", 1000)
        if ticket["satisfaction_rating"]["score"] != "unoffered" and ticket["status"] != "deleted"
    }
    assert len(rated) > 100
    assert told == rated


def test_a_rating_cursor_that_is_none_is_refused(read_only_sandbox: SandboxClient) -> None:
    path = "satisfaction_ratings?page[size]=10&page[after]=nothing"
    assert read_only_sandbox.zendesk("GET", path).status == 400


def everybodys_ratings(sandbox: SandboxClient) -> dict[int, str]:
    """Return the score of every ticket the ratings endpoint tells, 100 a page."""
    found: dict[int, str] = {}
    path = "satisfaction_ratings?page[size]=100"
    while True:
        page = sandbox.zendesk("GET", path).body
        for row in page["satisfaction_ratings"]:
            assert row["ticket_id"] not in found
            found[row["ticket_id"]] = row["score"]
        if not page["meta"]["has_more"]:
            return found
        cursor = quote(page["meta"]["after_cursor"])
        path = f"satisfaction_ratings?page[size]=100&page[after]={cursor}"
