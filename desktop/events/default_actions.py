"""The six actions as they are before anybody changes them (docs/events.md 5).

Where Segment's libraries and S4 spell a trait in two ways, S4's spelling is asked first.
"""

from collections.abc import Mapping

from desktop.events.event_action import ActionKind, EventAction
from desktop.model.field_mapping import MappingOperator
from desktop.model.json_value import Json


def _path(path: str) -> Mapping[str, Json]:
    return {"@path": f"$.{path}"}


def _first_of(*paths: str) -> Mapping[str, Json]:
    """Return the mapping of the first of these paths that has a value."""
    first, *rest = paths
    if not rest:
        return _path(first)
    return {"@if": {"exists": _path(first), "then": _path(first), "else": _first_of(*rest)}}


_NAME: Json = {
    "@if": {
        "exists": _path("traits.name"),
        "then": _path("traits.name"),
        "else": {
            "@if": {
                "exists": _first_of("traits.first_name", "traits.last_name"),
                "then": {"@template": "{{traits.first_name}} {{traits.last_name}}"},
                "else": {"@template": "{{traits.firstName}} {{traits.lastName}}"},
            }
        },
    }
}
# By what the user of an event is found, in the order in which it counts.
_USER: Json = {
    "zendesk_user_id": _path("context.zendesk_user_id"),
    "email": _first_of("properties.email", "properties.properties.email", "traits.email"),
    "external_id": _path("userId"),
}
_TICKET: Mapping[str, Json] = {
    "user": _USER,
    "subject": _path("properties.subject"),
    "comment": _first_of("properties.comment", "properties.description"),
    "priority": _path("properties.priority"),
    "status": _path("properties.status"),
    "type": _path("properties.type"),
    "tags": _path("properties.tags"),
}
_ADDING = {"tags": MappingOperator.ADD}

DEFAULT_ACTIONS: tuple[EventAction, ...] = (
    EventAction(
        ActionKind.UPSERT_USER,
        'type = "identify"',
        {
            "zendesk_user_id": _path("context.zendesk_user_id"),
            "email": _path("traits.email"),
            "external_id": _path("userId"),
            "name": _NAME,
            "phone": _path("traits.phone"),
            "time_zone": _first_of("traits.timezone", "traits.time_zone"),
            "organization_id": _first_of("traits.organizationId", "traits.organization_id"),
            "user_fields": _path("traits"),
        },
        # Another external id is somebody's link to this user: it is told, and not overwritten.
        operators={**_ADDING, "external_id": MappingOperator.SET_IF_EMPTY},
    ),
    EventAction(
        ActionKind.ORG_MEMBERSHIP,
        'type = "identify" and traits.company.id != null',
        {
            "user": _USER,
            "organization": _path("traits.company.id"),
            "remove": _path("traits.company.remove"),
        },
    ),
    EventAction(
        ActionKind.UPSERT_ORG,
        'type = "group"',
        {
            "external_id": _path("groupId"),
            "name": _path("traits.name"),
            "domain_names": _first_of("traits.domainNames", "traits.domain_names"),
            "tags": _path("traits.tags"),
            "url": _path("traits.url"),
            "deleted": _path("traits.deleted"),
            "organization_fields": _path("traits"),
            "user": {
                "zendesk_user_id": _path("context.zendesk_user_id"),
                "external_id": _path("userId"),
            },
        },
        # What agents have entered stays: Zendesk would replace the whole list.
        operators={"tags": MappingOperator.ADD, "domain_names": MappingOperator.ADD},
    ),
    EventAction(
        ActionKind.CREATE_TICKET,
        'type = "track" and event = "Ticket Created"',
        _TICKET,
        operators=_ADDING,
    ),
    EventAction(
        ActionKind.UPDATE_TICKET,
        'type = "track" and event = "Ticket Updated"',
        {
            **_TICKET,
            "ticket_id": _first_of("properties.ticket_id", "properties.ticketId"),
            "external_id": _path("properties.external_id"),
        },
        operators=_ADDING,
    ),
    EventAction(
        ActionKind.TRACK_EVENT,
        'type = "track" and event != "Ticket Created" and event != "Ticket Updated"',
        {"user": _USER, "type": _path("event"), "properties": _path("properties")},
    ),
)
