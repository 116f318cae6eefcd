"""A worker of a team as a process: `python -m tests.support.team_worker HOME DOCUMENT WHAT …`.

WHAT is `prepare` (join, and switch a sync on), `share` (have the team share rows), `once` (run what
is due at that time) or `worker` (one look of `fairlead worker`). The last two words are the time in
Unix seconds, and a mechanism to go without.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop.app.commands.sync_subcommands.scheduled_runs import run_due_syncs
from desktop.app.commands.worker import TeamWorker
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import AppError
from desktop.model.field_mapping import MappingRow
from tests.support.clocks import ManualClock
from tests.support.sync_cases import TO_SAILTHRU_BY_POSTS, save_preset
from tests.support.workspace_home import open_workspace_services


async def _alone() -> None:
    """No team store, as if the workspace worked alone."""


async def _work(
    home: Path, document: Mapping[str, Any], what: str, offset_s: float, without: str
) -> int:
    clock = ManualClock(float(offset_s))
    async with open_workspace_services(home, document, clock=clock, for_runs=True) as services:
        if what == "prepare":
            await _prepare(services, str(document["team_dsn"]))
            return 0
        if what == "share":
            await services.team.share_rows(is_on=True, actor=services.session.actor)
            return 0
        if without == "lease":
            services.team.open = _alone  # type: ignore[method-assign, assignment]
        try:
            if what == "worker":
                done = await TeamWorker(services).do_what_is_due()
                return 0 if done.error is None else 3
            results, _paused = await run_due_syncs(services)
            await services.team.hand_in_audit()
        except AppError:
            return 3
    return 0 if all(result.error is None for result in results) else 3


async def _prepare(services: WorkspaceServices, dsn: str) -> None:
    await services.team.join(dsn, services.session.actor)
    sync = save_preset(
        services,
        TO_SAILTHRU_BY_POSTS,
        lambda sync: replace(
            sync,
            schedule="every 5 min",
            mapping=(MappingRow("first_name", "vars.first_name"),),
            switched_on_by=services.session.actor.key,
        ),
    )
    services.store.syncs.set_last_due.blocking(sync.name, services.context.clock.now())


def main(home: str, document: str, what: str, offset_s: str, without: str = "") -> int:
    """Do what the command line says; 3 where something else ran it, or kept it from running."""
    given = json.loads(Path(document).read_text(encoding="utf-8"))
    return asyncio.run(_work(Path(home), given, what, float(offset_s), without))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
