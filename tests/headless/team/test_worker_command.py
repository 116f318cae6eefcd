"""`fairlead worker`: runs what is due of a team's syncs, and ends when it is told to."""

import signal
import subprocess
import time
from collections.abc import Callable

from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_process import ROOT
from tests.support.team_desk import TeamDeskCommand

MakeDesk = Callable[..., TeamDeskCommand]


def test_worker_needs_a_team_and_an_admin_or_marketer(make_desk: MakeDesk) -> None:
    ada = make_desk("ada")
    alone = ada("worker", "--once", "--json", FAIRLEAD_TEAM_DSN="")
    assert (alone.exit_code, alone.json["error"]["code"]) == (3, "needs_person"), alone
    # The address alone is no membership.
    assert ada("worker", "--once", "--json").json["error"]["code"] == "conflict"
    ada.ok("team", "join")
    assert ada.ok("worker", "--once") == {"due": []}
    refused = ada("worker", "--once", "--json", **agent_of(ada))
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted"), refused


def agent_of(desk: TeamDeskCommand) -> dict[str, str]:
    """The same desk, with an agent at work."""
    zendesk = desk.document["zendesk"]
    return {
        "FAIRLEAD_ZENDESK_EMAIL": zendesk["agent_email"],
        "FAIRLEAD_ZENDESK_TOKEN": zendesk["agent_api_token"],
    }


def test_worker_works_until_it_is_told_to_stop(
    make_desk: MakeDesk, postgres: PostgresServer, database: str
) -> None:
    ada = make_desk("ada")
    ada.ok("team", "join")
    joined = postgres.execute("SELECT seen_at FROM fairlead.desk", database)
    worker = subprocess.Popen(
        ada.command.command_line("worker"),
        cwd=ROOT,
        env={**ada.command.environ, **ada.environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    # It has looked once when the team store has heard of it.
    while postgres.execute("SELECT seen_at FROM fairlead.desk", database) == joined:
        assert worker.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    assert worker.communicate(timeout=30)[0] == "Stopped.\n"
    assert worker.returncode == 0
