"""The sandbox's /tickets: comments, sorting, idempotent creation, safe updates.

Facts: docs/zendesk.md 4.
"""

import hashlib
from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import DAY, HOUR, format_iso_utc, parse_iso
from desktop.sandbox.zendesk.background_jobs import ZendeskJobs
from desktop.sandbox.zendesk.error_responses import (
    coded_error,
    not_found_error,
    validation_error,
    zendesk_error,
)
from desktop.sandbox.zendesk.field_rules import (
    FieldRule,
    apply_field_rules,
    normalise_tags,
    plain_fields,
)
from desktop.sandbox.zendesk.pagination import page_response
from desktop.sandbox.zendesk.permissions import require_role
from desktop.sandbox.zendesk.record_factories import (
    GROUP_ID,
    make_ticket_record,
    without_private_keys,
)
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.request_body import object_in_body
from desktop.sandbox.zendesk.rest_resource import (
    API,
    ResourceDescription,
    RestResource,
    require_found,
)
from desktop.sandbox.zendesk.user_resource import UserResource
from desktop.sandbox.zendesk.user_updates import require_unused_email

# With a cursor only these; offset paging offers more.
CURSOR_SORTS = ("updated_at", "id", "status")
OFFSET_SORTS = (*CURSOR_SORTS, "created_at", "subject", "priority", "assignee_id", "requester_id")
MAX_RECENT_TICKETS = 5
IDEMPOTENCY_KEY_LIFETIME_S = 2 * HOUR
UNSOLVED_STATUSES = ("new", "open", "pending", "hold")
TICKET_RULES = (
    *plain_fields("subject external_id type assignee_id group_id due_at organization_id"),
    FieldRule("status", choices=(*UNSOLVED_STATUSES, "solved", "closed")),
    FieldRule("priority", choices=("low", "normal", "high", "urgent", None)),
    FieldRule("tags", normalise_tags),
)


