"""A workspace at work: real files, a vault in memory, and the sandbox in a process of its own."""

import asyncio
import functools
import gc
import inspect
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from PySide6.QtCore import QObject

from desktop.app.wiring import Ground, House, build_house
from desktop.kit.clock import SystemClock
from desktop.kit.redact import Redactor
from desktop.settings.paths import under
from desktop.settings.policy import NO_POLICY, Policy
from desktop.settings.workspace import Workspaces
from desktop.vault.environment import Overrides
from desktop.vault.memory_vault import MemoryVault

ROOT = Path(__file__).resolve().parents[2]


class RunningSandbox:
    """Serves until `stop`; `document` is the first line it printed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "desktop.sandbox", "--port", "0", "--customers", "0"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        self.document: dict[str, Any] = json.loads(self._process.stdout.readline())

    @property
    def sailthru(self) -> dict[str, str]:
        return self.document["sailthru"]

    @property
    def zendesk(self) -> dict[str, str]:
        return self.document["zendesk"]

    def control(self, method: str, name: str, body: object = None) -> Any:
        """Ask or tell the sandbox itself."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.zendesk['base_url']}/sandbox/{name}"
        with urlopen(Request(url, data, method=method), timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()


def make_house(home: Path, *, policy: Policy = NO_POLICY, clock: Any = None) -> House:
    """Open a new workspace under `home`; its secrets live as long as the house."""
    paths = under(home)
    paths.prepare()
    workspaces = Workspaces(paths, policy)
    vault = MemoryVault()
    ground = Ground(
        paths=paths,
        policy=policy,
        redactor=Redactor(),
        overrides=Overrides(),
        clock=clock or SystemClock(),
        vault=lambda _workspace: vault,
    )
    return build_house(ground, workspaces.open_or_create("main"), workspaces)


async def until(true: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Wait for something to become so; fails by name when it does not."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not true():
        assert loop.time() < end, f"never became true: {true}"
        await asyncio.sleep(0.02)


async def soon(awaitable: Awaitable[Any]) -> Any:
    """Wait, and fail rather than hang."""
    return await asyncio.wait_for(awaitable, 20)


async def bury(*objects: QObject) -> None:
    """Delete Qt objects here and now: the collector may run in the store's thread."""
    for each in objects:
        each.deleteLater()
    await asyncio.sleep(0.02)
    gc.collect()


def end_quietly(items: list[pytest.Item], folder: Path) -> None:
    """After each test of a folder, await `leave()` of its fixtures while the loop still runs.

    pytest-qt works Qt's events off between a test and its fixtures' end, when no loop runs.
    """
    for item in items:
        if folder not in item.path.parents:
            continue
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))
        test = getattr(item, "obj", None)
        if inspect.iscoroutinefunction(test):
            item.obj = _quiet(test)  # type: ignore[attr-defined]


def _quiet(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def run(*args: Any, **fixtures: Any) -> None:
        try:
            await test(*args, **fixtures)
        finally:
            for each in fixtures.values():
                if hasattr(each, "leave"):
                    await each.leave()

    return run
