"""`fairlead events deliver`, `log` and `retry`: what reaches Zendesk, once and in order."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import CommandResult, FairleadCommand
from tests.support.event_cases import EventRecords, as_lines, group, identify, track
from tests.support.sandbox_servers import SandboxServers


def deliver(fairlead: FairleadCommand, *events: Any, words: tuple[str, ...] = ()) -> CommandResult:
    return fairlead("events", "deliver", "-", "--json", *words, stdin=as_lines(*events))


def done(result: CommandResult) -> Any:
    assert result.exit_code == 0, result.stdout + result.stderr
    return result.json


def our_writes(sandbox: SandboxServers) -> list[tuple[str, str]]:
    return [
        (one["method"], one["path"])
        for one in sandbox.logged_writes()
        if not one["headers"].get("x-witness") and one["service"] == "zendesk"
    ]


def test_a_person_is_created_joins_and_does_something(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    organization = records.organization()
    email = f"{(name := records.new_name())}@new.example"
    found = done(
        deliver(
            fairlead,
            identify(name, email, company={"id": organization}, plan="pro"),
            track("Article Read", name, title="Geology"),
            track("Ticket Created", name, subject="Help", comment="It broke", priority="high"),
            {"type": "page", "userId": name},
        )
    )
    assert (found["lines"], found["duplicates"], found["rows"]) == (4, 0, [])
    assert found["totals"]["done"] == 4
    user = records.find_user(email)
    assert user is not None
    assert (user["external_id"], user["verified"]) == (name, False)
    assert records.memberships(user["id"]) == [organization]
    assert [one["type"] for one in records.user_events(user["id"])] == ["Article Read"]
    _, body = sandbox.zendesk_request("GET", f"/api/v2/users/{user['id']}/tickets/requested")
    assert [(one["subject"], one["priority"]) for one in body["tickets"]] == [("Help", "high")]


def test_the_same_file_again_sends_nothing(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    events = [
        identify("", email, name="New Name") | {"anonymousId": "a"},
        track("Ticket Created", "u", email=email, comment="It broke"),
        track("Read", "u", email=email) | {"timestamp": "2026-11-29T09:00:00Z"},
    ]
    done(deliver(fairlead, *events))
    before = our_writes(sandbox)
    again = done(deliver(fairlead, *events))
    assert (again["lines"], again["duplicates"]) == (3, 3)
    assert our_writes(sandbox) == before
    assert sandbox.read_user(user)["name"] == "New Name"


def test_another_computer_with_the_same_file_repeats_nothing(
    fairlead: FairleadCommand,
    as_second_desk: FairleadCommand,
    records: EventRecords,
    sandbox: SandboxServers,
) -> None:
    user, email = records.user()
    events = [
        track("Ticket Created", "u", email=email, comment="It broke"),
        track("Read", "u", email=email) | {"timestamp": "2026-11-29T09:00:00Z"},
    ]
    for desk in (fairlead, as_second_desk):
        assert done(deliver(desk, *events))["totals"]["done"] == 2
    _, body = sandbox.zendesk_request("GET", f"/api/v2/users/{user}/tickets/requested")
    assert len(body["tickets"]) == len(records.user_events(user)) == 1


def test_known_users_are_updated_a_hundred_a_job(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    people = [records.user() for _ in range(25)]
    events = [
        identify(f"anon{n}", email, name=f"Person {n}") for n, (_, email) in enumerate(people)
    ]
    before = len(our_writes(sandbox))
    assert done(deliver(fairlead, *events))["totals"]["done"] == 25
    assert our_writes(sandbox)[before:] == [("PUT", "/api/v2/users/update_many")]
    names = [sandbox.read_user(user)["name"] for user, _ in people]
    assert names == [f"Person {n}" for n in range(25)]


@pytest.mark.parametrize("may_import", ["on", "off"])
def test_new_users_are_created_by_a_job_where_the_account_may_import(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers, may_import: str
) -> None:
    people = [f"{records.new_name()}@new.example" for _ in range(6)]
    events = [identify(email, email, name="New") for email in people]
    before = len(our_writes(sandbox))
    sandbox.control("POST", "account", {"bulk_import": may_import})
    try:
        totals = done(deliver(fairlead, *events, track("Read", people[0])))["totals"]
    finally:
        sandbox.control("POST", "account", {"bulk_import": "off"})
    assert totals["done"] == 7, totals
    # Where the job is refused, that is asked once, and each is created alone.
    singly = [("POST", "/api/v2/users")] * (0 if may_import == "on" else 6)
    sent = our_writes(sandbox)[before:-1]
    assert sent == [("POST", "/api/v2/users/create_many"), *singly]
    found = [records.find_user(email) for email in people]
    assert [one and one["external_id"] for one in found] == people
    # What the delivery found out decides the next estimate.
    new = [f"{records.new_name()}@new.example" for _ in range(6)]
    lines = as_lines(*(identify(one, one) for one in new))
    estimate = fairlead("events", "simulate", "-", "--json", stdin=lines).json["estimate"]
    assert ("calls_with_import" in estimate) is (may_import == "off")
    assert estimate["calls"] == (15 if may_import == "on" else 17)


def test_new_users_of_a_job_that_failed_are_created_one_by_one(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    people = [f"{records.new_name()}@new.example" for _ in range(6)]
    sandbox.control("POST", "account", {"bulk_import": "on"})
    sandbox.add_fault("zendesk:POST /api/v2/users/create_many:503", times=None)
    try:
        totals = done(deliver(fairlead, *(identify(one, one) for one in people)))["totals"]
    finally:
        sandbox.clear_faults()
        sandbox.control("POST", "account", {"bulk_import": "off"})
    assert totals["done"] == 6, totals
    assert all(map(records.find_user, people))


def test_events_of_one_user_keep_their_order(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    events = [identify(f"s{email}", email, name=f"Name {n}") for n in range(4)]
    # Another id of the same person: never two events of one user in a job.
    events.insert(2, identify(f"o{email}", email, name="Other id"))
    assert done(deliver(fairlead, *events))["totals"]["parked"] == 0
    bodies = [
        json.loads(one["body"])["users"]
        for one in sandbox.logged_writes()
        if one["path"].endswith("update_many") and str(user) in one["body"]
    ]
    assert all(len(body) == 1 for body in bodies)
    sent = [body[0].get("name") for body in bodies]
    given = [event["traits"]["name"] for event in events]
    # By the other id a later event may come first: an earlier name is then left out.
    assert [given.index(name) for name in sent] == sorted(map(given.index, sent))
    assert {"Name 0", "Name 2", "Name 3", "Other id"} <= set(sent)


def test_what_comes_first_in_the_file_is_sent_first(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    """Of one event the user comes before the ticket; of two events the first before the second."""
    _, email = records.user()
    same = records.new_name()
    events = [
        track("Ticket Created", same, email=email, comment="It broke"),
        identify(same, email, name="New Name"),
    ]
    before = len(our_writes(sandbox))
    assert done(deliver(fairlead, *events))["totals"]["done"] == 2
    assert our_writes(sandbox)[before:] == [
        ("POST", "/api/v2/tickets"),
        ("PUT", "/api/v2/users/update_many"),
    ]


def test_two_addresses_of_one_user_are_never_in_one_job(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    second = f"{records.new_name()}@second.example"
    sandbox.write_user(user, email=second)
    events = [
        identify("", email, name="First") | {"anonymousId": "a1"},
        identify("", second, name="Second") | {"anonymousId": "a2"},
    ]
    before = len(our_writes(sandbox))
    done(deliver(fairlead, *events))
    assert our_writes(sandbox)[before:] == [("PUT", "/api/v2/users/update_many")] * 2
    assert sandbox.read_user(user)["name"] == "Second"


def test_a_removal_waits_until_it_is_ticked(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    organization = records.organization()
    records.join(user, organization)
    event = identify("", email, company={"id": organization, "remove": True})
    found = done(deliver(fairlead, event | {"anonymousId": "a", "messageId": email}))
    assert found["totals"]["skipped"] == 1
    assert records.memberships(user) == [organization]
    again = fairlead("events", "retry", "--removals", "--json").json
    assert (again["retried"], again["totals"]["skipped"]) == (1, 0)
    assert records.memberships(user) == []


def test_removals_of_one_source_are_ticked_for_that_source_alone(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    users, events = [], []
    for _ in range(2):
        user, email = records.user()
        organization = records.organization()
        records.join(user, organization)
        users.append((user, organization))
        company = {"id": organization, "remove": True}
        events.append(identify("", email, company=company) | {"anonymousId": "a"})
    # Stored, and not sent: the service is away.
    sandbox.add_fault("zendesk:* *:503", times=None)
    try:
        assert deliver(fairlead, events[0], words=("--name", "one")).exit_code != 0
    finally:
        sandbox.clear_faults()
    deliver(fairlead, events[1], words=("--name", "two", "--removals"))
    # Of the first nobody has said so.
    assert records.memberships(users[0][0]) == [users[0][1]]
    assert records.memberships(users[1][0]) == []


def test_a_wrong_id_is_corrected_and_retried(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, _ = records.user(external_id=(external := records.new_name()))
    event = track("Read", "typo", title="x") | {"messageId": f"m-{external}"}
    parked = deliver(fairlead, event, {"type": "identify"})
    assert parked.exit_code == 3
    assert parked.json["totals"] == {
        **dict.fromkeys(("done", "unchanged", "kept", "skipped", "waiting"), 0),
        "parked": 1,
        "invalid": 1,
    }
    assert "no user" in parked.json["rows"][0]["detail"]
    retried = fairlead(
        "events", "retry", "-", "--json", stdin=as_lines({**event, "userId": external})
    )
    assert retried.json["retried"] == 1
    assert len(records.user_events(user)) == 1
    log = fairlead("events", "log", "--json").json["rows"]
    states = {row["state"] for row in log}
    assert states == {"done", "invalid"}
    assert next(row for row in log if row["state"] == "done")["request_id"]


def test_a_bad_line_is_corrected_by_its_number(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    good = track("Read", "u", email=email)
    first = fairlead("events", "deliver", "-", "--json", stdin='{"type":"track"\n')
    assert first.json["totals"]["invalid"] == 1
    second = fairlead("events", "retry", "-", "--json", stdin=as_lines(good))
    assert second.json["totals"]["invalid"] == 0
    assert len(records.user_events(user)) == 1


def test_quiet_prints_counts_and_no_customer(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    email = f"{records.new_name()}@nobody.example"
    lines = as_lines(track("Read", "u", email=email))
    told = fairlead("events", "deliver", "-", "--quiet", stdin=lines)
    assert "1 parked" in told.stdout
    assert email not in told.stdout + told.stderr


def test_track_never_creates_a_user(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    before = our_writes(sandbox)
    email = f"{records.new_name()}@nobody.example"
    assert deliver(fairlead, track("Read", "nobody", email=email)).exit_code == 3
    assert our_writes(sandbox) == before
    assert records.find_user(email) is None


def test_groups_create_update_and_let_join(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, _ = records.user(external_id=(external := records.new_name()))
    name = records.new_name()
    traits = {"name": name, "arr": 5, "domainNames": [f"{name}.example"]}
    found = done(
        deliver(
            fairlead,
            group(name, external, **traits),
            group(name, tags=["gold"]),
            words=("--create-field", f"arr_{name}=integer"),
        )
    )
    assert found["totals"]["done"] == 2
    organization = records.find_organization(name)
    assert organization is not None
    assert (organization["tags"], organization["organization_fields"]) == (["gold"], {})
    assert records.memberships(user) == [organization["id"]]
    done(
        deliver(
            fairlead,
            group(name, **{f"arr_{name}": 7}),
            words=("--create-field", f"arr_{name}=integer"),
        )
    )
    changed = records.find_organization(name)
    assert changed is not None
    assert changed["organization_fields"] == {f"arr_{name}": 7}


def test_an_update_never_unverifies_and_options_count_on_create(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user(verified=True)
    done(deliver(fairlead, identify("", email, name="N") | {"anonymousId": "a"}))
    assert sandbox.read_user(user)["verified"] is True
    for options, is_verified, is_mailed in (
        ((), False, True),
        (("skip_verify_email=on",), False, False),
        (("skip_verify_email=off", "verified=on"), True, False),
    ):
        new = f"{records.new_name()}@new.example"
        event = identify("", new) | {"anonymousId": "b"}
        if options:
            words = [word for option in options for word in ("--option", option)]
            assert fairlead("events", "actions", "upsert_user", *words).exit_code == 0
            fairlead("events", "simulate", "-", "--drafts", stdin=as_lines(event))
            assert fairlead("events", "actions", "--save").exit_code == 0
        done(deliver(fairlead, event))
        created = records.find_user(new)
        assert created is not None
        mailed = {mail["to"] for mail in sandbox.control("GET", "mails")["mails"]}
        assert (created["verified"], new in mailed) == (is_verified, is_mailed), options


def test_events_that_zendesk_does_not_take_are_kept(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    _, email = records.user()
    sandbox.control("POST", "account", {"user_events": "off"})
    try:
        found = done(deliver(fairlead, track("Read", "u", email=email)))
    finally:
        sandbox.control("POST", "account", {"user_events": "on"})
    assert found["totals"]["kept"] == 1


def test_agents_and_changes_off_deliver_nothing(
    as_agent: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    _, email = records.user()
    before = our_writes(sandbox)
    refused = deliver(as_agent, track("Read", "u", email=email))
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert our_writes(sandbox) == before
    assert as_agent("events", "log", "--json").json["rows"] == []


FAULTS = [
    ("POST /api/v2/users/*/events", "503"),
    ("POST /api/v2/users/*/events", "reset-after"),
    ("POST /api/v2/users/*/events", "reset"),
    ("POST /api/v2/users/*/events", "429"),
    ("POST /api/v2/users/*/events", "proxy-json=200"),
    ("POST /api/v2/tickets", "reset-after"),
    ("POST /api/v2/tickets", "proxy-json=200"),
    ("PUT /api/v2/users/update_many", "reset-after"),
    ("PUT /api/v2/users/update_many", "proxy-json=200"),
    ("POST /api/v2/organization_memberships", "reset-after"),
    ("POST /api/v2/organization_memberships", "proxy-json=200"),
]


@pytest.mark.parametrize(("where", "kind"), FAULTS)
def test_a_fault_loses_and_repeats_nothing(
    fairlead: FairleadCommand,
    records: EventRecords,
    sandbox: SandboxServers,
    where: str,
    kind: str,
) -> None:
    user, email = records.user()
    organization = records.organization()
    same = records.new_name()
    events = [
        identify(same, email, name="New Name", company={"id": organization}),
        track("Read", same, email=email) | {"timestamp": "2026-11-29T09:00:00Z"},
        track("Ticket Created", same, email=email, comment="It broke"),
    ]
    sandbox.add_fault(f"zendesk:{where}:{kind}")
    deliver(fairlead, *events)
    sandbox.clear_faults()
    for _ in range(3):
        last = fairlead("events", "deliver", "--json")
    assert last.json["totals"] == {
        **dict.fromkeys(("unchanged", "kept", "skipped", "parked", "invalid", "waiting"), 0),
        "done": 4,
    }
    _, body = sandbox.zendesk_request("GET", f"/api/v2/users/{user}/tickets/requested")
    assert len(body["tickets"]) == len(records.user_events(user)) == 1
    assert records.memberships(user) == [organization]
    assert sandbox.read_user(user)["name"] == "New Name"


def test_an_erased_customers_events_are_erased_and_never_sent(
    fairlead: FairleadCommand, records: EventRecords, home: Path
) -> None:
    email = f"{(name := records.new_name())}@erased.example"
    other_user, other = records.user()
    done(deliver(fairlead, identify(name, email), track("Read", other, email=other)))
    parked = track("Ticket Updated", name, ticket_id=999_999, secret="canary")
    assert deliver(fairlead, parked).exit_code == 3
    erased = fairlead("data", "erase", "--customer", email, "--json")
    assert erased.json["events"] == 2, erased.stdout
    rows = fairlead("events", "log", "--json").json["rows"]
    assert [bool(row["request"]) for row in rows] == [False, True, False]
    (database,) = home.rglob("fairlead.db")
    assert b"canary" not in database.read_bytes()
    assert email.encode() not in database.read_bytes()
    assert fairlead("events", "retry", "--json").json["retried"] == 0
    assert len(records.user_events(other_user)) == 1
    fairlead("data", "erase")
    assert other.encode() not in database.read_bytes()


def test_two_deliveries_at_once_send_each_event_once(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    people = [records.user() for _ in range(12)]
    events = [
        track(f"Read {n}", "u", email=email) | {"anonymousId": email, "userId": email}
        for n in range(4)
        for _, email in people
    ]
    name = records.new_name()
    stored = fairlead(
        "events", "deliver", "-", "--json", stdin=as_lines({"type": "page", "userId": name})
    )
    assert stored.exit_code == 0
    running = [fairlead.start("events", "deliver", "-", "--json", has_input=True) for _ in range(2)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(as_lines(*events))
        process.stdin.close()
    for process in running:
        with process:
            assert process.wait(60) == 0
    fairlead("events", "deliver")
    for user, _ in people:
        assert [one["type"] for one in records.user_events(user)] == [f"Read {n}" for n in range(4)]


def test_one_event_is_retried_by_its_number(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    email = f"{records.new_name()}@later.example"
    parked = deliver(
        fairlead, track("Read", "u1", email=email), track("Read", "u2", email=f"x{email}")
    )
    assert parked.json["totals"]["parked"] == 2
    first = parked.json["rows"][0]["event"]
    again = fairlead("events", "retry", "--event", str(first), "--json").json
    assert (again["retried"], again["totals"]["parked"]) == (1, 2)


def test_the_log_tells_tries_answer_and_request_id(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user()
    bad, bad_email = records.user()
    sandbox.add_fault(f"zendesk:POST /api/v2/users/{user}/events:503")
    sandbox.add_fault(f"zendesk:POST /api/v2/users/{bad}/events:422", times=None)
    events = [
        track("Read", f"u{user}", email=email) | {"timestamp": "2026-11-29T09:00:00Z"},
        track("Read", f"u{bad}", email=bad_email),
    ]
    found = deliver(fairlead, *events)
    assert (found.json["totals"]["done"], found.json["totals"]["parked"]) == (1, 1)
    refused, done_row = fairlead("events", "log", "--json").json["rows"]
    assert (done_row["state"], done_row["attempts"], done_row["answer"]) == ("done", 2, "HTTP 202")
    assert (refused["state"], refused["answer"]) == ("parked", "HTTP 422")
    assert done_row["request_id"]
    assert refused["request_id"]
    assert refused["request_id"] != done_row["request_id"]
    text = fairlead("events", "log").stdout
    assert f"2 tries, HTTP 202, request id {done_row['request_id']}" in text


def test_an_ignored_event_is_named_with_who_and_why(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords
) -> None:
    parked = deliver(fairlead, track("Read", "nobody", email=f"{records.new_name()}@no.example"))
    event = str(parked.json["rows"][0]["event"])
    words = ("events", "ignore", "--event", event, "--json", "--reason")
    assert as_agent(*words, "agents may not").exit_code == 3
    assert fairlead(*words, "  ").exit_code == 2
    assert fairlead(*words, "A test of ours").json["ignored"] == 1
    (row,) = fairlead("events", "log", "--json").json["rows"]
    assert (row["state"], row["detail"]) == ("skipped", "Ignored by Ada Admin: A test of ours")
    assert fairlead("events", "retry", "--json").json["retried"] == 0


def test_what_waits_for_a_person_is_grouped_by_cause(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    name = records.new_name()
    events = [
        track("Read", f"x{name}", email=f"x{name}@no.example"),
        track("Read", f"y{name}", email=f"y{name}@no.example"),
        track("Ticket Updated", f"z{name}"),
    ]
    deliver(fairlead, *events)
    causes = fairlead("events", "log", "--causes", "--json").json["causes"]
    assert [(one["cause"], one["count"]) for one in causes] == [("no user", 2), ("no ticket", 1)]
