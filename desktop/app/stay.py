"""From the first paint to the end: builds the house beside the loop and lives in it."""

import asyncio
import contextlib
from importlib import import_module

from desktop.app.ground import Ground
from desktop.app.instance import Instance
from desktop.app.shell import Shell
from desktop.app.start import Start
from desktop.settings.workspace import Workspace, Workspaces


async def stay(
    ground: Ground,
    workspace: Workspace,
    workspaces: Workspaces,
    start: Start,
    shell: Shell,
    instance: Instance,
) -> int:
    """Give the window that stands its models, and return its exit code once it is closed."""
    # A second start may hand something over before there is anybody to open it.
    early: list[str] = []
    instance.handed_over.connect(early.append)
    await asyncio.to_thread(import_module, "desktop.app.window")
    from desktop.app.window import Window
    from desktop.app.wiring import build_house

    window = Window(build_house(ground, workspace, workspaces), shell.app, start, shell)
    instance.handed_over.connect(window.open)
    instance.handed_over.disconnect(early.append)
    for argument in early:
        window.open(argument)
    with contextlib.suppress(asyncio.CancelledError):
        await window.run()
    instance.handed_over.disconnect(window.open)
    return window.exit_code
