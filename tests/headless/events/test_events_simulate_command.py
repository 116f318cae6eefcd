"""`fairlead events simulate`: the exact requests, what they mean, and that nothing is written."""

from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import EventRecords, as_lines, group, identify, track
from tests.support.sandbox_servers import SandboxServers


@pytest.fixture(autouse=True)
def nothing_is_written(sandbox: SandboxServers) -> Any:
    """Whatever a simulation shows, the services get no writing request of ours."""
    before = len(sandbox.logged_writes())
    yield
    seen = sandbox.logged_writes()[before:]
    assert [one for one in seen if not one["headers"].get("x-witness")] == []


def simulate(fairlead: FairleadCommand, *events: dict[str, Any]) -> Any:
    done = fairlead("events", "simulate", "-", "--json", stdin=as_lines(*events))
    assert done.exit_code == 0, done.stdout + done.stderr
    return done.json


def request(document: Any) -> tuple[str, str, Any]:
    """Method, path and body of the one request."""
    (found,) = document["requests"]
    return found["method"], found["path"], found["body"]


def reason(document: Any) -> str:
    """The reason of the one problem, where nothing would be sent."""
    assert document["requests"] == []
    (found,) = document["problems"]
    return str(found["reason"])


def test_an_unknown_person_becomes_a_user(fairlead: FairleadCommand, records: EventRecords) -> None:
    email = f"{records.new_name()}@new.example"
    traits = {"name": None, "firstName": " Homer ", "last_name": "J", "phone": "+1 555 0100 77"}
    found = simulate(fairlead, identify(email, email, **traits))
    user = {
        "name": "J",
        "email": email,
        "external_id": email,
        "phone": "+1 555 0100 77",
        "verified": False,
        "skip_verify_email": False,
    }
    assert request(found) == ("POST", "/api/v2/users", {"user": user})
    assert found["effects"]["created_users"] == found["effects"]["verification_mails"] == 1
    assert found["actions"]["upsert_user"] == 1


def test_many_new_users_can_be_created_without_a_letter_each(fairlead: FairleadCommand) -> None:
    events = [identify(f"many{n}", f"many{n}@new.example") for n in range(51)]
    for count, is_proposed in ((50, False), (51, True)):
        found = fairlead("events", "simulate", "-", stdin=as_lines(*events[:count])).stdout
        assert f"{count} new users get a verification mail from Zendesk" in found
        assert ("--option skip_verify_email=on" in found) is is_proposed


