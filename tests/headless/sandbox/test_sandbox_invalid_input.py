"""Invalid input to the sandbox: bodies, queries and calls get the service's own errors, no 500."""

from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient

ODD: list[Any] = [
    None,
    [],
    {},
    {"user": None, "ticket": [], "identity": 1, "organization": "x", "tags": 5},
    {
        "user": {
            "name": 5,
            "email": 7,
            "tags": "a,b",
            "user_fields": [],
            "identities": [],
            "phone": 5,
            "external_id": 5,
        }
    },
    {"users": [1, 2]},
    {"users": "x"},
    {"ticket": {"comment": 5, "subject": None, "tags": "x", "custom_fields": [1]}},
    {"identity": {"type": 5, "value": 5}},
    {"organization": {"name": None, "domain_names": "x", "tags": "q"}},
    {"organization_membership": {"user_id": "q", "organization_id": None}},
]
WRITES = [
    ("POST", "users"),
    ("POST", "users/create_or_update"),
    ("PUT", "users/7701"),
    ("PUT", "users/7708/merge"),
    ("POST", "users/create_many"),
    ("PUT", "users/update_many"),
    ("PUT", "users/7701/tags"),
    ("POST", "tickets"),
    ("PUT", "tickets/48213"),
    ("POST", "users/7701/identities"),
    ("POST", "organizations"),
    ("PUT", "organizations/7001"),
    ("POST", "organization_memberships"),
    ("POST", "user_fields"),
]
READS = [
    "users/search",
    "users/search?query=%22",
    "search?query=",
    "search?query=status%3Csolved+type:ticket",
    "users?page=x",
    "users?page[size]=0",
    "users?page[size]=5&page[after]=zz",
    "incremental/users/cursor?cursor=xx",
    "incremental/users/cursor",
    "search/export",
    "search/export?query=x&filter[type]=user&page[after]=zz",
    "users/show_many?ids=a,b",
    "users/99999999999999999999",
    "job_statuses/x",
    "satisfaction_ratings?start_time=x",
]
CALLS: list[tuple[str, str, Any]] = [
    ("GET", "user", {}),
    ("GET", "user", {"id": 5}),
    ("GET", "user", {"id": ["x"]}),
    ("GET", "user", {"id": "maria@lopez.example", "fields": "keys"}),
    ("POST", "user", {"id": "a@b.example", "vars": [1], "lists": ["L"], "keys": []}),
    ("POST", "user", {"id": "a@b.example", "keys": {"email": None}}),
    ("POST", "user", {"id": "a@b.example", "lists": {"": 1}}),
    ("POST", "list", {}),
    ("POST", "list", {"list": 5, "query": "x", "type": "smart"}),
    ("GET", "list", {"list": 5}),
    ("POST", "job", {}),
    ("POST", "job", {"job": "update"}),
    ("POST", "job", {"job": "export_list_data", "list": "Newsletter", "fields": [1]}),
    ("POST", "purchase", {"email": "a@b.example", "items": 5}),
    ("GET", "list", {"list_id": 5}),
    ("GET", "nothing", {}),
    ("PATCH", "user", {}),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_invalid_bodies_get_service_errors(
    writable_sandbox: SandboxClient, method: str, path: str
) -> None:
    for body in ODD:
        assert writable_sandbox.zendesk(method, path, body).status < 500, body


def test_invalid_queries_get_service_errors(writable_sandbox: SandboxClient) -> None:
    for path in READS:
        answer = writable_sandbox.zendesk("GET", path)
        assert answer.status < 500, path
        assert isinstance(answer.body, dict), path


def test_invalid_requests_get_service_errors(writable_sandbox: SandboxClient) -> None:
    for method, endpoint, data in CALLS:
        answer = writable_sandbox.sailthru(method, endpoint, data)
        assert answer.status < 500, (endpoint, data)
        assert isinstance(answer.body, dict), (endpoint, data)
    # Nothing of it has broken what comes after.
    assert writable_sandbox.sailthru("GET", "list", {}).status == 200
    assert writable_sandbox.zendesk("GET", "users/7701").status == 200
