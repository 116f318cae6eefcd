"""The Zendesk calls that events need: organisations, memberships, tickets, events of users."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.field_parser import FieldParser
from desktop.clients.http_messages import HttpResponse
from desktop.clients.request_pipeline import request_id_of
from desktop.clients.service_errors import foreign_response_error
from desktop.clients.zendesk import wire_to_model
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.protocol import build_request, parse_response
from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.zendesk_organization import (
    OrganizationMembership,
    TicketState,
    ZendeskOrganization,
)
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser

_ORGANIZATION = "/api/v2/organizations/{id}"
_ORGANIZATION_FIELDS = "/api/v2/organization_fields"
_MEMBERSHIPS = "/api/v2/organization_memberships"
_USER_MEMBERSHIPS = "/api/v2/users/{id}/organization_memberships"
_USER_EVENTS = "/api/v2/users/{id}/events"
_MAX_IDS = 100
_NO_CONTENT = 204
_ID_IN_PATH = re.compile(r"(?<=/)\d+(?=/|$)")


@dataclass(frozen=True)
class ZendeskAnswer:
    """Zendesk's answer to a writing request: object, status and the id its support asks for."""

    document: Mapping[str, object]
    request_id: str
    status: int


class ZendeskEventCalls:
    """Zendesk calls about organisations, memberships, tickets and user events of one account."""

    def __init__(self, client: ZendeskClient) -> None:
        self.client = client

    async def send(
        self,
        method: str,
        path: str,
        document: Mapping[str, Json] | None,
        headers: Mapping[str, str] | None = None,
    ) -> ZendeskAnswer:
        """Send one writing request of an event to Zendesk, once: nothing is sent again unasked.

        Raises what Zendesk's refusal stands for, with its status and request id. The path holds
        ids, which reach no log.
        """
        number = _ID_IN_PATH.search(path)
        template = _ID_IN_PATH.sub("{id}", path)
        ids = {"id": number.group()} if number else {}
        request = build_request(method, template, ids=ids, document=document)
        request = request.with_headers(headers or {})
        return await self.client.pipeline.call(request, _parse_answer)

    async def create_organization_field(self, key: str, title: str, kind: str) -> None:
        """Create a Zendesk organisation field. Raises Forbidden for everybody but admins."""
        field = {"type": kind, "key": key, "title": title, "active": True}
        request = build_request(
            "POST", _ORGANIZATION_FIELDS, document={"organization_field": field}
        )
        await self.client.send(
            request,
            lambda d, n: wire_to_model.parse_one(
                d, "organization_field", wire_to_model.parse_user_field, n
            ),
        )

    async def show_users_by_external_id(self, ids: Sequence[str]) -> tuple[ZendeskUser, ...]:
        """Read up to 100 Zendesk users by external id, with their identities."""
        parameters = (("external_ids", ",".join(ids[:_MAX_IDS])), ("include", "identities"))
        request = build_request("GET", "/api/v2/users/show_many", query=parameters)
        return await self.client.send(request, wire_to_model.parse_users)

    async def find_organizations(self, external_id: str) -> tuple[ZendeskOrganization, ...]:
        """Find Zendesk's organisations with this external id; Zendesk ignores its case."""
        request = build_request(
            "GET", "/api/v2/organizations/search", query=(("external_id", external_id),)
        )
        return await self.client.send(
            request,
            lambda d, n: wire_to_model.parse_many(d, "organizations", parse_organization, n),
        )

    async def show_organization(self, organization_id: int) -> ZendeskOrganization:
        """Read one Zendesk organisation with its fields. Raises NotFound."""
        request = build_request("GET", _ORGANIZATION, ids={"id": organization_id})
        return await self.client.send(
            request, lambda d, n: wire_to_model.parse_one(d, "organization", parse_organization, n)
        )

    async def list_organization_fields(self) -> tuple[UserFieldDefinition, ...]:
        """List the definitions of all Zendesk organisation fields; their form is a user field's."""
        return await self.client.read_all_pages(
            _ORGANIZATION_FIELDS, {}, "organization_fields", wire_to_model.parse_user_field
        )

    async def list_memberships(self, user_id: int) -> tuple[OrganizationMembership, ...]:
        """List all memberships of a Zendesk user, the default one first."""
        return await self.client.read_all_pages(
            _USER_MEMBERSHIPS, {"id": user_id}, "organization_memberships", parse_membership
        )

    async def list_requested_tickets(self, user_id: int) -> tuple[TicketState, ...]:
        """List all tickets of a Zendesk requester."""
        return await self.client.read_all_pages(
            "/api/v2/users/{id}/tickets/requested", {"id": user_id}, "tickets", parse_ticket_state
        )

    async def find_tickets(self, external_id: str) -> tuple[TicketState, ...]:
        """Find Zendesk's tickets with this external id, which need not be unique."""
        request = build_request("GET", "/api/v2/tickets", query=(("external_id", external_id),))
        return await self.client.send(
            request, lambda d, n: wire_to_model.parse_many(d, "tickets", parse_ticket_state, n)
        )

    async def show_ticket(self, ticket_id: int) -> TicketState:
        """Read one Zendesk ticket before it is changed. Raises NotFound."""
        request = build_request("GET", "/api/v2/tickets/{id}", ids={"id": ticket_id})
        return await self.client.send(
            request, lambda d, n: wire_to_model.parse_one(d, "ticket", parse_ticket_state, n)
        )

    async def list_user_events(self, user_id: int) -> tuple[Mapping[str, Json], ...]:
        """List a Zendesk user's newest events. Raises Forbidden where the account has none."""
        request = build_request("GET", _USER_EVENTS, ids={"id": user_id})
        return await self.client.send(
            request,
            lambda d, n: tuple(
                n.json_map(item, f"events[{place}]")
                for place, item in enumerate(n.sequence(d.get("events"), "events"))
            ),
        )


