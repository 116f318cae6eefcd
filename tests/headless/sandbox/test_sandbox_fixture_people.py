"""Fixture people of the sandbox: the ids, addresses and records that other tests rely on."""

from email.utils import parsedate_to_datetime

from tests.support.sandbox_client import SandboxClient


def test_fixture_maria_matches_demo(read_only_sandbox: SandboxClient) -> None:
    found = read_only_sandbox.zendesk("GET", "users/search.json?query=maria@lopez.example").body[
        "users"
    ]
    assert [user["id"] for user in found] == [7701]
    assert found[0]["tags"] == ["vip", "lisbon", "sailthru_highvalue"]
    assert found[0]["user_fields"] == {"sync_to_sailthru": True}
    tickets = read_only_sandbox.zendesk(
        "GET", "users/7701/tickets/requested?sort_by=updated_at&sort_order=desc"
    ).body["tickets"]
    assert [ticket["id"] for ticket in tickets[:4]] == [48213, 48102, 47990, 46011]
    assert [ticket["status"] for ticket in tickets[:4]] == ["open", "pending", "open", "solved"]
    assert {ticket["status"] for ticket in tickets[4:]} == {"closed"}
    assert len(tickets) == 11

    fields = {name: 1 for name in ("vars", "lists", "engagement", "optout_email", "smart_lists")}
    profile = read_only_sandbox.sailthru(
        "GET", "user", {"id": "MARIA@lopez.example", "fields": fields}
    ).body
    assert set(profile["lists"]) == {"Newsletter", "VIP Offers", "Product news"}
    assert profile["smart_lists"] == ["zendesk-sync-smart"]
    assert len(profile["vars"]) == 14
    assert profile["vars"]["rev_365"] == 1240
    assert (profile["engagement"], profile["optout_email"]) == ("active", "none")


def test_fixture_tom_has_second_profile(read_only_sandbox: SandboxClient) -> None:
    old = read_only_sandbox.sailthru("GET", "user", {"id": "tom@old.example"}).body
    fields = {"activity": 1, "lists": 1, "lifetime": 1}
    new = read_only_sandbox.sailthru(
        "GET", "user", {"id": "tom@new.example", "fields": fields}
    ).body
    assert len(old["vars"]) == 14
    assert set(old["lists"]) == {"Newsletter", "VIP Offers"}
    assert set(new["lists"]) == {"Winback"}
    assert new["lifetime"]["lifetime_open"] == 0
    created = parsedate_to_datetime(new["activity"]["create_time"])
    assert created.date().isoformat() == "2024-02-01"


def test_fixture_jordan_profile_has_second_address(read_only_sandbox: SandboxClient) -> None:
    assert read_only_sandbox.sailthru("GET", "user", {"id": "j.doe@corp.example"}).status == 400
    identities = read_only_sandbox.zendesk("GET", "users/7781/identities").body["identities"]
    assert [item["value"] for item in identities] == ["j.doe@corp.example", "jdoe@home.example"]
    other = read_only_sandbox.sailthru("GET", "user", {"id": "jdoe@home.example"}).body
    assert other["engagement"] == "passive"


def test_fixture_two_people_share_name(read_only_sandbox: SandboxClient) -> None:
    found = read_only_sandbox.zendesk("GET", "users/search?query=alex+kim").body["users"]
    assert {7707, 7708} <= {user["id"] for user in found}


def test_fixture_people_exist_without_generated_people(start_sandbox: object) -> None:
    sandbox = start_sandbox("--customers", "0")  # type: ignore[operator]
    people = sandbox.control("GET", "people")["people"]
    for person in people:
        if person["zendesk_id"]:
            user = sandbox.zendesk("GET", f"users/{person['zendesk_id']}").body["user"]
            assert user["name"] == person["name"]
        if person["sid"]:
            profile = sandbox.sailthru("GET", "user", {"id": person["sid"]}).body
            assert profile["keys"]["email"] == person["sailthru_email"]
        for ticket in person["tickets"]:
            answer = sandbox.zendesk("GET", f"tickets/{ticket}").body["ticket"]
            assert answer["requester_id"] == person["zendesk_id"]
    names = {person["name"] for person in people}
    assert {"<img src=x onerror=alert(1)>", "=cmd()", "noname@plain.example"} <= names
    vera = sandbox.sailthru("GET", "user", {"id": "vera@archive.example"}).body
    assert len(vera["vars"]) == 5000
    levels = {
        sandbox.sailthru("GET", "user", {"id": who}).body["optout_email"]
        for who in ("ben@castle.example", "alma@quist.example", "bo@larsen.example")
    }
    assert levels == {"basic", "all", "blast"}
