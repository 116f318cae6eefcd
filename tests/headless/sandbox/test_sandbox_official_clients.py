"""Sailthru's official client and zenpy run against the sandbox unchanged."""

import csv
import io
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient

with warnings.catch_warnings():
    # Both libraries are older than the Python that runs this.
    warnings.simplefilter("ignore")
    from sailthru.sailthru_client import SailthruClient
    from zenpy import Zenpy
    from zenpy.lib.api_objects import Identity, Ticket, User
    from zenpy.lib.exception import APIException, RecordNotFoundException


@pytest.fixture
def sailthru(writable_sandbox: SandboxClient) -> Any:
    about = writable_sandbox.connection_document["sailthru"]
    return SailthruClient(about["api_key"], about["api_secret"], about["service_uri"])


@pytest.fixture
def zenpy(writable_sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    about = writable_sandbox.connection_document["zendesk"]
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", about["base_url"].removeprefix("http://"))
    client = Zenpy(
        subdomain="sandbox", email=about["email"], token=about["api_token"], disable_cache=True
    )
    yield client
    client.users.session.close()


def wait_for(client: Any, job_id: str) -> dict[str, Any]:
    for _ in range(200):
        body: dict[str, Any] = client.api_get("job", {"job_id": job_id}).get_body()
        if body["status"] != "pending":
            return body
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def test_sailthru_client_reads_and_writes(sailthru: Any) -> None:
    answer = sailthru.api_get("user", {"id": "maria@lopez.example"})
    assert answer.is_ok()
    assert answer.get_rate_limit_headers()["remaining"] > 0
    assert sailthru.save_user("praj").get_error().get_error_code() == 11
    saved = sailthru.save_user(
        "jose@new.example", {"vars": {"n": "é😃"}, "lists": {"Newsletter": 1}}
    )
    assert saved.get_body() == {"ok": True}
    assert sailthru.get_user("jose@new.example").get_body()["vars"] == {"n": "é😃"}
    missing = sailthru.get_user("nobody@new.example")
    assert (missing.get_status_code(), missing.get_error().get_error_code()) == (400, 99)
    assert sailthru.api_delete("user", {"id": "jose@new.example"}).is_ok()
    names = [record["name"] for record in sailthru.get_lists().get_body()["lists"]]
    assert "zendesk-sync-smart" in names


def test_sailthru_client_updates_by_multipart_file(sailthru: Any, tmp_path: Path) -> None:
    maria = sailthru.get_user("maria@lopez.example").get_body()["keys"]["sid"]
    lines = tmp_path / "lines.json"
    lines.write_text(
        '{"id": "job@new.example", "key": "email", "vars": {"k": "v"}}\n'
        "not json\n"
        f'{{"id": "{maria}", "key": "sid", "vars": {{"job_var": 7}}, "optout_email": "basic"}}\n'
    )
    job = {"job": "update", "file": str(lines), "update": {"vars": {"batch": "one"}}}
    started = sailthru.api_post("job", job, ["file"])
    assert started.get_body()["status"] == "pending"
    assert started.get_body()["name"] == "Bulk Update"
    done = wait_for(sailthru, started.get_body()["job_id"])
    assert done["status"] == "completed"
    assert {"start_time", "end_time"} <= set(done)
    made = sailthru.get_user("job@new.example").get_body()
    assert made["vars"] == {"k": "v", "batch": "one"}
    changed = sailthru.get_user("maria@lopez.example").get_body()
    assert (changed["vars"]["job_var"], changed["optout_email"]) == (7, "basic")


def test_sailthru_client_imports_and_exports_list(sailthru: Any) -> None:
    emails = "a@imported.example,maria@lopez.example"
    job = {"job": "import", "list": "Import, of two", "emails": emails}
    started = sailthru.api_post("job", job).get_body()
    assert started["name"] == "List Import: Import, of two"
    assert wait_for(sailthru, started["job_id"])["status"] == "completed"
    job = {"job": "export_list_data", "list": "Import, of two"}
    export = sailthru.api_post("job", job).get_body()
    done = wait_for(sailthru, export["job_id"])
    assert done["filename"] == "import_of_two.csv"
    with urllib.request.urlopen(done["export_url"]) as answer:  # noqa: S310
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    assert {row["Domain"] for row in rows} == {"imported.example", "lopez.example"}
    columns = list(rows[0])
    assert columns[:3] == ["Profile Id", "Email Hash", "Extid"]
    assert "Last Pageview" in columns
    assert "customer_value" in columns
    assert len(columns) == len(set(columns))
    maria = next(row for row in rows if row["Domain"] == "lopez.example")
    assert (maria["customer_value"], maria["Purchase Count"]) == ("4", "9")


def test_sailthru_client_export_has_one_row_per_member(
    writable_sandbox: SandboxClient, sailthru: Any
) -> None:
    count = writable_sandbox.sailthru("GET", "list", {"list": "zendesk-sync-smart"}).body["count"]
    fields = {"profile_id": 1, "email": 1, "vars": {"zendesk_sync": 1}}
    job = {"job": "export_list_data", "list": "zendesk-sync-smart", "fields": fields}
    export = sailthru.api_post("job", job).get_body()
    done = wait_for(sailthru, export["job_id"])
    with urllib.request.urlopen(done["export_url"]) as answer:  # noqa: S310
        rows = list(csv.reader(io.StringIO(answer.read().decode())))
    assert rows[0] == ["Email", "Profile Id", "zendesk_sync"]
    assert len(rows) - 1 == count > 10
    assert {row[2] for row in rows[1:]} == {"1"}


def test_zenpy_signs_in_and_searches(zenpy: Any) -> None:
    assert zenpy.users.me().email == "ada@acme.example"
    assert [user.id for user in zenpy.search(type="user", email="maria@lopez.example")] == [7701]
    assert [user.id for user in zenpy.users.search("tom@old.example")] == [7702]
    assert zenpy.tickets(id=48213).requester.name == "Maria Lopez"
    tickets = list(zenpy.users.requested(7701))
    assert len(tickets) == 11
    assert {user.id for user in zenpy.users(ids=[7701, 7702])} == {7701, 7702}
    with pytest.raises(RecordNotFoundException):
        zenpy.users(id=1)


def test_zenpy_writes_users_and_tags(zenpy: Any) -> None:
    user = zenpy.users.create_or_update(User(name="New One", email="one@zenpy.example"))
    again = zenpy.users.create_or_update(User(name="New Two", email="one@zenpy.example"))
    assert user.id == again.id
    assert zenpy.users(id=user.id).name == "New Two"
    zenpy.users.add_tags(user.id, ["a", "b"])
    zenpy.users.delete_tags(user.id, ["a"])
    assert list(zenpy.users(id=user.id).tags) == ["b"]
    zenpy.users.identities.create(user.id, Identity(type="email", value="two@zenpy.example"))
    values = [item.value for item in zenpy.users.identities(user.id)]
    assert values == ["one@zenpy.example", "two@zenpy.example"]
    with pytest.raises(APIException):
        zenpy.users.create(User(name="Twin", email="two@zenpy.example"))


def test_zenpy_runs_jobs(zenpy: Any) -> None:
    people = [User(name=f"Bulk {n}", email=f"bulk{n}@zenpy.example") for n in range(25)]
    job = zenpy.users.create_or_update(people)
    for _ in range(200):
        status = zenpy.job_status(id=job.id)
        if status.status == "completed":
            break
        time.sleep(0.02)
    assert status.status == "completed"
    assert len(status.results) == 25
    assert zenpy.users(id=status.results[24].id).email == "bulk24@zenpy.example"


def test_zenpy_exports(zenpy: Any) -> None:
    users = {user.id for user in zenpy.users.incremental(start_time=1, paginate_by_time=False)}
    assert len(users) >= 320
    found = {user.id for user in zenpy.search_export(type="user", query="tags:vip")}
    assert 7701 in found
    assert found <= users


def test_zenpy_creates_tickets(zenpy: Any) -> None:
    audit = zenpy.tickets.create(Ticket(subject="Hello", description="World", requester_id=7701))
    assert audit.ticket.requester_id == 7701
    assert "vip" in zenpy.tickets(id=audit.ticket.id).tags


def test_zenpy_pages_by_cursor(zenpy: Any) -> None:
    generator = zenpy.users(cursor_pagination=50)
    assert len([user.id for user in generator]) >= 320


def test_zenpy_waits_when_rate_limited(
    start_sandbox: Callable[..., SandboxClient], zenpy: Any, writable_sandbox: SandboxClient
) -> None:
    writable_sandbox.add_fault("zendesk:GET /api/v2/users/7701:429=1", times=1)
    begun = time.monotonic()
    assert zenpy.users(id=7701).name == "Maria Lopez"
    assert time.monotonic() - begun >= 1
