"""Endpoints of the Zendesk sandbox, fact by fact: users, tags, tickets, organizations."""

from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient, wait_until


def users(sandbox: SandboxClient, query: str) -> list[int]:
    return [user["id"] for user in sandbox.zendesk("GET", f"users/search?{query}").body["users"]]


def test_current_user_without_credentials_is_anonymous(read_only_sandbox: SandboxClient) -> None:
    for headers in ({}, {"Authorization": "Basic bm86bm8="}):
        answer = read_only_sandbox.http("zendesk", "GET", "/api/v2/users/me.json", headers=headers)
        assert answer.status == 200
        assert answer.body["user"]["id"] is None
        other = read_only_sandbox.http("zendesk", "GET", "/api/v2/users/7701", headers=headers)
        assert (other.status, other.body) == (401, {"error": "Couldn't authenticate you"})
    assert read_only_sandbox.zendesk("GET", "users/me").body["user"]["role"] == "admin"
    assert (
        read_only_sandbox.zendesk("GET", "users/me", who="agent").body["user"]["name"] == "Kim Park"
    )


def test_error_shapes(read_only_sandbox: SandboxClient) -> None:
    gone = read_only_sandbox.zendesk("GET", "users/1")
    assert (gone.status, gone.body) == (
        404,
        {"error": "RecordNotFound", "description": "Not found"},
    )
    assert read_only_sandbox.zendesk("GET", "nothing").body["error"] == "InvalidEndpoint"
    refused = read_only_sandbox.zendesk("GET", "incremental/users/cursor?start_time=1", who="agent")
    assert refused.status == 403
    assert set(refused.body["error"]) == {"title", "message"}
    depth = read_only_sandbox.zendesk("GET", "users?page=101&per_page=100")
    assert (depth.status, depth.body["errors"][0]["code"]) == (400, "InvalidPaginationDepth")


def test_paging_both_forms(read_only_sandbox: SandboxClient) -> None:
    offset = read_only_sandbox.zendesk("GET", "users.json?per_page=3").body
    assert (len(offset["users"]), offset["count"]) == (3, 2026)
    assert offset["next_page"].startswith(
        read_only_sandbox.connection_document["zendesk"]["base_url"]
    )
    assert "meta" not in offset
    path, seen = "users.json?page[size]=100", []
    while path:
        page = read_only_sandbox.zendesk("GET", path).body
        seen += [user["id"] for user in page["users"]]
        following = page["links"]["next"]
        assert bool(following) is page["meta"]["has_more"]
        path = following.partition("/api/v2/")[2] if following else ""
    assert len(seen) == len(set(seen)) == 2026


def test_search_stops_at_thousand_with_422(read_only_sandbox: SandboxClient) -> None:
    page = read_only_sandbox.zendesk("GET", "search?query=type:user+role:end-user&page=10").body
    assert len(page["results"]) == 100
    assert page["count"] > 1000
    assert page["next_page"] is not None
    assert (
        read_only_sandbox.zendesk("GET", "search?query=type:user+role:end-user&page=11").status
        == 422
    )
    assert read_only_sandbox.zendesk("GET", "search?query=type:user&page[size]=5").status == 400


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("query=maria", 7701),
        ("query=Lopez", 7701),
        ("query=%22Maria+Lopez%22", 7701),
        ("query=email:m.lopez@work.example", 7701),
        ("query=phone:%2B15550134", 7701),
        ("query=phone:*5550134", 7701),
        ("query=email:maria@lopez*", 7701),
        ("query=%2B15550134", 7701),
        ("query=tags:lisbon", 7701),
        ("query=external_id:SHOP-1182", 7701),
        ("external_id=Shop-1182", 7701),
        ("query=%3Dcmd()", 7710),
    ],
)
def test_users_are_found(read_only_sandbox: SandboxClient, query: str, expected: int) -> None:
    assert expected in users(read_only_sandbox, query)


@pytest.mark.parametrize(
    "query",
    [
        # Digits are compared after a leading * alone, and from their end; in quotes * is no sign.
        "query=5550134",
        "query=phone:*555",
        "query=phone:5550134*",
        "query=%22email:maria@lopez*%22",
    ],
)
def test_search_matches_no_more_than_the_service(
    read_only_sandbox: SandboxClient, query: str
) -> None:
    assert 7701 not in users(read_only_sandbox, query)


