"""Every endpoint of both sandboxes answers in the types that docs/ names, key by key.

A key that the tables (`sandbox_answer_types`) do not name fails too.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from desktop.sandbox.command_line import parse_options
from desktop.sandbox.credentials import make_credentials
from desktop.sandbox.services import SandboxServices
from desktop.sandbox.state import build_state
from tests.support.sandbox_answer_types import (
    SELL_OAUTH_TYPES,
    find_sailthru_check,
    find_wrong_types,
    find_zendesk_check,
)
from tests.support.sandbox_client import SandboxClient
from tests.support.sell_oauth import redeem, renew, sign_in


def zendesk_answers(sandbox: SandboxClient) -> Iterator[tuple[str, str, Any]]:
    """One answer or more of every endpoint of the Zendesk sandbox, as (method, path, answer)."""

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = sandbox.zendesk(method, path, body)
        assert answer.status < 300, (method, path, answer)
        calls.append((method, path, answer.body))
        return answer.body

    calls: list[tuple[str, str, Any]] = []
    user = {"name": "Noa", "email": "noa@x.example", "phone": "+1 555 0100 22", "external_id": "n1"}
    noa = call("POST", "users", {"user": user})["user"]["id"]
    dan = call("POST", "users", {"user": {"name": "Dan", "email": "dan@x.example"}})["user"]["id"]
    call("POST", "users/create_or_update", {"user": {"name": "Dan D", "email": "dan@x.example"}})
    call("PUT", f"users/{noa}", {"user": {"time_zone": None, "locale": None, "phone": None}})
    for path in (
        "users",
        "users?page[size]=2",
        "users?include=identities,organizations",
        f"users/{noa}?include=identities,organizations",
        "users/7701?include=identities,organizations",
        f"users/show_many?ids={noa},7701&include=identities,organizations",
        "users/me",
        "users/search?query=email:maria@lopez.example",
        "users/search?external_id=n1",
        "search?query=type:user maria".replace(" ", "%20"),
        "search?query=type:ticket%20status:open",
        "search/count?query=type:user",
        "search/export?query=maria&filter[type]=user&page[size]=5",
        "users/7701/tags",
        "users/7701/tickets/requested",
        "users/7701/organizations",
        "users/7701/organization_memberships",
        "users/7701/identities",
        "tickets",
        "tickets?page[size]=2",
        "tickets/show_many?ids=48213",
        "tickets/recent",
        "tickets/48213",
        "tickets/48213/comments",
        "organizations",
        "organization_memberships",
        "satisfaction_ratings",
        "user_fields",
        "organization_fields",
        "brands",
        "incremental/users?start_time=1&per_page=50",
        "incremental/users/cursor?start_time=1&per_page=50",
        "incremental/tickets?start_time=1&per_page=50",
        "incremental/tickets/cursor?start_time=1&per_page=50",
        "incremental/organizations?start_time=1",
    ):
        call("GET", path)
    tags = {"tags": ["gold"]}
    for method in ("POST", "PUT", "DELETE"):
        call(method, f"users/{noa}/tags", tags)
    identity = {"identity": {"type": "email", "value": "noa2@x.example"}}
    made = call("POST", f"users/{noa}/identities", identity)["identity"]["id"]
    path = f"users/{noa}/identities/{made}"
    call("GET", path)
    call("PUT", path, {"identity": {"verified": True}})
    call("PUT", f"{path}/verify")
    call("PUT", f"{path}/make_primary")
    other = call(
        "POST",
        f"users/{noa}/identities",
        {"identity": {**identity["identity"], "value": "n3@x.example"}},
    )
    call("DELETE", f"users/{noa}/identities/{other['identity']['id']}")

    ticket = {"subject": "S", "comment": {"body": "B"}, "requester_id": noa, "tags": ["a"]}
    number = call("POST", "tickets", {"ticket": ticket})["ticket"]["id"]
    call("PUT", f"tickets/{number}", {"ticket": {"status": "solved"}})
    organization = call(
        "POST", "organizations", {"organization": {"name": "Acme", "external_id": "o1"}}
    )
    org = organization["organization"]["id"]
    call(
        "POST",
        "organizations/create_or_update",
        {"organization": {"external_id": "o1", "notes": "x"}},
    )
    call("PUT", f"organizations/{org}", {"organization": {"notes": "y"}})
    membership = {"organization_membership": {"user_id": noa, "organization_id": org}}
    link = call("POST", "organization_memberships", membership)["organization_membership"]["id"]
    call("PUT", f"users/{noa}/organization_memberships/{link}/make_default")
    for path in (
        f"organization_memberships/{link}",
        f"organizations/{org}",
        f"organizations/{org}/users",
        f"organizations/{org}/tickets",
        f"organizations/show_many?ids={org}",
        "organizations/search?name=Acme",
        "organizations/autocomplete?name=Acm",
    ):
        call("GET", path)
    field = {"key": "extra", "title": "Extra", "type": "text"}
    for kind in ("user_field", "organization_field"):
        field_id = call("POST", f"{kind}s", {kind: field})[kind]["id"]
        call("GET", f"{kind}s/{field_id}")
        call("PUT", f"{kind}s/{field_id}", {kind: {"title": "More"}})
        call("DELETE", f"{kind}s/{field_id}")
    profile = {"source": "shop", "type": "customer", "identifiers": [{"type": "email"}]}
    event = {"source": "shop", "type": "Read", "properties": {}}
    call("POST", f"users/{noa}/events", {"profile": profile, "event": event})
    call("GET", f"users/{noa}/events")

    def job(method: str, path: str, body: Any = None) -> None:
        started = call(method, path, body)["job_status"]["id"]
        sandbox.wait_for_zendesk_job(started)
        call("GET", f"job_statuses/{started}")

    people = [{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(2)]
    job("POST", "users/create_many", {"users": people})
    job("POST", "users/create_or_update_many", {"users": people})
    job("PUT", "users/update_many", {"users": [{"id": noa, "notes": "n"}, {"id": 1, "notes": "n"}]})
    job("DELETE", f"users/destroy_many?ids={dan}")
    job("POST", "tickets/create_many", {"tickets": [ticket]})
    job("PUT", f"tickets/update_many?ids={number}", {"ticket": {"priority": "high"}})
    job("POST", "organizations/create_many", {"organizations": [{"name": "B1"}]})
    job("PUT", f"organizations/update_many?ids={org}", {"organization": {"notes": "z"}})
    more = {"organization_memberships": [{"user_id": 7701, "organization_id": org}]}
    job("POST", "organization_memberships/create_many", more)
    job("DELETE", f"organization_memberships/destroy_many?ids={link}")
    call("GET", "job_statuses")
    call("GET", "job_statuses/show_many?ids=x")
    call("GET", "organizations?page[size]=1")
    twin = call("POST", "users", {"user": {"name": "Twin", "email": "twin@x.example"}})["user"][
        "id"
    ]
    call("PUT", f"users/{twin}/merge", {"user": {"id": noa}})
    for each in call("GET", f"users/{noa}/tickets/requested")["tickets"]:
        call("PUT", f"tickets/{each['id']}", {"ticket": {"status": "closed"}})
    call("DELETE", f"users/{noa}")
    call("GET", f"users/{noa}")
    for path in ("deleted_users", f"deleted_users/{noa}"):
        call("GET", path)
    call("DELETE", f"deleted_users/{noa}")
    call("DELETE", f"tickets/{number}")
    spare = call("POST", "organizations", {"organization": {"name": "Spare"}})["organization"]["id"]
    member = {"organization_membership": {"user_id": 7701, "organization_id": spare}}
    link = call("POST", "organization_memberships", member)["organization_membership"]["id"]
    call("DELETE", f"organization_memberships/{link}")
    call("DELETE", f"organizations/{spare}")
    job("DELETE", f"organizations/destroy_many?ids={org}")
    yield from calls


def sailthru_answers(sandbox: SandboxClient) -> Iterator[tuple[str, str, Any]]:
    """One answer or more of every endpoint of the Sailthru sandbox, as (method, name, answer)."""
    calls: list[tuple[str, str, Any]] = []

    def call(method: str, name: str, data: Any) -> Any:
        answer = sandbox.sailthru(method, name, data)
        assert answer.status < 300, (method, name, data, answer)
        calls.append((method, name, answer.body))
        return answer.body

    fields = ("activity", "device", "engagement", "keys", "lifetime", "lists", "optout_email")
    fields += ("purchase_incomplete", "purchases", "smart_lists", "vars")
    people = ("maria@lopez.example", "noa@x.example")
    item = {"id": "i1", "title": "T", "price": 1099, "qty": 2, "url": "https://x.example/i1"}
    call(
        "POST",
        "user",
        {"id": people[1], "vars": {"a": 1}, "lists": {"Newsletter": 1}, "fields": {"keys": 1}},
    )
    call("POST", "purchase", {"email": people[1], "items": [item]})
    call("POST", "purchase", {"email": people[1], "items": [item], "incomplete": 1})
    call("POST", "event", {"id": people[1], "event": "opened"})
    for person in people:
        call("GET", "user", {"id": person, "fields": dict.fromkeys(fields, 1)})
        call("GET", "user", {"id": person})
        call("GET", "email", {"email": person})
    call("POST", "email", {"email": people[1], "vars": {"b": 2}})
    sent = call("POST", "send", {"email": people[1], "template": "Welcome"})
    call("GET", "send", {"send_id": sent["send_id"]})
    campaign = call("POST", "blast", {"name": "Winter", "list": "Newsletter"})
    call("GET", "blast", {"blast_id": campaign["blast_id"]})
    call("GET", "blast", {"status": "sent"})
    for person in people:
        call("GET", "email", {"email": person, "recent_sends": 10, "recent_blasts": 10})
    call("POST", "list", {"list": "Fresh"})
    call(
        "POST",
        "list",
        {
            "list": "Smart",
            "type": "smart",
            "query": {
                "source_list": "Newsletter",
                "criteria": ["match"],
                "field": ["a"],
                "value": [1],
            },
        },
    )
    call("GET", "list", {})
    call("GET", "list", {"primary": 1})
    call("GET", "list", {"list": "Newsletter", "fields": {"vars": 1}})
    call("GET", "list", {"list": "Smart"})
    call("GET", "settings", {})
    item = {"id": "https://shop.example/lamp", "keys": {"sku": "l1"}, "title": "Lamp"}
    call("POST", "content", item | {"price": 1999, "tags": "light"})
    call("GET", "content", {"items": 5})
    csv_columns = {"vars": {"a": 1}}
    for job in (
        {"job": "import", "list": "Fresh", "emails": "one@x.example,two@x.example"},
        {"job": "update", "emails": "one@x.example", "update": {"vars": {"c": 3}}},
        {"job": "export_list_data", "list": "Newsletter", "fields": csv_columns},
    ):
        started = call("POST", "job", job)
        sandbox.wait_for_sailthru_job(started["job_id"])
        call("GET", "job", {"job_id": started["job_id"]})
    call("DELETE", "list", {"list": "Smart"})
    call("DELETE", "user", {"id": people[1]})
    yield from calls


def _services() -> SandboxServices:
    """Both services as the sandbox's process builds them, for the list of their endpoints."""
    options = parse_options(["--customers", "0"])
    return SandboxServices(build_state(options), make_credentials(options.seed))


