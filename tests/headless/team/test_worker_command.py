"""`fairlead worker`: runs what is due of a team's syncs, and ends when it is told to."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from desktop.app.commands.sync_subcommands.scheduled_runs import DueResults
from desktop.app.commands.worker import TeamWorker
from desktop.app.container import WorkspaceServices
from desktop.customer.edit_factory import EditFactory
from desktop.model.marketing_pause import pause_until
from desktop.sync.due_syncs import PausedSync
from tests.support.clocks import ManualClock
from tests.support.edit_cases import CustomerFactory
from tests.support.erasure_cases import Person
from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.sync_cases import TO_SAILTHRU_BY_POSTS, save_preset
from tests.support.team_desk import TeamDeskCommand

MakeDesk = Callable[..., TeamDeskCommand]


def test_worker_needs_a_team_and_an_admin_or_marketer(make_desk: MakeDesk) -> None:
    ada = make_desk("ada")
    alone = ada("worker", "--once", "--json", FAIRLEAD_TEAM_DSN="")
    assert (alone.exit_code, alone.json["error"]["code"]) == (3, "needs_person"), alone
    # The address alone is no membership.
    assert ada("worker", "--once", "--json").json["error"]["code"] == "conflict"
    ada.ok("team", "join")
    assert ada.ok("worker", "--once") == {"due": [], "paused": []}
    ada.ok("sync", "add", "--preset", "zendesk-to-sailthru", "--on")
    ada.change_file("UPDATE sync SET body = json_set(body, '$.checked_at', 0)")
    paused = ada("worker", "--once", "--json")
    assert (paused.exit_code, paused.json["due"]) == (3, []), paused
    assert [one["code"] for one in paused.json["paused"]] == ["unchecked"]
    refused = ada("worker", "--once", "--json", **agent_of(ada))
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted"), refused


def agent_of(desk: TeamDeskCommand) -> dict[str, str]:
    """The same desk, with an agent at work."""
    zendesk = desk.document["zendesk"]
    return {
        "FAIRLEAD_ZENDESK_EMAIL": zendesk["agent_email"],
        "FAIRLEAD_ZENDESK_TOKEN": zendesk["agent_api_token"],
    }


async def test_worker_ends_a_pause_that_is_over(
    desks: list[WorkspaceServices],
    sync_sandbox: SandboxServers,
    clock: ManualClock,
) -> None:
    house, email = desks[0], CustomerFactory(sync_sandbox).new_email()
    sid = sync_sandbox.create_profile(email)
    factory = EditFactory(await house.lookup.look_up(email), house.session.account_names())
    pause = factory.pause(pause_until(clock.now(), 2))
    await house.editor.submit([pause], wait_for_undo=False)
    await house.build_edit_sender().send_due()
    worker = TeamWorker(house)
    await worker.do_what_is_due()
    assert (sync_sandbox.read_profile(sid) or {})["vars"]["zendesk_paused"]
    clock.advance(4 * 86400)
    # What cannot be sent now is sent the next time.
    sync_sandbox.add_fault("sailthru:POST /user:503", times=None)
    await worker.do_what_is_due()
    sync_sandbox.clear_faults()
    assert (sync_sandbox.read_profile(sid) or {})["vars"]["zendesk_paused"]
    clock.advance(700)
    await worker.do_what_is_due()
    assert (sync_sandbox.read_profile(sid) or {})["vars"]["zendesk_paused"] is None


def test_worker_once_takes_approvals_of_other_desks_in(
    make_desk: MakeDesk,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    postgres: PostgresServer,
    database: str,
) -> None:
    ada, bo = make_desk("ada"), make_desk("bo", admin="second_admin")
    ada.ok("team", "join")
    bo.ok("team", "join")
    person = Person(sandbox, ada.command, customers.new_email())
    words = ("privacy", "erase", person.email, "--confirm", person.email, "--close-tickets")
    assert ada(*words).exit_code == 3
    ((request,),) = postgres.execute("SELECT id FROM fairlead.approval_request", database)
    bo.ok("team", "approve", request, "--confirm", person.email)
    assert not postgres.execute("SELECT request FROM fairlead.approval_end", database)
    ada.ok("worker", "--once")
    assert postgres.execute("SELECT request FROM fairlead.approval_end", database) == [(request,)]


def test_change_of_a_pause_is_logged_once(
    desks: list[WorkspaceServices], caplog: pytest.LogCaptureFixture
) -> None:
    sync = save_preset(desks[0], TO_SAILTHRU_BY_POSTS, lambda one: replace(one, name="vip"))
    paused = DueResults(paused=(PausedSync(sync, "unchecked", "Check it first."),))
    worker = TeamWorker(desks[0])
    with caplog.at_level("INFO"):
        for done in (paused, paused, DueResults(), DueResults(), paused):
            worker.log_results(done)
    assert [one for one in caplog.messages if one.startswith("vip ")] == [
        "vip is paused. Check it first.",
        "vip is no longer paused.",
        "vip is paused. Check it first.",
    ]


def test_worker_works_until_it_is_told_to_stop(
    make_desk: MakeDesk, postgres: PostgresServer, database: str
) -> None:
    ada = make_desk("ada")
    ada.ok("team", "join")
    joined = postgres.execute("SELECT seen_at FROM fairlead.desk", database)
    with ada.command.start("worker", **ada.environ) as worker:
        end = time.monotonic() + 30
        # It has looked once when the team store has heard of it.
        while postgres.execute("SELECT seen_at FROM fairlead.desk", database) == joined:
            assert worker.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        assert worker.stdout is not None
        assert worker.stdout.read() == "Stopped.\n"
