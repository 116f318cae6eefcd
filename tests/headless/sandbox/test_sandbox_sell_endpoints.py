"""The sandbox's Sell by raw HTTP: what the contract says that a real client trips over."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient

DEVICE = {"X-Basecrm-Device-UUID": "0d1c6a0e-8f4d-4d0a-9f4a-5f6c7d8e9f00"}


def codes(body: Any) -> set[str]:
    return {item["error"]["code"] for item in body["errors"]}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/v2/users/self", {"User-Agent": ""}, 400, "invalid_user_agent"),
        ("GET", "/v2/users/self", {"Authorization": "Bearer x"}, 401, "unauthorized"),
        ("GET", "/v2/users/self?unknown=param", {}, 400, "invalid_param"),
        ("GET", "/v2/accounts/self?x=1", {}, 400, "invalid_param"),
        ("GET", "/v2/nothing", {}, 404, "incorrect_path"),
        ("PATCH", "/v2/contacts/2101", {}, 404, "incorrect_path"),
        ("GET", "/v2/contacts/99", {}, 404, "not_found"),
        ("GET", "/v2/contacts?per_page=200", {}, 400, "invalid_param"),
        ("GET", "/v2/contacts?per_page=0", {}, 400, "invalid_param"),
        ("GET", "/v2/contacts?page=0", {}, 400, "invalid_param"),
        ("GET", "/v2/contacts?page=99999999999999", {}, 400, "invalid_param"),
        ("GET", "/v2/contacts?sort_by=nothing:asc", {}, 400, "invalid_param"),
        ("GET", "/v2/contacts?sort_by=name:up", {}, 400, "invalid_param"),
        ("POST", "/v2/sync/start", {}, 400, "invalid_header"),
        ("GET", "/v2/sync/x/queues/main", DEVICE, 404, "not_found"),
        ("POST", "/v2/contacts", {}, 400, "invalid_header"),
        ("POST", "/v2/contacts", {"Content-Type": "application/json"}, 400, "invalid_payload"),
    ],
)
def test_sell_refusals_have_the_envelope(
    read_only_sandbox: SandboxClient,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = read_only_sandbox.sell(method, path, headers=headers)
    assert (answer.status, codes(answer.body)) == (status, {code})
    meta = answer.body["meta"]
    assert meta["logref"] == answer.headers["x-request-id"]
    assert meta["http_status"].startswith(f"{status} ")


@pytest.mark.parametrize(
    ("path", "data", "fields"),
    [
        ("contacts", {}, {("/data/last_name", "missing")}),
        ("contacts", {"last_name": ""}, {("/data/last_name", "blank")}),
        ("contacts", {"is_organization": True}, {("/data/name", "missing")}),
        (
            "contacts",
            {"last_name": "A", "prospect_status": "past"},
            {("/data/prospect_status", "incorrect_value")},
        ),
        (
            "contacts",
            {"last_name": "A", "tags": "vip", "id": 5},
            {("/data/tags", "invalid_type"), ("/data/id", "unknown")},
        ),
        (
            "contacts",
            {"last_name": "A", "address": {"street": "x"}},
            {("/data/address", "unknown")},
        ),
        (
            "contacts",
            {"last_name": "A", "custom_fields": {"Newsletter consent": "perhaps", "Nothing": 1}},
            {
                ("/data/custom_fields/Newsletter consent", "incorrect_value"),
                ("/data/custom_fields/Nothing", "unknown"),
            },
        ),
        ("contacts", {"last_name": 5}, {("/data/last_name", "invalid_type")}),
        ("leads", {"first_name": "A"}, {("/data/last_name", "missing")}),
        ("deals", {"name": "D", "contact_id": 1}, {("/data/contact_id", "incorrect_value")}),
        (
            "deals",
            {"name": "D", "contact_id": 2101, "value": "a lot"},
            {("/data/value", "incorrect_value")},
        ),
        ("tags", {"name": "vip", "resource_type": "contact"}, {("/data/name", "already_exists")}),
        (
            "products",
            {"name": "P", "max_discount": 101},
            {("/data/max_discount", "incorrect_value")},
        ),
        (
            "notes",
            {"resource_type": "user", "resource_id": 1, "content": "x"},
            {("/data/resource_type", "incorrect_value")},
        ),
    ],
)
def test_sell_names_every_wrong_attribute(
    writable_sandbox: SandboxClient, path: str, data: Any, fields: set[tuple[str, str]]
) -> None:
    answer = writable_sandbox.sell("POST", f"/v2/{path}", data)
    assert answer.status == 422
    found = {(item["error"]["field"], item["error"]["code"]) for item in answer.body["errors"]}
    assert found == fields


def test_sell_filter_it_does_not_know_is_ignored(read_only_sandbox: SandboxClient) -> None:
    everybody = read_only_sandbox.sell("GET", "/v2/contacts?e_mail=maria@lopez.example")
    assert len(everybody.body["items"]) == 25
    # A custom field that is not marked filterable is no filter either.
    size = read_only_sandbox.sell("GET", "/v2/contacts?custom_fields[Shirt%20size]=M")
    assert len(size.body["items"]) == 25
    consent = read_only_sandbox.sell("GET", "/v2/contacts?custom_fields[Newsletter%20consent]=yes")
    assert [item["data"]["id"] for item in consent.body["items"]] == [2101]


def test_sell_pages_end_without_a_next_link(read_only_sandbox: SandboxClient) -> None:
    seen: list[int] = []
    path = "/v2/contacts?per_page=100&sort_by=updated_at:asc"
    while True:
        answer = read_only_sandbox.sell("GET", path)
        assert answer.body["meta"]["count"] == len(answer.body["items"])
        times = [item["data"]["updated_at"] for item in answer.body["items"]]
        assert times == sorted(times)
        seen += [item["data"]["id"] for item in answer.body["items"]]
        following = answer.body["meta"]["links"].get("next_page")
        if following is None:
            break
        path = following.removeprefix(read_only_sandbox.sell_url)
    assert len(seen) == len(set(seen)) > 700


def test_sell_answers_without_body_say_no_type(writable_sandbox: SandboxClient) -> None:
    session = writable_sandbox.sell("POST", "/v2/sync/start", headers=DEVICE)
    assert session.status == 201
    path = f"/v2/sync/{session.body['data']['id']}/queues/main"
    keys: list[str] = []
    while (page := writable_sandbox.sell("GET", path, headers=DEVICE)).status == 200:
        assert len(page.body["items"]) <= 100
        keys += [item["meta"]["sync"]["ack_key"] for item in page.body["items"]]
    acknowledged = writable_sandbox.sell("POST", "/v2/sync/ack", {"ack_keys": keys}, DEVICE)
    nothing = writable_sandbox.sell("POST", "/v2/sync/start", headers=DEVICE)
    deleted = writable_sandbox.sell("DELETE", "/v2/leads/2509")
    assert (acknowledged.status, nothing.status, deleted.status) == (202, 204, 204)
    for answer in (page, acknowledged, nothing, deleted):
        assert answer.body == b""
        assert "content-type" not in answer.headers


def test_sell_organization_stays_one(writable_sandbox: SandboxClient) -> None:
    answer = writable_sandbox.sell("PUT", "/v2/contacts/2101", {"is_organization": True})
    assert (answer.status, codes(answer.body)) == (422, {"incorrect_value"})


def test_sell_upsert_refuses_several(writable_sandbox: SandboxClient) -> None:
    path = "/v2/contacts/upsert?email=dana@okafor.example"
    several = writable_sandbox.sell("POST", path, {"last_name": "Okafor"})
    assert several.status == 409
    assert writable_sandbox.sell("POST", "/v2/contacts/upsert", {"last_name": "A"}).status == 400
    path = "/v2/contacts/upsert?email=maria@lopez.example"
    one = writable_sandbox.sell("POST", path, {"title": "CEO"})
    # The trap of the field: an upsert without tags clears them.
    assert (one.status, one.body["data"]["tags"]) == (200, [])
    path = "/v2/contacts/upsert?email=new@new.example"
    assert writable_sandbox.sell("POST", path, {"last_name": "New"}).status == 201


def test_sell_search_nests_and_projects(read_only_sandbox: SandboxClient) -> None:
    def find(query: Any, **more: Any) -> Any:
        body = {"items": [{"data": {"query": query, **more}}]}
        token = read_only_sandbox.connection_document["sell"]["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        text = json.dumps(body)
        return read_only_sandbox.http(
            "sell", "POST", "/v3/contacts/search", text, headers | {"User-Agent": "raw"}
        )

    def eq(name: str, value: str) -> Any:
        return {"filter": {"attribute": {"name": name}, "parameter": {"eq": value}}}

    both = {"and": [eq("email", "dana@okafor.example"), {"not": eq("first_name", "Daniel")}]}
    answer = find({"filter": both, "projection": [{"name": "email"}]}).body["items"][0]
    assert [item["data"]["id"] for item in answer["items"]] == [2104, 2106]
    assert set(answer["items"][0]["data"]) == {"id", "version", "email"}
    field = {"filter": eq("custom_fields.4103", "M"), "projection": []}
    assert [i["data"]["id"] for i in find(field).body["items"][0]["items"]] == [2101]
    assert find({"projection": [{"name": "nothing"}]}).status == 422
    first = find({}, per_page=200).body["items"][0]
    cursor = first["meta"]["links"]["next_page"]
    second = find({}, per_page=200, cursor=cursor).body["items"][0]
    assert first["items"][-1] != second["items"][0]
    assert find({}, cursor=cursor, page=2).status == 400
    assert find({}, per_page=201).status == 400


def test_sell_limit_refuses_without_saying_how_long(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "0", "--rate-limits", "x0.01")
    statuses = [sandbox.sell("GET", "/v2/users/self") for _ in range(3)]
    refused = [answer for answer in statuses if answer.status == 429]
    assert refused
    assert codes(refused[0].body) == {"rate_limit_exceeded"}
    assert not [name for name in refused[0].headers if "rate" in name or "retry" in name]


def test_sell_faults_come_in_its_envelope(writable_sandbox: SandboxClient) -> None:
    for kind, code in (("429", "rate_limit_exceeded"), ("500", "server_error")):
        writable_sandbox.add_fault(f"sell:GET /v2/contacts:{kind}")
        answer = writable_sandbox.sell("GET", "/v2/contacts")
        assert (answer.status, codes(answer.body)) == (int(kind), {code})
        assert "retry-after" not in answer.headers
    writable_sandbox.add_fault("sell:PUT /v2/contacts/2101:reset-after")
    with pytest.raises(ConnectionError):
        writable_sandbox.sell("PUT", "/v2/contacts/2101", {"title": "Queen"})
    assert writable_sandbox.sell("GET", "/v2/contacts/2101").body["data"]["title"] == "Queen"


def test_sell_state_survives_a_restart(
    start_sandbox: Callable[..., SandboxClient], tmp_path: Path
) -> None:
    flags = ("--customers", "20", "--rate-limits", "off", "--state", str(tmp_path / "state"))
    sandbox = start_sandbox(*flags)
    made = sandbox.sell("POST", "/v2/contacts", {"last_name": "Kept", "email": "k@new.example"})
    key = f"Contact-{made.body['data']['id']}-1"
    assert sandbox.sell("POST", "/v2/sync/ack", {"ack_keys": [key]}, DEVICE).status == 202
    sandbox.kill()
    sandbox.start()
    found = sandbox.sell("GET", "/v2/contacts?email=k@new.example").body["items"]
    assert [item["data"] for item in found] == [made.body["data"]]
    session = sandbox.sell("POST", "/v2/sync/start", headers=DEVICE).body["data"]
    items = sandbox.sell("GET", f"/v2/sync/{session['id']}/queues/main", headers=DEVICE).body
    keys = [item["meta"]["sync"]["ack_key"] for item in items["items"]]
    assert key not in keys


def test_sell_people_are_those_of_the_other_services(read_only_sandbox: SandboxClient) -> None:
    people = read_only_sandbox.control("GET", "people")["people"]
    known = {email for person in people for email in person["emails"]}
    known |= {person["sailthru_email"] for person in people}
    for path in ("contacts", "leads"):
        answer = read_only_sandbox.sell("GET", f"/v2/{path}?per_page=100&sort_by=id:asc")
        emails = {
            item["data"]["email"] for item in answer.body["items"] if item["data"]["id"] < 10_000
        }
        assert len(emails & known) >= 4, path
    generated = read_only_sandbox.sell("GET", "/v2/contacts?per_page=1&sort_by=id:desc")
    email = generated.body["items"][0]["data"]["email"]
    index = int(generated.body["items"][0]["data"]["id"]) - 1_000_000_000
    assert str(index) in email
    names = {
        item["data"]["name"]
        for item in read_only_sandbox.sell("GET", "/v2/lead_statuses").body["items"]
    }
    assert {"New", "Working", "Qualified", "Unqualified", "Won back for $5"} <= names