def test_search_export_matches_full_list(read_only_sandbox: SandboxClient) -> None:
    boxed, path = set(), "users.json?page[size]=100"
    while path:
        page = read_only_sandbox.zendesk("GET", path).body
        boxed |= {u["id"] for u in page["users"] if u["user_fields"]["sync_to_sailthru"]}
        path = (page["links"]["next"] or "").partition("/api/v2/")[2]
    found, path = set(), "search/export?query=sync_to_sailthru:true&filter[type]=user"
    while path:
        page = read_only_sandbox.zendesk("GET", path).body
        found |= {user["id"] for user in page["results"]}
        path = (page["links"]["next"] or "").partition("/api/v2/")[2]
    assert found == boxed
    assert 100 < len(found) < 300


def test_user_put_email_adds_secondary_address(writable_sandbox: SandboxClient) -> None:
    answer = writable_sandbox.zendesk("PUT", "users/7702", {"user": {"email": "Tom@new.example"}})
    assert answer.body["user"]["email"] == "tom@old.example"
    listed = writable_sandbox.zendesk("GET", "users/7702/identities").body["identities"]
    assert [(it["value"], it["primary"]) for it in listed if it["type"] == "email"] == [
        ("tom@old.example", True),
        ("tom@new.example", False),
    ]


def test_primary_address_can_be_changed(writable_sandbox: SandboxClient) -> None:
    body = {"identity": {"type": "email", "value": "tom@new.example", "verified": True}}
    made = writable_sandbox.zendesk("POST", "users/7702/identities", body)
    assert made.status == 201
    new_id = made.body["identity"]["id"]
    all_of_them = writable_sandbox.zendesk(
        "PUT", f"users/7702/identities/{new_id}/make_primary"
    ).body
    assert {it["value"]: it["primary"] for it in all_of_them["identities"]}["tom@new.example"]
    assert writable_sandbox.zendesk("GET", "users/7702").body["user"]["email"] == "tom@new.example"
    assert writable_sandbox.zendesk("DELETE", f"users/7702/identities/{new_id}").status == 422
    old = next(it for it in all_of_them["identities"] if it["value"] == "tom@old.example")
    assert writable_sandbox.zendesk("DELETE", f"users/7702/identities/{old['id']}").status == 204
    assert users(writable_sandbox, "query=tom@old.example") == []
    assert users(writable_sandbox, "query=tom@new.example") == [7702]


def test_email_taken_is_duplicate_error(writable_sandbox: SandboxClient) -> None:
    body = {"identity": {"type": "email", "value": "maria@lopez.example"}}
    for answer in (
        writable_sandbox.zendesk("POST", "users/7702/identities", body),
        writable_sandbox.zendesk(
            "POST", "users", {"user": {"name": "M", "email": "MARIA@lopez.example"}}
        ),
    ):
        assert answer.status == 422
        assert answer.body["error"] == "RecordInvalid"
        assert answer.body["details"]["email"][0]["error"] == "DuplicateValue"


def test_create_or_update_matches_email_or_external_id(writable_sandbox: SandboxClient) -> None:
    made = writable_sandbox.zendesk(
        "POST", "users/create_or_update", {"user": {"name": "N", "email": "n@n.example"}}
    )
    assert made.status == 201
    again = writable_sandbox.zendesk(
        "POST", "users/create_or_update", {"user": {"name": "N2", "email": "N@n.example"}}
    )
    assert (again.status, again.body["user"]["id"]) == (200, made.body["user"]["id"])
    by_external = writable_sandbox.zendesk(
        "POST", "users/create_or_update", {"user": {"external_id": "SHOP-1182", "notes": "x"}}
    )
    assert by_external.body["user"]["id"] == 7701
    assert by_external.body["user"]["external_id"] == "SHOP-1182"


def test_user_tags_are_copied_to_unclosed_tickets(writable_sandbox: SandboxClient) -> None:
    assert (
        writable_sandbox.zendesk("PUT", "users/7701/tags", {"tags": ["calm"]}).body["tags"][-1]
        == "calm"
    )
    tickets = writable_sandbox.zendesk("GET", "users/7701/tickets/requested").body["tickets"]
    for ticket in tickets:
        assert ("calm" in ticket["tags"]) is (ticket["status"] != "closed")
    assert writable_sandbox.zendesk("DELETE", "users/7701/tags", {"tags": ["calm"]}).status == 200
    assert "calm" not in writable_sandbox.zendesk("GET", "tickets/48213").body["ticket"]["tags"]
    writable_sandbox.control("POST", "account", {"user_tags": "off"})
    assert "tags" not in writable_sandbox.zendesk("GET", "users/7701").body["user"]
    assert writable_sandbox.zendesk("PUT", "users/7701/tags", {"tags": ["x"]}).status == 403


