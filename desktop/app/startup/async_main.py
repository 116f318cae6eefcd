"""From the first paint to the end: builds the house beside the loop and lives in it."""

import asyncio
import contextlib
from importlib import import_module

from desktop.app.bootstrap import AppContext
from desktop.app.single_instance.instance_lock import InstanceLock
from desktop.app.startup.launch_options import LaunchOptions
from desktop.app.startup.startup_window import StartupWindow
from desktop.settings.workspace import Workspace, WorkspaceRegistry


async def run_until_closed(
    context: AppContext,
    workspace: Workspace,
    workspaces: WorkspaceRegistry,
    launch_options: LaunchOptions,
    startup_window: StartupWindow,
    instance_lock: InstanceLock,
) -> int:
    """Give the window that stands its models, and return its exit code once it is closed."""
    # A second start may hand something over before there is anybody to open it.
    early: list[str] = []
    instance_lock.argument_received.connect(early.append)
    await asyncio.to_thread(import_module, "desktop.app.window_lifecycle")
    from desktop.app.container import build_services
    from desktop.app.window_lifecycle import WindowLifecycle

    window = WindowLifecycle(
        build_services(context, workspace, workspaces),
        startup_window.app,
        launch_options,
        startup_window,
    )
    instance_lock.argument_received.connect(window.open_argument)
    instance_lock.argument_received.disconnect(early.append)
    for argument in early:
        window.open_argument(argument)
    with contextlib.suppress(asyncio.CancelledError):
        await window.run()
    instance_lock.argument_received.disconnect(window.open_argument)
    return window.exit_code
