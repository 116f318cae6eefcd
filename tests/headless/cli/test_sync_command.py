"""`fairlead sync` end to end as a process; what it wrote is read by a witness and by zenpy."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

BOX = "zendesk-to-sailthru"
TICKETS = "tickets-to-profiles"
HIGH = "high-value-tagging"
BACK = "sailthru-to-zendesk"
MARIA, SAM = "maria@lopez.example", "sam@fox.example"


class SyncCommandFixture(SandboxServers):
    """A sandbox of the test's own: a sync touches everybody in it."""

    def __init__(self, log: Path) -> None:
        super().__init__("--customers", "60", "--account", "job_ms=20", log=log)
        self._lines = log
        self._known = 0

    def forget(self) -> None:
        """The set-up writes too; count from here."""
        self._known = len(self._lines.read_text(encoding="utf-8").splitlines())

    def changes(self) -> int:
        """Requests that change something; list exports are jobs, and change nothing."""
        lines = self._lines.read_text(encoding="utf-8").splitlines()[self._known :]
        return sum('"method": "GET"' not in it and "export_list_data" not in it for it in lines)


@pytest.fixture
def customers(tmp_path: Path) -> Iterator[SyncCommandFixture]:
    servers = SyncCommandFixture(tmp_path / "log.jsonl")
    yield servers
    servers.stop()


@pytest.fixture
def fairlead(customers: SyncCommandFixture, tmp_path: Path) -> FairleadCommand:
    create_workspace_home(tmp_path / "home", customers.connection_document)
    customers.forget()
    return FairleadCommand(tmp_path / "home", customers.connection_document, keyring=False)


