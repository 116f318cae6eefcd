"""A worker as a process that claims due times and runs nothing.

`python -m tests.support.due_claims FOLDER DSN DESK [alone]`: a line on standard input is a time
(Unix seconds), and the answer a line of JSON: the [sync, due time] that this worker got the right
to run. With `alone` the team store is not asked.
"""

import asyncio
import json
import random
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from desktop.app.team_runs import claim_due_run
from desktop.model.team_address import parse_team_address
from desktop.store.team.team_store import TeamStore, build_team_store
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.sync.due_syncs import DueSyncFinder
from tests.support.clocks import ManualClock


async def claim_what_is_due(store: WorkspaceStore, team: TeamStore | None, now: float) -> Any:
    """Claim every due sync, in an order of this worker's own, as `fairlead worker` does."""

    async def open_team() -> TeamStore | None:
        return team

    services = cast(
        "Any",
        SimpleNamespace(
            store=store,
            team=SimpleNamespace(open=open_team),
            session=SimpleNamespace(actor=SimpleNamespace(signature="Ada")),
        ),
    )
    finder = DueSyncFinder(store, ManualClock(now), lambda: "UTC")
    due = list(finder.find().due)
    random.shuffle(due)
    return [
        [one.sync.name, one.due_at]
        for one in due
        if await claim_due_run(services, finder, one) is not None
    ]


def main(folder: str, dsn: str, desk: str, control: str = "") -> None:
    """Answer each time with what was claimed, until standard input ends."""
    store = open_store(Path(folder))
    team = None if control else build_team_store(parse_team_address(dsn), desk)
    for line in sys.stdin:
        claimed = asyncio.run(claim_what_is_due(store, team, float(line)))
        sys.stdout.write(json.dumps(claimed) + "\n")
        sys.stdout.flush()
    if team is not None:
        team.close()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