def test_zendesk_answers_have_the_types_of_the_contract(writable_sandbox: SandboxClient) -> None:
    calls = list(zendesk_answers(writable_sandbox))
    wrong = find_wrong_types(iter(calls), find_zendesk_check)
    assert not wrong, "\n".join(wrong)
    # Every route that there is was called; OAuth has a test of its own.
    asked = {(method, f"/api/v2/{path.partition('?')[0]}") for method, path, _ in calls}
    private = _services().zendesk.router
    missing = [
        (method, path)
        for path, handlers in private.routes_by_path.items()
        for method in handlers
        if (method, path) not in asked and "/oauth/" not in path
    ]
    missing += [
        (method, route.pattern.pattern)
        for route in private.patterns
        for method in route.handlers
        if not any(method == m and route.pattern.match(path) for m, path in asked)
    ]
    assert missing == []


def test_sailthru_answers_have_the_types_of_the_contract(writable_sandbox: SandboxClient) -> None:
    calls = list(sailthru_answers(writable_sandbox))
    wrong = find_wrong_types(iter(calls), find_sailthru_check)
    assert not wrong, "\n".join(wrong)
    table = _services().sailthru.endpoints
    asked = {(method, name) for method, name, _ in calls}
    assert {(method, name) for name, by_method in table.items() for method in by_method} <= asked


