"""`fairlead events actions`: a change is a draft until it was previewed and saved."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from desktop.events.default_actions import DEFAULT_ACTIONS
from desktop.events.event_action import ActionKind
from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import EventRecords, as_lines, track

KINDS = [action.kind.value for action in DEFAULT_ACTIONS]


def actions(fairlead: FairleadCommand, *words: str) -> dict[str, Any]:
    done = fairlead("events", "actions", *words, "--json")
    assert done.exit_code == 0, done.stdout
    return {one["action"]: one for one in done.json["actions"]}


def count_fired(fairlead: FairleadCommand, kind: str, *words: str) -> int:
    lines = as_lines(track("A", "nobody"), track("B", "nobody"))
    done = fairlead("events", "simulate", "-", "--json", *words, stdin=lines)
    assert done.exit_code == 0, done.stdout
    return int(done.json["actions"][kind])


def test_the_six_actions_come_with_the_program(fairlead: FairleadCommand) -> None:
    found = actions(fairlead)
    assert sorted(found) == sorted(KINDS)
    assert found["upsert_user"]["trigger"] == 'type = "identify"'
    assert found["upsert_user"]["options"]["verified"] is False


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Upsert User", "upsert_user"),
        ("Create or Update User", "upsert_user"),
        ("Update Organization Membership", "org_membership"),
        ("Upsert Organization", "upsert_org"),
        ("create ticket", "create_ticket"),
        ("track_event", "track_event"),
    ],
)
def test_an_action_is_found_by_each_of_its_names(name: str, kind: str) -> None:
    found = ActionKind.find(name)
    assert found is not None
    assert found.value == kind


def test_a_draft_counts_once_it_was_previewed_and_saved(fairlead: FairleadCommand) -> None:
    trigger = 'type = "track" and event = "A"'
    draft = actions(fairlead, "track_event", "--trigger", trigger)["track_event"]
    assert draft["draft"]["trigger"] == trigger
    assert draft["trigger"] != trigger
    assert count_fired(fairlead, "track_event") == 2
    early = fairlead("events", "actions", "--save", "--json")
    assert (early.exit_code, early.json["error"]["code"]) == (3, "conflict")
    assert count_fired(fairlead, "track_event", "--drafts") == 1
    saved = actions(fairlead, "--save")["track_event"]
    assert (saved["trigger"], saved["draft"]) == (trigger, None)
    assert count_fired(fairlead, "track_event") == 1
    rows = fairlead("audit", "--json").json["rows"]
    assert [row["name"] for row in rows if row["kind"] == "event_action"] == ["track_event"]


def test_a_draft_changed_after_its_preview_is_not_saved(fairlead: FairleadCommand) -> None:
    actions(fairlead, "track_event", "--off")
    count_fired(fairlead, "track_event", "--drafts")
    actions(fairlead, "track_event", "--option", "source_name=shop")
    assert fairlead("events", "actions", "--save").exit_code == 3
    assert actions(fairlead, "track_event", "--discard")["track_event"]["draft"] is None
    assert count_fired(fairlead, "track_event") == 2


def test_mapping_operators_and_options_of_a_draft(
    fairlead: FairleadCommand, records: EventRecords, tmp_path: Path
) -> None:
    _, email = records.user()
    file = tmp_path / "mapping.json"
    mapping = {"user": {"email": {"@path": "$.properties.email"}}, "type": {"@literal": "Seen"}}
    file.write_text(json.dumps(mapping))
    actions(fairlead, "track_event", "--mapping", str(file), "--option", "source_name=shop")
    lines = as_lines(track("A", "u", email=email))
    done = fairlead("events", "simulate", "-", "--json", "--drafts", stdin=lines)
    (request,) = done.json["requests"]
    event = request["body"]["event"]
    assert (event["source"], event["type"], event["properties"]) == ("shop", "Seen", {})
    reset = actions(fairlead, "track_event", "--reset")["track_event"]["draft"]
    assert reset["options"]["source_name"] == "fairlead"


@pytest.mark.parametrize(
    "words",
    [
        ("track_event", "--trigger", 'event = "x" and'),
        ("track_event", "--operator", "tags=multiply"),
        ("track_event", "--option", "source_name=Zendesk"),
        ("track_event", "--option", "verified=maybe"),
        ("track_event", "--option", "colour=red"),
        ("nobody", "--off"),
        ("--off",),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    fairlead: FairleadCommand, words: tuple[str, ...]
) -> None:
    done = fairlead("events", "actions", *words, "--json")
    assert (done.exit_code, done.json["error"]["code"]) == (2, "bad_input")
    assert actions(fairlead)["track_event"]["draft"] is None


def test_a_mapping_to_a_field_that_the_action_lacks_is_refused(
    fairlead: FairleadCommand, tmp_path: Path
) -> None:
    file = tmp_path / "mapping.json"
    file.write_text('{"role": {"@literal": "admin"}}')
    done = fairlead("events", "actions", "upsert_user", "--mapping", str(file), "--json")
    assert done.exit_code == 2
    assert "role" in done.json["error"]["title"]


def test_agents_change_no_action(as_agent: FairleadCommand) -> None:
    done = as_agent("events", "actions", "track_event", "--off", "--json")
    assert (done.exit_code, done.json["error"]["code"]) == (3, "not_permitted")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event_action SET saved = replace(saved, '\"is_on\":false', '\"is_on\":true')",
        # Its default, which is on, would be in force again.
        "UPDATE event_action SET saved = ''",
        "DELETE FROM event_action",
    ],
)
def test_an_action_written_into_the_database_does_not_count(
    fairlead: FairleadCommand, home: Path, statement: str
) -> None:
    actions(fairlead, "track_event", "--off")
    count_fired(fairlead, "track_event", "--drafts")
    actions(fairlead, "--save")
    (database,) = home.rglob("fairlead.db")
    with sqlite3.connect(database) as connection:
        connection.execute(statement)
    lines = as_lines(track("A", "nobody"))
    refused = fairlead("events", "simulate", "-", "--json", stdin=lines)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
