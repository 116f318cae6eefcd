"""Builds the object graph of one workspace, in one place, and hands it down.

Nothing here asks the network or the keyring: a window can be painted first. `Live.connect` does,
and only then are httpx and keyring (150 ms each) imported.
"""

import os
import random
from dataclasses import dataclass

from desktop.app.ground import Ground
from desktop.app.live import Live
from desktop.connect.desk import Desk
from desktop.customer.edit import Editor
from desktop.customer.follow import Follow
from desktop.customer.lookup import Lookup
from desktop.customer.undo import Undo
from desktop.kit.bus import Bus
from desktop.kit.log import set_level
from desktop.model.edit import Service
from desktop.settings import table
from desktop.settings.workspace import Workspace, Workspaces
from desktop.store.store import Store, open_store
from desktop.sync.goals import Goals
from desktop.vault.environment import EnvironmentVault
from desktop.vault.keyring_vault import KeyringVault
from desktop.vault.secret import Vault
from desktop.writing.deliver import Checkpoint, Deliverer, Delivery
from desktop.writing.port import Port, SailthruPort, ZendeskPort


@dataclass(frozen=True)
class House:
    """One open workspace: everything a window or a command needs."""

    ground: Ground
    workspace: Workspace
    workspaces: Workspaces
    store: Store
    bus: Bus
    live: Live
    lookup: Lookup
    editor: Editor
    undo: Undo
    follow: Follow
    goals: Goals

    def deliverer(self, checkpoint: Checkpoint = lambda _name: None) -> Deliverer:
        """A deliverer for the services that are connected now."""
        services = self.live.services
        ports: dict[Service, Port] = {}
        if services.sailthru is not None:
            ports[Service.SAILTHRU] = SailthruPort(services.sailthru)
        if services.zendesk is not None:
            ports[Service.ZENDESK] = ZendeskPort(services.zendesk)
        return Deliverer(
            Delivery(
                store=self.store,
                ports=ports,
                clock=self.ground.clock,
                bus=self.bus,
                jitter=random.random,
                checkpoint=checkpoint,
            )
        )

    async def close(self) -> None:
        """Close connections, then the files."""
        await self.live.disconnect()
        self.store.close()


def build_house(ground: Ground, workspace: Workspace, workspaces: Workspaces) -> House:
    """Open the workspace's files and put everything together. Raises StoreKnown."""
    clock, bus = ground.clock, Bus()
    store = open_store(workspace.folder)
    live = Live(make_desk(ground, workspace, workspaces), bus, store.lane)
    # The environment is for this process and wins; before here the settings were not known.
    level = live.values.get(table.LOG_LEVEL)
    if level != table.LOG_LEVEL.default and not os.environ.get("FAIRLEAD_LOG"):
        set_level(level)
    lookup = Lookup(lambda: live.services, store, clock)
    editor = Editor(store, clock, bus, lambda: live.actor, lambda: live.rules)
    return House(
        ground=ground,
        workspace=workspace,
        workspaces=workspaces,
        store=store,
        bus=bus,
        live=live,
        lookup=lookup,
        editor=editor,
        undo=Undo(store, editor, clock, bus, lambda: live.actor),
        follow=Follow(lambda: live.services, clock, live.budget_spare),
        goals=Goals(
            store,
            clock,
            bus,
            lambda: live.actor,
            lambda: live.rules,
            lambda: live.values.get(table.TIMEZONE),
        ),
    )


def make_desk(ground: Ground, workspace: Workspace, workspaces: Workspaces) -> Desk:
    """What connecting needs; the vault's keyring is imported at its first use."""
    below: Vault = (
        ground.vault(workspace)
        if ground.vault is not None
        else KeyringVault(workspace.keyring_service, ground.redactor)
    )
    vault = EnvironmentVault(below, ground.overrides, ground.redactor)
    return Desk(workspaces, workspace, vault, ground.overrides, ground.clock)