def test_sync_command_preset_plan_run_rollback_works(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    added = fairlead("sync", "add", "--preset", BOX, "--json")
    assert added.exit_code == 0, added
    assert (added.json["on"], added.json["missing"][0]["code"]) == (False, "unchecked")
    refused = fairlead("sync", "run", BOX, "--json")
    assert refused.exit_code == 3
    assert "Switch the sync on" in refused.json["error"]["title"]
    assert fairlead("sync", "on", BOX, "--json").json["on"] is True

    plan = fairlead("sync", "plan", BOX, "--json", "--rows", "500").json
    assert set(plan["totals"]) == {"create", "update", "unchanged", "skipped", "parked"}
    rows = {row["customer"]: row for row in plan["rows"]}
    assert rows[SAM]["fate"] == "conflict"
    created = [row for row in plan["rows"] if row["fate"] == "create"]
    assert created
    assert all(row["evidence"] for row in created)
    assert customers.changes() == 0
    assert fairlead("sync", "history", "--json").json["runs"] == []

    out = str(rows[MARIA]["row"])
    unticked = fairlead("sync", "tick", plan["plan"], out, "off", "--json").json
    assert unticked["ticked"] == plan["ticked"] - 1
    before = customers.read_profile(MARIA)
    picked = fairlead(
        "sync", "resolve", str(rows[SAM]["row"]), "vars.phone=zendesk", "--always", "--json"
    )
    assert picked.json["fate"] == "update", picked

    run = fairlead("sync", "run", BOX, "--plan", plan["plan"], "--json")
    # Done, and what needs correction waits for a person.
    assert (run.exit_code, run.json["run"]) == (3, "1"), run
    totals = run.json["totals"]
    assert run.json["state"] == "done"
    assert totals["created"] == plan["totals"]["create"]
    assert totals["updated"] == plan["totals"]["update"]  # one picked, one unticked
    assert sum(totals.values()) == sum(plan["totals"].values())
    assert customers.read_profile(MARIA) == before
    sam = customers.read_profile(SAM)
    assert sam is not None
    assert sam["vars"]["phone"] == "+15550100"
    new = customers.read_profile(created[0]["customer"])
    assert new is not None
    assert new["lists"] is None
    assert new["optout_email"] == "none"

    count = customers.changes()
    again = fairlead("sync", "run", BOX, "--json").json
    assert {k: v for k, v in again["totals"].items() if v} == {"parked": totals["parked"]}
    assert customers.changes() == count

    shown = fairlead("sync", "show", run.json["run"], "--json").json
    assert len(shown["last"]) == 5
    # What needs a person comes first in the text, and what is left off is counted.
    lines = fairlead("sync", "show", run.json["run"], "--rows", "2").stdout.splitlines()
    assert lines[1] == "Refused, or waiting for a person:"
    assert " parked " in lines[2]
    row_count = sum(totals.values())
    assert lines[-1].strip() == f"… and {row_count - 2} more: --rows {row_count} shows them all."
    history = fairlead("sync", "history", BOX, "--json").json
    assert [r["run"] for r in history["runs"]] == [again["run"], run.json["run"]]
    assert history["exchanged"] == totals["created"] + totals["updated"]

    dry = fairlead("sync", "rollback", run.json["run"], "--dry-run", "--json").json
    assert any("profile itself stays" in lost["why"] for lost in dry["not_restored"])
    assert customers.changes() == count
    back = fairlead("sync", "rollback", run.json["run"], "--json")
    assert back.exit_code == 0, back
    sam = customers.read_profile(SAM)
    assert sam is not None
    assert sam["vars"]["phone"] == "+15550199"
    verified = fairlead("audit", "--verify", "--json").json
    assert verified["verified"] is True

    gone = fairlead("sync", "remove", BOX, "--json").json
    assert gone == {"sync": BOX, "removed": True, "stopped": []}
    listed = fairlead("sync", "list", "--json").json
    assert (listed["syncs"], [run["sync"] for run in listed["removed"]]) == ([], [BOX])
    history = fairlead("sync", "history", BOX, "--json").json
    assert history["runs"][0]["run"] == listed["removed"][0]["run"]
    assert fairlead("sync", "show", history["runs"][0]["run"], "--json").json["rows"]
    assert fairlead("sync", "history", "never-there", "--json").exit_code != 0


def test_sync_run_tags_and_fields_are_read_by_zenpy(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    for name in (HIGH, BACK):
        assert fairlead("sync", "add", "--preset", name, "--on", "--create").exit_code == 0
        run = fairlead("sync", "run", name, "--json")
        assert (run.exit_code, run.json["state"]) == (0, "done"), run
        assert run.json["totals"]["updated"] > 0
    maria = customers.read_user(7701)
    profile = customers.read_profile(MARIA)
    assert profile is not None
    assert maria["user_fields"]["sailthru_profile_id"] == profile["keys"]["sid"]
    code = (
        "from zenpy import Zenpy; import os;"
        "z = Zenpy(subdomain='sandbox', email=os.environ['E'], token=os.environ['T'],"
        " disable_cache=True);"
        "print(' '.join(sorted(z.users(id=7701).tags)))"
    )
    credentials = customers.connection_document["zendesk"]
    seen = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "E": credentials["email"],
            "T": credentials["api_token"],
            "ZENPY_FORCE_SCHEME": "http",
            "ZENPY_FORCE_NETLOC": credentials["base_url"].removeprefix("http://"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "sailthru" in seen.stdout.split()


def test_sync_run_as_agent_without_permission_is_refused(
    customers: SyncCommandFixture, tmp_path: Path
) -> None:
    create_workspace_home(tmp_path / "home", customers.connection_document)
    customers.forget()
    agent = FairleadCommand(
        tmp_path / "home", customers.connection_document, keyring=False, agent=True
    )
    commands = (
        ("add", "--preset", BOX),
        ("plan", BOX),
        ("run", BOX),
        ("here", "on"),
        ("here", "off"),
    )
    for words in commands:
        result = agent("sync", *words, "--json")
        assert result.exit_code == 3, result
        assert result.json["error"]["code"] == "not_permitted"
    assert customers.changes() == 0


def test_sync_with_changes_off_is_made_and_previewed_but_not_run(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    fairlead("sync", "add", "--preset", TICKETS, "--on")
    settings = fairlead.home / "workspaces" / "main" / "settings.json"
    kept = settings.read_text(encoding="utf-8")
    document = json.loads(kept)
    document["settings"]["changes"] = False
    settings.write_text(json.dumps(document), encoding="utf-8")
    try:
        assert fairlead("sync", "add", "--preset", BOX).exit_code == 0
        plan = fairlead("sync", "plan", BOX, "--json")
        assert (plan.exit_code, plan.json["ticked"] > 0) == (0, True), plan
        for words in (("on", BOX), ("run", TICKETS)):
            refused = fairlead("sync", *words, "--json")
            assert refused.exit_code == 3, refused
            assert "Changes are switched off" in refused.stdout
        assert customers.changes() == 0
    finally:
        settings.write_text(kept, encoding="utf-8")


def test_run_beside_an_open_preview_says_that_its_ticks_do_not_count(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    fairlead("sync", "add", "--preset", TICKETS, "--on")
    plan = fairlead("sync", "plan", TICKETS, "--json").json["plan"]
    fairlead("sync", "tick", plan, "all", "off")
    run = fairlead("sync", "run", TICKETS)
    assert f"--plan {plan}" in run.stdout
    assert customers.changes() > 0
    exactly = fairlead("sync", "run", TICKETS, "--plan", plan, "--json")
    assert (exactly.exit_code, exactly.json["unused_preview"]) == (0, None), exactly


def test_sync_run_over_limit_writes_nothing(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    fairlead("sync", "add", "--preset", BOX, "--on")
    exported = fairlead.home / "syncs.toml"
    assert fairlead("sync", "export", str(exported)).exit_code == 0
    text = exported.read_text(encoding="utf-8")
    effects = "create_missing = true"
    assert text.count(effects) == 1
    changed = text.replace(effects, f'{effects}\nadd_to_lists = ["Newsletter"]')
    changed += "\n[sync.limits]\npeople = 3\npercent = 1\n"
    exported.write_text(changed, encoding="utf-8")
    assert fairlead("sync", "import", str(exported), "--replace").exit_code == 0
    consent = ("opt_in.attested=on", "opt_in.email=on")
    assert fairlead("sync", "set", BOX, *consent).exit_code == 0
    assert fairlead("sync", "on", BOX).exit_code == 0
    run = fairlead("sync", "run", BOX, "--json")
    assert (run.exit_code, run.json["state"]) == (3, "waiting"), run
    assert "Nothing written" in run.json["detail"]
    assert set(run.json["totals"].values()) == {0}
    assert customers.changes() == 0
    # One admin is not enough for a mass opt-in.
    once = fairlead(
        "sync", "run", BOX, "--resume", run.json["run"], "--allow", "starts", "--allow", "joins",
        "--json",
    )  # fmt: skip
    assert (once.exit_code, once.json["state"]) == (3, "waiting"), once
    assert "Two admins" in once.json["detail"]
    assert customers.changes() == 0
    # Who let what pass, and for how many, stands with the run and in the audit.
    shown = fairlead("sync", "show", run.json["run"], "--json").json["approvals"]
    assert {(a["limit"], a["by"]) for a in shown} == {
        ("starts", "Ada Admin"), ("joins", "Ada Admin"),
    }  # fmt: skip
    assert all(a["people"] > 3 and a["at"] > 0 for a in shown)
    (told,) = fairlead("sync", "history", BOX, "--json").json["runs"]
    assert told["approvals"] == shown
    line = f"Ada Admin allowed starts for {shown[0]['people']} people."
    assert line in fairlead("sync", "show", run.json["run"]).stdout
    assert line in fairlead("sync", "history").stdout
    rows = [r for r in fairlead("audit", "--json").json["rows"] if r["kind"] == "approval"]
    audited = [(r["actor"], r["new"]["limit"], r["new"]["people"], r["at"]) for r in rows]
    assert sorted(audited) == sorted((a["by"], a["limit"], a["people"], a["at"]) for a in shown)


def test_sync_run_killed_is_resumed(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    fairlead("sync", "add", "--preset", TICKETS, "--on")
    customers.control("POST", "speed", {"latency_ms": 40})
    with fairlead.start("sync", "run", TICKETS, "--progress", "jsonl") as child:
        assert child.stdout is not None
        for line in child.stdout:
            if '"stage": "apply"' in line:
                time.sleep(0.1)
                child.send_signal(signal.SIGKILL)
                break
        child.wait()
    customers.clear_faults()
    history = fairlead("sync", "history", TICKETS, "--json").json["runs"]
    assert [run["state"] for run in history] == ["interrupted"]
    done = fairlead("sync", "run", TICKETS, "--resume", "--json")
    assert (done.exit_code, done.json["state"]) == (0, "done"), done
    assert done.json["run"] == history[0]["run"]
    rows = fairlead("sync", "show", done.json["run"], "--rows", "1000", "--json").json["rows"]
    ended = [r for r in rows if r["fate"] in ("create", "update")]
    assert done.json["totals"]["updated"] == len(ended)
    audit = fairlead("audit", "--verify", "--json").json
    targets = [r["target"] for r in audit["rows"] if r["kind"] == "sync"]
    assert audit["verified"] is True
    assert sorted(targets) == sorted(set(targets))


def test_sync_cancel_ends_run_within_a_second(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    fairlead("sync", "add", "--preset", TICKETS, "--on")
    customers.control("POST", "speed", {"latency_ms": 1500})
    with fairlead.start("sync", "run", TICKETS, "--json") as child:
        runs: list[dict[str, str]] = []
        until = time.monotonic() + 20
        while not runs and time.monotonic() < until:
            runs = fairlead("sync", "history", TICKETS, "--json").json["runs"]
        assert runs, "the run did not begin"
        busy = fairlead("sync", "run", TICKETS, "--json")
        assert busy.exit_code == 3, busy
        assert "running already" in busy.json["error"]["title"]
        assert fairlead("sync", "cancel", runs[0]["run"], "--json").json["cancel_asked"] is True
        assert child.wait(10) == 3
    customers.clear_faults()
    (ended,) = fairlead("sync", "history", TICKETS, "--json").json["runs"]
    assert ended["state"] == "cancelled"
    again = fairlead("sync", "run", TICKETS, "--resume", "--json")
    assert again.json["state"] == "done", again


def test_sync_schedule_prints_next_times(fairlead: FairleadCommand) -> None:
    fairlead("sync", "add", "--preset", BOX)
    result = fairlead("sync", "schedule", BOX, "weekdays 07:00", "--json")
    assert result.exit_code == 0, result
    assert len(result.json["next"]) == 5
    assert result.json["zone"] == "America/New_York"
    wrong = fairlead("sync", "schedule", BOX, "every blue moon", "--json")
    assert wrong.exit_code == 2
    assert "weekdays 07:00" in wrong.json["error"]["hint"] + wrong.json["error"]["message"]


def test_sync_leave_out_lists_adds_and_removes(fairlead: FairleadCommand) -> None:
    fairlead("sync", "add", "--preset", BOX, "--create", "--on", "--json")
    nobody = fairlead("sync", "leave-out", BOX, "--json")
    assert (nobody.exit_code, nobody.json) == (0, {"sync": BOX, "left_out": []})
    without = fairlead("sync", "leave-out", BOX, "--add", MARIA, "--json")
    assert without.exit_code == 2
    unknown = fairlead("sync", "leave-out", BOX, "--add", "no@body.example", "--reason", "x")
    assert unknown.exit_code != 0
    plan = fairlead("sync", "plan", BOX, "--json").json["plan"]
    added = fairlead("sync", "leave-out", BOX, "--add", MARIA, "--reason", "asked us", "--json")
    assert added.exit_code == 0, added.stderr
    assert added.json["rows_changed"] == 1
    (entry,) = added.json["left_out"]
    assert (entry["source_id"], entry["label"], entry["reason"]) == ("7701", MARIA, "asked us")
    # Others of the plan need a person.
    assert fairlead("sync", "run", BOX, "--plan", plan, "--json").json["state"] == "done"
    sheet = fairlead("lookup", MARIA, "--json").json
    assert "zendesk_id" not in sheet["sailthru"]["vars"]
    removed = fairlead("sync", "leave-out", BOX, "--remove", MARIA, "--json")
    assert removed.json["left_out"] == []
    again = fairlead("sync", "leave-out", BOX, "--remove", MARIA, "--json")
    assert again.exit_code == 1
    assert "is not left out" in again.json["error"]["title"]


def test_sync_leave_out_takes_the_right_to_see_customers_and_to_configure(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    fairlead("sync", "add", "--preset", BOX)
    document = customers.connection_document
    agent = FairleadCommand(fairlead.home, document, keyring=False, agent=True)
    refused = agent("sync", "leave-out", BOX, "--add", MARIA, "--reason", "x", "--json")
    assert refused.exit_code == 3
    assert refused.json["error"]["code"] == "not_permitted"


def test_plan_counts_all_it_read_and_whom_the_sync_includes(
    fairlead: FairleadCommand, customers: SyncCommandFixture
) -> None:
    assert fairlead("sync", "add", "--preset", BOX, "--json").exit_code == 0
    document = fairlead("sync", "plan", BOX, "--json").json
    assert document["included"] == sum(document["totals"].values())
    # Sixty generated customers, the written ones, and the staff.
    assert document["read"] > 60 > document["included"] > 0
