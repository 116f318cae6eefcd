"""`fairlead events rollback` and `replay`: what can be taken back, and what is sent once more."""

from pathlib import Path
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_rollback
from desktop.sync.event_rollback import RollbackState
from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import (
    EventRecords,
    as_lines,
    deliver_stored,
    group,
    identify,
    store_events,
    stored_states,
    track,
)
from tests.support.sandbox_servers import SandboxServers

AT = {"timestamp": "2026-11-29T09:00:00Z"}


def deliver(fairlead: FairleadCommand, *events: dict[str, Any], words: tuple[str, ...] = ()) -> Any:
    done = fairlead("events", "deliver", "-", "--json", *words, stdin=as_lines(*events))
    assert done.exit_code == 0, done.stdout
    return done.json


def roll_back(fairlead: FairleadCommand, *words: str) -> dict[str, list[str]]:
    """The texts of a rollback's rows, by their state."""
    done = fairlead("events", "rollback", "--source", "stdin", "--json", *words)
    assert done.exit_code == 0, done.stdout + done.stderr
    found: dict[str, list[str]] = {}
    for row in done.json["rows"]:
        found.setdefault(row["state"], []).append(row["text"])
    return found


def our_writes(sandbox: SandboxServers) -> int:
    return sum(not one["headers"].get("x-witness") for one in sandbox.logged_writes())


def test_what_events_changed_is_set_back_as_far_as_it_can_be(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers
) -> None:
    user, email = records.user(tags=["old"])
    name = records.new_name()
    number = records.ticket(user, status="open")
    organization = records.organization(external_id=f"o{name}", tags=["silver"])
    records.join(user, organization)
    fresh = f"{name}@new.example"
    deliver(
        fairlead,
        identify(f"u{user}", email, name="First Name", phone="+15550100"),
        identify(f"u{user}", email, name="Second Name"),
        group(f"o{name}", None, tags=["gold"]),
        identify(f"u{user}", email, company={"id": organization, "remove": True}),
        track("Ticket Updated", f"u{user}", ticket_id=number, status="pending", comment="More"),
        track("Read", f"u{user}") | AT,
        identify(name, fresh),
        words=("--removals",),
    )
    before = our_writes(sandbox)
    planned = roll_back(fairlead, "--dry-run")
    assert our_writes(sandbox) == before
    # The name goes back over both updates, the last one first.
    assert len(planned["planned"]) == 6
    # Somebody else's change since stays.
    sandbox.write_user(user, phone="+15550199")
    done = roll_back(fairlead)
    assert "failed" not in done, done
    shown = sandbox.read_user(user)
    # What had none before has none again.
    assert (shown["name"], shown["phone"]) == ("Homer Simpson", "+15550199")
    assert shown["external_id"] is None
    assert any("phone was changed since" in text for text in done["undone"])
    assert records.memberships(user) == [organization]
    found = records.find_organization(f"o{name}")
    assert found is not None
    assert found["tags"] == ["silver"]
    _, body = sandbox.zendesk_request("GET", f"/api/v2/tickets/{number}")
    assert body["ticket"]["status"] == "open"
    kept = " ".join(done["kept"])
    assert "the new user stays" in kept
    assert "the event stays" in kept
    assert records.find_user(fresh) is not None
    assert len(records.user_events(user)) == 1
    # Once more there is nothing left to take back.
    before = our_writes(sandbox)
    again = roll_back(fairlead)
    assert our_writes(sandbox) == before
    assert set(again) <= {"kept", "changed", "already"}
    # In words, not as the states are called.
    words = fairlead("events", "rollback", "--source", "stdin", "--quiet").stdout
    assert words == "2 can't be set back\n"


def test_a_rollback_of_agents_or_of_nothing_named_writes_nothing(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    deliver(fairlead, identify(f"u{user}", email, name="New Name"))
    for command in ("rollback", "replay"):
        words = ("events", command, "--json")
        assert as_agent(*words, "--source", "stdin").json["error"]["code"] == "not_permitted"
        assert fairlead(*words).json["error"]["code"] == "bad_input"
        assert fairlead(*words, "--from", "yesterday").json["error"]["code"] == "bad_input"
        nobody = fairlead(*words, "--to", "2001-01-01")
        assert (nobody.exit_code, nobody.json["events"]) == (0, 0)


def test_an_erased_persons_events_hold_nothing_to_take_back(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers, home: Path
) -> None:
    user, email = records.user()
    deliver(fairlead, identify(f"u{user}", email, name="Canary Name"))
    assert fairlead("data", "erase", "--customer", email).exit_code == 0
    assert roll_back(fairlead) == {}
    assert sandbox.read_user(user)["name"] == "Canary Name"
    (database,) = home.rglob("fairlead.db")
    assert b"Canary Name" not in database.read_bytes()


@pytest.mark.parametrize("has_time", [True, False])
def test_a_replay_sends_what_zendesk_lacks_and_nothing_twice(
    fairlead: FairleadCommand, records: EventRecords, sandbox: SandboxServers, has_time: bool
) -> None:
    user, email = records.user()
    number = records.ticket(user)
    same = f"u{user}"
    events = [
        identify(same, email, name="New Name"),
        track("Ticket Created", same, comment="It broke"),
        track("Ticket Updated", same, ticket_id=number, comment="More words"),
        track("Read", same),
    ]
    deliver(fairlead, *(event | (AT if has_time else {}) for event in events))
    # A restored Zendesk has the old name again.
    sandbox.write_user(user, name="Homer Simpson")
    before = our_writes(sandbox)
    words = ("events", "replay", "--source", "stdin", "--json")
    shown = fairlead(*words, "--dry-run")
    assert [row["state"] for row in shown.json["rows"]] == ["send", "there", "there", "there"]
    assert (shown.json["sent_again"], our_writes(sandbox)) == (1, before)
    # Later events of the same user would be overtaken: that is said.
    assert shown.json["overtaken"] == 1
    done = fairlead(*words)
    assert (done.exit_code, done.json["replayed"]) == (0, 1), done.stdout
    assert our_writes(sandbox) == before + 1
    assert sandbox.read_user(user)["name"] == "New Name"
    assert len(records.user_events(user)) == 1
    _, body = sandbox.zendesk_request("GET", f"/api/v2/tickets/{number}/comments")
    assert [one["body"] for one in body["comments"]] == ["B", "More words"]


def test_a_replayed_removal_waits_until_it_is_ticked(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    organization = records.organization()
    records.join(user, organization)
    leaving = identify(f"u{user}", email, company={"id": organization, "remove": True})
    deliver(fairlead, leaving, words=("--removals",))
    records.join(user, organization)
    words = ("events", "replay", "--source", "stdin", "--json")
    assert fairlead(*words).json["totals"]["skipped"] == 1
    assert records.memberships(user) == [organization]


async def test_a_preview_compares_so_many_requests_and_counts_the_rest(
    services: WorkspaceServices, records: EventRecords
) -> None:
    user, email = records.user()
    await store_events(
        services,
        identify(f"u{user}", email, name="First Name"),
        identify(f"u{user}", email, name="Second Name"),
        track("Read", f"u{user}") | AT,
    )
    await deliver_stored(services)
    ids = [one.id for one, _ in await stored_states(services)]
    rollback = await build_rollback(services)
    found = await rollback.preview(ids, 1)
    # What was made is known to stay without asking.
    assert (found.requests, found.more) == (3, 1)
    assert [step.state for step in found.steps] == [RollbackState.KEPT, RollbackState.PLANNED]
    assert found.event_ids == ids[:2]
