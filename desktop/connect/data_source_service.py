"""The data sources of a workspace: how each stands, its name, and the steps that lead out of it.

Connecting one is the set-up's; leaving it goes disconnected → archived → deleted. What was read
stays through all of them: to erase it is an act of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from desktop.connect import disconnect
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.identity_and_roles import check_setting_change
from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.kit.text import format_count
from desktop.model.data_source import (
    DataSource,
    DataSourceKind,
    DataSourceRecord,
    DataSourceState,
    DataSourceStep,
    check_source_name,
)
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.file_lock import hold_lock
from desktop.settings.settings_file import SettingsValues
from desktop.store.audit_log import AuditLog
from desktop.vault.secret import Secret

if TYPE_CHECKING:
    from desktop.store.data_workspace_store import DataStore
    from desktop.store.sqlite_database import Database

_LOCK_WAIT_S = 0.5
LEAVING_TEXT = (
    "Zendesk alone says who is at work: once it is disconnected, nobody here sees what was read in"
    " Audience and Reports, and nobody may archive or delete it, until it is connected again. Both"
    " can be done along with it."
)
SERVICES = {
    DataSourceKind.SUPPORT: Service.ZENDESK,
    DataSourceKind.SAILTHRU: Service.SAILTHRU,
    DataSourceKind.EVENTS: Service.ZENDESK,
    DataSourceKind.SELL: Service.SELL,
}


class DataSourceWorkspace(Protocol):
    """The session whose data sources these are."""

    @property
    def values(self) -> SettingsValues:
        """The workspace's settings that count now."""
        ...

    @property
    def actor(self) -> Actor:
        """Who is signed in, and asks about data sources."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether the workspace has a sign-in at any service."""
        ...

    def change_settings(self, changes: Mapping[str, Json]) -> None:
        """Store several settings of the workspace, all or none."""
        ...

    def reload_settings(self) -> None:
        """Read the workspace's settings file again."""
        ...

    async def connect(self) -> None:
        """Connect every service of the workspace that has a sign-in."""
        ...

    async def disconnect(self) -> None:
        """Close the workspace's connections to every service."""
        ...


@dataclass(frozen=True)
class DataSourceParts:
    """What the rest of a workspace tells of its data sources, and does for them.

    `connected` are the kinds whose service has a client now, or whose intake is set up;
    `stop_events` holds back every source of events, `clear_events` clears what was delivered and
    says how many that were. `get_store` is None where nothing of everybody is kept; `mirror` holds
    what look-ups and syncs have read.
    """

    get_connected: Callable[[], Awaitable[frozenset[DataSourceKind]]]
    stop_events: Callable[[], Awaitable[None]]
    resume_events: Callable[[], Awaitable[None]]
    count_events: Callable[[], Awaitable[int]]
    clear_events: Callable[[], Awaitable[int]]
    get_store: Callable[[], "DataStore | None"]
    mirror: "Database"
    lock_path: Path