def _parse_answer(response: HttpResponse, now: float) -> ZendeskAnswer:
    request_id = request_id_of(response)
    try:
        document = parse_response(response, now)
        if response.status != _NO_CONTENT and not _is_of_zendesk(document):
            raise foreign_response_error(Service.ZENDESK, response.status)
        return ZendeskAnswer(document, request_id, response.status)
    except AppError as error:
        error.status, error.request_id = response.status, request_id
        raise


def _is_of_zendesk(document: Mapping[str, object]) -> bool:
    """Whether an answer tells what became of a write: the record, or that an event was received.

    What was sent is not looked for again: a proxy's own JSON would count as delivered.
    """
    has_record = any(isinstance(one, dict) and one.get("id") for one in document.values())
    return has_record or document.get("status") == "received"


def parse_organization(item: object, parser: FieldParser, where: str) -> ZendeskOrganization | None:
    """Parse one Zendesk organisation with its fields; None without an id."""
    found = wire_to_model.parse_organization(item, parser, where)
    if found is None or not isinstance(item, dict):
        return None
    return ZendeskOrganization(
        found.id,
        found.name,
        external_id=parser.text(item.get("external_id"), f"{where}.external_id"),
        domain_names=parser.texts(item.get("domain_names"), f"{where}.domain_names"),
        tags=parser.texts(item.get("tags"), f"{where}.tags"),
        fields=parser.json_map(item.get("organization_fields"), f"{where}.organization_fields"),
    )


def parse_membership(
    item: object, parser: FieldParser, where: str
) -> OrganizationMembership | None:
    """Parse one membership in a Zendesk organisation; None where an id is missing."""
    if not isinstance(item, dict):
        return None
    ids = [parser.identifier(item.get(n), f"{where}.{n}") for n in _MEMBERSHIP_IDS]
    if ids[0] is None or ids[1] is None or ids[2] is None:
        return None
    # `default` is true or null, never false (docs/zendesk.md 5).
    return OrganizationMembership(ids[0], ids[1], ids[2], is_default=item.get("default") is True)


_MEMBERSHIP_IDS = ("id", "user_id", "organization_id")


def parse_ticket_state(item: object, parser: FieldParser, where: str) -> TicketState | None:
    """Parse what a Zendesk ticket has before it is changed; None without an id."""
    if not isinstance(item, dict):
        return None
    ticket_id = parser.identifier(item.get("id"), f"{where}.id")
    if ticket_id is None:
        return None
    return TicketState(
        id=ticket_id,
        status=parser.text(item.get("status"), f"{where}.status") or "",
        requester_id=parser.identifier(item.get("requester_id"), f"{where}.requester_id"),
        organization_id=parser.identifier(item.get("organization_id"), f"{where}.organization_id"),
        tags=parser.texts(item.get("tags"), f"{where}.tags"),
        external_id=parser.text(item.get("external_id"), f"{where}.external_id"),
        updated_stamp=parser.text(item.get("updated_at"), f"{where}.updated_at") or "",
    )