class TicketResource(RestResource):
    """The sandbox's tickets; deleted ones are shown by the incremental exports only."""

    description = ResourceDescription(
        name="ticket",
        plural="tickets",
        actions="index show show_many create update delete create_many update_many",
    )

    def __init__(
        self, repository: ZendeskRepository, jobs: ZendeskJobs, users: UserResource
    ) -> None:
        super().__init__(repository, jobs)
        self.users = users

    def add_special_routes(self, router: Router) -> None:
        organization = f"{API}organizations/{{organization_id:int}}"
        router.add("GET", f"{API}tickets/recent", self.list_recently_viewed)
        router.add("GET", f"{API}tickets/{{ticket_id:int}}/comments", self.list_comments)
        router.add("GET", f"{API}users/{{user_id:int}}/tickets/requested", self.list_requested_by)
        router.add("GET", f"{organization}/tickets", self.list_of_organization)

    # Reading

    def get(self, ticket_id: int) -> JsonObject | None:
        return self.repository.existing_ticket(ticket_id)

    def shown_body(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        """Return a sandbox ticket and its sideloads, without the audit of a write's answer."""
        shown = self._serialize_with_count(request, record)
        return {"ticket": shown, **self.sideloads(request, [record])}

    def _serialize_with_count(self, request: SandboxRequest, ticket: JsonObject) -> JsonObject:
        shown = self.serialize(request, ticket)
        if "comment_count" in request.query.get("include", ""):
            shown["comment_count"] = len(self.repository.comments(ticket))
        return shown

    def sideloads(self, request: SandboxRequest, records: Sequence[JsonObject]) -> JsonObject:
        """Return users, organizations and groups that a sandbox ticket's `include` asks for."""
        asked = set(request.query.get("include", "").split(","))
        answer: JsonObject = {}
        if "users" in asked:
            ids = {it[key] for it in records for key in ("requester_id", "assignee_id")} - {None}
            answer["users"] = self._serialize_users(request, ids)
        if "organizations" in asked:
            ids = {ticket["organization_id"] for ticket in records} - {None}
            organizations = self.repository.organizations_by_id(sorted(ids))
            answer["organizations"] = [without_private_keys(it) for it in organizations]
        if "groups" in asked:
            answer["groups"] = [{"id": GROUP_ID, "name": "Support"}]
        if "metric_sets" in asked:
            answer["metric_sets"] = [_metric_set(ticket) for ticket in records]
        return answer

    def _serialize_users(self, request: SandboxRequest, ids: set[int]) -> list[JsonObject]:
        users = map(self.repository.users.get, sorted(ids))
        return [self.users.serialize(request, user) for user in users if user]

    def index(self, request: SandboxRequest, **_keys: object) -> SandboxResponse:
        """Answer the sandbox's GET /tickets: fixture and changed ones, or by external id."""
        require_role(request, "agent")
        tickets = self.repository.individual_tickets()
        if external_id := request.query.get("external_id"):
            tickets = [ticket for ticket in tickets if ticket["external_id"] == external_id]
        return self._sorted_page(request, tickets)

    def list_recently_viewed(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /tickets/recent: up to five viewed last, newest first."""
        require_role(request, "agent")
        found = map(self.repository.existing_ticket, self.repository.viewed_ticket_ids)
        tickets = [ticket for ticket in found if ticket][:MAX_RECENT_TICKETS]
        return self.page(request, tickets, has_sideloads=True)

    def list_requested_by(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Answer the sandbox's GET /users/{id}/tickets/requested."""
        require_role(request, "agent")
        self.users.find(user_id)
        return self._sorted_page(request, self.repository.tickets_requested_by(user_id))

    def list_of_organization(
        self, request: SandboxRequest, organization_id: int
    ) -> SandboxResponse:
        """Answer with a sandbox organization's tickets among the fixture and changed ones."""
        require_role(request, "agent")
        tickets = self.repository.individual_tickets()
        own = [ticket for ticket in tickets if ticket["organization_id"] == organization_id]
        return self._sorted_page(request, own)

    def _sorted_page(
        self, request: SandboxRequest, tickets: Sequence[JsonObject]
    ) -> SandboxResponse:
        return page_response(
            request,
            "tickets",
            sorted_tickets(request, tickets),
            lambda ticket: self._serialize_with_count(request, ticket),
            side=lambda page: self.sideloads(request, page),
        )

    def list_comments(self, request: SandboxRequest, ticket_id: int) -> SandboxResponse:
        """Answer the sandbox's GET /tickets/{id}/comments, oldest first unless asked otherwise."""
        require_role(request, "agent")
        comments = self.repository.comments(self.find(ticket_id))
        if request.query.get("sort") == "-created_at" or request.query.get("sort_order") == "desc":
            comments.reverse()

        def authors(page: Sequence[JsonObject]) -> JsonObject:
            ids = {comment["author_id"] for comment in page}
            return {"users": self._serialize_users(request, ids)}

        # Any `include` brings the authors: there is nothing else to include.
        side = authors if "include" in request.query else None
        return page_response(request, "comments", comments, side=side)

    # Writing

    def create(self, request: SandboxRequest, **_keys: object) -> SandboxResponse:
        """Answer the sandbox's POST /tickets: once per Idempotency-Key, or `async` as a job."""
        require_role(request, "agent")
        key = request.headers.get("idempotency-key")
        body_hash = hashlib.sha256(request.body).hexdigest()
        keys = self.repository.idempotency_keys
        known = keys.get(key) if key else None
        if known is not None and request.received_at - known["at"] < IDEMPOTENCY_KEY_LIFETIME_S:
            if known["body"] != body_hash:
                message = "Request parameters differ from the original request"
                raise zendesk_error(400, "IdempotentRequestError", message)
            answer = self.created_response(request, self.find(known["ticket"]))
            return answer.with_headers(("x-idempotency-lookup", "hit"))
        given = object_in_body(request, "ticket")
        if request.query.get("async") == "true":
            job = self.jobs.start(request, "ticket", "create", [given])
            return json_response({"job_status": self.jobs.serialize(request, job)}, 202)
        ticket = self.create_record(request, given)
        answer = self.created_response(request, ticket)
        if key:
            at = request.received_at
            keys.put(key, {"at": at, "body": body_hash, "ticket": ticket["id"]})
            answer = answer.with_headers(("x-idempotency-lookup", "miss"))
        return answer

    def written_body(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        """Return a sandbox ticket and its last change's audit; that has no events."""
        audit = {
            "id": record["id"] * 1000 + 900 + len(record.get("_comments") or ()),
            "ticket_id": record["id"],
            "author_id": request.actor.user_id,
            "created_at": record["updated_at"],
            "events": [],
        }
        return {"ticket": self.serialize(request, record), "audit": audit}

    def run_job_row(self, request: SandboxRequest, action: str, given: JsonObject) -> JsonObject:
        """Do one row of a sandbox ticket job; created ones have an account id and no status."""
        if action == "create":
            return {"id": self.create_record(request, given)["id"], "account_id": 1}
        return super().run_job_row(request, action, given)

    def create_record(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        """Create and store a sandbox ticket with its first comment."""
        body, is_public, author = _parse_comment(given.get("comment") or given.get("description"))
        if not body:
            raise validation_error("base", "Description: cannot be blank", "BlankValue")
        requester_id = self._find_or_create_requester(request, given)
        requester = self._require_user(requester_id)
        now = self.repository.state.now()
        ticket = make_ticket_record(
            self.repository.new_ticket_id(),
            requester_id,
            str(given.get("subject") or body[:80]),
            body=body,
            created=now,
            updated=now,
            channel="api",
            status="open" if given.get("assignee_id") else "new",
            priority=None,
            organization_id=requester["organization_id"],
            assignee_id=None,
            submitter_id=request.actor.user_id,
            is_public=is_public,
            _comments=[],
        )
        self._apply_fields(ticket, given)
        # The requester's tags are copied onto a new ticket.
        ticket["tags"] = list(dict.fromkeys([*ticket["tags"], *requester["tags"]]))
        self.repository.add_comment(ticket, author or requester_id, body, public=is_public)
        return self.repository.save_ticket(ticket)

    def update_record(
        self, request: SandboxRequest, given: JsonObject, ticket_id: int
    ) -> JsonObject:
        """Change and store a sandbox ticket that is neither deleted nor closed."""
        ticket = self.repository.tickets.copy_for_update(ticket_id)
        if ticket is None or ticket["status"] == "deleted":
            raise not_found_error()
        if "safe_update" in given and given.get("updated_stamp") != ticket["updated_at"]:
            # The mere presence of `safe_update` counts: false acts like true.
            message = "Safe Update prevented the update due to outdated ticket data."
            raise zendesk_error(409, "UpdateConflict", message)
        if ticket["status"] == "closed":
            raise validation_error("status", "Status: closed prevents ticket update")
        body, is_public, author = _parse_comment(given.get("comment"), default=ticket["is_public"])
        was_solved = ticket["status"] == "solved"
        self._apply_fields(ticket, given)
        if ticket["status"] == "solved" and not was_solved:
            ticket["_solved_at"] = self.repository.state.now()
        if given.get("requester_id"):
            ticket["requester_id"] = self._require_user(int(given["requester_id"]))["id"]
        if body:
            writer = author or request.actor.user_id
            self.repository.add_comment(ticket, writer, body, public=is_public)
        return self.repository.save_ticket(ticket)

    def delete_record(self, request: SandboxRequest, ticket_id: int) -> None:
        ticket = require_found(self.repository.tickets.copy_for_update(ticket_id))
        self.repository.save_ticket(ticket | {"status": "deleted"})

    def _require_user(self, requester_id: int) -> JsonObject:
        requester = self.repository.existing_user(requester_id)
        if requester is None:
            raise validation_error("requester", f"Requester: {requester_id} does not exist")
        return requester

    def _find_or_create_requester(self, request: SandboxRequest, given: JsonObject) -> int:
        if given.get("requester_id"):
            return int(given["requester_id"])
        person = given.get("requester")
        if not isinstance(person, dict) or not person.get("email"):
            return request.actor.user_id
        address = str(person["email"])
        if (known := self.repository.user_by_identity(address)) is not None:
            return int(known["id"])
        email = require_unused_email(self.repository, address, None)
        user = {"name": person.get("name") or email, "email": email}
        return int(self.users.create_record(request, user)["id"])

    def _apply_fields(self, ticket: JsonObject, given: JsonObject) -> None:
        apply_field_rules(TICKET_RULES, ticket, given)
        ticket["raw_subject"] = ticket["subject"]
        if "additional_tags" in given:
            added = normalise_tags(given["additional_tags"])
            ticket["tags"] = list(dict.fromkeys([*ticket["tags"], *added]))
        if "remove_tags" in given:
            removed = normalise_tags(given["remove_tags"])
            ticket["tags"] = [tag for tag in ticket["tags"] if tag not in removed]
        if isinstance(given.get("custom_fields"), list):
            # Fields that are not sent keep their values.
            values = [it for it in given["custom_fields"] if isinstance(it, dict) and "id" in it]
            by_id = {item["id"]: item for item in (*ticket["custom_fields"], *values)}
            ticket["custom_fields"] = list(by_id.values())


def _metric_set(ticket: JsonObject) -> JsonObject:
    """Return the sandbox's metric set of a ticket; `solved_at` is when it was solved last."""
    return {
        "id": 70_000_000 + ticket["id"],
        "ticket_id": ticket["id"],
        "created_at": ticket["created_at"],
        "updated_at": ticket["updated_at"],
        "solved_at": _solved_at(ticket),
    }


def _solved_at(ticket: JsonObject) -> str | None:
    if ticket["status"] not in ("solved", "closed"):
        return None
    at = ticket.get("_solved_at") or ticket["_at"]
    if ticket["status"] == "closed" and "_solved_at" not in ticket:
        # The account's automation closes what has been solved for four days.
        at = max(parse_iso(ticket["created_at"]) or at, at - 4 * DAY)
    return format_iso_utc(at)


def _parse_comment(given: object, *, default: bool = True) -> tuple[str, bool, int | None]:
    """Parse text, visibility and author of a comment sent to the sandbox's Zendesk."""
    if isinstance(given, str):
        return given.strip(), default, None
    if not isinstance(given, dict):
        return "", default, None
    body = str(given.get("body") or given.get("html_body") or "").strip()
    author = given.get("author_id")
    return body, bool(given.get("public", default)), int(author) if author else None


def sorted_tickets(request: SandboxRequest, tickets: Sequence[JsonObject]) -> list[JsonObject]:
    """Sort the sandbox's tickets as asked; cursor paging ignores `sort_by` silently."""
    if "page[size]" in request.query:
        name = request.query.get("sort", "id")
        key, is_descending = name.lstrip("-"), name.startswith("-")
        if key not in CURSOR_SORTS:
            raise coded_error(400, "InvalidPaginationParameter", f"sort is not valid: {name}")
    else:
        key = request.query.get("sort_by", "id")
        is_descending = request.query.get("sort_order", "asc") == "desc"
        if key not in OFFSET_SORTS:
            key = "id"

    def position(ticket: JsonObject) -> tuple[str, int]:
        # Dates are settled by the id; the other keys leave equal tickets in their order.
        text = "" if key == "id" else str(ticket[key] or "")
        return text, ticket["id"] if key in ("id", "updated_at") else 0

    return sorted(tickets, key=position, reverse=is_descending)
