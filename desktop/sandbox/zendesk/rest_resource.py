"""Generic REST resource of the Zendesk sandbox: index, show, create, update, delete, bulk.

A resource is described by its names, its paths, its actions and the roles that may read and
write; a subclass adds how its records are found, changed and shown. Endpoints that no other
resource has are routes of the subclass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import ZendeskJobs
from desktop.sandbox.zendesk.error_responses import not_found_error
from desktop.sandbox.zendesk.pagination import PageableRows, page_response, read_ids
from desktop.sandbox.zendesk.permissions import require_role
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.request_body import object_in_body, rows_in_body

API = "/api/v2/"
# Action → method, what follows the resource's path, and whether a record's id comes before that.
_ACTIONS = {
    "index": ("GET", "", False),
    "create": ("POST", "", False),
    "show_many": ("GET", "/show_many", False),
    "create_many": ("POST", "/create_many", False),
    "update_many": ("PUT", "/update_many", False),
    "destroy_many": ("DELETE", "/destroy_many", False),
    "show": ("GET", "", True),
    "update": ("PUT", "", True),
    "delete": ("DELETE", "", True),
}


@dataclass(frozen=True)
class ResourceDescription:
    """The names, paths, actions and roles of a resource of the sandbox's Zendesk."""

    # The key of one record in bodies, and the key of lists.
    name: str
    plural: str
    actions: str
    # Below /api/v2/; the plural unless it is said.
    path: str = ""
    # The parameter of the path that identifies a record, with Starlette's convertor.
    id_parameter: str = "record_id:int"
    # "agent", "admin", or nothing where the record decides: see `require_may_edit_user`.
    read_role: str = "agent"
    create_role: str = "agent"
    update_role: str = "agent"
    delete_role: str = "admin"
    # "cursor" or "offset" where the endpoint has only one of the two forms of paging.
    only_paging: str = ""