def test_user_fields_are_created_and_written(writable_sandbox: SandboxClient) -> None:
    field = {"user_field": {"type": "integer", "key": "ltv", "title": "LTV"}}
    assert writable_sandbox.zendesk("POST", "user_fields", field, who="agent").status == 403
    assert writable_sandbox.zendesk("POST", "user_fields", field).status == 201
    assert writable_sandbox.zendesk("POST", "user_fields", field).status == 422
    values = {"user": {"user_fields": {"ltv": "12", "unknown": 1}}}
    shown = writable_sandbox.zendesk("PUT", "users/7701", values).body["user"]["user_fields"]
    assert shown == {"sync_to_sailthru": True, "ltv": 12}
    writable_sandbox.control("POST", "account", {"sync_field": "off"})
    keys = [it["key"] for it in writable_sandbox.zendesk("GET", "user_fields").body["user_fields"]]
    assert keys == ["ltv"]


def test_agents_change_end_users_only(writable_sandbox: SandboxClient) -> None:
    note = {"user": {"notes": "x"}}
    assert writable_sandbox.zendesk("PUT", "users/7701", note, who="agent").status == 200
    assert writable_sandbox.zendesk("PUT", "users/7603", note, who="agent").status == 403
    assert writable_sandbox.zendesk("DELETE", "users/7701", who="agent").status == 403
    assert writable_sandbox.zendesk("GET", "satisfaction_ratings", who="agent").status == 403
    assert writable_sandbox.zendesk("GET", "satisfaction_ratings").status == 200


@pytest.mark.parametrize(
    "query",
    [
        "query=phone:%22%2B1+555-0134%22",
        "query=%2B1+555-0134",
        "query=phone:*555-0134",
        "query=phone:5550134",
    ],
)
def test_users_phone_in_another_spacing_is_not_found(
    read_only_sandbox: SandboxClient, query: str
) -> None:
    assert 7701 not in users(read_only_sandbox, query)


def close_tickets(sandbox: SandboxClient, user_id: int) -> None:
    path = f"users/{user_id}/tickets/requested"
    for ticket in sandbox.zendesk("GET", path).body["tickets"]:
        if ticket["status"] != "closed":
            closed = {"ticket": {"status": "closed"}}
            assert sandbox.zendesk("PUT", f"tickets/{ticket['id']}", closed).status == 200


def test_requester_of_a_ticket_that_is_not_closed_is_not_deleted(
    writable_sandbox: SandboxClient,
) -> None:
    refused = writable_sandbox.zendesk("DELETE", "users/7701")
    assert refused.status == 422
    assert "tickets that are not closed" in refused.body["details"]["base"][0]["description"]
    assert writable_sandbox.zendesk("GET", "users/7701").body["user"]["active"]
    close_tickets(writable_sandbox, 7701)
    assert writable_sandbox.zendesk("DELETE", "users/7701").status == 200
    assert writable_sandbox.zendesk("DELETE", "users/7701").status == 404


def test_user_deleted_for_good_has_no_personal_data_and_the_tickets_stay(
    writable_sandbox: SandboxClient,
) -> None:
    call = writable_sandbox.zendesk
    assert call("DELETE", "deleted_users/7701").status == 404
    close_tickets(writable_sandbox, 7701)
    assert call("DELETE", "users/7701").status == 200
    assert call("GET", "deleted_users/7701").body["deleted_user"]["name"] == "Maria Lopez"
    assert call("DELETE", "deleted_users/7701", who="agent").status == 403
    assert call("DELETE", "deleted_users/7701").status == 200
    assert call("DELETE", "deleted_users/7701").status == 404
    assert call("GET", "deleted_users/7701").status == 404
    (gone,) = call("GET", "deleted_users").body["deleted_users"]
    assert (gone["id"], gone["name"], gone["email"], gone["phone"]) == (
        7701, "Permanently Deleted User", None, None,
    )  # fmt: skip
    assert "Maria" not in str(call("GET", "users/7701").body)
    ticket = call("GET", "tickets/45002").body["ticket"]
    assert (ticket["status"], ticket["requester_id"]) == ("closed", 7701)


