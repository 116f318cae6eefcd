"""Definitions of custom user fields (contract 3, User fields)."""

import re

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import not_found_error, validation_error, zendesk_error
from desktop.sandbox.zendesk.pagination import page_response
from desktop.sandbox.zendesk.permissions import require_admin, require_agent
from desktop.sandbox.zendesk.repository import ZendeskRepository

FIELD_TYPES = (
    "text",
    "textarea",
    "checkbox",
    "date",
    "integer",
    "decimal",
    "regexp",
    "dropdown",
    "lookup",
    "multiselect",
)
FIRST_NEW_FIELD_ID = 7302


class UserFieldEndpoints:
    """/user_fields."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/user_fields", self.list_all)
        router.add("POST", "/api/v2/user_fields", self.create)
        router.add("GET", "/api/v2/user_fields/{name}", self.get_one)
        router.add("PUT", "/api/v2/user_fields/{name}", self.update)
        router.add("DELETE", "/api/v2/user_fields/{name}", self.delete)

    def list_all(self, request: SandboxRequest) -> SandboxResponse:
        """List the definitions."""
        require_agent(request)
        return page_response(
            request,
            "user_fields",
            self.repository.all_user_fields(),
            lambda it: _serialize_field(request, it),
        )

    def get_one(self, request: SandboxRequest, name: str) -> SandboxResponse:
        """Return one definition by id or key."""
        require_agent(request)
        return json_response({"user_field": _serialize_field(request, self._find(name))})

    def create(self, request: SandboxRequest) -> SandboxResponse:
        """Create a field; administrators only."""
        require_admin(request)
        given = _user_field_in_body(request)
        key, kind = str(given.get("key") or ""), str(given.get("type") or "text")
        if not re.fullmatch(r"[A-Za-z0-9_]+", key) or key.isdigit():
            raise validation_error("key", "Key: is not valid", "InvalidFormat")
        if any(field["key"] == key for field in self.repository.all_user_fields()):
            raise validation_error("key", f"Key: {key} is already in use", "DuplicateValue")
        if kind not in FIELD_TYPES:
            raise validation_error("type", f"Type: {kind} is not valid")
        if not given.get("title"):
            raise validation_error("title", "Title: cannot be blank", "BlankValue")
        now = format_iso_utc(self.repository.state.now())
        field = {
            "id": self.repository.next_id("user_field", FIRST_NEW_FIELD_ID),
            "type": kind,
            "key": key,
            "title": given["title"],
            "description": given.get("description", ""),
            "raw_title": given["title"],
            "raw_description": given.get("description", ""),
            "position": len(self.repository.all_user_fields()),
            "active": given.get("active", True),
            "system": False,
            "regexp_for_validation": given.get("regexp_for_validation"),
            "tag": given.get("tag"),
            "created_at": now,
            "updated_at": now,
        }
        if kind in ("dropdown", "multiselect"):
            field["custom_field_options"] = given.get("custom_field_options", [])
        self.repository.user_fields.put(int(str(field["id"])), field)
        location = f"{request.base_url}/api/v2/user_fields/{field['id']}.json"
        return json_response(
            {"user_field": _serialize_field(request, field)}, 201, ("location", location)
        )

    def update(self, request: SandboxRequest, name: str) -> SandboxResponse:
        """Change what may change: not the key."""
        require_admin(request)
        field = dict(self._find(name))
        given = _user_field_in_body(request)
        for key in ("title", "description", "active", "tag", "position", "custom_field_options"):
            if key in given:
                field[key] = given[key]
        field["updated_at"] = format_iso_utc(self.repository.state.now())
        self.repository.user_fields.put(field["id"], field)
        return json_response({"user_field": _serialize_field(request, field)})

    def delete(self, request: SandboxRequest, name: str) -> SandboxResponse:
        """Delete a field."""
        require_admin(request)
        self.repository.user_fields.remove(self._find(name)["id"])
        return SandboxResponse(204)

    def _find(self, name: str) -> JsonObject:
        for field in self.repository.all_user_fields():
            if name in (field["key"], str(field["id"])):
                return field
        raise not_found_error()


def _serialize_field(request: SandboxRequest, field: JsonObject) -> JsonObject:
    return {"url": f"{request.base_url}/api/v2/user_fields/{field['id']}.json", **field}


def _user_field_in_body(request: SandboxRequest) -> JsonObject:
    body = request.json()
    given = body.get("user_field") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise zendesk_error(400, "InvalidRequest", "Parameter user_field is required")
    return given
