"""What outlives a window: a home with its files, secrets, and a clock that can be moved on."""

import json
import shutil
from pathlib import Path
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.container import WorkspaceServices, build_services
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.log_redaction import Redactor
from desktop.settings.managed_policy import NO_POLICY
from desktop.settings.paths import paths_under
from desktop.settings.workspace import Workspace, WorkspaceRegistry
from desktop.vault.environment_vault import EnvironmentSecrets
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.support.clocks import OffsetClock
from tests.support.sandbox_process import agent_document
from tests.support.window_workspace import await_with_timeout
from tests.support.workspace_home import AUDIT_KEY


class WorkspaceHome:
    """What outlives a window: files and secrets; `ready` has homes to begin with."""

    def __init__(self, folder: Path, ready: "PreparedHomes | None" = None) -> None:
        self.folder = folder
        self._ready = ready
        self.vault = MemoryVault({Secret.AUDIT_KEY: AUDIT_KEY})
        self.clock = OffsetClock()
        self.paths = paths_under(folder)
        self.paths.create_folders()
        self.workspaces = WorkspaceRegistry(self.paths, NO_POLICY)

    @property
    def workspace(self) -> Workspace:
        return self.workspaces.open_or_create("main")

    def make_services(self) -> WorkspaceServices:
        context = AppContext(
            paths=self.paths,
            policy=NO_POLICY,
            redactor=Redactor(),
            environment_secrets=EnvironmentSecrets(),
            clock=self.clock,
            vault_factory=lambda _workspace: self.vault,
        )
        return build_services(context, self.workspace)

    async def set_up(self, document: dict[str, Any], *, agent: bool = False) -> None:
        """As an admin; with `agent` an agent signs in here afterwards."""
        if self._ready is not None and not self.workspaces.names():
            await self._copy_from(await self._ready.home(document, agent=agent))
            return
        house = self.make_services()
        # A look-up asks Sell too, at Sell's own slow pace: only tests of Sell connect it.
        wanted = {name: part for name, part in document.items() if name != "sell"}
        try:
            await await_with_timeout(
                set_up_workspace({**wanted, "changes": True}, house.session.connection_config)
            )
            if agent:
                await await_with_timeout(
                    set_up_workspace(agent_document(document), house.session.connection_config)
                )
        finally:
            await house.close()

    async def _copy_from(self, other: "WorkspaceHome") -> None:
        shutil.copytree(other.folder, self.folder, dirs_exist_ok=True)
        for secret in Secret:
            value = await other.vault.get(secret)
            if value is not None:
                await self.vault.set(secret, value)


class PreparedHomes:
    """Each kind of set-up is done once; a test begins with a copy of what it left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._homes: dict[str, WorkspaceHome] = {}

    async def home(self, document: dict[str, Any], *, agent: bool) -> WorkspaceHome:
        """One that has been set up with this document."""
        key = json.dumps([document, agent])
        if key not in self._homes:
            home = WorkspaceHome(self._folder / str(len(self._homes)))
            await home.set_up(document, agent=agent)
            self._homes[key] = home
        return self._homes[key]
