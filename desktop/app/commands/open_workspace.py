"""Opens a workspace for one command, connected, and closes it afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from desktop.app.bootstrap import AppContext
from desktop.app.commands.workspace_option import open_named_workspace
from desktop.app.container import WorkspaceServices, build_services
from desktop.kit.errors import UserDecisionNeeded
from desktop.settings.workspace import Workspace, WorkspaceRegistry


def find_workspace(workspaces: WorkspaceRegistry, name: str | None) -> Workspace:
    """The one that is named, else the current one. Raises UserDecisionNeeded before any set-up."""
    if name is None and not workspaces.names():
        raise UserDecisionNeeded(
            "Fairlead is not set up yet.",
            "There is no workspace on this computer.",
            "Open the window and follow the set-up, or use `fairlead setup --from FILE`.",
        )
    return open_named_workspace(workspaces, name or workspaces.current_name())


@asynccontextmanager
async def open_workspace(
    context: AppContext, name: str | None, *, connect: bool = True, for_runs: bool = False
) -> AsyncIterator[WorkspaceServices]:
    """The workspace's house, connected where asked; `for_runs` with a run's patience."""
    workspaces = WorkspaceRegistry(context.paths, context.policy, context.clock)
    house = build_services(context, find_workspace(workspaces, name), workspaces)
    try:
        if connect:
            await house.session.connect(for_runs=for_runs)
        yield house
    finally:
        await house.close()
