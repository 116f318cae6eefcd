"""Writing tickets (contract 4)."""

import hashlib

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import JobRowResult, ZendeskJobs
from desktop.sandbox.zendesk.error_responses import not_found_error, validation_error, zendesk_error
from desktop.sandbox.zendesk.permissions import require_admin, require_agent
from desktop.sandbox.zendesk.record_factories import make_ticket_record
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.ticket_read_endpoints import TicketReadEndpoints
from desktop.sandbox.zendesk.user_tag_endpoints import normalise_tags
from desktop.sandbox.zendesk.user_updates import require_unused_email
from desktop.sandbox.zendesk.user_write_endpoints import UserWriteEndpoints

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent", None)
IDEMPOTENCY_KEY_LIFETIME_S = 2 * 3600
_PLAIN_FIELDS = (
    "subject",
    "external_id",
    "type",
    "assignee_id",
    "group_id",
    "due_at",
    "organization_id",
)


class TicketWriteEndpoints:
    """The writing half of /tickets."""

    def __init__(
        self,
        repository: ZendeskRepository,
        tickets: TicketReadEndpoints,
        users: UserWriteEndpoints,
        jobs: ZendeskJobs,
    ) -> None:
        self.repository = repository
        self.tickets = tickets
        self.users = users
        self.jobs = jobs

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("POST", "/api/v2/tickets", self.create)
        router.add("PUT", "/api/v2/tickets/{ticket_id:int}", self.update)
        router.add("DELETE", "/api/v2/tickets/{ticket_id:int}", self.delete)
        router.add("POST", "/api/v2/tickets/create_many", self.create_many)
        router.add("PUT", "/api/v2/tickets/update_many", self.update_many)

    def create(self, request: SandboxRequest) -> SandboxResponse:
        """Create a ticket, once per Idempotency-Key (kept two hours)."""
        require_agent(request)
        key = request.headers.get("idempotency-key")
        body_hash = hashlib.sha256(request.body).hexdigest()
        known = self.repository.idempotency_keys.get(key) if key else None
        if known is not None and request.received_at - known["at"] < IDEMPOTENCY_KEY_LIFETIME_S:
            if known["body"] != body_hash:
                raise zendesk_error(
                    400,
                    "IdempotentRequestError",
                    "Request parameters differ from the original request",
                )
            ticket = self.tickets.find_ticket(known["ticket"])
            return self._created_response(request, ticket).with_headers(
                ("x-idempotency-lookup", "hit")
            )
        if request.query.get("async") == "true":
            job = self.jobs.start(request, "ticket", "create", [ticket_in_body(request)])
            return json_response({"job_status": self.jobs.serialize(request, job)}, 202)
        ticket = self.create_ticket(request, ticket_in_body(request))
        answer = self._created_response(request, ticket)
        if key:
            record = {"at": request.received_at, "body": body_hash, "ticket": ticket["id"]}
            self.repository.idempotency_keys.put(key, record)
            answer = answer.with_headers(("x-idempotency-lookup", "miss"))
        return answer

    def _created_response(self, request: SandboxRequest, ticket: JsonObject) -> SandboxResponse:
        location = f"{request.base_url}/api/v2/tickets/{ticket['id']}.json"
        body = {
            "ticket": self.tickets.serialize(request, ticket),
            "audit": self._audit(request, ticket),
        }
        return json_response(body, 201, ("location", location))

    def update(self, request: SandboxRequest, ticket_id: int) -> SandboxResponse:
        """Change a ticket."""
        require_agent(request)
        ticket = self.update_ticket(request, ticket_id, ticket_in_body(request))
        body = {
            "ticket": self.tickets.serialize(request, ticket),
            "audit": self._audit(request, ticket),
        }
        return json_response(body)

    def delete(self, request: SandboxRequest, ticket_id: int) -> SandboxResponse:
        """Delete softly; exports show it with status deleted (contract 8)."""
        require_admin(request)
        self.tickets.find_ticket(ticket_id)
        self.delete_ticket(ticket_id)
        return SandboxResponse(204)

    def create_many(self, request: SandboxRequest) -> SandboxResponse:
        """Create up to a hundred in a job."""
        require_agent(request)
        rows = self.jobs.rows_in_body(request, "tickets")
        return self.jobs.job_response(request, self.jobs.start(request, "ticket", "create", rows))

    def update_many(self, request: SandboxRequest) -> SandboxResponse:
        """Change up to a hundred in a job: the same for all, or each its own."""
        require_agent(request)
        if "ids" in request.query:
            same = ticket_in_body(request)
            rows = [{**same, "id": int(number)} for number in self.jobs.ids_in_query(request)]
        else:
            rows = self.jobs.rows_in_body(request, "tickets")
        return self.jobs.job_response(request, self.jobs.start(request, "ticket", "update", rows))

    # The same for one request and for one row of a job.

    def run_job_row(self, request: SandboxRequest, action: str, given: JsonObject) -> JobRowResult:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.create_ticket(request, given)["id"], "account_id": 1}
        ticket = self.update_ticket(request, int(given["id"]), given)
        return {"id": ticket["id"], "action": "update", "success": True, "status": "Updated"}

    def create_ticket(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        """Create and store a ticket."""
        body, public, author = _parse_comment(given.get("comment") or given.get("description"))
        if not body:
            raise validation_error("base", "Description: cannot be blank", "BlankValue")
        requester_id = self._find_or_create_requester(request, given)
        requester = self.repository.existing_user(requester_id)
        if requester is None:
            raise validation_error("requester", f"Requester: {requester_id} does not exist")
        now = self.repository.state.now()
        ticket = make_ticket_record(
            self.repository.new_ticket_id(),
            requester_id,
            str(given.get("subject") or body[:80]),
            body=body,
            status="new" if not given.get("assignee_id") else "open",
            created=now,
            updated=now,
            generated=now,
            priority=None,
            organization_id=requester["organization_id"],
            assignee_id=None,
            channel="api",
        )
        ticket["submitter_id"] = request.actor.user_id
        ticket["is_public"] = public
        self._apply_fields(ticket, given)
        # A user's tags are copied onto the tickets (contract 3).
        ticket["tags"] = list(dict.fromkeys([*ticket["tags"], *requester["tags"]]))
        ticket["_comments"] = []
        self.repository.add_comment(ticket, author or requester_id, body, public=public)
        return self.repository.save_ticket(ticket)

    def update_ticket(
        self, request: SandboxRequest, ticket_id: int, given: JsonObject
    ) -> JsonObject:
        """Update and store a ticket."""
        ticket = self.repository.tickets.copy_for_update(ticket_id)
        if ticket is None or ticket["status"] == "deleted":
            raise not_found_error()
        if "safe_update" in given and given.get("updated_stamp") != ticket["updated_at"]:
            # False acts like true (contract 4).
            raise zendesk_error(
                409,
                "UpdateConflict",
                "Safe Update prevented the update due to outdated ticket data.",
            )
        if ticket["status"] == "closed":
            raise validation_error("status", "Status: closed prevents ticket update")
        body, public, author = _parse_comment(given.get("comment"), default=ticket["is_public"])
        self._apply_fields(ticket, given)
        if body:
            self.repository.add_comment(
                ticket, author or request.actor.user_id, body, public=public
            )
        return self.repository.save_ticket(ticket)

    def delete_ticket(self, ticket_id: int) -> None:
        """Delete a ticket."""
        ticket = self.repository.tickets.copy_for_update(ticket_id) or {}
        ticket["status"] = "deleted"
        self.repository.save_ticket(ticket)

    def _find_or_create_requester(self, request: SandboxRequest, given: JsonObject) -> int:
        if given.get("requester_id"):
            return int(given["requester_id"])
        person = given.get("requester")
        if isinstance(person, dict) and person.get("email"):
            known = self.repository.user_by_identity(str(person["email"]))
            if known is not None:
                return int(known["id"])
            email = require_unused_email(self.repository, str(person["email"]), None)
            new = {"name": person.get("name") or email, "email": email}
            return int(self.users.create_user(request, new)["id"])
        return request.actor.user_id

    def _apply_fields(self, ticket: JsonObject, given: JsonObject) -> None:
        for key in _PLAIN_FIELDS:
            if key in given:
                ticket[key] = given[key]
        ticket["raw_subject"] = ticket["subject"]
        if "status" in given:
            if given["status"] not in STATUSES:
                raise validation_error("status", f"Status: {given['status']} is not valid")
            ticket["status"] = given["status"]
        if "priority" in given:
            if given["priority"] not in PRIORITIES:
                raise validation_error("priority", f"Priority: {given['priority']} is not valid")
            ticket["priority"] = given["priority"]
        if "tags" in given:
            ticket["tags"] = normalise_tags(given["tags"] or [])
        if "additional_tags" in given:
            added = normalise_tags(given["additional_tags"])
            ticket["tags"] = list(dict.fromkeys([*ticket["tags"], *added]))
        if "remove_tags" in given:
            gone = normalise_tags(given["remove_tags"])
            ticket["tags"] = [tag for tag in ticket["tags"] if tag not in gone]
        if isinstance(given.get("custom_fields"), list):
            held = {item["id"]: item for item in ticket["custom_fields"]}
            held |= {
                item["id"]: item
                for item in given["custom_fields"]
                if isinstance(item, dict) and "id" in item
            }
            ticket["custom_fields"] = list(held.values())

    def _audit(self, request: SandboxRequest, ticket: JsonObject) -> JsonObject:
        return {
            "id": ticket["id"] * 1000 + 900 + len(ticket.get("_comments") or ()),
            "ticket_id": ticket["id"],
            "author_id": request.actor.user_id,
            "created_at": ticket["updated_at"],
            "events": [],
        }


def ticket_in_body(request: SandboxRequest) -> JsonObject:
    """Return the `ticket` object of the body; 400 without one."""
    body = request.json()
    ticket = body.get("ticket") if isinstance(body, dict) else None
    if not isinstance(ticket, dict):
        raise zendesk_error(400, "InvalidRequest", "Parameter ticket is required")
    return ticket


def _parse_comment(given: object, *, default: bool = True) -> tuple[str, bool, int | None]:
    """Return body, visibility and author; without `public` it inherits (contract 4)."""
    if isinstance(given, str):
        return given.strip(), default, None
    if not isinstance(given, dict):
        return "", default, None
    body = str(given.get("body") or given.get("html_body") or "").strip()
    public = bool(given.get("public", default))
    author = given.get("author_id")
    return body, public, int(author) if author else None
