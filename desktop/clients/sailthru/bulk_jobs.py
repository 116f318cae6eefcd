"""Sailthru's bulk jobs: exports a whole list, updates many profiles (docs/sailthru.md 2.4)."""

import mmap
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.job_status import SailthruJob
from desktop.clients.sailthru.protocol import UploadFile
from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json

# What `export_csv` reads. How the parameter wants columns written is not known; clients that
# name some write them like this.
_EXPORT_COLUMNS = (
    "profile_id",
    "email_hash",
    "extid",
    "engagement",
    "lists",
    "profile_created_date",
    "signup",
    "opens",
    "clicks",
    "pageviews",
    "last_open",
    "last_click",
    "last_pageview",
    "optout_time",
    "lifetime_message",
    "purchase_count",
    "purchase_price",
    "email_status",
)


class SailthruBulkClient:
    """Starts Sailthru jobs; they have no row results: read the profiles afterwards."""

    def __init__(self, client: SailthruClient) -> None:
        self._client = client

    async def start_list_export(
        self,
        name: str,
        vars: Sequence[str],
        *,
        email: bool = False,
        columns: Sequence[str] = _EXPORT_COLUMNS,
    ) -> SailthruJob:
        """Start a Sailthru job that exports a list's profiles, with these vars as columns.

        `columns` are the other columns, by default all that are read. `email` asks for the raw
        address too, which not every account exports. Raises NotFound for an unknown list, Forbidden
        where the key may not start jobs.
        """
        fields: dict[str, Json] = dict.fromkeys((*columns, *(("email",) if email else ())), 1)
        if vars:
            fields["vars"] = dict.fromkeys(vars, 1)
        return await self._client.submit_job("export_list_data", {"list": name, "fields": fields})

    async def start_update(self, lines: Path | bytes) -> SailthruJob:
        """Start a Sailthru job that updates profiles from JSON lines, each like a user POST's body.

        A file is copied once, into the request; the lines are never held one by one. A line that
        Sailthru refuses is skipped without a word, and lines with `key: sid` all are on accounts
        that do not take them. Raises InvalidInput for a file that is empty or cannot be read.
        """
        if isinstance(lines, bytes):
            return await self._submit(lines)
        with _memory_mapped(lines) as mapped:
            return await self._submit(mapped)

    async def get_job(self, job_id: str) -> SailthruJob:
        """Ask Sailthru for a bulk job's status. Raises NotFound."""
        return await self._client.get_job(job_id)

    def download(self, url: str) -> AsyncIterator[bytes]:
        """Yield the pieces of a Sailthru list export's file."""
        return self._client.download(url)

    async def _submit(self, lines: bytes | mmap.mmap) -> SailthruJob:
        return await self._client.submit_job("update", {}, file=UploadFile("lines.json", lines))


@contextmanager
def _memory_mapped(path: Path) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as file:
            # A million lines are some hundred MB: mapped, they are read once and never copied
            # here.
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        raise InvalidInput(
            "There are no changes to send.",
            "Their file is empty or cannot be read.",
            "Try again.",
        ) from None
    with mapped:
        yield mapped
