"""Events about people who were erased: nothing of them is sent or kept, and nobody is made."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.erasure_cases import Person
from tests.support.event_cases import EventRecords, as_lines, group, identify, track
from tests.support.sandbox_servers import SandboxServers

_NUMBERS = itertools.count(1)


@pytest.fixture
def person(sandbox: SandboxServers, fairlead: FairleadCommand) -> Person:
    return Person(sandbox, fairlead, f"erased{next(_NUMBERS)}@events.example")


def files_with(home: Path, text: str) -> list[str]:
    return sorted(
        p.name for p in home.rglob("*") if p.is_file() and text.encode() in p.read_bytes()
    )


def test_events_of_an_erased_person_are_erased_and_later_ones_are_skipped(
    fairlead: FairleadCommand,
    person: Person,
    records: EventRecords,
    sandbox: SandboxServers,
    home: Path,
) -> None:
    shop_id = f"shop-{person.email}"
    before = as_lines(
        identify(shop_id, person.email, city="Springfield-77"),
        track("Read", shop_id, title="Geology-77"),
        group("acme-77", name="Acme", email=person.email, about="Named-77"),
        group("acme-77", name="Acme", about="Kept-77"),
    )
    assert fairlead("events", "deliver", "-", "--json", stdin=before).exit_code == 0
    person.erase()
    assert person.erase(by_second=True).exit_code == 0
    assert files_with(home, "Springfield-77") == files_with(home, "Geology-77") == []
    # Of an organisation's events the one that names them.
    assert files_with(home, "Kept-77")
    assert files_with(home, "Named-77") == []
    stranger = records.new_name()
    after = as_lines(
        identify(shop_id, person.email, city="Springfield-88"),
        identify("other-id", person.email.upper(), city="Springfield-88"),
        track("Ticket Created", shop_id, subject="Help", comment="It broke-88"),
        identify(stranger, f"{stranger}@new.example"),
    )
    simulated = fairlead("events", "simulate", "-", "--json", stdin=after).json
    assert [one["line"] for one in simulated["requests"]] == [4]
    sent = len(sandbox.logged_writes())
    delivered = fairlead("events", "deliver", "-", "--json", stdin=after)
    assert delivered.exit_code == 0, delivered.stdout
    assert delivered.json["totals"]["skipped"] == 3
    assert delivered.json["totals"]["done"] == 1
    assert [one["path"] for one in sandbox.logged_writes()[sent:]] == ["/api/v2/users"]
    rows: Any = fairlead("events", "log", "--json", "--state", "skipped").json["rows"]
    assert {one["detail"] for one in rows} == {"Skipped: this person was erased."}
    assert files_with(home, "Springfield-88") == files_with(home, "It broke-88") == []
    # What is in Zendesk under the address still is nobody.
    assert records.find_user(person.email) is None
    # The same file once more is known by its message ids, and brings nothing back.
    again = fairlead("events", "deliver", "-", "--json", stdin=before)
    assert again.exit_code == 0
    assert files_with(home, "Springfield-77") == []


def test_events_make_nobody_where_the_key_of_erased_people_is_missing(
    fairlead: FairleadCommand, person: Person, records: EventRecords
) -> None:
    key = {"FAIRLEAD_AUDIT_KEY": "k" * 64}
    person.erase(**key)
    assert person.erase(by_second=True, **key).exit_code == 0
    stranger = records.new_name()
    _, known_email = records.user()
    events = as_lines(
        identify(stranger, f"{stranger}@new.example"),
        identify("app-3", known_email, name="New Name"),
    )
    parked = fairlead("events", "deliver", "-", "--json", stdin=events)
    assert parked.exit_code == 3, parked.stdout
    assert (parked.json["totals"]["parked"], parked.json["totals"]["done"]) == (1, 1)
    assert "FAIRLEAD_AUDIT_KEY" in parked.json["rows"][0]["detail"]
    assert records.find_user(f"{stranger}@new.example") is None
    # Stored without this key, so that somebody reads it first and queues it once more.
    assert fairlead("events", "retry", "--json", **key).exit_code == 3
    retried = fairlead("events", "retry", "--json", **key)
    assert (retried.exit_code, retried.json["totals"]["done"]) == (0, 2)


def test_export_holds_the_events_of_a_person(
    fairlead: FairleadCommand, person: Person, tmp_path: Path
) -> None:
    shop_id = f"shop-{person.email}"
    events = as_lines(
        identify(shop_id, person.email), track("Read", shop_id, title="Geology"),
        identify("app-2", "somebody@else.example", note=f"knows x{person.email}"),
    )  # fmt: skip
    fairlead("events", "deliver", "-", "--json", stdin=events)
    folder = tmp_path / "out"
    assert fairlead("privacy", "export", person.email, "--to", str(folder)).exit_code == 0
    found = json.loads((folder / "person.json").read_text("utf-8"))
    assert [one["type"] for one in found["zendesk"]["events"]] == ["Read"]
    here = found["this_computer"]
    assert [one["line"] for one in here["fairlead.db"]["event"]] == [1, 2]
    assert here["fairlead.db"]["event_delivery"][0]["request"]["path"]
