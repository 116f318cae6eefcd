"""What people do with a sync as a whole: add, check, switch, amend, remove."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.sync import Sync
from desktop.sync.sync_service import MissingResource
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext


class SyncActions:
    """Each tells the bus when it is done, and raises our errors."""

    def __init__(self, context: SyncPageContext) -> None:
        self._context = context

    async def add_preset(self, preset: str) -> Sync:
        """A preset's sync, off; the one there is if it was added before."""
        goal = await self._context.run_in_database_thread(
            self._context.syncs.add_preset, preset, self._context.sync_names()
        )
        self._context.publish_sync_change()
        return goal

    async def switch_off(self, name: str) -> Sync:
        """It reads and previews, and writes nothing."""
        goal = await self._context.run_in_database_thread(
            self._context.syncs.set_enabled, name, on=False
        )
        self._context.publish_sync_change()
        return goal

    async def check_and_switch_on(self, name: str) -> tuple[Sync, tuple[MissingResource, ...]]:
        """Ask both services for what it needs; on, where nothing needed is missing."""
        goal, absences = await self._context.syncs.check_resources(name, *self._require_clients())
        if goal.checked_at:
            goal = await self._context.run_in_database_thread(
                self._context.syncs.set_enabled, name, on=True
            )
        return goal, absences

    async def create_missing(self, absences: Sequence[MissingResource]) -> None:
        """Create what is missing. Raises NotPermitted for everybody but admins."""
        await self._context.syncs.create_missing_resources(
            absences, self._context.sync_names(), *self._require_clients()
        )

    async def edit_details(self, name: str, parts: dict[str, Any]) -> None:
        """Another title, description, labels, or favourite. Raises InvalidInput without a title."""
        if not str(parts.get("title", "x")).strip():
            raise InvalidInput("A sync needs a name.", "The old one stays.")
        await self._context.run_in_database_thread(self._save_details, name, parts)
        self._context.publish_sync_change()

    async def remove(self, name: str) -> None:
        """Take it away; what it wrote and its history stay."""
        await self._context.run_in_database_thread(self._context.syncs.remove_sync, name)
        self._context.publish_sync_change()

    def _save_details(self, name: str, parts: dict[str, Any]) -> None:
        self._context.syncs.save_sync(
            replace(self._context.store.syncs.get.blocking(name), **parts)
        )

    def _require_clients(self) -> tuple[SailthruClient, ZendeskClient]:
        services = self._context.workspace.services
        if services.sailthru is None or services.zendesk is None:
            raise UserDecisionNeeded(
                "Zendesk and Sailthru are not both connected.",
                "A sync needs both.",
                "Sign in under Settings.",
            )
        return services.sailthru, services.zendesk
