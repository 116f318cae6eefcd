"""Organizations (contract 5)."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import (
    forbidden_error,
    not_found_error,
    validation_error,
    zendesk_error,
)
from desktop.sandbox.zendesk.pagination import page_response, read_ids
from desktop.sandbox.zendesk.permissions import require_admin, require_agent
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.seed_data import make_organization_record
from desktop.sandbox.zendesk.user_tag_endpoints import normalise_tags

_PLAIN_FIELDS = ("notes", "details", "group_id", "shared_tickets", "shared_comments")


class OrganizationEndpoints:
    """/organizations."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/organizations"
        router.add("GET", path, self.list_all)
        router.add("POST", path, self.create)
        router.add("POST", f"{path}/create_or_update", self.create_or_update)
        router.add("GET", f"{path}/show_many", self.get_many)
        router.add("GET", f"{path}/search", self.search)
        router.add("GET", f"{path}/autocomplete", self.autocomplete)
        router.add("GET", path + "/{organization_id:int}", self.get_one)
        router.add("PUT", path + "/{organization_id:int}", self.update)
        router.add("DELETE", path + "/{organization_id:int}", self.delete)
        router.add("GET", "/api/v2/users/{user_id:int}/organizations", self.list_of_user)

    def list_all(self, request: SandboxRequest) -> SandboxResponse:
        """List all."""
        require_agent(request)
        return self._page(request, self.repository.all_organizations())

    def get_one(self, request: SandboxRequest, organization_id: int) -> SandboxResponse:
        """Return one."""
        require_agent(request)
        return json_response(
            {"organization": serialize_organization(request, self._find(organization_id))}
        )

    def get_many(self, request: SandboxRequest) -> SandboxResponse:
        """Return up to a hundred by id or external id."""
        require_agent(request)
        ids, externals = set(read_ids(request, "ids")), set(read_ids(request, "external_ids"))
        rows = [
            it
            for it in self.repository.all_organizations()
            if str(it["id"]) in ids or (it["external_id"] or "") in externals
        ]
        return self._page(request, rows)

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Find by exact name or external id, one of both, whatever the case."""
        require_agent(request)
        for key in ("external_id", "name"):
            if key in request.query:
                wanted = request.query[key].casefold()
                rows = self.repository.all_organizations()
                return self._page(request, [r for r in rows if (r[key] or "").casefold() == wanted])
        raise zendesk_error(400, "InvalidValue", "name or external_id is required")

    def autocomplete(self, request: SandboxRequest) -> SandboxResponse:
        """Find by the beginning of the name."""
        require_agent(request)
        start = request.query.get("name", "").casefold()
        rows = [
            r for r in self.repository.all_organizations() if r["name"].casefold().startswith(start)
        ]
        return self._page(request, rows)

    def list_of_user(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """List a user's organizations."""
        require_agent(request)
        user = self.repository.existing_user(user_id)
        if user is None:
            raise not_found_error()
        found = (self.repository.organizations.get(number) for number in user["_orgs"])
        return self._page(request, [record for record in found if record])

    def create(self, request: SandboxRequest) -> SandboxResponse:
        """Create one; names are unique."""
        require_admin(request)
        return self._created_response(
            request, self.create_organization(_organization_in_body(request))
        )

    def create_or_update(self, request: SandboxRequest) -> SandboxResponse:
        """Match by id or external id, never by name."""
        require_admin(request)
        record, created = self.create_or_update_organization(_organization_in_body(request))
        if created:
            return self._created_response(request, record)
        return json_response({"organization": serialize_organization(request, record)})

    def update(self, request: SandboxRequest, organization_id: int) -> SandboxResponse:
        """Change one; plain agents may only write notes."""
        require_agent(request)
        given = _organization_in_body(request)
        if not request.actor.is_admin and set(given) - {"notes"}:
            raise forbidden_error()
        return json_response(
            {
                "organization": serialize_organization(
                    request, self.update_organization(organization_id, given)
                )
            }
        )

    def delete(self, request: SandboxRequest, organization_id: int) -> SandboxResponse:
        """Delete one."""
        require_admin(request)
        self._find(organization_id)
        self.repository.organizations.remove(organization_id)
        return SandboxResponse(204)

    # The same for one request and for one row of a job.

    def create_organization(self, given: JsonObject) -> JsonObject:
        """Create and store."""
        number = self.repository.new_organization_id()
        record = make_organization_record(number, "", (), self.repository.state.now())
        self._apply_fields(record, {**given, "name": given.get("name") or ""})
        return record

    def create_or_update_organization(self, given: JsonObject) -> tuple[JsonObject, bool]:
        """Update the one with this id or external id, or create."""
        if given.get("id"):
            return self.update_organization(int(given["id"]), given), False
        external_id = str(given.get("external_id") or "").casefold()
        for record in self.repository.all_organizations():
            if external_id and (record["external_id"] or "").casefold() == external_id:
                return self.update_organization(record["id"], given), False
        return self.create_organization(given), True

    def update_organization(self, organization_id: int, given: JsonObject) -> JsonObject:
        """Update and store."""
        record = self.repository.organizations.copy_for_update(organization_id)
        if record is None:
            raise not_found_error()
        self._apply_fields(record, given)
        return record

    def _apply_fields(self, record: JsonObject, given: JsonObject) -> None:
        if "name" in given:
            name = str(given["name"] or "").strip()
            if not name:
                raise validation_error("name", "Name: cannot be blank", "BlankValue")
            taken = (
                it["name"].casefold() == name.casefold() and it["id"] != record["id"]
                for it in self.repository.all_organizations()
            )
            if any(taken):
                raise validation_error(
                    "name", f"Name: {name} has already been taken", "DuplicateValue"
                )
            record["name"] = name
        for key in _PLAIN_FIELDS:
            if key in given:
                record[key] = given[key]
        if "external_id" in given:
            record["external_id"] = str(given["external_id"]) if given["external_id"] else None
        if "domain_names" in given:
            # Overwrites the list (contract 5).
            record["domain_names"] = [str(name) for name in given["domain_names"] or []]
        if "tags" in given:
            record["tags"] = normalise_tags(given["tags"] or [])
        record["organization_fields"] |= given.get("organization_fields") or {}
        now = self.repository.state.now()
        record["updated_at"], record["_at"] = format_iso_utc(now), now
        self.repository.organizations.put(record["id"], record)

    def _find(self, organization_id: int) -> JsonObject:
        record = self.repository.organizations.get(organization_id)
        if record is None:
            raise not_found_error()
        return record

    def _page(self, request: SandboxRequest, rows: list[JsonObject]) -> SandboxResponse:
        return page_response(
            request, "organizations", rows, lambda it: serialize_organization(request, it)
        )

    def _created_response(self, request: SandboxRequest, record: JsonObject) -> SandboxResponse:
        location = f"{request.base_url}/api/v2/organizations/{record['id']}.json"
        return json_response(
            {"organization": serialize_organization(request, record)}, 201, ("location", location)
        )


def serialize_organization(request: SandboxRequest, record: JsonObject) -> JsonObject:
    """Return an organization as the API does."""
    return {
        "url": f"{request.base_url}/api/v2/organizations/{record['id']}.json",
        **without_private_keys(record),
    }


def _organization_in_body(request: SandboxRequest) -> JsonObject:
    body = request.json()
    given = body.get("organization") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise zendesk_error(400, "InvalidRequest", "Parameter organization is required")
    return given