class RestResource:
    """The usual endpoints of one resource in the sandbox's Zendesk."""

    description: ClassVar[ResourceDescription]
    # Methods of the subclass. `keys` are the parameters of the path, in order.
    # (request, *keys of the parent) → the records of the index
    rows: Callable[..., PageableRows]
    # (*keys) → a record to read, or None
    get: Callable[..., JsonObject | None]
    # (request, given, *keys of the parent) → the stored record; also for one row of a job
    create_record: Callable[..., JsonObject]
    # (request, given, *keys) → the stored record; also for one row of a job
    update_record: Callable[..., JsonObject]
    # (request, *keys) → the record that the answer shows, or None for a 204
    delete_record: Callable[..., JsonObject | None]

    def __init__(self, repository: ZendeskRepository, jobs: ZendeskJobs) -> None:
        self.repository = repository
        self.jobs = jobs
        jobs.row_handlers[self.description.name] = self.run_job_row

    def add_routes(self, router: Router) -> None:
        """Register a sandbox resource's described actions, then its special endpoints."""
        about = self.description
        path = f"{API}{about.path or about.plural}"
        for action in about.actions.split():
            method, tail, has_id = _ACTIONS[action]
            one = f"/{{{about.id_parameter}}}" if has_id else ""
            router.add(method, f"{path}{one}{tail}", getattr(self, action))
        self.add_special_routes(router)

    def add_special_routes(self, router: Router) -> None:
        """Register the endpoints that only this resource of the sandbox has."""

    def find(self, *keys: Any) -> JsonObject:
        """Return a sandbox resource's record to read; raises a 404 when there is none."""
        return require_found(self.get(*keys))

    def serialize(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        """Return a sandbox's record as Zendesk's API shows it: with `url`, no private keys."""
        return {"url": self.url_of(request, record), **without_private_keys(record)}

    def url_of(self, request: SandboxRequest, record: JsonObject) -> str:
        """Return the absolute address of a sandbox's Zendesk record."""
        return f"{request.base_url}{API}{self.description.plural}/{record['id']}.json"

    def sideloads(self, request: SandboxRequest, records: Sequence[JsonObject]) -> JsonObject:
        """Return the records that a request to the sandbox asks for by `include`."""
        return {}

    def shown_body(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        """Return the body of a sandbox resource's show endpoint."""
        return self.written_body(request, record) | self.sideloads(request, [record])

    def written_body(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        """Return the body with which the sandbox's Zendesk answers a create or update."""
        return {self.description.name: self.serialize(request, record)}

    def find_many(self, request: SandboxRequest) -> list[JsonObject]:
        """Return the records of a sandbox resource's show_many, by the `ids` of the query."""
        found = [self.get(int(key)) for key in read_ids(request, "ids") if key.isdigit()]
        return [record for record in found if record is not None]

    # The ordinary endpoints

    def page(
        self, request: SandboxRequest, rows: PageableRows, *, has_sideloads: bool = False
    ) -> SandboxResponse:
        """Answer with a page of a sandbox resource's records under the plural name."""
        return page_response(
            request,
            self.description.plural,
            rows,
            lambda record: self.serialize(request, record),
            side=(lambda page: self.sideloads(request, page)) if has_sideloads else None,
            only=self.description.only_paging,
        )

    def index(self, request: SandboxRequest, **keys: Any) -> SandboxResponse:
        """Answer GET of a sandbox resource's path with a page of its records."""
        require_role(request, self.description.read_role)
        return self.page(request, self.rows(request, *keys.values()), has_sideloads=True)

    def show(self, request: SandboxRequest, **keys: Any) -> SandboxResponse:
        """Answer GET of one record of a sandbox resource."""
        require_role(request, self.description.read_role)
        return json_response(self.shown_body(request, self.find(*keys.values())))

    def show_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer GET …/show_many of a sandbox resource, without records that are missing."""
        require_role(request, self.description.read_role)
        records = self.find_many(request)
        return json_response(
            {
                self.description.plural: [self.serialize(request, it) for it in records],
                **self.sideloads(request, records),
                "next_page": None,
                "previous_page": None,
                "count": len(records),
            }
        )

    def create(self, request: SandboxRequest, **keys: Any) -> SandboxResponse:
        """Answer POST of a sandbox resource's path: create a record, 201."""
        require_role(request, self.description.create_role)
        given = object_in_body(request, self.description.name)
        record = self.create_record(request, given, *keys.values())
        return self.created_response(request, record)

    def created_response(self, request: SandboxRequest, record: JsonObject) -> SandboxResponse:
        """Answer with a sandbox resource's new record: 201 and its address in `location`."""
        location = ("location", self.url_of(request, record))
        return json_response(self.written_body(request, record), 201, location)

    def update(self, request: SandboxRequest, **keys: Any) -> SandboxResponse:
        """Answer PUT of one record of a sandbox resource: change it."""
        require_role(request, self.description.update_role)
        given = object_in_body(request, self.description.name)
        record = self.update_record(request, given, *keys.values())
        return json_response(self.written_body(request, record))

    def delete(self, request: SandboxRequest, **keys: Any) -> SandboxResponse:
        """Answer DELETE of a sandbox resource's record with 204, or with it where only marked."""
        require_role(request, self.description.delete_role)
        self.find(*keys.values())
        record = self.delete_record(request, *keys.values())
        if record is None:
            return SandboxResponse(204)
        return json_response(self.written_body(request, record))

    # Bulk endpoints: each starts a job of up to a hundred rows

    def start_job(
        self, request: SandboxRequest, action: str, rows: Sequence[JsonObject]
    ) -> SandboxResponse:
        """Queue a job of this sandbox resource and answer with its status."""
        job = self.jobs.start(request, self.description.name, action, [*rows])
        return self.jobs.job_response(request, job)

    def create_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer POST …/create_many of a sandbox resource: a job of up to a hundred."""
        require_role(request, self.description.create_role or "agent")
        return self.start_job(request, "create", rows_in_body(request, self.description.plural))

    def update_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer PUT …/update_many of a sandbox resource: one change for all `ids`, or by row."""
        require_role(request, self.description.update_role or "agent")
        return self.start_job(request, "update", self.rows_to_update(request))

    def rows_to_update(self, request: SandboxRequest) -> Sequence[JsonObject]:
        """Return the rows of an update_many request to a sandbox resource."""
        if "ids" not in request.query:
            return rows_in_body(request, self.description.plural)
        same = object_in_body(request, self.description.name)
        return [{**same, "id": int(key)} for key in read_ids(request, "ids") if key.isdigit()]

    def destroy_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer DELETE …/destroy_many of a sandbox resource for the `ids` of the query."""
        require_role(request, self.description.delete_role or "agent")
        keys = [int(key) for key in read_ids(request, "ids") if key.isdigit()]
        return self.start_job(request, "delete", [{"id": key} for key in keys])

    def id_of_row(self, given: JsonObject) -> int:
        """Return the id of the record that a row of a sandbox resource's job is about."""
        return int(given["id"])

    def run_job_row(self, request: SandboxRequest, action: str, given: JsonObject) -> JsonObject:
        """Do one row of a sandbox resource's job and return its entry in `results`."""
        if action == "create":
            return {"id": self.create_record(request, given)["id"], "status": "Created"}
        record_id = self.id_of_row(given)
        if action == "delete":
            self.delete_record(request, record_id)
        else:
            self.update_record(request, given, record_id)
        status = "Deleted" if action == "delete" else "Updated"
        return {"id": record_id, "action": action, "success": True, "status": status}


def require_found(record: JsonObject | None) -> JsonObject:
    """Return the sandbox's record, or raise the 404 of one that is not there."""
    if record is None:
        raise not_found_error()
    return record
