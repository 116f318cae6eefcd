"""Record endpoints of the Sell sandbox: list, create, read, change, delete, upsert by kind."""

from collections.abc import Iterator

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import RouteHandler, Router
from desktop.sandbox.sell.error_responses import request_error
from desktop.sandbox.sell.listing import SellListing, envelope
from desktop.sandbox.sell.payload import PayloadReader, data_in_body
from desktop.sandbox.sell.record_kinds import KINDS, SellKind
from desktop.sandbox.sell.repository import SellRepository
from desktop.sandbox.sell.seed_data import complete_names

NO_CONTENT = SandboxResponse(204)
# A person's own Sell filter names by which an upsert may look.
_MAX_MATCHES = 2


def register_record_routes(repository: SellRepository, router: Router) -> None:
    """Register the endpoints of every kind of record of the sandbox's Sell."""
    for kind in KINDS.values():
        endpoints = RecordEndpoints(repository, kind)
        if kind.parent:
            below = f"/v2/{KINDS[kind.parent].path}/{{parent_id:int}}/{kind.path}"
            # One associated contact is named by its contact.
            _register(endpoints, router, below)
            continue
        if kind.is_upsertable:
            router.add("POST", f"/v2/{kind.path}/upsert", endpoints.upsert)
        _register(endpoints, router, f"/v2/{kind.path}")


def _register(endpoints: "RecordEndpoints", router: Router, path: str) -> None:
    methods = endpoints.kind.methods.split()
    whole: dict[str, RouteHandler] = {"GET": endpoints.list, "POST": endpoints.create}
    single: dict[str, RouteHandler] = {
        "GET": endpoints.read,
        "PUT": endpoints.update,
        "DELETE": endpoints.delete,
    }
    for method, handler in whole.items():
        if method in methods:
            router.add(method, path, handler)
    for method, handler in single.items():
        if method in methods:
            router.add(method, f"{path}/{{record_id:int}}", handler)


class RecordEndpoints:
    """The endpoints of one kind of record of the sandbox's Sell."""

    def __init__(self, repository: SellRepository, kind: SellKind) -> None:
        self.repository = repository
        self.kind = kind
        self.listing = SellListing(repository)
        self.reader = PayloadReader(repository)

    def list(self, request: SandboxRequest, parent_id: int | None = None) -> SandboxResponse:
        """Answer a page of the kind's list of the sandbox's Sell."""
        self._require_parent(parent_id)
        return self.listing.respond(self.kind, request, parent_id)

    def create(self, request: SandboxRequest, parent_id: int | None = None) -> SandboxResponse:
        """Create a record of the sandbox's Sell."""
        self._require_parent(parent_id)
        return json_response(self._create(data_in_body(request), request, parent_id))

    def read(
        self, request: SandboxRequest, record_id: int, parent_id: int | None = None
    ) -> SandboxResponse:
        """Answer one record of the sandbox's Sell."""
        del request
        return json_response(envelope(self.kind.name, self._existing(record_id, parent_id)))

    def update(self, request: SandboxRequest, record_id: int) -> SandboxResponse:
        """Change the attributes that were sent of a record of the sandbox's Sell."""
        self._existing(record_id, None)
        return json_response(self._update(record_id, data_in_body(request)))

    def delete(
        self, request: SandboxRequest, record_id: int, parent_id: int | None = None
    ) -> SandboxResponse:
        """Delete a record of the sandbox's Sell for good."""
        del request
        found = self._existing(record_id, parent_id)
        self.repository.delete(self.kind.name, found["id"])
        return NO_CONTENT

    def upsert(self, request: SandboxRequest) -> SandboxResponse:
        """Create or change the one record of the sandbox's Sell that fits the query."""
        if not request.query:
            raise request_error("invalid_param", "at least one filter is required")
        data = data_in_body(request)
        found = [
            record
            for record, _ in zip(
                self.listing.find(self.kind, request.query), range(_MAX_MATCHES), strict=False
            )
        ]
        if len(found) > 1:
            raise request_error("conflict", "several resources match", self.kind.name)
        if found:
            # Its tags are those of the payload: a client that sends none clears them.
            return json_response(self._update(found[0]["id"], {"tags": [], **data}))
        return json_response(self._create(data, request, None), 201)

    def _create(
        self, data: JsonObject, request: SandboxRequest, parent_id: int | None
    ) -> JsonObject:
        record = self.repository.draft(self.kind.name)
        self.reader.apply(self.kind, data, record)
        if "creator_id" in record:
            record["creator_id"] = request.actor.user_id
        if "owner_id" in record and record["owner_id"] is None:
            record["owner_id"] = request.actor.user_id
        if parent_id is not None:
            record["_parent_id"] = parent_id
        self._complete(record)
        return envelope(self.kind.name, self.repository.save(self.kind.name, record))

    def _update(self, record_id: int, data: JsonObject) -> JsonObject:
        record = self.repository.draft_of(self.kind.name, record_id)
        if record is None:
            raise request_error("not_found", resource=self.kind.name)
        self.reader.apply(self.kind, data, record)
        self._complete(record)
        return envelope(self.kind.name, self.repository.save(self.kind.name, record))

    def _complete(self, record: JsonObject) -> None:
        complete_names(record, self.kind.name)
        if self.kind.name == "deal":
            record["stage_id"] = record["stage_id"] or self.repository.ids("stage")[0]
            record["value"] = record["value"] or "0"
            record["currency"] = record["currency"] or "USD"
            contact = self.repository.existing("contact", record["contact_id"])
            record["organization_id"] = contact["contact_id"] if contact else None
        if "tags" in record:
            self._register_tags(record)

    def _register_tags(self, record: JsonObject) -> None:
        """Make the tags of a record known as tags of its kind in the sandbox's Sell."""
        known = set(self._tag_names())
        for name in record["tags"]:
            if name not in known:
                tag = self.repository.draft("tag")
                self.repository.save("tag", tag | {"name": name, "resource_type": self.kind.name})

    def _tag_names(self) -> Iterator[str]:
        for tag_id in self.repository.ids("tag"):
            tag = self.repository.existing("tag", tag_id)
            if tag is not None and tag["resource_type"] == self.kind.name:
                yield tag["name"]

    def _existing(self, record_id: int, parent_id: int | None) -> JsonObject:
        self._require_parent(parent_id)
        if self.kind.name == "associated_contact":
            for found_id in self.repository.ids(self.kind.name):
                found = self.repository.existing(self.kind.name, found_id)
                names = found and (found["contact_id"], found["_parent_id"])
                if found is not None and names == (record_id, parent_id):
                    return found
            raise request_error("not_found", resource=self.kind.name)
        record = self.repository.existing(self.kind.name, record_id)
        if record is None or record.get("_parent_id") != parent_id:
            raise request_error("not_found", resource=self.kind.name)
        return record

    def _require_parent(self, parent_id: int | None) -> None:
        if parent_id is None:
            return
        if self.repository.existing(self.kind.parent, parent_id) is None:
            raise request_error("not_found", resource=self.kind.parent)
