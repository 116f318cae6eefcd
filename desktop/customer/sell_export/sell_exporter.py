"""Exports everything from Zendesk Sell into a folder, before Sell ends.

A list of several pages is read once more, until a pass finds nothing else: pages shift when a
record is deleted meanwhile, and Sell tells no total. Killed at any moment, the export goes on from
the last page.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from desktop import __version__
from desktop.clients.sell.client import SellClient
from desktop.customer.sell_export.export_folder import (
    MANIFEST,
    SellExportFolder,
    TableProgress,
)
from desktop.customer.sell_export.export_tables import (
    CUSTOM_FIELDS,
    EXPORT_TABLES,
    LINKS,
    NOT_INCLUDED,
    SellExportTable,
    flatten_record,
    with_fields_by_id,
)
from desktop.customer.sell_export.link_table import (
    LINK_COLUMNS,
    LinkLookup,
    address_of,
    link_records,
)
from desktop.customer.sell_export.record_file import PartFile, Record, write_table
from desktop.customer.service_clients import ServiceClients
from desktop.kit.clock import Clock, iso_timestamp
from desktop.kit.errors import Forbidden, InvalidInput, NotFound, NotPermitted
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Permission, PermissionDecision
from desktop.model.sell_record import SELL_END, SellAccount, SellCustomField
from desktop.settings.file_lock import hold_lock
from desktop.store.workspace_store import WorkspaceStore

# Passes over a list that keeps changing; after them it is said not to be verified.
_MAX_PASSES = 4
_LOCK_WAIT_S = 1.0
_BY_ID = (("sort_by", "id:asc"),)
_RESOURCES = ("contact", "lead", "deal")


@dataclass(frozen=True)
class SellExportStep:
    """How far a Sell export is: `records` of `table` so far; `is_check`: read once more."""

    table: str
    records: int
    is_check: bool = False


@dataclass(frozen=True)
class SellExportResult:
    """What a Sell export has written: the manifest, and whether every count was verified."""

    folder: Path
    manifest: dict[str, Json]
    is_complete: bool


@dataclass
class SellExporter:
    """Makes the Sell exports of one workspace.

    `permit` decides on a right by the rules of this moment; `recheck` asks Zendesk anew who is at
    work; `checkpoint` is called at named points, where tests end the process. `lock_path` is a file
    that only one export at a time holds.
    """

    services: Callable[[], ServiceClients]
    store: WorkspaceStore
    clock: Clock
    actor: Callable[[], Actor]
    permit: Callable[[Permission, Actor], PermissionDecision]
    recheck: Callable[[], Awaitable[None]]
    on_step: Callable[[SellExportStep], None] = lambda _step: None
    checkpoint: Callable[[str], None] = lambda _name: None
    lock_path: Path | None = None
    _fields: dict[str, tuple[SellCustomField, ...]] = field(default_factory=dict, init=False)

    def require_right(self) -> None:
        """Raise NotPermitted where the person at work may not export everything from Sell."""
        decision = self.permit(Permission.EXPORT_SELL, self.actor())
        if not decision.is_allowed:
            raise NotPermitted("Exporting everything from Sell is not allowed.", decision.reason)

    async def export(self, path: Path, *, with_links: bool = True) -> SellExportResult:
        """Export everything into a folder, or go on with an export that was stopped there.

        Raises NotPermitted, InvalidInput for a folder that holds something else, StorageError, and
        what keeps Sell or, for the links, the other services from being asked.
        """
        self.require_right()
        client = self.services().sell
        if client is None:
            raise InvalidInput(
                "Zendesk Sell is not connected.",
                "Nothing was read.",
                "Connect it with `fairlead setup`, or in Settings.",
            )
        client = client.for_runs()
        if self.lock_path is None:
            return await self._export(client, path, with_links=with_links)
        # One at a time: two would write the same files.
        async with hold_lock(self.lock_path, limit_s=_LOCK_WAIT_S):
            return await self._export(client, path, with_links=with_links)

    async def _export(
        self, client: SellClient, path: Path, *, with_links: bool
    ) -> SellExportResult:
        account = await client.account()
        folder = SellExportFolder(await asyncio.to_thread(path.absolute))
        is_resumed = await asyncio.to_thread(
            folder.open, account.id, _file_names(), self.clock.now()
        )
        await self._audit("resumed" if is_resumed else "begun", folder, {})
        await self._export_custom_fields(client, folder)
        for table in EXPORT_TABLES:
            if not folder.table(table.name).is_done:
                await self._export_table(client, folder, table)
        if with_links:
            await self._export_links(folder)
        else:
            folder.table(LINKS).note = "Left out."
        return await self._finish(folder, account)

    async def _ask_again(self) -> None:
        # It works for long: a role that was taken away meanwhile holds from then on.
        await self.recheck()
        self.require_right()

    async def _audit(self, what: str, folder: SellExportFolder, counts: Json) -> None:
        await self.store.audit.append_sell_export(
            actor=self.actor().signature,
            folder=str(folder.path),
            counts=counts,
            at=self.clock.now(),
            what=what,
        )

    # Tables

    async def _export_custom_fields(self, client: SellClient, folder: SellExportFolder) -> None:
        for resource in _RESOURCES:
            self._fields[resource] = await client.list_custom_fields(resource)
        progress = folder.table(CUSTOM_FIELDS)
        if progress.is_done:
            return
        rows: list[Record] = [
            {"resource": resource, "id": one.id, "name": one.name, "type": one.type}
            for resource in _RESOURCES
            for one in self._fields[resource]
        ]
        await self._write(folder, CUSTOM_FIELDS, lambda: rows, (), ())
        progress.is_verified = True
        await asyncio.to_thread(folder.save)

    async def _export_table(
        self, client: SellClient, folder: SellExportFolder, table: SellExportTable
    ) -> None:
        await self._ask_again()
        progress = folder.table(table.name)
        path = folder.path / f".{table.name}.records"
        fields = self._fields.get(table.fields_of, ())
        async with _opened(path, progress.length) as part:
            try:
                progress.is_verified = await self._read_passes(client, folder, table, part, fields)
            except (Forbidden, NotFound) as error:
                if not table.is_optional:
                    raise
                progress.note = f"Not exported: {error.title} {error.message}".strip()
                progress.is_done = True
            else:
                await self._write(folder, table.name, part.records, (), fields)
        await asyncio.to_thread(folder.save)
        path.unlink(missing_ok=True)
        self.checkpoint("table")

    async def _read_passes(
        self,
        client: SellClient,
        folder: SellExportFolder,
        table: SellExportTable,
        part: PartFile,
        fields: Sequence[SellCustomField],
    ) -> bool:
        """Read a list whole until a pass finds what is there already; False: it never did."""
        progress = folder.table(table.name)
        if progress.number > 1:
            # Which records a broken-off check has seen is not known any more.
            progress.page = 1
        while progress.number <= _MAX_PASSES:
            seen: set[object] = set()
            changed, more = 0, True
            while more:
                records, more = await client.read_page(table.path, progress.page, _BY_ID)
                usable = [with_fields_by_id(one, fields) for one in records if "id" in one]
                seen.update(one["id"] for one in usable)
                changed += await asyncio.to_thread(part.append, usable)
                self.checkpoint("page written")
                more = more and bool(records)
                progress.page, progress.length = progress.page + 1, part.length
                await asyncio.to_thread(folder.save)
                self.checkpoint("page")
                count = len(part) if progress.number == 1 else len(seen)
                self.on_step(SellExportStep(table.name, count, progress.number > 1))
            is_check = progress.number > 1
            # One answer is of one moment: nothing can have moved from a page to another.
            is_one_answer = not is_check and progress.page == 2
            gone = set(part.keys) - seen if is_check else set()
            part.drop(gone)
            progress.number, progress.page = progress.number + 1, 1
            await asyncio.to_thread(folder.save)
            if is_one_answer or (is_check and not changed and not gone):
                return True
        return False

    async def _write(
        self,
        folder: SellExportFolder,
        name: str,
        records: Callable[[], "Sequence[Record] | Iterator[Record]"],
        columns: Sequence[str],
        fields: Sequence[SellCustomField],
    ) -> None:
        progress = folder.table(name)
        progress.files = await asyncio.to_thread(
            write_table, folder, name, records, columns, lambda one: flatten_record(one, fields)
        )
        self.checkpoint("files")
        progress.rows, progress.is_done = progress.files[0].rows, True

    # Links and the end

    async def _export_links(self, folder: SellExportFolder) -> None:
        progress = folder.table(LINKS)
        if progress.is_done:
            return
        await self._ask_again()
        progress.note = ""
        path = folder.path / f".{LINKS}.records"
        async with _opened(path, progress.length, "address") as part:

            def found() -> None:
                progress.length = part.length
                folder.save()
                self.on_step(SellExportStep(LINKS, len(part)))
                self.checkpoint("links")

            people = [*await asyncio.to_thread(lambda: [*_read_addresses(folder)])]
            lookup = LinkLookup(self.services, self.store, self.clock)
            await lookup.look_up_all(people, part, found)
            links = {str(one["address"]): one for one in part.records()}
            await self._write(
                folder,
                LINKS,
                lambda: link_records(_read_people(folder), links),
                LINK_COLUMNS,
                (),
            )
        progress.is_verified = True
        progress.note = self._missing_services()
        await asyncio.to_thread(folder.save)
        path.unlink(missing_ok=True)

    def _missing_services(self) -> str:
        services = self.services()
        names = [
            name
            for name, client in (("Zendesk", services.zendesk), ("Sailthru", services.sailthru))
            if client is None
        ]
        return f"{' and '.join(names)} not connected: no links to it." if names else ""

    async def _finish(self, folder: SellExportFolder, account: SellAccount) -> SellExportResult:
        names = (CUSTOM_FIELDS, *(table.name for table in EXPORT_TABLES), LINKS)
        tables = {name: folder.table(name) for name in names}
        await asyncio.to_thread(folder.require_unchanged)
        is_complete = all(one.is_verified or one.note for one in tables.values())
        manifest: dict[str, Json] = {
            "made_by": f"Fairlead {__version__}",
            "begun_at": iso_timestamp(folder.progress.begun_at),
            "made_at": iso_timestamp(self.clock.now()),
            "person": self.actor().name,
            "account": {"id": account.id, "name": account.name, "currency": account.currency},
            "sell_ends": SELL_END.isoformat(),
            "complete": is_complete,
            "tables": {name: _table_entry(one) for name, one in tables.items()},
            "not_included": list(NOT_INCLUDED),
        }
        # Told before it counts as finished: an export without a row in the record would be one
        # that nobody hears of.
        counts: dict[str, Json] = {name: one.rows for name, one in tables.items()}
        await self._audit("finished", folder, counts)
        await asyncio.to_thread(folder.finish, manifest)
        return SellExportResult(folder.path, manifest, is_complete)


def _close_opened(opening: "asyncio.Future[PartFile]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


@asynccontextmanager
async def _opened(path: Path, length: int, key: str = "id") -> AsyncIterator[PartFile]:
    """Open a table's records so far in a thread, and close them, also where nobody waits for it."""
    opening = asyncio.ensure_future(asyncio.to_thread(PartFile, path, length, key))
    try:
        part = await asyncio.shield(opening)
    except asyncio.CancelledError:
        # The export was stopped; the thread goes on and opens the file all the same.
        opening.add_done_callback(_close_opened)
        raise
    try:
        yield part
    finally:
        part.close()


def _table_entry(progress: TableProgress) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "rows": progress.rows,
        "verified": progress.is_verified,
        "files": msgspec.to_builtins(progress.files),
    }
    return entry | ({"note": progress.note} if progress.note else {})


def _file_names() -> Iterator[str]:
    yield MANIFEST
    for name in (CUSTOM_FIELDS, *(table.name for table in EXPORT_TABLES), LINKS):
        yield f"{name}.jsonl"
        yield f"{name}.csv"


def _read_people(folder: SellExportFolder) -> Iterator[tuple[str, Record]]:
    for name, kind in (("contacts", "contact"), ("leads", "lead")):
        with (folder.path / f"{name}.jsonl").open("rb") as file:
            for line in file:
                yield kind, msgspec.json.decode(line)


def _read_addresses(folder: SellExportFolder) -> Iterator[str]:
    for _, record in _read_people(folder):
        if address := address_of(record):
            yield address
