"""A workspace at work: real files, a vault in memory, and the sandbox in a process of its own."""

import asyncio
import contextlib
import functools
import gc
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject

from desktop.app.bootstrap import AppContext
from desktop.app.container import WorkspaceServices, build_services
from desktop.kit.clock import SystemClock
from desktop.kit.log_redaction import Redactor
from desktop.settings.managed_policy import NO_POLICY, ManagedPolicy
from desktop.settings.paths import paths_under
from desktop.vault.environment_vault import EnvironmentSecrets
from desktop.vault.memory_vault import MemoryVault
from tests.support.fresh_store import copy_fresh_store


def make_workspace_services(
    home: Path, *, policy: ManagedPolicy = NO_POLICY, clock: Any = None
) -> WorkspaceServices:
    """Open a new workspace under `home`; its secrets live as long as the house."""
    paths = paths_under(home)
    paths.create_folders()
    vault = MemoryVault()
    context = AppContext(
        paths=paths,
        policy=policy,
        redactor=Redactor(),
        environment_secrets=EnvironmentSecrets(),
        clock=clock or SystemClock(),
        vault_factory=lambda _workspace: vault,
    )
    is_new = not context.workspaces.names()
    workspace = context.workspaces.open_or_create("main")
    if is_new:
        copy_fresh_store(workspace.folder)
    return build_services(context, workspace)


async def wait_until(true: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Wait for something to become so; fails by name when it does not."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not true():
        assert loop.time() < end, f"never became true: {true}"
        await asyncio.sleep(0.02)


async def lasting_faults(find: Callable[[], list[str]]) -> list[str]:
    """What `find` still finds in a page once it is laid out.

    That takes a few turns of the event loop, on a busy computer more than any fixed pause.
    """
    await asyncio.sleep(0.05)
    with contextlib.suppress(AssertionError):
        await wait_until(lambda: not find(), within_s=5)
    return find()


async def await_with_timeout(awaitable: Awaitable[Any]) -> Any:
    """Wait, and fail rather than hang."""
    return await asyncio.wait_for(awaitable, 20)


async def delete_qt_objects(*objects: QObject) -> None:
    """Delete Qt objects here and now: the collector may run in the store's thread."""
    for each in objects:
        each.deleteLater()
    await asyncio.sleep(0.02)
    gc.collect()


def close_fixtures_in_loop(items: list[pytest.Item], folder: Path) -> None:
    """After each test of a folder, await `close_page()` of its fixtures while the loop still runs.

    pytest-qt works Qt's events off between a test and its fixtures' end, when no loop runs.
    """
    for item in items:
        if folder not in item.path.parents:
            continue
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))
        test = getattr(item, "obj", None)
        if inspect.iscoroutinefunction(test):
            item.obj = _with_fixtures_closed(test)  # type: ignore[attr-defined]


def _with_fixtures_closed(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def run(*args: Any, **fixtures: Any) -> None:
        try:
            await test(*args, **fixtures)
        finally:
            for each in fixtures.values():
                # The drivers of single pages; the window's own driver closes by itself.
                if hasattr(each, "close_page"):
                    await each.close_page()

    return run