def test_users_deleted_and_merged(writable_sandbox: SandboxClient) -> None:
    close_tickets(writable_sandbox, 7704)
    assert writable_sandbox.zendesk("DELETE", "users/7704").body["user"]["active"] is False
    assert writable_sandbox.zendesk("GET", "users/7704").body["user"]["active"] is False
    assert users(writable_sandbox, "query=dana@okafor.example") == []
    deleted = writable_sandbox.zendesk("GET", "deleted_users").body["deleted_users"]
    assert [it["id"] for it in deleted] == [7704]
    merged = writable_sandbox.zendesk("PUT", "users/7708/merge", {"user": {"id": 7707}}).body[
        "user"
    ]
    assert merged["id"] == 7707
    assert users(writable_sandbox, "query=akim@post.example") == [7707]
    assert writable_sandbox.zendesk("PUT", "users/7708", {"user": {"notes": ""}}).status == 404


def test_organizations_and_memberships(writable_sandbox: SandboxClient) -> None:
    taken = {"organization": {"name": "lopez & daughters"}}
    assert writable_sandbox.zendesk("POST", "organizations", taken).status == 422
    made = writable_sandbox.zendesk(
        "POST",
        "organizations/create_or_update",
        {"organization": {"name": "New Org", "external_id": "ORG-1"}},
    )
    number = made.body["organization"]["id"]
    again = writable_sandbox.zendesk(
        "POST",
        "organizations/create_or_update",
        {"organization": {"name": "Renamed", "external_id": "org-1"}},
    )
    assert (made.status, again.status, again.body["organization"]["id"]) == (201, 200, number)
    join = {"organization_membership": {"user_id": 7701, "organization_id": number}}
    assert writable_sandbox.zendesk("POST", "organization_memberships", join).status == 201
    assert writable_sandbox.zendesk("POST", "organization_memberships", join).status == 422
    listed = writable_sandbox.zendesk("GET", "users/7701/organization_memberships").body
    rows = {it["organization_id"]: it for it in listed["organization_memberships"]}
    assert (rows[7001]["default"], rows[number]["default"]) == (True, None)
    writable_sandbox.zendesk("DELETE", f"organization_memberships/{rows[7001]['id']}")

    # A job takes the organization off the working tickets.
    def unassigned() -> dict[str, Any] | None:
        ticket = writable_sandbox.zendesk("GET", "tickets/48213").body["ticket"]
        return ticket if ticket["organization_id"] is None else None

    assert wait_until(unassigned)["id"] == 48213
    assert (
        writable_sandbox.zendesk("GET", "tickets/46011").body["ticket"]["organization_id"] == 7001
    )
    # Writing organization_id removes all other memberships.
    writable_sandbox.zendesk("PUT", "users/7701", {"user": {"organization_id": 7003}})
    left = writable_sandbox.zendesk("GET", "users/7701/organization_memberships").body
    assert [it["organization_id"] for it in left["organization_memberships"]] == [7003]


def test_organization_fields_take_values_by_type_and_discard_unknown_keys(
    writable_sandbox: SandboxClient,
) -> None:
    field = {"organization_field": {"key": "arr", "title": "ARR", "type": "integer"}}
    assert writable_sandbox.zendesk("POST", "organization_fields", field, who="agent").status == 403
    assert writable_sandbox.zendesk("POST", "organization_fields", field).status == 201
    assert writable_sandbox.zendesk("POST", "organization_fields", field).status == 422

    def put(values: dict[str, Any]) -> Any:
        body = {"organization": {"organization_fields": values}}
        answer = writable_sandbox.zendesk("PUT", "organizations/7001", body)
        return answer.body["organization"]["organization_fields"] if answer.status == 200 else None

    assert put({"arr": "1200", "nobody": 1}) == {"arr": 1200}
    assert put({"arr": "much"}) is None


def test_user_events_are_received_as_strictly_as_the_service(
    writable_sandbox: SandboxClient,
) -> None:
    profile = {"source": "shop", "type": "customer", "identifiers": [{"type": "email"}]}
    event = {"source": "shop", "type": "Article Read", "properties": {"title": "Geology"}}

    def post(profile: dict[str, Any], event: dict[str, Any], user: int = 7701) -> int:
        body = {"profile": profile, "event": event}
        return writable_sandbox.zendesk("POST", f"users/{user}/events", body).status

    assert post(profile, event) == 202
    assert post({**profile, "identifiers": []}, event) == 400
    assert post(profile, {**event, "properties": None}) == 400
    assert post(profile, {**event, "source": "Zendesk"}) == 400
    assert post(profile, {**event, "type": ""}) == 400
    assert post(profile, event, user=1) == 404
    kept = writable_sandbox.zendesk("GET", "users/7701/events?filter[type]=Article%20Read").body
    assert [one["properties"] for one in kept["events"]] == [{"title": "Geology"}]
    assert isinstance(kept["links"], list)
    writable_sandbox.control("POST", "account", {"user_events": "off"})
    assert post(profile, event) == 403


