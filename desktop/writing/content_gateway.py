"""Reads and writes items of Sailthru's content for runs, one by one, by their URL.

Whether a POST merges `vars` or replaces them is not known (docs/sailthru.md 2.7): the whole set is
sent, put together from what was read a moment before.
"""

import asyncio
from collections.abc import Mapping, Sequence

from desktop.clients.sailthru.client import SailthruClient
from desktop.kit.errors import AppError, NotFound, StopsRun
from desktop.model.json_value import Json
from desktop.model.sailthru_content import SailthruContent
from desktop.model.service import Service
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import (
    CONTENT_ATTRIBUTES,
    CONTENT_URL_FIELD,
    VAR_PREFIX,
    TargetRecord,
    target_record_from_content,
)
from desktop.writing.row_comparison import ReadResult
from desktop.writing.sailthru_gateway import MAX_CONCURRENT_CALLS


class ContentGateway:
    """The write protocol's gateway to items of Sailthru's content, by URL."""

    service = Service.SAILTHRU

    def __init__(self, client: SailthruClient) -> None:
        self._client = client
        self._semaphore = asyncio.Semaphore(MAX_CONCURRENT_CALLS)

    async def read(self, url: str) -> TargetRecord | None:
        """Read an item of Sailthru's content by its URL; None: no such."""
        try:
            async with self._semaphore:
                return target_record_from_content(await self._client.get_content(url))
        except NotFound:
            return None

    async def read_rows(self, rows: Sequence[PlanRow]) -> Mapping[int, ReadResult]:
        """Read each row's item of content, by row number; raises only what stops a whole run."""
        answers = await asyncio.gather(*map(self._read_row, rows))
        return {row.row: answer for row, answer in zip(rows, answers, strict=True)}

    async def send_row(self, row: PlanRow, now: TargetRecord | None) -> str:
        """POST all changes of a row to Sailthru's content; returns the item's URL."""
        url = row.target_id or row.address
        item = now.document if now is not None else None
        variables = dict(item.vars) if isinstance(item, SailthruContent) else {}
        values: dict[str, Json] = {}
        has_vars = False
        for change in row.changes_to_send:
            if change.field.startswith(VAR_PREFIX):
                has_vars = True
                name = change.field.removeprefix(VAR_PREFIX)
                variables.pop(name, None)
                if change.new is not None:
                    variables[name] = change.new
            elif change.field in CONTENT_ATTRIBUTES:
                values[change.field] = "" if change.new is None else change.new
            elif change.field != CONTENT_URL_FIELD:
                raise ValueError(change.field)
        if has_vars:
            values["vars"] = variables
        async with self._semaphore:
            await self._client.post_content(url, values)
        return url

    async def _read_row(self, row: PlanRow) -> ReadResult:
        try:
            found = await self.read(row.target_id or row.address)
        except StopsRun:
            raise
        except AppError as error:
            return error
        if found is None and row.target_id:
            return NotFound("The item is no longer in Sailthru’s content.")
        return found
