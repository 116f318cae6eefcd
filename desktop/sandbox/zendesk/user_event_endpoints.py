"""The sandbox's /users/{id}/events: custom events of one user.

Facts: docs/zendesk.md 9. The errors' form is that of Zendesk's other newer endpoints; that page
does not show one.
"""

from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import coded_error, forbidden_error
from desktop.sandbox.zendesk.permissions import require_role
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.rest_resource import API, require_found

# Zendesk's own events have this source.
_RESERVED_SOURCE = "zendesk"


class UserEventEndpoints:
    """The sandbox's custom events; each is stored under its user, the oldest first."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, router: Router) -> None:
        """Register the endpoints of the sandbox's user events."""
        path = f"{API}users/{{user_id:int}}/events"
        router.add("GET", path, self.list_events)
        router.add("POST", path, self.receive_event)

    def list_events(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Answer the sandbox's GET /users/{id}/events, filtered by source and type."""
        self._require_activated(request)
        require_found(self.repository.existing_user(user_id))
        kept = self.repository.user_events.get(user_id) or {"events": []}
        asked = {name: request.query.get(f"filter[{name}]") for name in ("source", "type")}
        found = [
            event
            for event in kept["events"]
            if all(value in (None, event[name]) for name, value in asked.items())
        ]
        # Of this endpoint alone `links` is a list. All events of a user fit on its first page here.
        navigation = {"meta": {"has_more": False}, "links": [{"prev": None, "next": None}]}
        return json_response({"events": found, **navigation})

    def receive_event(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Answer the sandbox's POST /users/{id}/events: 202, and the event is there."""
        self._require_activated(request)
        require_found(self.repository.existing_user(user_id))
        body = request.json()
        given = body if isinstance(body, dict) else {}
        profile = _require_texts(given.get("profile"), "profile")
        if not profile.get("identifiers"):
            raise coded_error(400, "InvalidProfile", "profile.identifiers is required")
        event = _require_texts(given.get("event"), "event")
        if not isinstance(event.get("properties"), dict):
            raise coded_error(400, "InvalidEvent", "event.properties must be an object")
        number, now = self.repository.next_id("user_event", 1), self.repository.state.now()
        stored = {
            "id": f"event-{number}",
            "source": event["source"],
            "type": event["type"],
            "description": event.get("description", ""),
            "properties": event["properties"],
            "created_at": event.get("created_at") or format_iso_utc(now),
            "received_at": format_iso_utc(now),
        }
        kept = self.repository.user_events.get(user_id) or {"events": []}
        self.repository.user_events.put(user_id, {"events": [*kept["events"], stored]})
        profile_id = f"profile-{user_id}-{profile['source']}-{profile['type']}"
        answer = {"profile_id": profile_id, "user_id": str(user_id), "status": "received"}
        return json_response(answer, 202)

    def _require_activated(self, request: SandboxRequest) -> None:
        require_role(request, "agent")
        if not self.repository.state.account.user_events:
            raise forbidden_error("Custom events are not enabled for this account.")


def _require_texts(given: Any, name: str) -> JsonObject:
    """Return an event's or profile's object with source and type, sent to the sandbox; a 400."""
    found: JsonObject = given if isinstance(given, dict) else {}
    for key in ("source", "type"):
        if not isinstance(found.get(key), str) or not found[key]:
            raise coded_error(400, f"Invalid{name.title()}", f"{name}.{key} is required")
    if found["source"].casefold() == _RESERVED_SOURCE:
        raise coded_error(400, f"Invalid{name.title()}", f"{name}.source is reserved")
    return found
