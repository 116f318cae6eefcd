"""The application's async main after the first paint: builds services and models, then waits."""

import asyncio
import contextlib
import sys

from desktop.app.bootstrap import AppContext
from desktop.app.single_instance.instance_lock import InstanceLock
from desktop.app.startup.deferred_imports import WINDOW_LIFECYCLE, import_deferred
from desktop.app.startup.link_event_filter import LinkEventFilter
from desktop.app.startup.startup_window import LaunchOptions, StartupWindow
from desktop.settings.workspace import Workspace


async def run_until_closed(
    context: AppContext,
    workspace: Workspace,
    launch_options: LaunchOptions,
    startup_window: StartupWindow,
    lock: InstanceLock,
) -> int:
    """Build the painted window's services and models, and wait; returns its exit code."""
    # A second start or a link may come before there is anybody to open it.
    early_arguments: list[str] = []
    arguments = [lock.argument_received]
    # Elsewhere a link starts a second process, and with this filter Python would be called for
    # every event of the application.
    if sys.platform in {"darwin"}:
        arguments.append(LinkEventFilter(startup_window.app).link_received)
    for received in arguments:
        received.connect(early_arguments.append)
    # The window answers meanwhile: these imports take some 200 ms.
    await import_deferred(WINDOW_LIFECYCLE)
    from desktop.app.container import build_services
    from desktop.app.window_lifecycle import WindowLifecycle

    services = build_services(context, workspace)
    window = WindowLifecycle(services, startup_window, launch_options)
    for received in arguments:
        received.connect(window.open_argument)
        received.disconnect(early_arguments.append)
    for argument in early_arguments:
        window.open_argument(argument)
    with contextlib.suppress(asyncio.CancelledError):
        await window.run()
    for received in arguments:
        received.disconnect(window.open_argument)
    return window.exit_code
