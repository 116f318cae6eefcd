"""`fairlead worker`: runs what is due of a team's syncs, and ends when it is told to."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from desktop.app.commands.sync_subcommands.scheduled_runs import DueResults
from desktop.app.commands.worker import TeamWorker
from desktop.app.container import WorkspaceServices
from desktop.app.team_runs import describe_sync_runner
from desktop.customer.edit_factory import EditFactory
from desktop.model.marketing_pause import pause_until
from desktop.model.sync import SourceKind
from desktop.model.team import SyncLease
from desktop.sync.due_syncs import PausedSync
from desktop.sync.run_lease import describe_runner
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU, PresetNames, build_preset
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


async def test_worker_says_which_shared_syncs_it_leaves_to_others(
    desks: list[WorkspaceServices], caplog: pytest.LogCaptureFixture
) -> None:
    one, two = desks
    await one.team.share_rows(is_on=True, actor=one.session.actor)
    saved = [
        save_preset(
            house, TO_SAILTHRU_BY_POSTS, lambda sync: replace(sync, name="vip", schedule="hourly")
        )
        for house in desks
    ]
    store = await one.team.open()
    assert store is not None
    await store.leases.claim_due("vip", 1.0, "Ada")
    worker = TeamWorker(two)
    # On at both: nothing to tell.
    assert (await worker.do_what_is_due()).notes == ()
    two.store.syncs.save.blocking(replace(saved[1], on=False), two.context.clock.now())
    done = await worker.do_what_is_due()
    with caplog.at_level("INFO"):
        worker.log_results(done)
        worker.log_results(await worker.do_what_is_due())
    (note,) = done.notes
    assert note.startswith("1 shared sync is off at this computer")
    assert "vip" in note
    assert "`fairlead sync on vip`" in note
    assert done.text_lines() == ["Nothing is due.", note]
    assert done.as_json()["notes"] == [note]
    # As long as it is so, it is told once.
    assert caplog.messages.count(note) == 1
    # The page of the other desk says who runs it.
    desk_name = (await store.leases.list_all())[0].desk_name
    assert await describe_sync_runner(one, saved[0]) == "Runs at this computer."
    told = await describe_sync_runner(two, saved[1])
    assert told == f"Runs at {desk_name}. An admin can move it here."


USERS = SourceKind.ZENDESK_USERS
LEASE = SyncLease("vip", "one", "Server", 1, has_memory=True, is_desk_worker=True)


@pytest.mark.parametrize(
    ("kind", "segment", "lease", "desk", "expected"),
    [
        (USERS, "", None, "one", "The first computer of the team that runs it keeps it."),
        (USERS, "", LEASE, "two", "Runs at Server, a worker: due times wait for the team's"),
        (USERS, "", LEASE, "one", "Runs at this computer, a worker: due times wait"),
        (USERS, "", replace(LEASE, has_memory=False), "one", "Runs at this computer."),
        (USERS, "Vips", LEASE, "two", "Runs at Server. People of a segment are looked up in"),
        (
            SourceKind.RULE,
            "",
            LEASE,
            "one",
            "Runs at this computer. How far a rule has acted is known",
        ),
    ],
)
def test_who_runs_a_sync_of_a_team_is_told(
    kind: SourceKind, segment: str, lease: SyncLease | None, desk: str, expected: str
) -> None:
    made = build_preset(ZENDESK_TO_SAILTHRU, PresetNames("box", "smart", "mark", "high"))
    sync = replace(made, source=replace(made.source, kind=kind, segment=segment))
    assert describe_runner(sync, lease, desk).startswith(expected)
