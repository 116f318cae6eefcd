"""Sailthru as the target of a sync: read one by one, written by single posts or one job.

A single post with a list change starts e-mail flows, a job does not as far as is known
(contract sailthru 9, Flows): which of the two a sync uses is its own choice.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence

from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.job_status import SailthruJob
from desktop.kit.errors import AppError, NotFound
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import (
    LIST_PREFIX,
    VAR_PREFIX,
    TargetRecord,
    target_record_from_profile,
)
from desktop.writing.target_record import ReadResult

# Reads and posts under way at the same time; the rate budget is kept below.
MAX_CONCURRENT_CALLS = 16


class SailthruGateway:
    """Reads and writes profiles, always by sid; a create alone goes by its address."""

    service = Service.SAILTHRU

    def __init__(self, client: SailthruClient, bulk: SailthruBulkClient) -> None:
        self._client = client
        self._bulk = bulk
        self._semaphore = asyncio.Semaphore(MAX_CONCURRENT_CALLS)

    async def read(self, id_: str, *, key: str = "sid") -> TargetRecord | None:
        """What stands at a sid, address or external id; None: there is no such profile."""
        async with self._semaphore:
            try:
                profile = await self._client.get_user(id_, key=key)
            except NotFound:
                return None
        return target_record_from_profile(profile)

    async def read_rows(self, rows: Sequence[PlanRow]) -> dict[int, ReadResult]:
        """What stands there for each row; an error that is only about one row is its value."""
        answers = await asyncio.gather(*(self._read_row(row) for row in rows))
        return {row.row: answer for row, answer in zip(rows, answers, strict=True)}

    async def send_row(self, row: PlanRow) -> None:
        """One post with everything the row wants."""
        async with self._semaphore:
            body = _UserPostBody(row)
            if row.target_id:
                await self._client.post_user(
                    row.target_id, optout=body.optout, lists=body.lists, vars=body.vars
                )
            else:
                await self._client.create_user(
                    row.address, optout=body.optout, lists=body.lists, vars=body.vars
                )

    async def create_missing_lists(self, names: Iterable[str]) -> tuple[str, ...]:
        """Make those lists that are not there, one at a time; gives their names."""
        there = {found.name for found in await self._client.list_lists()}
        missing = tuple(sorted(set(names) - there))
        for name in missing:
            await self._client.create_list(name)
        return missing

    async def submit_job(self, lines: bytes) -> SailthruJob:
        """One update job over JSON lines."""
        return await self._bulk.start_update(lines)

    async def get_job(self, job_id: str) -> SailthruJob:
        """How far it is. Raises NotFound."""
        return await self._bulk.get_job(job_id)

    async def _read_row(self, row: PlanRow) -> ReadResult:
        try:
            if row.target_id:
                return await self.read(row.target_id)
            return await self.read(row.address, key="email")
        except AppError as error:
            if is_run_wide_error(error):
                raise
            return error


def encode_job_line(row: PlanRow) -> bytes:
    """The row's line of an update job, like a user POST (contract sailthru 2.4)."""
    body = _UserPostBody(row)
    line: dict[str, Json] = (
        {"id": row.target_id, "key": "sid"}
        if row.target_id
        else {"id": row.address, "key": "email"}
    )
    if body.vars:
        line["vars"] = dict(body.vars)
    if body.lists:
        line["lists"] = {name: int(on) for name, on in body.lists.items()}
    if body.optout is not None:
        line["optout_email"] = body.optout.value
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def find_joined_lists(rows: Iterable[PlanRow]) -> frozenset[str]:
    """The lists these rows put somebody on; they have to be there first."""
    return frozenset(
        change.field.removeprefix(LIST_PREFIX)
        for row in rows
        for change in row.changes_to_send
        if change.field.startswith(LIST_PREFIX) and change.new is True
    )


def is_run_wide_error(error: AppError) -> bool:
    """Whether this would meet every row: it stops the run rather than the row."""
    return error.is_retryable or error.code in ("auth_lost", "forbidden", "no_keyring", "store")


class _UserPostBody:
    """What a row sets, by the parts of a user POST."""

    def __init__(self, row: PlanRow) -> None:
        self.vars: Mapping[str, Json] = {
            c.field.removeprefix(VAR_PREFIX): c.new
            for c in row.changes_to_send
            if c.field.startswith(VAR_PREFIX)
        }
        self.lists: Mapping[str, bool] = {
            c.field.removeprefix(LIST_PREFIX): bool(c.new)
            for c in row.changes_to_send
            if c.field.startswith(LIST_PREFIX)
        }
        wanted = next((c.new for c in row.changes_to_send if c.field == "optout"), None)
        self.optout = OptOutLevel(str(wanted)) if wanted is not None else None
