"""A desk's or a worker's part in a team as a process that may be killed at any moment.

`python -m tests.support.team_process hand-in FOLDER DSN POINT` hands a folder's audit in and ends
itself at the named point ("" for none); `write FOLDER DSN ROWS` writes so many rows and hands them
in as it goes.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from desktop.connect.team_audit_upload import TeamAuditUpload
from desktop.model.account import Account
from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.service import Service
from desktop.model.team import TeamMembership
from desktop.model.team_address import parse_team_address
from desktop.store.team.team_store import TeamStore, build_team_store
from desktop.store.workspace_store import WorkspaceStore, open_store

ACCOUNT = Account("https://one.zendesk.com/", "", "https://api.sailthru.com")
_VAR = EditRequest(
    EditKind.VAR, EditTarget(Service.SAILTHRU, "b" * 24, "maria@lopez.example"),
    "city", None, "Lisbon", "moved", None,
)  # fmt: skip


def write_edits(store: WorkspaceStore, count: int, *, target: str = "b" * 24) -> None:
    """Add rows to the audit, as edits that have ended do."""
    request = replace(_VAR, target=replace(_VAR.target, id=target))
    for _ in range(count):
        store.outbox.enqueue.blocking([request], "Ada", 1.0, [0.0])
        edit = store.outbox.claims.claim.blocking(2.0)
        assert edit is not None
        sent = store.outbox.claims.mark_sending.blocking(edit, 2.0)
        store.outbox.claims.close(sent, 3.0, EditState.DONE, "confirmed")


def join_team(store: WorkspaceStore, dsn: str, desk: str) -> TeamStore:
    """Make a folder's store a desk of the team, under an id of the test's."""
    address = parse_team_address(dsn)
    team = build_team_store(address, desk)
    team_id = team.desks.join.blocking(desk, "Ada", "1", ACCOUNT)
    store.team.save.blocking(TeamMembership(team_id, desk, address.label, "Ada", 1.0))
    return team


def hand_in(
    store: WorkspaceStore, team: TeamStore, checkpoint: Callable[[str], None] = lambda _name: None
) -> int:
    """Hand a folder's audit in; returns how many rows that were."""
    membership = store.team.get.blocking()
    assert membership is not None
    _team, count = asyncio.run(TeamAuditUpload(store.team, checkpoint).hand_in(team, membership))
    return count


def open_joined(folder: Path, dsn: str) -> tuple[WorkspaceStore, TeamStore]:
    """Open a folder that has joined, and its team store."""
    store = open_store(folder)
    membership = store.team.get.blocking()
    assert membership is not None
    return store, build_team_store(parse_team_address(dsn), membership.desk_id)


def main(what: str, folder: str, dsn: str, argument: str) -> None:
    """Do what the command line says, then end."""
    store, team = open_joined(Path(folder), dsn)

    def kill_at(name: str) -> None:
        if name == argument:
            os.kill(os.getpid(), signal.SIGKILL)

    if what == "hand-in":
        hand_in(store, team, kill_at)
    else:
        for _ in range(int(argument)):
            write_edits(store, 1)
            hand_in(store, team)
    team.close()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
