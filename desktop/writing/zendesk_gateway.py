"""Zendesk as the target of a sync: read and written in hundreds, one by one where that is refused.

`tags` in a user replaces the whole set (contract zendesk 3, Tags): it is put together from what
was read a moment before.
"""

from collections.abc import Sequence

from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient, ZendeskJob
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.errors import NotFound
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import (
    TAG_PREFIX,
    USER_FIELD_PREFIX,
    TargetRecord,
    target_record_from_user,
)
from desktop.writing.target_record import ReadResult

MAX_USERS_PER_CALL = 100


class ZendeskGateway:
    """Reads and writes users, always by id; a create alone goes by its address."""

    service = Service.ZENDESK

    def __init__(self, client: ZendeskClient, bulk: ZendeskBulkClient) -> None:
        self._client = client
        self._bulk = bulk

    async def read_users(self, ids: Sequence[int]) -> dict[str, TargetRecord]:
        """Those of up to a hundred users that exist."""
        found = await self._client.show_users(ids)
        return {str(p.id): target_record_from_user(p) for p in found if p.active}

    async def read_rows(self, rows: Sequence[PlanRow]) -> dict[int, ReadResult]:
        """What stands there for each row of up to a hundred."""
        known = [int(row.target_id) for row in rows if row.target_id]
        there = await self.read_users(known) if known else {}
        found: dict[int, ReadResult] = {row.row: there.get(row.target_id) for row in rows}
        for row in rows:
            if not row.target_id:
                people = await self._client.find_by_email(row.address)
                found[row.row] = target_record_from_user(people[0]) if people else None
        return found

    async def send_row(self, row: PlanRow, target_record: TargetRecord | None) -> str:
        """One request for one row; gives the user's id."""
        document = build_user_document(row, target_record)
        if not row.target_id:
            return str((await self._bulk.create_or_update_one(document)).id)
        fields = document.pop("user_fields", None)
        attributes = {name: value for name, value in document.items() if name != "id"}
        await self._client.update_user(
            int(row.target_id),
            user_fields=fields if isinstance(fields, dict) else None,
            **attributes,
        )
        return row.target_id

    async def submit_job(
        self, documents: Sequence[dict[str, Json]], *, creates: bool
    ) -> ZendeskJob:
        """One job for up to a hundred rows. Raises Forbidden where bulk import is off."""
        if creates:
            return await self._bulk.create_or_update_many(documents)
        return await self._bulk.update_many(documents)

    async def get_job(self, job_id: str) -> ZendeskJob:
        """How far it is. Raises NotFound: jobs are readable for one day."""
        found = await self._bulk.get_jobs((job_id,))
        if not found:
            raise NotFound("Zendesk does not know this job any more.")
        return found[0]


def build_user_document(row: PlanRow, target_record: TargetRecord | None) -> dict[str, Json]:
    """The user object with what the row wants."""
    document: dict[str, Json] = {}
    fields: dict[str, Json] = {}
    tags = list(target_record.tags or ()) if target_record is not None else []
    for change in row.changes_to_send:
        if change.field.startswith(TAG_PREFIX):
            tag = change.field.removeprefix(TAG_PREFIX)
            tags = [t for t in tags if t != tag] + ([tag] if change.new else [])
        elif change.field == "tags" and isinstance(change.new, Sequence):
            tags = [str(tag) for tag in change.new]
        elif change.field.startswith(USER_FIELD_PREFIX):
            fields[change.field.removeprefix(USER_FIELD_PREFIX)] = change.new
        else:
            document[change.field] = change.new
    if any(c.field == "tags" or c.field.startswith(TAG_PREFIX) for c in row.changes_to_send):
        document["tags"] = tags
    if fields:
        document["user_fields"] = fields
    if row.target_id:
        document["id"] = int(row.target_id)
    else:
        document["email"] = row.address
        document.setdefault("name", row.label)
        # Nobody asked to hear from Zendesk; without this each new person gets a letter.
        document["skip_verify_email"] = True
    return document
