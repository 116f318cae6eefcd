"""The sandbox's /organizations: search, autocomplete, create_or_update.

Facts: docs/zendesk.md 5.
"""

from collections.abc import Sequence
from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.custom_field_values import store_custom_values
from desktop.sandbox.zendesk.error_responses import forbidden_error, zendesk_error
from desktop.sandbox.zendesk.field_rules import (
    FieldRule,
    apply_field_rules,
    normalise_tags,
    plain_fields,
    strip_text,
    text_or_none,
)
from desktop.sandbox.zendesk.pagination import read_ids
from desktop.sandbox.zendesk.permissions import require_role
from desktop.sandbox.zendesk.record_factories import make_organization_record
from desktop.sandbox.zendesk.request_body import object_in_body
from desktop.sandbox.zendesk.rest_resource import (
    API,
    ResourceDescription,
    RestResource,
    require_found,
)


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values or []]


ORGANIZATION_RULES = (
    FieldRule(
        "name", strip_text, is_required=True, taken_message="Name: {value} has already been taken"
    ),
    *plain_fields("notes details group_id shared_tickets shared_comments"),
    FieldRule(
        "external_id", text_or_none, taken_message="External ID: {value} has already been taken"
    ),
    # What is sent replaces the list.
    FieldRule("domain_names", _texts),
    FieldRule("tags", normalise_tags),
)


class OrganizationResource(RestResource):
    """The sandbox's organizations; administrators write all fields, agents only notes."""

    description = ResourceDescription(
        name="organization",
        plural="organizations",
        actions="index show show_many create update delete create_many update_many destroy_many",
        create_role="admin",
    )

    def add_special_routes(self, router: Router) -> None:
        path = f"{API}organizations"
        router.add("POST", f"{path}/create_or_update", self.create_or_update)
        router.add("GET", f"{path}/search", self.search)
        router.add("GET", f"{path}/autocomplete", self.autocomplete)
        router.add("GET", f"{API}users/{{user_id:int}}/organizations", self.list_of_user)

    # Reading

    def get(self, organization_id: int) -> JsonObject | None:
        return self.repository.organizations.get(organization_id)

    def rows(self, request: SandboxRequest) -> Sequence[JsonObject]:
        return self.repository.all_organizations()

    def show_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /organizations/show_many; unlike others with paging."""
        require_role(request, "agent")
        ids, externals = set(read_ids(request, "ids")), set(read_ids(request, "external_ids"))
        organizations = self.repository.all_organizations()
        return self.page(
            request,
            [
                record
                for record in organizations
                if str(record["id"]) in ids or (record["external_id"] or "") in externals
            ],
        )

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /organizations/search by exact name or external id."""
        require_role(request, "agent")
        key = next((name for name in ("external_id", "name") if name in request.query), None)
        if key is None:
            raise zendesk_error(400, "InvalidValue", "name or external_id is required")
        wanted = request.query[key].casefold()
        rows = self.repository.all_organizations()
        return self.page(request, [it for it in rows if (it[key] or "").casefold() == wanted])

    def autocomplete(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /organizations/autocomplete by the name's beginning."""
        require_role(request, "agent")
        start = request.query.get("name", "").casefold()
        rows = self.repository.all_organizations()
        return self.page(request, [it for it in rows if it["name"].casefold().startswith(start)])

    def list_of_user(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Answer the sandbox's GET /users/{id}/organizations."""
        require_role(request, "agent")
        user = require_found(self.repository.existing_user(user_id))
        return self.page(request, self.repository.organizations_by_id(user["_orgs"]))

    # Writing

    def create_record(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        """Create and store an organization in the sandbox's Zendesk; names are unique."""
        number, now = self.repository.new_organization_id(), self.repository.state.now()
        return self._apply_fields(make_organization_record(number, "", (), now), given, is_new=True)

    def update_record(
        self, request: SandboxRequest, given: JsonObject, organization_id: int
    ) -> JsonObject:
        record = require_found(self.repository.organizations.copy_for_update(organization_id))
        return self._apply_fields(record, given)

    def update(self, request: SandboxRequest, **keys: int) -> SandboxResponse:
        """Answer the sandbox's PUT of an organization; plain agents may only write notes."""
        require_role(request, "agent")
        if not request.actor.is_admin and set(object_in_body(request, "organization")) - {"notes"}:
            raise forbidden_error()
        return super().update(request, **keys)

    def update_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's PUT /organizations/update_many, for administrators only."""
        require_role(request, "admin")
        return super().update_many(request)

    def create_or_update(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's POST /organizations/create_or_update, never matched by name."""
        require_role(request, "admin")
        given = object_in_body(request, "organization")
        external_id = str(given.get("external_id") or "").casefold()
        known_id = int(given["id"]) if given.get("id") else None
        if known_id is None and external_id:
            for record in self.repository.all_organizations():
                if (record["external_id"] or "").casefold() == external_id:
                    known_id = record["id"]
                    break
        if known_id is None:
            return self.created_response(request, self.create_record(request, given))
        return json_response(
            self.written_body(request, self.update_record(request, given, known_id))
        )

    def delete_record(self, request: SandboxRequest, organization_id: int) -> None:
        self.repository.organizations.remove(organization_id)

    def _apply_fields(
        self, record: JsonObject, given: JsonObject, *, is_new: bool = False
    ) -> JsonObject:
        apply_field_rules(
            ORGANIZATION_RULES, record, given, is_new=is_new, find_owner=self._find_owner
        )
        store_custom_values(
            self.repository.all_organization_fields(),
            record["organization_fields"],
            given.get("organization_fields"),
            self.repository.state.account.longest_text,
        )
        now = self.repository.state.now()
        record["updated_at"], record["_at"] = format_iso_utc(now), now
        self.repository.organizations.put(record["id"], record)
        return record

    def _find_owner(self, field: str, value: str) -> JsonObject | None:
        owners = (
            record
            for record in self.repository.all_organizations()
            if str(record[field] or "").casefold() == value.casefold()
        )
        return next(owners, None)