class DataSourceService:
    """The use cases of data sources that need no window."""

    def __init__(
        self,
        workspace: DataSourceWorkspace,
        config: ConnectionConfig,
        audit: AuditLog,
        parts: DataSourceParts,
    ) -> None:
        self._workspace = workspace
        self._config = config
        self._audit = audit
        self._parts = parts

    async def list_all(self) -> tuple[DataSource, ...]:
        """List every data source there is, with how it stands."""
        connected = await self._parts.get_connected()
        return tuple(self._build(kind, connected) for kind in DataSourceKind)

    async def get(self, kind: DataSourceKind) -> DataSource:
        """Return how one data source stands."""
        return self._build(kind, await self._parts.get_connected())

    def change_refusal(self) -> str:
        """Say why the person at work may not leave or rename a data source; "" where they may."""
        actor = self._workspace.actor if self._workspace.is_connected else None
        # Who may change the account may leave it; a policy that fixes it forbids both.
        values = self._workspace.values
        refusal = check_setting_change(settings_table.ZENDESK_BASE_URL, actor, values).reason
        record = values.get(settings_table.SOURCE_RECORDS).get(DataSourceKind.SUPPORT)
        if not refusal or record is None or record.state is DataSourceState.CONNECTED:
            return refusal
        return (
            "Only an admin may, and only Zendesk says who is one: it is disconnected. Connect it"
            " again; disconnecting asks what becomes of it then."
        )

    def erase_refusal(self, source: DataSource) -> str:
        """Say why what was read of a data source can't be erased now; "" where it can."""
        if not self._workspace.actor.is_confirmed_admin:
            return (
                "Only an admin may erase what was read of everybody, and only Zendesk says who is"
                " one. Sign in, or erase before you disconnect."
            )
        keeps = self._workspace.values.get(settings_table.KEEP_EVERYTHING)
        if source.state is DataSourceState.CONNECTED and keeps and source.kind in _READ_KINDS:
            return (
                "It would be read again. Disconnect it first, or switch off “Keep everybody's"
                " data on this computer”."
            )
        return ""

    async def rename(self, kind: DataSourceKind, name: str) -> DataSource:
        """Name a data source on this computer; the account itself is not touched."""
        self._require_change()
        source = await self.get(kind)
        if source.state is DataSourceState.AVAILABLE:
            raise ConflictError(f"{kind.title} is not connected.", "It has no name here.")
        record = source.record or DataSourceRecord(source.state, account=source.account)
        self._store(kind, replace(record, name=check_source_name(name)))
        return await self.get(kind)

    async def take_steps(self, kind: DataSourceKind, *steps: DataSourceStep) -> DataSource:
        """Disconnect, archive or delete a data source, one step after another. What was read stays.

        The right is asked once, before the first: without Zendesk nobody is known to be an admin.
        Raises NotPermitted, ConflictError where a step comes too early or a run does not stop,
        KeyringError.
        """
        self._require_change()
        source = await self.get(kind)
        ends = source.follow_steps(steps)
        if DataSourceStep.DELETE in steps:
            self._require_no_environment_secret(source)
        actor = self._workspace.actor
        for step, end in zip(steps, ends, strict=True):
            await self._take_step(await self.get(kind), step, end, actor)
        return await self.get(kind)

    async def _take_step(
        self, source: DataSource, step: DataSourceStep, end: DataSourceState, actor: Actor
    ) -> None:
        now, kind = self._config.clock.now(), source.kind
        await self._audit.note_source(
            kind.value,
            SERVICES[kind],
            old={"state": source.state.value, "account": source.account},
            new={"state": end.value},
            actor=actor.signature,
            now=now,
        )
        record = DataSourceRecord(
            end, source.name if source.record else "", source.account, actor.signature, now
        )
        if step is DataSourceStep.DISCONNECT:
            await self._leave(kind)
            # Credentials that the environment gives are not used while this stands.
            self._store(kind, record)
            if kind is not DataSourceKind.EVENTS:
                await self._workspace.disconnect()
                self._workspace.reload_settings()
                await self._workspace.connect()
        elif step is DataSourceStep.ARCHIVE:
            self._store(kind, record)
        else:
            self._forget_account(kind)
            self._store(kind, None)

    async def resume(self, kind: DataSourceKind) -> DataSource:
        """Connect again a data source that needs no sign-in, or has one here still."""
        self._require_change()
        source = await self.get(kind)
        if source.state is DataSourceState.CONNECTED or source.record is None:
            return source
        self._store(kind, replace(source.record, state=DataSourceState.CONNECTED))
        if kind is DataSourceKind.EVENTS:
            await self._parts.resume_events()
        else:
            await self._workspace.connect()
        return await self.get(kind)

    async def count_data(self, kind: DataSourceKind) -> Mapping[str, int]:
        """Count what is kept of a data source on this computer, by what it is."""
        if kind is DataSourceKind.EVENTS:
            return {"events": await self._parts.count_events()}
        from desktop.store.data_source_erasure import COPIES, count_copies, count_source

        store = await asyncio.to_thread(self._parts.get_store)
        kept = {} if store is None else await asyncio.to_thread(count_source, store.data_db, kind)
        return {**kept, COPIES: await asyncio.to_thread(count_copies, self._parts.mirror, kind)}

    async def erase_data(self, kind: DataSourceKind, confirmed: int) -> Mapping[str, int]:
        """Erase what is kept of a data source; `confirmed` is how many records that are.

        Raises NotPermitted, InvalidInput where it is another number, ConflictError while
        everybody's data is read.
        """
        source = await self.get(kind)
        if refusal := self.erase_refusal(source):
            raise NotPermitted(f"What was read of {source.name} can't be erased now.", refusal)
        counts = await self.count_data(kind)
        total = sum(counts.values())
        if confirmed != total:
            raise InvalidInput(
                f"{confirmed:,} is not the number of records that would be erased.",
                "Nothing was erased.",
                f"{format_count(total, 'record', 'records')} would be.",
            )
        await self._audit.note_source(
            kind.value,
            SERVICES[kind],
            old=dict(counts),
            new={"erased": True},
            actor=self._workspace.actor.signature,
            now=self._config.clock.now(),
        )
        if kind is DataSourceKind.EVENTS:
            await self._parts.clear_events()
            return counts
        from desktop.store.data_source_erasure import erase_copies, erase_source

        store = self._parts.get_store()
        # Who reads everybody now would bring both back.
        async with hold_lock(self._parts.lock_path, limit_s=_LOCK_WAIT_S):
            await asyncio.to_thread(erase_copies, self._parts.mirror, kind)
            if store is not None:
                await asyncio.to_thread(erase_source, store.data_db, store.history_db, kind)
        return counts

    def _build(self, kind: DataSourceKind, connected: frozenset[DataSourceKind]) -> DataSource:
        record = self._workspace.values.get(settings_table.SOURCE_RECORDS).get(kind)
        is_left = record is not None and record.state is not DataSourceState.CONNECTED
        if record is not None and is_left:
            return DataSource(kind, record.state, record.account, record)
        if kind in connected:
            return DataSource(kind, DataSourceState.CONNECTED, self._account(kind), record)
        # Signed out elsewhere: it is known still, and reads nothing.
        if record is not None:
            return DataSource(kind, DataSourceState.DISCONNECTED, record.account, record)
        account = self._account(kind)
        state = DataSourceState.DISCONNECTED if account and kind is DataSourceKind.SUPPORT else None
        return DataSource(kind, state or DataSourceState.AVAILABLE, account if state else "")

    def _account(self, kind: DataSourceKind) -> str:
        values = self._workspace.values
        if kind is DataSourceKind.SUPPORT:
            return values.get(settings_table.ZENDESK_BASE_URL)
        if kind is DataSourceKind.SAILTHRU:
            return values.get(settings_table.SERVICE_URI)
        return values.get(settings_table.SELL_BASE_URL) if kind is DataSourceKind.SELL else ""

    async def _leave(self, kind: DataSourceKind) -> None:
        if kind is DataSourceKind.SUPPORT:
            await disconnect.sign_out_of_zendesk(self._config)
        elif kind is DataSourceKind.SAILTHRU:
            await disconnect.disconnect_sailthru(self._config)
        elif kind is DataSourceKind.SELL:
            await disconnect.disconnect_sell(self._config)
        else:
            await self._parts.stop_events()

    def _store(self, kind: DataSourceKind, record: DataSourceRecord | None) -> None:
        setting = settings_table.SOURCE_RECORDS
        kept: Mapping[DataSourceKind, DataSourceRecord] = self._workspace.values.get(setting)
        records = dict(kept)
        if record is None:
            records.pop(kind, None)
        else:
            records[kind] = record
        self._workspace.change_settings({setting.key: setting.serialize(records) or None})

    def _require_no_environment_secret(self, source: DataSource) -> None:
        """Raise ConflictError where the environment would connect a deleted source by itself."""
        if _SECRETS.get(source.kind) in self._config.environment_secrets.secrets:
            raise ConflictError(
                f"The environment of this process gives the sign-in of “{source.name}”.",
                "Deleted, it would be connected again at the next start. Nothing was changed.",
                "Take it out of the environment first; archived it stays unused.",
            )

    def _forget_account(self, kind: DataSourceKind) -> None:
        values = self._workspace.values
        if kind is DataSourceKind.SUPPORT:
            rows = (
                settings_table.ZENDESK_BASE_URL,
                settings_table.ZENDESK_AUTH,
                settings_table.ZENDESK_EMAIL,
            )
            self._workspace.change_settings(
                {row.key: None for row in rows if not values.is_managed(row)}
            )

    def _require_change(self) -> None:
        if refusal := self.change_refusal():
            raise NotPermitted("This data source can't be changed here.", refusal)


_SECRETS = {
    DataSourceKind.SUPPORT: Secret.ZENDESK_TOKEN,
    DataSourceKind.SAILTHRU: Secret.SAILTHRU_KEY,
    DataSourceKind.SELL: Secret.SELL_TOKEN,
}
# Whose records everybody's data holds.
_READ_KINDS = frozenset({DataSourceKind.SUPPORT, DataSourceKind.SAILTHRU})
