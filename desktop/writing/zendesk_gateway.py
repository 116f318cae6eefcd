"""Reads and writes Zendesk users for edits and runs: in jobs of a hundred, or one by one.

`tags` in a user replaces the whole set: it is put together from what was read a moment before.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/
"""

from collections.abc import Sequence
from dataclasses import replace

from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient, ZendeskJob
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.errors import NotFound, ValuesRejected
from desktop.model.email_address import email_match_key
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import (
    ADDRESS_PREFIX,
    PRIMARY_EMAIL_FIELD,
    TAG_PREFIX,
    TICKET_NOTE_PREFIX,
    USER_FIELD_PREFIX,
    TargetRecord,
    target_record_from_user,
)
from desktop.model.ticket_note import has_stamp, note_comment
from desktop.model.zendesk_user import UserIdentity, ZendeskUser
from desktop.writing.erasure_gateway import ZendeskErasureGateway, find_erasure_change
from desktop.writing.row_comparison import ReadResult

MAX_USERS_PER_CALL = 100


class ZendeskGateway:
    """The write protocol's gateway to Zendesk users, by id; only a create by address."""

    service = Service.ZENDESK

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client
        self._bulk = ZendeskBulkClient(client)
        self._erasure = ZendeskErasureGateway(client)

    async def read_users(self, ids: Sequence[int]) -> dict[str, TargetRecord]:
        """Read Zendesk users for the gateway, a hundred in a call; deleted ones are left out."""
        found = await self._client.show_users(ids)
        return {str(user.id): target_record_from_user(user) for user in found if user.active}

    async def read_rows(self, rows: Sequence[PlanRow]) -> dict[int, ReadResult]:
        """Read the Zendesk users of rows to be written; one id can spoil a whole call."""
        if len(rows) == 1 and find_erasure_change(rows[0]):
            return {rows[0].row: await self._read_erased(rows[0])}
        there = await self.read_users([int(row.target_id) for row in rows if row.target_id])
        found: dict[int, ReadResult] = {
            row.row: there.get(row.target_id) or _user_gone_error()
            if row.target_id
            else await self._read_address(row.address)
            for row in rows
        }
        return await self._with_notes(rows, found)

    async def _read_erased(self, row: PlanRow) -> ReadResult:
        """Read how far the Zendesk record of an erasure's step is erased; such edits come alone."""
        try:
            return await self._erasure.read_row(row)
        except ValuesRejected as error:
            return error

    async def _with_notes(
        self, rows: Sequence[PlanRow], found: dict[int, ReadResult]
    ) -> dict[int, ReadResult]:
        """Read for the write whether the notes of rows stand on their Zendesk tickets already.

        One that does not is refused where the ticket is somebody else's by now.
        """
        for row in rows:
            note, record = find_note(row), found.get(row.row)
            if note is None or not isinstance(record, TargetRecord):
                continue
            ticket, stamp = note_place(note)
            try:
                comments = await self._client.list_newest_comments(ticket)
                stands = any(has_stamp(one, stamp) and not one.is_public for one in comments)
                if not stands:
                    await self._require_requester(ticket, row.target_id)
            except (NotFound, ValuesRejected) as error:
                found[row.row] = error
                continue
            text = note.new if stands else None
            found[row.row] = replace(record, fields={**record.fields, note.field: text})
        return found

    async def _require_requester(self, ticket: int, user_id: str) -> None:
        """Raise NotFound where a Zendesk ticket has another requester than the note's customer."""
        requester = (await self._client.show_ticket(ticket)).requester_id
        if requester is not None and str(requester) != user_id:
            raise NotFound(
                f"Ticket #{ticket} is somebody else’s by now.",
                "The note was not sent.",
                "Choose another ticket.",
            )

    async def _read_address(self, address: str) -> ReadResult:
        try:
            users = await self._client.find_by_email(address)
        except ValuesRejected as error:
            return error
        return target_record_from_user(users[0]) if users else None

    async def send_row(self, row: PlanRow, now: TargetRecord | None = None) -> str:
        """Write one row's Zendesk user; returns the id. `now`: the user's tags are kept."""
        if find_erasure_change(row):
            await self._erasure.send_row(row)
            return row.target_id
        if change := find_address_change(row):
            await self._change_address(int(row.target_id), change, now)
            return row.target_id
        if note := find_note(row):
            ticket, stamp = note_place(note)
            await self._client.add_internal_comment(ticket, note_comment(str(note.new), stamp))
            return row.target_id
        document = build_user_document(row, now)
        if not row.target_id:
            # Never “create or update”: the search, which found nobody, is minutes behind, and that
            # would overwrite somebody it does not show yet.
            return str((await self._bulk.create_one(document)).id)
        fields = document.pop("user_fields", None)
        attributes = {name: value for name, value in document.items() if name != "id"}
        await self._client.update_user(
            int(row.target_id),
            user_fields=fields if isinstance(fields, dict) else None,
            **attributes,
        )
        return row.target_id

    async def _change_address(
        self, user_id: int, change: FieldChange, now: TargetRecord | None
    ) -> None:
        """Write one address of a Zendesk user: add it, remove it, or make it the primary one."""
        if change.field == PRIMARY_EMAIL_FIELD:
            identity = _require_identity(now, str(change.new))
            await self._client.make_identity_primary(user_id, identity.id)
            return
        address = change.field.removeprefix(ADDRESS_PREFIX)
        if change.new:
            await self._client.add_email_identity(user_id, address)
        else:
            await self._client.delete_identity(user_id, _require_identity(now, address).id)

    async def submit_job(
        self, documents: Sequence[dict[str, Json]], *, creates: bool
    ) -> ZendeskJob:
        """Start one Zendesk job for up to a hundred users. Raises Forbidden: no bulk import."""
        if creates:
            return await self._bulk.create_many(documents)
        return await self._bulk.update_many(documents)

    async def get_job(self, job_id: str) -> ZendeskJob:
        """Ask Zendesk for a job's state. Raises NotFound: jobs are readable for one day."""
        found = await self._bulk.get_jobs((job_id,))
        if not found:
            raise NotFound("Zendesk no longer has this job.")
        return found[0]


