"""Reads Sailthru lists into the data workspace, by the export of each that an admin has named.

An export is one file: cut short, its job is looked for again and its rows are stored once more,
which changes nothing. Whoever is on none of the lists was not read.
"""

import logging
from collections.abc import Callable, Sequence

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.job_status import SailthruJob
from desktop.clients.sailthru.list_export_reader import InvalidExportRow
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, Forbidden, NotFound, ResponseTimeout, ServiceError
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople, person_keys
from desktop.model.exported_profile import ExportedProfile
from desktop.store.data_source_repository import ReadingState, list_source_name
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_profile_repository import ProfileFields
from desktop.writing.sailthru_list_export import ListExport, ListNotExported

log = logging.getLogger(__name__)

_ROWS_PER_SAVE = 500

OnPage = Callable[[ReadingState], None]


class SailthruListReader:
    """Reads named Sailthru lists, one after another."""

    def __init__(
        self,
        store: DataStore,
        client: SailthruClient,
        export: ListExport,
        fields: ProfileFields,
        clock: Clock,
        *,
        on_page: OnPage = lambda _state: None,
        require_allowed: Callable[[], None] = lambda: None,
        erased: ErasedPeople = NOBODY_ERASED,
    ) -> None:
        """`fields` says which vars are read; `require_allowed` is asked before each saving.

        The profiles of `erased` people are left out.
        """
        self._erased = erased
        self._store = store
        self._client = client
        self._export = export
        self._fields = fields
        self._clock = clock
        self._on_page = on_page
        self._require_allowed = require_allowed

    async def refresh(self, names: Sequence[str]) -> tuple[ReadingState, ...]:
        """Read these lists; returns how each stands afterwards.

        A list that is not there (any more), and exports that the key may not start, are noted.
        Raises what a service that is away raises; what was read until then is kept.
        """
        counts = await self._count_members(names)
        for name in names:
            try:
                await self._read_list(name, counts.get(name))
            except (Forbidden, NotFound, ListNotExported) as error:
                reason = f"{error.title} {error.message}".strip()
                now = self._clock.now()
                await self._store.sources.set_refused(list_source_name(name), now, reason)
        return tuple([await self._store.sources.get(list_source_name(name)) for name in names])

    async def _count_members(self, names: Sequence[str]) -> dict[str, int]:
        if not names:
            return {}
        try:
            return {one.name: one.count for one in await self._client.list_lists() if one.count}
        except AppError:
            # Only the progress needs it.
            return {}

    async def _read_list(self, name: str, expected: int | None) -> None:
        sources, source, wanted = self._store.sources, list_source_name(name), self._fields.vars
        state = await sources.begin_reading(source, self._clock.now(), expected)
        job = await self._export.find_resumable(state.cursor)
        if job is not None:
            try:
                return await self._read_export(job, name)
            except (NotFound, ServiceError, ResponseTimeout) as error:
                # Its file lives for hours and can be lost before.
                log.info("The kept export of a list cannot be used: %s", error.title)
        job = await self._export.start(name, wanted)
        await sources.set_cursor(source, job.id)
        return await self._read_export(job, name)

    async def _read_export(self, begun: SailthruJob, name: str) -> None:
        job = await self._export.wait(begun, name)
        rows: list[ExportedProfile] = []
        unreadable = 0
        await self._store.sources.restart_rows(list_source_name(name))
        async for piece in self._export.read_rows(job, self._fields.vars):
            usable = [row for row in piece if not isinstance(row, InvalidExportRow) and row.sid]
            unreadable += len(piece) - len(usable)
            rows += [row for row in usable if not self._erased.is_erased(_keys_of(row))]
            if len(rows) >= _ROWS_PER_SAVE:
                await self._save(name, rows, job.id)
                rows = []
        await self._save(name, rows, job.id)
        if not unreadable:
            # Who stands in a row that cannot be read has not left the list.
            await self._store.profiles.end_list(name, job.id)
        await self._store.sources.end_reading(list_source_name(name), self._clock.now(), cursor="")

    async def _save(self, name: str, rows: Sequence[ExportedProfile], job_id: str) -> None:
        self._require_allowed()
        now = self._clock.now()
        await self._store.profiles.save_profiles(name, rows, job_id, self._fields, now)
        self._on_page(await self._store.sources.get(list_source_name(name)))


def _keys_of(row: ExportedProfile) -> frozenset[str]:
    return person_keys(
        addresses=[row.email or ""],
        email_hashes=[row.email_hash],
        sids=[row.sid],
        external_ids=[row.extid or ""],
    )
