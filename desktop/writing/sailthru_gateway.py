"""Reads and writes Sailthru profiles for edits and runs: GETs and POSTs, or an update job.

A single post with a list change starts e-mail flows, a job does not as far as is known: which of
the two a sync uses is its own choice (`FlowPolicy`).
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.job_status import SailthruJob
from desktop.kit.errors import AppError, InternalError, NotFound, StopsRun
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import (
    LIST_PREFIX,
    MERGED_PROFILE_FIELD,
    PROFILE_EMAIL_FIELD,
    VAR_PREFIX,
    TargetRecord,
    target_record_from_profile,
)
from desktop.writing.erasure_gateway import SailthruErasureGateway, find_erasure_change
from desktop.writing.optout_door import find_optout_change
from desktop.writing.row_comparison import ReadResult

# Reads and posts under way at the same time; the client's rate limiter paces them besides.
MAX_CONCURRENT_CALLS = 16


class SailthruGateway:
    """The write protocol's gateway to Sailthru profiles, by sid; only a create by address."""

    service = Service.SAILTHRU

    def __init__(self, client: SailthruClient) -> None:
        self._client = client
        self._bulk = SailthruBulkClient(client)
        self._erasure = SailthruErasureGateway(client)
        self._semaphore = asyncio.Semaphore(MAX_CONCURRENT_CALLS)

    async def read(self, id_: str, *, key: str = "sid") -> TargetRecord | None:
        """Read a profile for the Sailthru gateway by sid, address or other key; None: no such."""
        try:
            return await self._get_profile(id_, key)
        except NotFound:
            return None

    async def read_rows(self, rows: Sequence[PlanRow]) -> dict[int, ReadResult]:
        """Read each row's Sailthru profile, by row number; raises only what stops a whole run."""
        answers = await asyncio.gather(*map(self._read_row, rows))
        return {row.row: answer for row, answer in zip(rows, answers, strict=True)}

    async def send_row(self, row: PlanRow, _now: TargetRecord | None = None) -> str:
        """POST all changes of a row to Sailthru; returns the sid, "" for a create: none is told."""
        if find_erasure_change(row):
            await self._erasure.send_row(row)
            return row.target_id
        if change := find_email_change(row):
            merges = any(c.field == MERGED_PROFILE_FIELD for c in row.changes_to_send)
            async with self._semaphore:
                await self._client.change_email(row.target_id, str(change.new), merges=merges)
            return row.target_id
        body = _UserPostBody.of_row(row)
        values = {"optout": body.optout, "lists": body.lists, "vars": body.vars}
        async with self._semaphore:
            if row.target_id:
                await self._client.post_user(row.target_id, **values)  # type: ignore[arg-type]
            else:
                await self._client.create_user(row.address, **values)  # type: ignore[arg-type]
        return row.target_id

    async def create_missing_lists(self, names: Iterable[str]) -> tuple[str, ...]:
        """Create, before a job, the Sailthru lists it needs, one at a time: two may make twins."""
        there = {found.name for found in await self._client.list_lists()}
        missing = tuple(sorted(set(names) - there))
        for name in missing:
            await self._client.create_list(name)
        return missing

    async def submit_job(self, lines: bytes) -> SailthruJob:
        """Start one Sailthru update job over JSON lines made by `encode_job_line`."""
        return await self._bulk.start_update(lines)

    async def get_job(self, job_id: str) -> SailthruJob:
        """Ask Sailthru for a job's state. Raises NotFound."""
        return await self._bulk.get_job(job_id)

    async def _read_row(self, row: PlanRow) -> ReadResult:
        try:
            if find_erasure_change(row):
                return await self._erasure.read_row(row)
            if row.target_id:
                record = await self._get_profile(row.target_id, "sid")
                return await self._with_merged_profile(row, record)
            return await self.read(row.address, key="email")
        except StopsRun:
            raise
        except AppError as error:
            return error

    async def _with_merged_profile(self, row: PlanRow, record: TargetRecord) -> TargetRecord:
        """Read for the write which other profile has the address that a merging row gives."""
        email = find_email_change(row)
        if email is None or all(c.field != MERGED_PROFILE_FIELD for c in row.changes):
            return record
        other = await self.read(str(email.new), key="email")
        if other is None or other.id == record.id:
            return replace(record, fields={**record.fields, MERGED_PROFILE_FIELD: None})
        document = other.document if isinstance(other.document, SailthruProfile) else None
        fields = {**record.fields, MERGED_PROFILE_FIELD: other.id}
        return replace(record, fields=fields, merged_profile=document)

    async def _get_profile(self, id_: str, key: str) -> TargetRecord:
        async with self._semaphore:
            record = target_record_from_profile(await self._client.get_user(id_, key=key))
        return replace(record, clock_ahead_s=self._client.pipeline.clock_ahead_s)


def find_email_change(row: PlanRow) -> FieldChange | None:
    """Return the change of a profile's address that sending a row would make."""
    return next((c for c in row.changes_to_send if c.field == PROFILE_EMAIL_FIELD), None)


def encode_job_line(row: PlanRow) -> bytes:
    """Encode a row as one line of Sailthru's update job: a user POST's body, a line feed."""
    body = _UserPostBody.of_row(row)
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
        if body.optout is not OptOutLevel.ALL:
            raise InternalError("An opt-out level other than `all` must not travel in a job.")
        line["optout_email"] = body.optout.value
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def find_joined_lists(rows: Iterable[PlanRow]) -> frozenset[str]:
    """Collect the Sailthru lists that rows put somebody on; they have to exist first."""
    return frozenset(
        change.field.removeprefix(LIST_PREFIX)
        for row in rows
        for change in row.changes_to_send
        if change.field.startswith(LIST_PREFIX) and change.new is True
    )


@dataclass(frozen=True)
class _UserPostBody:
    """A row's changes as the parts of Sailthru's user POST."""

    vars: Mapping[str, Json]
    lists: Mapping[str, bool]
    optout: OptOutLevel | None

    @classmethod
    def of_row(cls, row: PlanRow) -> "_UserPostBody":
        changes, optout = row.changes_to_send, find_optout_change(row)
        return cls(
            {
                c.field.removeprefix(VAR_PREFIX): c.new
                for c in changes
                if c.field.startswith(VAR_PREFIX)
            },
            {
                c.field.removeprefix(LIST_PREFIX): bool(c.new)
                for c in changes
                if c.field.startswith(LIST_PREFIX)
            },
            OptOutLevel(str(optout.new)) if optout is not None else None,
        )
