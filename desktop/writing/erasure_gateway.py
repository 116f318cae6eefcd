"""Reads and sends the steps of a person's erasure: closed tickets, deleted users and profiles.

Every rule of the services is asked again right before the request (docs/zendesk.md 14): nobody who
works in the Zendesk is deleted, and nobody with a ticket that is not closed.
"""

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.user_deletion import ZendeskDeletionClient
from desktop.kit.errors import NotFound, ValuesRejected
from desktop.kit.text import format_count
from desktop.model.erasure import name_tickets
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import (
    DELETED_FIELD,
    DELETED_FOR_GOOD_FIELD,
    TICKET_CLOSED_PREFIX,
    TargetRecord,
    deleted_record,
)
from desktop.model.zendesk_user import ZendeskUser


class ZendeskErasureGateway:
    """The steps of an erasure at Zendesk: close a ticket, delete a user, and then for good."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client
        self._deletion = ZendeskDeletionClient(client)

    async def read_row(self, row: PlanRow) -> TargetRecord:
        """Read how far a step's Zendesk record is erased; ValuesRejected where it may not be.

        What is gone by itself counts as erased.
        """
        change, user_id = require_erasure_change(row), int(row.target_id)
        if change.field == DELETED_FIELD:
            is_done = await self._read_deleted(user_id)
        elif change.field == DELETED_FOR_GOOD_FIELD:
            is_done = await self._read_gone(user_id)
        else:
            is_done = await self._read_closed(_ticket_of(change), user_id)
        return deleted_record(Service.ZENDESK, row.target_id, {change.field: is_done})

    async def send_row(self, row: PlanRow) -> None:
        """Send one step of an erasure to Zendesk; what is deleted already is no error."""
        change, user_id = require_erasure_change(row), int(row.target_id)
        try:
            if change.field == DELETED_FIELD:
                await self._deletion.delete_user(user_id)
            elif change.field == DELETED_FOR_GOOD_FIELD:
                await self._deletion.delete_user_for_good(user_id)
            else:
                await self._client.close_ticket(_ticket_of(change))
        except NotFound:
            return

    async def _read_deleted(self, user_id: int) -> bool:
        try:
            user = await self._client.show_user(user_id)
        except NotFound:
            return True
        if not user.active:
            return True
        if refusal := staff_refusal(user):
            raise ValuesRejected("Nobody was deleted.", refusal)
        tickets = await self._client.list_every_requested_ticket(user_id)
        if unclosed := [ticket.id for ticket in tickets if not ticket.is_closed]:
            raise unclosed_tickets_error(unclosed)
        return False

    async def _read_gone(self, user_id: int) -> bool:
        if not await self._deletion.is_deleted(user_id):
            raise ValuesRejected(
                "Zendesk has this user again.", "Only a deleted user is deleted for good."
            )
        return await self._deletion.is_gone(user_id)

    async def _read_closed(self, ticket_id: int, user_id: int) -> bool:
        try:
            ticket = await self._client.show_ticket(ticket_id)
        except NotFound:
            return True
        # Somebody else's by now, it stands in nobody's way.
        return ticket.is_closed or ticket.requester_id != user_id


class SailthruErasureGateway:
    """The step of an erasure at Sailthru: delete a profile."""

    def __init__(self, client: SailthruClient) -> None:
        self._client = client

    async def read_row(self, row: PlanRow) -> TargetRecord:
        """Read whether a step's Sailthru profile is deleted."""
        try:
            await self._client.get_user(row.target_id, key="sid")
        except NotFound:
            is_deleted = True
        else:
            is_deleted = False
        return deleted_record(Service.SAILTHRU, row.target_id, {DELETED_FIELD: is_deleted})

    async def send_row(self, row: PlanRow) -> None:
        """Delete a step's profile at Sailthru; one that is gone already is no error."""
        try:
            await self._client.delete_user(row.target_id)
        except NotFound:
            return


def staff_refusal(user: ZendeskUser) -> str:
    """Say why a Zendesk user is not erased: agents and admins are no customers; else ""."""
    if user.role == "end-user":
        return ""
    return (
        f"{user.name} works in your Zendesk ({user.role}). Colleagues are not erased here: an admin"
        " downgrades them in Zendesk first."
    )


def unclosed_tickets_error(numbers: list[int]) -> ValuesRejected:
    """Return the error for a requester whom Zendesk does not delete: tickets are not closed."""
    count = format_count(len(numbers), "ticket is", "tickets are")
    return ValuesRejected(
        f"{count} not closed: {name_tickets(numbers)}.",
        "Zendesk deletes nobody with a ticket that is not closed. Nothing was deleted.",
        "Close them in Zendesk, or have the erasure close them first.",
    )


def find_erasure_change(row: PlanRow) -> FieldChange | None:
    """Return what a row that erases something changes, or None for any other row."""
    fields = (DELETED_FIELD, DELETED_FOR_GOOD_FIELD)
    return next(
        (c for c in row.changes if c.field in fields or c.field.startswith(TICKET_CLOSED_PREFIX)),
        None,
    )


def require_erasure_change(row: PlanRow) -> FieldChange:
    """Return what a row that erases something changes. Raises ValueError for any other row."""
    change = find_erasure_change(row)
    if change is None:
        raise ValueError("not a row of an erasure")
    return change


def _ticket_of(change: FieldChange) -> int:
    return int(change.field.removeprefix(TICKET_CLOSED_PREFIX))
