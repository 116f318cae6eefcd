"""Imports what a window needs soon, but not for its first paint, while the window answers."""

import asyncio
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class DeferredModules:
    """Names of modules to import: in a thread, then those with Qt classes on Qt's thread.

    On Python 3.11 PySide keeps what it knows of each Qt class in one table without a lock, and
    Qt's thread looks there without Python's lock. An entry that another thread adds meanwhile can
    be lost, and the first object of that class ends the process.
    """

    without_qt: tuple[str, ...]
    with_qt: tuple[str, ...]  # each is a turn of Qt's loop: some 50 ms at most


WINDOW_LIFECYCLE = DeferredModules(
    without_qt=("desktop.app.container",),
    with_qt=(
        "desktop.viewmodels.customer.sheet_model",
        "desktop.panels.customers_page",
        "desktop.app.window_lifecycle",
    ),
)
CONNECTING_AND_PAGES = DeferredModules(
    without_qt=(
        "desktop.app.service_connections",
        "desktop.app.event_services",
        "desktop.sync.event_sources",
    ),
    with_qt=(
        "desktop.app.background.background_loops",
        "desktop.panels.customer.customer_sheet_widget",
        "desktop.app.workspace_actions",
        "desktop.panels.activity_page",
        "desktop.panels.syncs.sync_page",
        "desktop.panels.events.events_page",
        "desktop.panels.settings_page",
        "desktop.panels.setup_wizard",
        "desktop.app.page_factory",
    ),
)


async def import_deferred(modules: DeferredModules) -> None:
    """Import the window's deferred modules; on Qt's thread one in each turn of the event loop."""
    for name in modules.without_qt:
        await asyncio.to_thread(import_module, name)
    for name in modules.with_qt:
        import_module(name)
        await asyncio.sleep(0)