def test_a_known_user_gets_what_differs_alone(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user(phone="+1 555 0100 78", time_zone="Europe/Berlin")
    event = identify("u-7", email.upper(), name="Homer  Simpson", timezone="Europe/Paris")
    method, path, body = request(simulate(fairlead, event))
    assert (method, path) == ("PUT", "/api/v2/users/update_many")
    assert body == {"users": [{"id": user, "external_id": "u-7", "time_zone": "Europe/Paris"}]}
    event = identify("", email, phone="+15550100-78", timezone="Europe/Berlin")
    same = simulate(fairlead, event | {"anonymousId": "a"})
    assert (same["requests"], same["unchanged"]) == ([], 1)
    assert same["effects"]["kept_phones"]["count"] == 0


def test_a_user_keeps_the_phone_that_zendesk_would_not_replace(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    _, email = records.user(phone="+1 555 0100 88")
    event = identify("", email, phone="+1 555 0100 99") | {"anonymousId": "a"}
    found = simulate(fairlead, event)
    assert (found["requests"], found["unchanged"]) == ([], 1)
    assert found["effects"]["kept_phones"] == {"count": 1, "lines": [1]}
    assert (
        "1 user keeps the phone number"
        in fairlead("events", "simulate", "-", stdin=as_lines(event)).stdout
    )


def test_null_empties_a_field_and_is_told(fairlead: FairleadCommand, records: EventRecords) -> None:
    user, email = records.user(phone="+1 555 0100 79")
    found = simulate(fairlead, identify("", email, phone=None) | {"anonymousId": "a"})
    assert request(found)[2] == {"users": [{"id": user, "phone": None}]}
    assert found["effects"]["emptied"] == {"phone": 1}


def test_users_are_found_by_id_then_address_then_external_id(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    by_id, _ = records.user()
    by_email, email = records.user()
    by_external, _ = records.user(external_id=(external := records.new_name()))
    used = {**track("Read", external, email=email), "context": {"zendesk_user_id": str(by_id)}}
    nested = track("Read", "nobody", properties={"email": email})
    found = simulate(fairlead, used, nested, track("Read", external.upper()))
    users = [tuple(one["user"].values()) for one in found["requests"]]
    assert users == [
        (by_id, "zendesk_user_id", str(by_id)),
        # A user may have several: which one it was.
        (by_email, "email", email),
        (by_external, "external_id", external.upper()),
    ]


def test_two_users_for_one_event_are_a_conflict(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    records.user(external_id=(external := records.new_name()))
    _, email = records.user()
    assert reason(simulate(fairlead, identify(external, email))).startswith("several users")
    assert reason(simulate(fairlead, track("Read", external, email=email))).startswith("several")
    # By the id alone goes what adds to a user, never what changes one.
    user, own = records.user()
    by_id = {"context": {"zendesk_user_id": user}}
    others = [
        identify("", email) | {"anonymousId": "a"},
        identify(external, own),
        # Whose keys are of two others, too.
        identify(external, email),
        identify("", email, company={"id": records.organization()}) | {"anonymousId": "a"},
    ]
    for event in others:
        problems = simulate(fairlead, event | by_id)
        assert problems["requests"] == []
        assert {one["reason"][:13] for one in problems["problems"]} == {"several users"}
    assert simulate(fairlead, identify("", own, name="New") | by_id)["problems"] == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (track("Read", "nobody"), "no user"),
        (track("Ticket Created", "nobody", subject="S"), "no user"),
        ({**track("Read", "u"), "context": {"zendesk_user_id": 5}}, "has no user 5"),
        (track("Ticket Updated", "nobody", comment="x"), "no ticket"),
        (track("Ticket Updated", "nobody", ticket_id="999999", comment="x"), "no ticket"),
        (identify("u", "ada@admin.example"), "is no customer but"),
        (group("no-such-group"), "no name"),
        (group("g", "nobody", name="G"), "no user"),
    ],
)
def test_what_cannot_be_delivered_is_named_and_nobody_is_created(
    fairlead: FairleadCommand, sandbox: SandboxServers, event: dict[str, Any], words: str
) -> None:
    if event.get("traits", {}).get("email"):
        event["traits"]["email"] = sandbox.connection_document["zendesk"]["email"]
    found = simulate(fairlead, event)
    assert words in found["problems"][0]["reason"]
    assert all(one["path"] != "/api/v2/users" for one in found["requests"])


def test_traits_without_a_user_field_are_listed_before_sending(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    _, email = records.user()
    more = {"shoeSize": 41, "syncToSailthru": True, "address": {"city": "Springfield"}}
    found = simulate(fairlead, identify("", email, **more) | {"anonymousId": "a"})
    assert found["effects"]["discarded"] == [
        {"trait": "shoe_size", "type": "integer", "count": 1, "line": 1}
    ]
    (user,) = request(found)[2]["users"]
    assert user["user_fields"] == {"sync_to_sailthru": True}
    assert found["user_fields_at"].endswith("/admin/people/configuration/user_fields")
    assert "organization_fields_at" not in found


def test_an_unknown_time_zone_is_left_out_with_a_warning(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    email = f"{records.new_name()}@new.example"
    found = simulate(
        fairlead, identify("", email, timezone="America/Springfield") | {"anonymousId": "a"}
    )
    assert "time_zone" not in request(found)[2]["user"]
    assert found["effects"]["unknown_time_zones"]["lines"] == [1]
    assert "America/Springfield" in found["requests"][0]["warnings"][0]


def test_a_removal_names_the_very_tickets(fairlead: FairleadCommand, records: EventRecords) -> None:
    user, email = records.user()
    other, leaving = records.organization(), records.organization(external_id="left-it")
    records.join(user, other)
    membership = records.join(user, leaving)
    ticket = records.ticket(user, organization_id=leaving)
    records.ticket(user, organization_id=other)
    records.ticket(user, organization_id=leaving, status="solved")
    company = {"id": "LEFT-IT", "remove": True}
    found = simulate(fairlead, identify("", email, company=company) | {"anonymousId": "a"})
    path = f"/api/v2/organization_memberships/{membership}"
    assert request(found) == ("DELETE", path, None)
    assert found["effects"]["removals"]["tickets"] == [ticket]
    assert found["effects"]["removals"]["count"] == 1


def test_remove_as_a_text_removes_nothing(fairlead: FairleadCommand, records: EventRecords) -> None:
    user, email = records.user()
    organization = records.organization()
    records.join(user, organization)
    company = {"id": organization, "remove": "true"}
    found = simulate(fairlead, identify("", email, company=company) | {"anonymousId": "a"})
    assert (found["requests"], found["effects"]["removals"]["count"]) == ([], 0)


def test_a_member_of_several_organisations_stays_in_all(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    """Writing organization_id would end the other memberships."""
    user, email = records.user()
    records.join(user, records.organization())
    new = records.organization()
    found = simulate(fairlead, identify("", email, organizationId=new) | {"anonymousId": "a"})
    membership = {"user_id": user, "organization_id": new, "default": True}
    assert request(found)[:2] == ("POST", "/api/v2/organization_memberships")
    assert request(found)[2] == {"organization_membership": membership}


def test_ids_of_organisations_as_number_and_text_are_one(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    organization = records.organization()
    records.join(user, organization)
    more = {"organizationId": organization, "company": {"id": str(organization)}}
    found = simulate(fairlead, identify("", email, **more) | {"anonymousId": "a"})
    assert (found["requests"], found["unchanged"]) == ([], 2)


def test_an_id_of_two_organisations_stops(fairlead: FairleadCommand, records: EventRecords) -> None:
    user, email = records.user()
    number = records.organization()
    records.organization(external_id=str(number))
    found = simulate(fairlead, identify("", email, company={"id": number}) | {"anonymousId": "a"})
    assert "two organisations" in reason(found)
    assert user


def test_a_group_becomes_an_organisation_and_its_user_joins(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, _ = records.user(external_id=(external := records.new_name()))
    name = records.new_name()
    traits = {
        "name": name,
        "domainNames": "a.example, B.example",
        "tags": "Gold",
        "arr": 5,
        "url": "x",
    }
    found = simulate(fairlead, group(name, external, **traits), group(name, external, name=name))
    created, joined = found["requests"]
    organization = {
        "external_id": name,
        "name": name,
        "domain_names": ["a.example", "b.example"],
        "tags": ["gold"],
    }
    assert created["path"] == "/api/v2/organizations/create_or_update"
    assert created["body"] == {"organization": organization}
    placeholder = {"user_id": user, "organization_id": "{organisation of line 1}"}
    assert joined["body"] == {"organization_membership": placeholder}
    assert found["effects"]["organization_fields"] == [
        {"key": "arr", "type": "integer", "count": 1, "line": 1}
    ]
    assert found["effects"]["read_only"] == {"url": 1}
    lines = as_lines(group(name, **traits))
    field = ("--create-field", "arr=integer")
    asked = fairlead("events", "simulate", "-", "--json", *field, stdin=lines).json
    fields = asked["requests"][0]["body"]["organization"]["organization_fields"]
    assert fields == {"arr": 5}


def test_an_organisation_keeps_its_domains_and_tags(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    external = records.new_name()
    records.organization(external_id=external, domain_names=["old.example"], tags=["vip"])
    found = simulate(fairlead, group(external, domainNames=["new.example"], tags=["gold"]))
    # Of lists the difference is told, not twice the whole.
    assert found["requests"][0]["summary"].endswith(": domain_names + new.example, tags + gold")
    organization = request(found)[2]["organization"]
    assert organization["domain_names"] == ["old.example", "new.example"]
    assert organization["tags"] == ["vip", "gold"]


def test_tickets_are_created_with_a_stamp_and_updated_safely(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    number = records.ticket(user, tags=["old"])
    created = {
        **track("Ticket Created", "u", email=email, subject="Help", comment="It broke"),
        "messageId": "m-1",
    }
    created["properties"] |= {"priority": "High", "tags": "a b,c"}
    updated = track("Ticket Updated", "u", email=email, ticketId=f"#{number}", comment="more")
    updated["properties"] |= {"status": "open", "tags": ["new"]}
    found = simulate(fairlead, created, updated)
    first, second = found["requests"]
    assert first["body"]["ticket"] == {
        "subject": "Help",
        "comment": {"body": "It broke", "public": False},
        "priority": "high",
        "tags": ["a_b", "c"],
        "requester_id": user,
        "external_id": "event-m-1",
    }
    assert first["headers"] == {"Idempotency-Key": "event-m-1"}
    ticket = second["body"]["ticket"]
    assert second["path"] == f"/api/v2/tickets/{number}"
    assert ticket.pop("updated_stamp")
    assert ticket == {
        "comment": {"body": "more", "public": False},
        "status": "open",
        "tags": ["old", "new"],
        "safe_update": True,
    }


def test_somebody_elses_ticket_is_not_written_to(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    other, _ = records.user()
    _, email = records.user()
    number = records.ticket(other)
    event = track("Ticket Updated", "u", email=email, ticket_id=number, comment="x")
    assert "another customer's" in reason(simulate(fairlead, event))


def test_a_track_event_carries_an_identifier_that_zendesk_knows(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    event = track("Article Read", "unknown", email=email, title="Geology")
    event["timestamp"] = "2026-11-29T09:00:00+01:00"
    method, path, body = request(simulate(fairlead, event))
    assert (method, path) == ("POST", f"/api/v2/users/{user}/events")
    assert body["profile"]["identifiers"] == [{"type": "email", "value": email}]
    assert body["event"]["created_at"] == "2026-11-29T08:00:00Z"
    assert body["event"]["properties"] == {"email": email, "title": "Geology"}


def test_events_that_zendesk_does_not_take_are_saved_here(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    _, email = records.user()
    sandbox.control("POST", "account", {"user_events": "off"})
    try:
        found = simulate(fairlead, track("Read", "u", email=email))
    finally:
        sandbox.control("POST", "account", {"user_events": "on"})
    assert (found["requests"], found["effects"]["kept_events"]["count"]) == ([], 1)


def test_counts_add_up_over_a_mixed_source(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    events = [
        identify("", email) | {"anonymousId": "a", "messageId": "1"},
        identify("", email) | {"anonymousId": "a", "messageId": "1"},
        {"type": "page", "userId": "u"},
        track("Read", "u", email=email) | {"integrations": {"All": False}},
        {"type": "identify"},
    ]
    found = simulate(fairlead, *events)
    assert (found["lines"], found["valid"], found["duplicates"]) == (5, 3, 1)
    assert found["actions"] == {
        "upsert_user": 1,
        "org_membership": 0,
        "upsert_org": 0,
        "create_ticket": 0,
        "update_ticket": 0,
        "track_event": 0,
        "none": 2,
    }
    assert found["effects"]["not_for_zendesk"]["lines"] == [4]
    assert found["source"] == "zendesk"
    assert user


def test_users_of_one_source_are_read_a_hundred_at_a_time(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    people = [(records.new_name(), *records.user()) for _ in range(1)]
    made = []
    for number in range(30):
        user, email = records.user(external_id=f"bulk-{people[0][0]}-{number}")
        made.append(identify(f"bulk-{people[0][0]}-{number}", email, name="New Name"))
        assert user
    before = len(sandbox.logged_requests())
    assert len(simulate(fairlead, *made)["requests"]) == 30
    reads = [one["path"] for one in sandbox.logged_requests()[before:]]
    assert sum("users/" in path for path in reads) <= 3


def test_offline_the_users_saved_here_are_used_and_that_is_said(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    sandbox.control("POST", "account", {"zendesk": "off"})
    try:
        lines = as_lines(identify("x", "nobody@saved.example"))
        done = fairlead("events", "simulate", "-", "--json", stdin=lines)
    finally:
        sandbox.control("POST", "account", {"zendesk": "on"})
    assert done.exit_code == 4
    assert done.json["source"] == "kept"
    assert done.json["requests"][0]["path"] == "/api/v2/users"


def test_why_the_other_actions_do_not_fire(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    lines = as_lines({"type": "page", "userId": "u"})
    found = fairlead("events", "simulate", "-", "--json", "--explain", stdin=lines).json
    (event,) = found["explained"]
    assert event["line"] == 1
    assert event["not_fired"]["upsert_org"] == 'type = "group" does not hold.'
    assert len(event["not_fired"]) == 6


def test_an_id_that_an_earlier_line_gives_finds_the_user(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    external = records.new_name()
    found = simulate(fairlead, identify(external, email), track("Read", external))
    assert found["problems"] == []
    assert found["requests"][1]["path"] == f"/api/v2/users/{user}/events"
    assert found["requests"][1]["user"]["found_by"] == "external_id"