def find_address_change(row: PlanRow) -> FieldChange | None:
    """Return the change of a Zendesk user's addresses that sending a row would make."""
    return next(
        (
            change
            for change in row.changes_to_send
            if change.field == PRIMARY_EMAIL_FIELD or change.field.startswith(ADDRESS_PREFIX)
        ),
        None,
    )


def find_note(row: PlanRow) -> FieldChange | None:
    """Return the internal note that sending a row would put on a Zendesk ticket."""
    notes = (c for c in row.changes_to_send if c.field.startswith(TICKET_NOTE_PREFIX))
    return next(notes, None)


def note_place(note: FieldChange) -> tuple[int, str]:
    """Return the Zendesk ticket's number of a row's note, and the note's stamp."""
    number, _, stamp = note.field.removeprefix(TICKET_NOTE_PREFIX).partition(".")
    return int(number), stamp


def _require_identity(now: TargetRecord | None, address: str) -> UserIdentity:
    user = now.document if now is not None else None
    known, key = user.identities if isinstance(user, ZendeskUser) else (), email_match_key(address)
    for identity in known:
        if identity.type == "email" and email_match_key(identity.value) == key:
            return identity
    raise ValuesRejected(
        f"Zendesk does not list {address} among this user's addresses.",
        "Nothing was changed.",
        "Refresh the customer and try again.",
    )


def _user_gone_error() -> NotFound:
    return NotFound("The Zendesk person was deleted.", "", "Open the customer again.")


def build_user_document(row: PlanRow, now: TargetRecord | None) -> dict[str, Json]:
    """Build the user object of a Zendesk request that writes a row's changes."""
    document: dict[str, Json] = {}
    fields: dict[str, Json] = {}
    tags = list(now.tags or ()) if now is not None else []
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
