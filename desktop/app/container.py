"""Builds the object graph of one workspace, in one place, and hands it down.

Nothing here asks the network or the keyring: a window can be painted first. `WorkspaceSession.connect` does,
and only then are httpx and keyring (150 ms each) imported.
"""  # noqa: E501

import os
import random
from dataclasses import dataclass

from desktop.app.bootstrap import AppContext
from desktop.app.workspace_session import WorkspaceSession
from desktop.connect.connection_config import ConnectionConfig
from desktop.customer.current_value import gateway_for
from desktop.customer.customer_lookup import CustomerLookup
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService
from desktop.customer.ticket_follower import TicketFollower
from desktop.kit.change_bus import ChangeBus
from desktop.kit.logging_setup import set_log_level
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.workspace import Workspace, WorkspaceRegistry
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.sync.sync_service import SyncService
from desktop.vault.environment_vault import EnvironmentVault
from desktop.vault.keyring_vault import KeyringVault
from desktop.vault.secret import Vault
from desktop.writing.edit_queue import EditSender, EditSenderContext
from desktop.writing.optout_door import OptOutChange
from desktop.writing.write_protocol import Checkpoint


@dataclass(frozen=True)
class WorkspaceServices:
    """One open workspace: everything a window or a command needs."""

    context: AppContext
    workspace: Workspace
    workspaces: WorkspaceRegistry
    store: WorkspaceStore
    bus: ChangeBus
    session: WorkspaceSession
    lookup: CustomerLookup
    editor: EditService
    undo: UndoService
    follow: TicketFollower
    syncs: SyncService

    def build_edit_sender(self, checkpoint: Checkpoint = lambda _name: None) -> EditSender:
        """A deliverer for the services that are connected now."""
        found = {one: gateway_for(one, self.session.services) for one in Service}
        return EditSender(
            EditSenderContext(
                store=self.store,
                gateways={one: gateway for one, gateway in found.items() if gateway is not None},
                clock=self.context.clock,
                bus=self.bus,
                jitter=random.random,
                permit_optout=permit_optout,
                checkpoint=checkpoint,
            )
        )

    async def close(self) -> None:
        """Close connections, then the files."""
        await self.session.disconnect()
        self.store.close()


def permit_optout(_change: OptOutChange) -> str:
    """Let every change of an opt-out level pass to its service: returns no reason against it.

    Who may make it was asked when the edit was queued, or the sync's run was started.
    """
    return ""


def build_services(
    context: AppContext, workspace: Workspace, workspaces: WorkspaceRegistry
) -> WorkspaceServices:
    """Open the workspace's files and put everything together. Raises StoreKnown."""
    clock, bus = context.clock, ChangeBus()
    store = open_store(workspace.folder)
    live = WorkspaceSession(
        build_connection_config(context, workspace, workspaces), bus, store.fairlead_db.thread
    )
    # The environment is for this process and wins; before here the settings were not known.
    level = live.values.get(settings_table.LOG_LEVEL)
    if level != settings_table.LOG_LEVEL.default and not os.environ.get("FAIRLEAD_LOG"):
        set_log_level(level)
    lookup = CustomerLookup(lambda: live.services, store, clock)
    editor = EditService(store, clock, bus, lambda: live.actor, lambda: live.rules)
    return WorkspaceServices(
        context=context,
        workspace=workspace,
        workspaces=workspaces,
        store=store,
        bus=bus,
        session=live,
        lookup=lookup,
        editor=editor,
        undo=UndoService(store, editor, clock, bus, lambda: live.actor),
        follow=TicketFollower(lambda: live.services, clock, live.has_spare_rate_budget),
        syncs=SyncService(
            store,
            clock,
            bus,
            lambda: live.actor,
            lambda: live.rules,
            lambda: live.values.get(settings_table.TIMEZONE),
        ),
    )


def build_connection_config(
    context: AppContext, workspace: Workspace, workspaces: WorkspaceRegistry
) -> ConnectionConfig:
    """What connecting needs; the vault's keyring is imported at its first use."""
    below: Vault = (
        context.vault_factory(workspace)
        if context.vault_factory is not None
        else KeyringVault(workspace.keyring_service, context.redactor)
    )
    vault = EnvironmentVault(below, context.overrides, context.redactor)
    return ConnectionConfig(workspaces, workspace, vault, context.overrides, context.clock)
