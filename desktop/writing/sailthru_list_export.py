"""Reads a Sailthru list by the export job of it: begun or found again, waited for, row by row.

Nothing is written by it; syncs and the data workspace read lists this one way.
"""

from collections.abc import AsyncIterator, Sequence

from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.job_status import SailthruJob, SailthruJobStatus
from desktop.clients.sailthru.list_export_reader import InvalidExportRow, ListExportReader
from desktop.kit.clock import Clock
from desktop.kit.errors import NotFound, ServiceError
from desktop.model.exported_profile import ExportedProfile
from desktop.writing.job_poller import wait_for_job


class ListNotExported(ServiceError):
    """The error of a Sailthru list whose export job ended without a file, or did not end."""


class ListExport:
    """Exports Sailthru lists; `zone` is the account's time zone (IANA), for the dates of rows.

    `job_timeout_s`: a job that has not ended after so many seconds is given up.
    """

    def __init__(
        self, bulk: SailthruBulkClient, clock: Clock, zone: str, job_timeout_s: float
    ) -> None:
        self._bulk = bulk
        self._clock = clock
        self._zone = zone
        self._job_timeout_s = job_timeout_s
        # What was left out of the export read last, a sentence each.
        self.warnings: tuple[str, ...] = ()

    async def find_resumable(self, job_id: str) -> SailthruJob | None:
        """Return an export's job that was begun before, if its file can still be read."""
        if not job_id:
            return None
        try:
            job = await self._bulk.get_job(job_id)
        except NotFound:
            return None
        is_usable = job.status in (SailthruJobStatus.PENDING, SailthruJobStatus.COMPLETED)
        return job if is_usable and not job.is_expired else None

    async def start(self, name: str, variables: Sequence[str]) -> SailthruJob:
        """Start the export of a list with these vars as columns. Raises NotFound, Forbidden."""
        return await self._bulk.start_list_export(name, variables)

    async def wait(self, begun: SailthruJob, name: str) -> SailthruJob:
        """Wait until a list's export has ended. Raises ListNotExported without a file."""
        job = await wait_for_job(
            lambda: self._bulk.get_job(begun.id), self._clock, self._job_timeout_s, begun
        )
        if job is not None and job.status is SailthruJobStatus.COMPLETED and job.export_url:
            return job
        raise ListNotExported(
            f"Sailthru did not export the list “{name}”.",
            "Its job did not come to an end." if job is None else "Its job ended without a file.",
            "Nothing was written. Run the sync again.",
            is_outcome_unknown=False,
        )

    async def read_rows(
        self, job: SailthruJob, variables: Sequence[str]
    ) -> AsyncIterator[list[ExportedProfile | InvalidExportRow]]:
        """Yield the rows of an ended export's file, as many as each piece of it holds.

        Raises what the download and `ListExportReader` raise.
        """
        reader = ListExportReader(variables, self._zone)
        async for piece in self._bulk.download(job.export_url or ""):
            yield list(reader.feed(piece))
        yield list(reader.finish())
        self.warnings = reader.warnings