def test_a_new_user_is_mailed_unless_told_otherwise(writable_sandbox: SandboxClient) -> None:
    for name, more in (("a", {}), ("b", {"skip_verify_email": True}), ("c", {"verified": True})):
        user = {"name": name, "email": f"{name}@x.example", **more}
        assert writable_sandbox.zendesk("POST", "users", {"user": user}).status == 201
    mails = writable_sandbox.control("GET", "mails")["mails"]
    assert [mail["to"] for mail in mails] == ["a@x.example"]


def test_ticket_create_is_idempotent_by_key(writable_sandbox: SandboxClient) -> None:
    ticket = {"ticket": {"subject": "S", "comment": {"body": "B", "public": False}}}
    ticket["ticket"]["requester_id"] = 7701
    key = {"Idempotency-Key": "abc"}
    first = writable_sandbox.zendesk("POST", "tickets", ticket, headers=key)
    second = writable_sandbox.zendesk("POST", "tickets", ticket, headers=key)
    assert (first.status, first.headers["x-idempotency-lookup"]) == (201, "miss")
    assert second.headers["x-idempotency-lookup"] == "hit"
    assert first.body["ticket"]["id"] == second.body["ticket"]["id"]
    ticket["ticket"]["subject"] = "Other"
    refused = writable_sandbox.zendesk("POST", "tickets", ticket, headers=key)
    assert (refused.status, refused.body["error"]) == (400, "IdempotentRequestError")
    comments = writable_sandbox.zendesk(
        "GET", f"tickets/{first.body['ticket']['id']}/comments"
    ).body
    assert [(it["body"], it["public"]) for it in comments["comments"]] == [("B", False)]


def test_ticket_update_is_safe(writable_sandbox: SandboxClient) -> None:
    stamp = writable_sandbox.zendesk("GET", "tickets/48213").body["ticket"]["updated_at"]
    safe: dict[str, Any] = {"safe_update": True, "updated_stamp": stamp, "priority": "high"}
    assert writable_sandbox.zendesk("PUT", "tickets/48213", {"ticket": safe}).status == 200
    late = writable_sandbox.zendesk("PUT", "tickets/48213", {"ticket": safe})
    assert (late.status, late.body["error"]) == (409, "UpdateConflict")
    # A comment without `public` inherits, so it would be seen by the customer.
    writable_sandbox.zendesk("PUT", "tickets/48213", {"ticket": {"comment": {"body": "note"}}})
    comments = writable_sandbox.zendesk(
        "GET", "tickets/48213/comments?sort=-created_at&page[size]=1"
    ).body
    assert comments["comments"][0]["public"] is True
    closed = writable_sandbox.zendesk("PUT", "tickets/45002", {"ticket": {"priority": "low"}})
    assert (closed.status, set(closed.body["details"])) == (422, {"status"})


def test_cursor_sort_keys_are_limited(read_only_sandbox: SandboxClient) -> None:
    path = "users/7701/tickets/requested?page[size]=3&sort="
    newest = read_only_sandbox.zendesk("GET", f"{path}-id").body["tickets"]
    assert [it["id"] for it in newest] == [48213, 48102, 47990]
    assert read_only_sandbox.zendesk("GET", f"{path}-created_at").status == 400
    # sort_by beside page[size] is dropped without a word.
    dropped = read_only_sandbox.zendesk(
        "GET", "users/7701/tickets/requested?page[size]=3&sort_by=updated_at&sort_order=desc"
    ).body["tickets"]
    assert dropped[0]["id"] == 39776


def test_tickets_recently_viewed(writable_sandbox: SandboxClient) -> None:
    for ticket in (48213, 48240, 48302, 48213):
        writable_sandbox.control("POST", "viewed", {"ticket": ticket})
    recent = writable_sandbox.zendesk("GET", "tickets/recent?include=users").body
    assert [it["id"] for it in recent["tickets"]] == [48213, 48302, 48240]
    assert "Maria Lopez" in {it["name"] for it in recent["users"]}
    unknown = writable_sandbox.http("zendesk", "POST", "/sandbox/viewed", '{"ticket": 1}')
    assert unknown.status == 404


def test_users_are_listed_by_role(read_only_sandbox: SandboxClient) -> None:
    both = read_only_sandbox.zendesk("GET", "users?role[]=agent&role[]=admin").body["users"]
    assert [user["id"] for user in both] == [7601, 7602, 7603, 7604]
    assert read_only_sandbox.zendesk("GET", "users/me").headers["x-zendesk-request-id"]
