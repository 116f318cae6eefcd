"""The named sources of events: adding, renaming and removing them, and who delivers them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, InvalidInput, KeyringError, NotPermitted
from desktop.model.event_source import (
    EventSource,
    EventSourceKind,
    UnattendedSwitch,
    parse_source_name,
)
from desktop.model.permission import Actor, PermissionDecision
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.sync_service import SyncService
from desktop.vault.event_write_keys import EventWriteKeys

_ADMINS_ONLY = "Only an admin may let events be delivered by themselves. Ask an admin of Zendesk."


class EventSourceService:
    """Changes the named sources of one workspace, by the actor's rights."""

    def __init__(
        self,
        store: WorkspaceStore,
        clock: Clock,
        bus: ChangeBus,
        syncs: SyncService,
        get_actor: Callable[[], Actor],
        write_keys: EventWriteKeys,
    ) -> None:
        self._sources = store.event_sources
        self._clock, self._bus = clock, bus
        self._syncs = syncs
        self._get_actor = get_actor
        self.write_keys = write_keys

    def check_configuration(self) -> PermissionDecision:
        """Decide whether the signed-in person may add, rename and remove sources."""
        return self._syncs.check_configuration_permission()

    def check_switch(self) -> PermissionDecision:
        """Decide whether the signed-in person may have a source delivered by itself."""
        decision = self._syncs.check_permission()
        actor = self._get_actor()
        if decision.is_allowed and not actor.is_confirmed_admin:
            return PermissionDecision(False, _ADMINS_ONLY)
        return decision

    async def list_sources(self) -> tuple[EventSource, ...]:
        """Return every named source with its counts, by name."""
        return await self._sources.list_all(self._clock.now())

    async def get(self, name: str) -> EventSource:
        """Return one named source of events. Raises NotFound."""
        return await self._sources.get(name, self._clock.now())

    async def add(self, name: str, kind: EventSourceKind, folder: str = "") -> EventSource:
        """Add a source. Raises NotPermitted, InvalidInput and ConflictError."""
        self._require_configuration()
        name = parse_source_name(name)
        path = await self._check_folder(folder) if kind is EventSourceKind.FOLDER else ""
        if folder and kind is not EventSourceKind.FOLDER:
            raise InvalidInput(f"A source of the kind “{kind.label}” has no folder.")
        await self._sources.add(name, kind, path, self._clock.now())
        self._publish()
        return await self.get(name)

    async def rename(self, name: str, new_name: str) -> EventSource:
        """Rename a source, also where its events show it. Raises NotFound, ConflictError."""
        self._require_configuration()
        new_name = parse_source_name(new_name)
        await self._sources.rename(name, new_name)
        self._publish()
        return await self.get(new_name)

    async def remove(self, name: str) -> None:
        """Remove a source with its key; its events stay. Raises NotFound."""
        self._require_configuration()
        source_id = await self._sources.remove(name)
        self._publish()
        try:
            await self.write_keys.remove(source_id)
        except KeyringError:
            # Of a source that is gone no key counts: nothing depends on this.
            return

    async def set_unattended(self, name: str, switch: UnattendedSwitch | None) -> EventSource:
        """Have a source delivered by itself, or no more (None). Raises NotPermitted, NotFound."""
        if switch is None:
            self._require_configuration()
        elif not (decision := self.check_switch()).is_allowed:
            raise NotPermitted("This source can't be delivered by itself.", decision.reason)
        actor = self._get_actor()
        await self._sources.put_switch(name, switch, actor.signature, actor.key, self._clock.now())
        self._publish()
        return await self.get(name)

    async def make_write_key(self, name: str) -> str:
        """Make a new write key for an HTTP source and return it. Raises KeyringError."""
        self._require_configuration()
        source = await self.get(name)
        if source.kind is not EventSourceKind.HTTP:
            raise InvalidInput(f"“{source.name}” takes no events over HTTP, so it has no key.")
        return await self.write_keys.make(source.id, source.name)

    async def _check_folder(self, folder: str) -> str:
        text = await asyncio.to_thread(_resolve_folder, folder)
        if not text:
            raise InvalidInput(
                f"There is no folder {folder}." if folder.strip() else "Name the folder to watch.",
                "No source was added.",
            )
        for one in await self.list_sources():
            if one.folder == text:
                raise ConflictError(
                    f"“{one.name}” watches this folder already.", "No source was added."
                )
        return text

    def _require_configuration(self) -> None:
        decision = self.check_configuration()
        if not decision.is_allowed:
            raise NotPermitted("Sources of events can't be changed here.", decision.reason)

    def _publish(self) -> None:
        self._bus.publish(ChangeSet.of(Topic.SYNC))


def _resolve_folder(folder: str) -> str:
    """Return the whole path of a folder that is there, or ""."""
    path = Path(folder).expanduser()
    return str(path.resolve()) if folder.strip() and path.is_dir() else ""