def test_sell_oauth_answers_have_the_types_of_the_contract(
    writable_sandbox: SandboxClient,
) -> None:
    first = sign_in(writable_sandbox)
    calls = [
        ("POST", "/oauth2/token", first),
        ("POST", "/oauth2/token", renew(writable_sandbox, first["refresh_token"]).body),
        ("POST", "/oauth2/token", redeem(writable_sandbox, "used").body),
    ]
    wrong = find_wrong_types(iter(calls), lambda _path, key: SELL_OAUTH_TYPES.get(key))
    assert not wrong, "\n".join(wrong)
    pages = {("GET", "/oauth2/authorize"), ("POST", "/oauth2/authorize")}
    without_body = {("POST", "/oauth2/revoke")}
    routes = _services().sell.public_router.routes_by_path
    asked = {(method, path) for method, path, _ in calls} | pages | without_body
    assert {(method, path) for path, by_method in routes.items() for method in by_method} == asked


def test_list_counts_are_people(read_only_sandbox: SandboxClient) -> None:
    """The list's count is the number of rows of its export, and nobody counts twice."""
    lists = read_only_sandbox.sailthru("GET", "list", {}).body["lists"]
    assert max(one["email_count"] for one in lists) <= 2100
    assert all(0 <= one["valid_count"] <= one["email_count"] for one in lists)
    (newsletter,) = (one for one in lists if one["name"] == "Newsletter")
    job = {"job": "export_list_data", "list": "Newsletter"}
    started = read_only_sandbox.sailthru("POST", "job", job).body
    done = read_only_sandbox.wait_for_sailthru_job(started["job_id"])
    text = read_only_sandbox.http("sailthru", "GET", urlsplit(done["export_url"]).path).body
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert len(rows) == newsletter["email_count"]
    assert len({row["Profile Id"] for row in rows}) == len(rows)
