"""Opens a workspace for one command, connected, and closes it afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from desktop.app.ground import Ground
from desktop.app.named import named_workspace
from desktop.app.wiring import House, build_house
from desktop.kit.errors import NeedsPerson
from desktop.settings.workspace import Workspace, Workspaces


def find_workspace(workspaces: Workspaces, name: str | None) -> Workspace:
    """The one that is named, else the current one. Raises NeedsPerson before any set-up."""
    if name is None and not workspaces.names():
        raise NeedsPerson(
            "Fairlead is not set up yet.",
            "There is no workspace on this computer.",
            "Open the window and follow the set-up, or use `fairlead setup --from FILE`.",
        )
    return named_workspace(workspaces, name or workspaces.current())


@asynccontextmanager
async def session(
    ground: Ground, name: str | None, *, connect: bool = True, for_runs: bool = False
) -> AsyncIterator[House]:
    """The workspace's house, connected where asked; `for_runs` with a run's patience."""
    workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
    house = build_house(ground, find_workspace(workspaces, name), workspaces)
    try:
        if connect:
            await house.live.connect(for_runs=for_runs)
        yield house
    finally:
        await house.close()
