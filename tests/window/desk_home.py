"""What outlives a window: a home with its files, secrets, and a clock that can be moved on."""

import asyncio
import json
import shutil
import time
from pathlib import Path
from typing import Any

from desktop.app.wiring import Ground, House, build_house
from desktop.connect.setup import run_setup
from desktop.kit.redact import Redactor
from desktop.settings.paths import under
from desktop.settings.policy import NO_POLICY
from desktop.settings.workspace import Workspace, Workspaces
from desktop.vault.environment import Overrides
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.window.at_work import soon


class HandClock:
    """The computer's time, which `skip` moves on; a wait between two tries is short."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(max(seconds, 0.0), 0.05))


class Home:
    """What outlives a window: files and secrets; `ready` has homes to begin with."""

    def __init__(self, folder: Path, ready: "ReadyHomes | None" = None) -> None:
        self.folder = folder
        self._ready = ready
        self.vault = MemoryVault()
        self.clock = HandClock()
        self.paths = under(folder)
        self.paths.prepare()
        self.workspaces = Workspaces(self.paths, NO_POLICY)

    @property
    def workspace(self) -> Workspace:
        return self.workspaces.open_or_create("main")

    def house(self) -> House:
        ground = Ground(
            paths=self.paths,
            policy=NO_POLICY,
            redactor=Redactor(),
            overrides=Overrides(),
            clock=self.clock,
            vault=lambda _workspace: self.vault,
        )
        return build_house(ground, self.workspace, self.workspaces)

    async def set_up(self, document: dict[str, Any], *, agent: bool = False) -> None:
        """As an admin; with `agent` an agent signs in here afterwards."""
        if self._ready is not None and not self.workspaces.names():
            await self._be_like(await self._ready.home(document, agent=agent))
            return
        house = self.house()
        try:
            await soon(run_setup({**document, "changes": True}, house.live.desk))
            if agent:
                await soon(run_setup(as_agent(document), house.live.desk))
        finally:
            await house.close()

    async def _be_like(self, other: "Home") -> None:
        shutil.copytree(other.folder, self.folder, dirs_exist_ok=True)
        for secret in Secret:
            value = await other.vault.get(secret)
            if value is not None:
                await self.vault.set(secret, value)


class ReadyHomes:
    """Each kind of set-up is done once; a test begins with a copy of what it left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._homes: dict[str, Home] = {}

    async def home(self, document: dict[str, Any], *, agent: bool) -> Home:
        """One that has been set up with this document."""
        key = json.dumps([document, agent])
        if key not in self._homes:
            home = Home(self._folder / str(len(self._homes)))
            await home.set_up(document, agent=agent)
            self._homes[key] = home
        return self._homes[key]


def as_agent(document: dict[str, Any]) -> dict[str, Any]:
    sailthru, zendesk = dict(document["sailthru"]), dict(document["zendesk"])
    sailthru["api_key"], sailthru["api_secret"] = (
        sailthru["agent_api_key"],
        sailthru["agent_api_secret"],
    )
    zendesk["email"], zendesk["api_token"] = zendesk["agent_email"], zendesk["agent_api_token"]
    return {"sailthru": sailthru, "zendesk": zendesk}
