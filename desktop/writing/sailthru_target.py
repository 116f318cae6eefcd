"""Sailthru as the target of a sync: read one by one, written by single posts or one job.

A single post with a list change starts e-mail flows, a job does not as far as is known
(contract sailthru 9, Flows): which of the two a sync uses is its own choice.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence

from desktop.clients.sailthru.bulk import SailthruBulk
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.job import Job
from desktop.kit.errors import AppError, NotFound
from desktop.model.edit import Service
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.model.plan import PlanRow
from desktop.writing.standing import LIST, VAR, Read, Standing, standing_of_profile

# Reads and posts under way at the same time; the rate budget is kept below.
ABREAST = 16


class SailthruTarget:
    """Reads and writes profiles, always by sid; a create alone goes by its address."""

    service = Service.SAILTHRU

    def __init__(self, client: SailthruClient, bulk: SailthruBulk) -> None:
        self._client = client
        self._bulk = bulk
        self._turn = asyncio.Semaphore(ABREAST)

    async def at(self, id_: str, *, key: str = "sid") -> Standing | None:
        """What stands at a sid, address or external id; None: there is no such profile."""
        async with self._turn:
            try:
                profile = await self._client.get_user(id_, key=key)
            except NotFound:
                return None
        return standing_of_profile(profile)

    async def read_many(self, rows: Sequence[PlanRow]) -> dict[int, Read]:
        """What stands there for each row; an error that is only about one row is its value."""
        answers = await asyncio.gather(*(self._read(row) for row in rows))
        return {row.row: answer for row, answer in zip(rows, answers, strict=True)}

    async def send(self, row: PlanRow) -> None:
        """One post with everything the row wants."""
        async with self._turn:
            body = _Body(row)
            if row.target_id:
                await self._client.post_user(
                    row.target_id, optout=body.optout, lists=body.lists, vars=body.vars
                )
            else:
                await self._client.create_user(
                    row.address, optout=body.optout, lists=body.lists, vars=body.vars
                )

    async def ensure_lists(self, names: Iterable[str]) -> tuple[str, ...]:
        """Make those lists that are not there, one at a time; gives their names."""
        there = {found.name for found in await self._client.list_lists()}
        missing = tuple(sorted(set(names) - there))
        for name in missing:
            await self._client.create_list(name)
        return missing

    async def submit(self, lines: bytes) -> Job:
        """One update job over JSON lines."""
        return await self._bulk.update(lines)

    async def job(self, job_id: str) -> Job:
        """How far it is. Raises NotFound."""
        return await self._bulk.job(job_id)

    async def _read(self, row: PlanRow) -> Read:
        try:
            if row.target_id:
                return await self.at(row.target_id)
            return await self.at(row.address, key="email")
        except AppError as error:
            if is_general(error):
                raise
            return error


def line_of(row: PlanRow) -> bytes:
    """The row's line of an update job, like a user POST (contract sailthru 2.4)."""
    body = _Body(row)
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


def lists_joined(rows: Iterable[PlanRow]) -> frozenset[str]:
    """The lists these rows put somebody on; they have to be there first."""
    return frozenset(
        change.field.removeprefix(LIST)
        for row in rows
        for change in row.sent
        if change.field.startswith(LIST) and change.new is True
    )


def is_general(error: AppError) -> bool:
    """Whether this would meet every row: it stops the run rather than the row."""
    return error.retryable or error.code in ("auth_lost", "forbidden", "no_keyring", "store")


class _Body:
    """What a row sets, by the parts of a user POST."""

    def __init__(self, row: PlanRow) -> None:
        self.vars: Mapping[str, Json] = {
            c.field.removeprefix(VAR): c.new for c in row.sent if c.field.startswith(VAR)
        }
        self.lists: Mapping[str, bool] = {
            c.field.removeprefix(LIST): bool(c.new) for c in row.sent if c.field.startswith(LIST)
        }
        wanted = next((c.new for c in row.sent if c.field == "optout"), None)
        self.optout = OptOut(str(wanted)) if wanted is not None else None
