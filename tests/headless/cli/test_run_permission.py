"""A role that may not run syncs is refused by every command of `sync` that does something."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.run_limit import Limit
from desktop.model.sync import FlowPolicy, Sync
from tests.support import sync_cases
from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import AUDIT_KEY, create_workspace_home, open_workspace_services

BOX = "zendesk-to-sailthru"


@pytest.fixture
def without_runs(sandbox: SandboxServers, tmp_path: Path) -> Path:
    permissions = {"agent": {"view": True, "runs": False}}
    create_workspace_home(tmp_path / "home", sandbox.connection_document, permissions=permissions)
    return tmp_path / "home"


def test_every_acting_sync_command_asks_the_run_right(
    without_runs: Path, sandbox: SandboxServers, tmp_path: Path
) -> None:
    admin = FairleadCommand(without_runs, sandbox.connection_document, keyring=False)
    agent = FairleadCommand(without_runs, sandbox.connection_document, keyring=False, agent=True)
    assert admin("sync", "add", "--preset", BOX, "--on", "--json").exit_code == 0
    file = tmp_path / "syncs.toml"
    assert admin("sync", "export", str(file)).exit_code == 0
    before = file.read_text()
    commands = (
        ("add", "--preset", "tickets-to-profiles"),
        ("on", BOX),
        ("off", BOX),
        ("set", BOX, "title=Other"),
        ("schedule", BOX, "hourly"),
        ("remove", BOX),
        ("plan", BOX),
        ("tick", "1", "1", "on"),
        ("resolve", "1", "name=zendesk"),
        ("run", BOX),
        ("run", BOX, "--due-ticket", "1"),
        ("retry", BOX),
        ("rollback", "1"),
        ("cancel", "1"),
        ("export", "-"),
        ("import", str(file), "--replace"),
        ("notify", BOX, "--run", "on"),
        ("mail", "--host", "mail.example"),
        ("mail", "--test", "somebody@x.example"),
        ("here", "on"),
        ("due", "--install"),
        ("due", "--remove"),
    )
    for words in commands:
        result = agent("sync", *words, "--json")
        assert (result.exit_code, result.json["error"]["code"]) == (3, "not_permitted"), words
        assert "Your role (agent) may not run syncs" in result.json["error"]["message"], words
    assert admin("sync", "export", "-").stdout == before


async def claim_due_time(home: Path, sandbox: SandboxServers, sync: str, age_s: float = 0) -> str:
    """What a scheduler gets when it claims a planned time, `age_s` seconds ago."""
    async with open_workspace_services(home, sandbox.connection_document) as house:
        now = house.context.clock.now()
        await house.store.syncs.set_last_due(sync, None)
        return str(await house.store.syncs.claim_due(sync, now, now - age_s))


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("claimed", "schedule"),
        ("used twice", "manual"),
        ("of another sync", "manual"),
        ("left behind by a crash", "manual"),
        ("of another key", "manual"),
        ("made up", "manual"),
        ("none", "manual"),
    ],
)
async def test_run_is_scheduled_only_by_the_ticket_of_a_claim(
    fairlead: FairleadCommand, sandbox: SandboxServers, case: str, why: str
) -> None:
    # The key of whoever claims it here.
    fairlead.environ["FAIRLEAD_AUDIT_KEY"] = "0" * 64 if case == "of another key" else AUDIT_KEY
    for preset in (BOX, "tickets-to-profiles"):
        assert fairlead("sync", "add", "--preset", preset, "--on").exit_code == 0
    other = "tickets-to-profiles" if case == "of another sync" else BOX
    age_s = 3600.0 if case == "left behind by a crash" else 0.0
    ticket = await claim_due_time(fairlead.home, sandbox, other, age_s)
    words = [] if case == "none" else ["--due-ticket", "0" * 32 if case == "made up" else ticket]
    if case == "used twice":
        fairlead("sync", "run", BOX, *words)
    assert fairlead("sync", "run", BOX, *words, "--json").json["why"] == why
    refused = fairlead("sync", "run", BOX, "--why", "schedule", "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (2, "bad_input")


@pytest.fixture
def with_runs(sandbox: SandboxServers, tmp_path: Path) -> Path:
    permissions = {"agent": {"view": True, "runs": True}}
    create_workspace_home(tmp_path / "home", sandbox.connection_document, permissions=permissions)
    return tmp_path / "home"


async def test_marketer_lets_opt_outs_pass_their_limit_and_no_other(
    with_runs: Path, sandbox: SandboxServers
) -> None:
    people = sync_cases.create_customers(sandbox, 2)

    def strict(sync: Sync) -> Sync:
        level = MappingRow("all", "optout", type=SourceType.TEXT)
        return replace(sync, mapping=(level,), limits=Limit(1, 0), flows=FlowPolicy.MAY_START)

    async with open_workspace_services(with_runs, sandbox.connection_document) as house:
        sync_cases.save_preset(house, BOX, strict)
    marketer = FairleadCommand(with_runs, sandbox.connection_document, keyring=False, agent=True)
    stopped = marketer("sync", "run", BOX, "--json")
    assert "2 people would be opted out further" in stopped.json["detail"]
    assert "Whoever runs it may let it pass once: `fairlead sync run" in stopped.json["detail"]
    plan = stopped.json["plan"]
    refused = marketer("sync", "run", BOX, "--plan", plan, "--allow", "joins", "--json")
    assert refused.json["error"]["code"] == "not_permitted"
    done = marketer("sync", "run", BOX, "--plan", plan, "--allow", "opted_out", "--json")
    assert (done.exit_code, done.json["totals"]["updated"]) == (0, 2), done.stdout
    levels = [sandbox.read_profile(one.sid) for one in people]
    assert [level and level["optout_email"] for level in levels] == ["all", "all"]
