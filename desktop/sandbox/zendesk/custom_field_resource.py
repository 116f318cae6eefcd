"""The sandbox's /user_fields and /organization_fields: definitions, found by id or key.

Facts: docs/zendesk.md 3; organization fields have the same form and endpoints
(developer.zendesk.com, Organization Fields).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.field_rules import FieldRule, apply_field_rules, plain_fields
from desktop.sandbox.zendesk.record_factories import RECORD_TEMPLATES
from desktop.sandbox.zendesk.rest_resource import ResourceDescription, RestResource

FIRST_NEW_FIELD_ID = 7302
_TYPES = (
    *("text", "textarea", "checkbox", "date", "integer", "decimal", "regexp"),
    *("dropdown", "lookup", "multiselect"),
)
CREATION_RULES = (
    # Letters, digits and underscores, but not digits alone: that would look like an id.
    FieldRule(
        "key",
        pattern=r"(?!\d+$)[A-Za-z0-9_]+",
        taken_message="Key: {value} is already in use",
    ),
    FieldRule("type", choices=_TYPES),
    FieldRule("title", is_required=True),
    *plain_fields("description active regexp_for_validation tag"),
)
# The key and the type of a field never change.
UPDATE_RULES = plain_fields("title description active tag position custom_field_options")


class CustomFieldResource(RestResource, ABC):
    """Field definitions of the sandbox's users or organizations; only administrators write them."""

    @property
    @abstractmethod
    def table(self) -> RecordTable[int]:
        """The sandbox's table of these field definitions."""

    @abstractmethod
    def all_fields(self) -> list[JsonObject]:
        """Return these field definitions of the sandbox in order of their ids."""

    def rows(self, request: SandboxRequest) -> Sequence[JsonObject]:
        return self.all_fields()

    def get(self, id_or_key: str) -> JsonObject | None:
        fields = self.all_fields()
        return next((it for it in fields if id_or_key in (it["key"], str(it["id"]))), None)

    def create_record(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        key, kind = str(given.get("key") or ""), str(given.get("type") or "text")
        given = {**given, "key": key, "type": kind}
        field = {**RECORD_TEMPLATES["user_field"]}
        apply_field_rules(
            CREATION_RULES, field, given, is_new=True, find_owner=lambda _field, it: self._keyed(it)
        )
        now = format_iso_utc(self.repository.state.now())
        field |= {
            "id": self.repository.next_id(self.description.name, FIRST_NEW_FIELD_ID),
            "raw_title": field["title"],
            "raw_description": field["description"],
            "position": len(self.all_fields()),
            "created_at": now,
            "updated_at": now,
        }
        if kind in ("dropdown", "multiselect"):
            field["custom_field_options"] = given.get("custom_field_options", [])
        self.table.put(field["id"], field)
        return field

    def _keyed(self, key: str) -> JsonObject | None:
        return next((it for it in self.all_fields() if it["key"] == key), None)

    def update_record(
        self, request: SandboxRequest, given: JsonObject, id_or_key: str
    ) -> JsonObject:
        field = {**self.find(id_or_key)}
        apply_field_rules(UPDATE_RULES, field, given)
        field["updated_at"] = format_iso_utc(self.repository.state.now())
        self.table.put(field["id"], field)
        return field

    def delete_record(self, request: SandboxRequest, id_or_key: str) -> None:
        self.table.remove(self.find(id_or_key)["id"])


class UserFieldResource(CustomFieldResource):
    """The sandbox's user field definitions."""

    description = ResourceDescription(
        name="user_field",
        plural="user_fields",
        actions="index show create update delete",
        id_parameter="id_or_key",
        create_role="admin",
        update_role="admin",
    )

    @property
    def table(self) -> RecordTable[int]:
        return self.repository.user_fields

    def all_fields(self) -> list[JsonObject]:
        return self.repository.all_user_fields()


class OrganizationFieldResource(CustomFieldResource):
    """The sandbox's organization field definitions."""

    description = ResourceDescription(
        name="organization_field",
        plural="organization_fields",
        actions="index show create update delete",
        id_parameter="id_or_key",
        create_role="admin",
        update_role="admin",
    )

    @property
    def table(self) -> RecordTable[int]:
        return self.repository.organization_fields

    def all_fields(self) -> list[JsonObject]:
        return self.repository.all_organization_fields()
