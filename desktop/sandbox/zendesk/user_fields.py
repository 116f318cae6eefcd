"""Definitions of custom user fields (contract 3, User fields)."""

import re

from desktop.sandbox.calendar import iso
from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.paging import page_answer
from desktop.sandbox.zendesk.refusal import invalid, not_found, refuse
from desktop.sandbox.zendesk.rights import require_admin, require_agent

TYPES = (
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
FIELDS_FROM = 7302


class UserFields:
    """/user_fields."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/user_fields", self.every)
        router.add("POST", "/api/v2/user_fields", self.create)
        router.add("GET", "/api/v2/user_fields/{name}", self.one)
        router.add("PUT", "/api/v2/user_fields/{name}", self.update)
        router.add("DELETE", "/api/v2/user_fields/{name}", self.delete)

    def every(self, call: Call) -> Answer:
        """List the definitions."""
        require_agent(call)
        return page_answer(call, "user_fields", self.book.all_fields(), lambda it: _show(call, it))

    def one(self, call: Call, name: str) -> Answer:
        """Return one definition by id or key."""
        require_agent(call)
        return said({"user_field": _show(call, self._find(name))})

    def create(self, call: Call) -> Answer:
        """Create a field; administrators only."""
        require_admin(call)
        given = _given(call)
        key, kind = str(given.get("key") or ""), str(given.get("type") or "text")
        if not re.fullmatch(r"[A-Za-z0-9_]+", key) or key.isdigit():
            raise invalid("key", "Key: is not valid", "InvalidFormat")
        if any(field["key"] == key for field in self.book.all_fields()):
            raise invalid("key", f"Key: {key} is already in use", "DuplicateValue")
        if kind not in TYPES:
            raise invalid("type", f"Type: {kind} is not valid")
        if not given.get("title"):
            raise invalid("title", "Title: cannot be blank", "BlankValue")
        now = iso(self.book.world.now())
        field = {
            "id": self.book.next_number("user_field", FIELDS_FROM),
            "type": kind,
            "key": key,
            "title": given["title"],
            "description": given.get("description", ""),
            "raw_title": given["title"],
            "raw_description": given.get("description", ""),
            "position": len(self.book.all_fields()),
            "active": given.get("active", True),
            "system": False,
            "regexp_for_validation": given.get("regexp_for_validation"),
            "tag": given.get("tag"),
            "created_at": now,
            "updated_at": now,
        }
        if kind in ("dropdown", "multiselect"):
            field["custom_field_options"] = given.get("custom_field_options", [])
        self.book.user_fields.put(int(str(field["id"])), field)
        location = f"{call.base_url}/api/v2/user_fields/{field['id']}.json"
        return said({"user_field": _show(call, field)}, 201, ("location", location))

    def update(self, call: Call, name: str) -> Answer:
        """Change what may change: not the key."""
        require_admin(call)
        field = dict(self._find(name))
        given = _given(call)
        for key in ("title", "description", "active", "tag", "position", "custom_field_options"):
            if key in given:
                field[key] = given[key]
        field["updated_at"] = iso(self.book.world.now())
        self.book.user_fields.put(field["id"], field)
        return said({"user_field": _show(call, field)})

    def delete(self, call: Call, name: str) -> Answer:
        """Delete a field."""
        require_admin(call)
        self.book.user_fields.remove(self._find(name)["id"])
        return Answer(204)

    def _find(self, name: str) -> Record:
        for field in self.book.all_fields():
            if name in (field["key"], str(field["id"])):
                return field
        raise not_found()


def _show(call: Call, field: Record) -> Record:
    return {"url": f"{call.base_url}/api/v2/user_fields/{field['id']}.json", **field}


def _given(call: Call) -> Record:
    body = call.json()
    given = body.get("user_field") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise refuse(400, "InvalidRequest", "Parameter user_field is required")
    return given
