"""Writing tickets (contract 4)."""

import hashlib

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.jobs import Jobs, Row
from desktop.sandbox.zendesk.refusal import invalid, not_found, refuse
from desktop.sandbox.zendesk.rights import require_admin, require_agent
from desktop.sandbox.zendesk.shape import ticket_record
from desktop.sandbox.zendesk.tags import clean_tags
from desktop.sandbox.zendesk.tickets import Tickets
from desktop.sandbox.zendesk.user_edit import check_email
from desktop.sandbox.zendesk.user_writes import UserWrites

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent", None)
KEY_KEPT_S = 2 * 3600
_PLAIN = ("subject", "external_id", "type", "assignee_id", "group_id", "due_at", "organization_id")


class TicketWrites:
    """The writing half of /tickets."""

    def __init__(self, book: Book, tickets: Tickets, users: UserWrites, jobs: Jobs) -> None:
        self.book = book
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

    def create(self, call: Call) -> Answer:
        """Create a ticket, once per Idempotency-Key (kept two hours)."""
        require_agent(call)
        key = call.headers.get("idempotency-key")
        body_hash = hashlib.sha256(call.body).hexdigest()
        known = self.book.keys.get(key) if key else None
        if known is not None and call.at - known["at"] < KEY_KEPT_S:
            if known["body"] != body_hash:
                raise refuse(
                    400,
                    "IdempotentRequestError",
                    "Request parameters differ from the original request",
                )
            ticket = self.tickets.find(known["ticket"])
            return self._created(call, ticket).having(("x-idempotency-lookup", "hit"))
        if call.query.get("async") == "true":
            job = self.jobs.start(call, "ticket", "create", [given_ticket(call)])
            return said({"job_status": self.jobs.show(call, job)}, 202)
        ticket = self.make(call, given_ticket(call))
        answer = self._created(call, ticket)
        if key:
            record = {"at": call.at, "body": body_hash, "ticket": ticket["id"]}
            self.book.keys.put(key, record)
            answer = answer.having(("x-idempotency-lookup", "miss"))
        return answer

    def _created(self, call: Call, ticket: Record) -> Answer:
        location = f"{call.base_url}/api/v2/tickets/{ticket['id']}.json"
        body = {"ticket": self.tickets.show(call, ticket), "audit": self._audit(call, ticket)}
        return said(body, 201, ("location", location))

    def update(self, call: Call, ticket_id: int) -> Answer:
        """Change a ticket."""
        require_agent(call)
        ticket = self.change(call, ticket_id, given_ticket(call))
        body = {"ticket": self.tickets.show(call, ticket), "audit": self._audit(call, ticket)}
        return said(body)

    def delete(self, call: Call, ticket_id: int) -> Answer:
        """Delete softly; exports show it with status deleted (contract 8)."""
        require_admin(call)
        self.tickets.find(ticket_id)
        self.remove(ticket_id)
        return Answer(204)

    def create_many(self, call: Call) -> Answer:
        """Create up to a hundred in a job."""
        require_agent(call)
        rows = self.jobs.rows(call, "tickets")
        return self.jobs.answer(call, self.jobs.start(call, "ticket", "create", rows))

    def update_many(self, call: Call) -> Answer:
        """Change up to a hundred in a job: the same for all, or each its own."""
        require_agent(call)
        if "ids" in call.query:
            same = given_ticket(call)
            rows = [{**same, "id": int(number)} for number in self.jobs.ids(call)]
        else:
            rows = self.jobs.rows(call, "tickets")
        return self.jobs.answer(call, self.jobs.start(call, "ticket", "update", rows))

    # The same for one request and for one row of a job.

    def do_row(self, call: Call, action: str, given: Record) -> Row:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.make(call, given)["id"], "account_id": 1}
        ticket = self.change(call, int(given["id"]), given)
        return {"id": ticket["id"], "action": "update", "success": True, "status": "Updated"}

    def make(self, call: Call, given: Record) -> Record:
        """Create and store a ticket."""
        body, public, author = _comment(given.get("comment") or given.get("description"))
        if not body:
            raise invalid("base", "Description: cannot be blank", "BlankValue")
        requester_id = self._requester(call, given)
        requester = self.book.live_user(requester_id)
        if requester is None:
            raise invalid("requester", f"Requester: {requester_id} does not exist")
        now = self.book.world.now()
        ticket = ticket_record(
            self.book.new_ticket_id(),
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
        ticket["submitter_id"] = call.actor.user_id
        ticket["is_public"] = public
        self._edit(ticket, given)
        # A user's tags are copied onto the tickets (contract 3).
        ticket["tags"] = list(dict.fromkeys([*ticket["tags"], *requester["tags"]]))
        ticket["_comments"] = []
        self.book.add_comment(ticket, author or requester_id, body, public=public)
        return self.book.save_ticket(ticket)

    def change(self, call: Call, ticket_id: int, given: Record) -> Record:
        """Update and store a ticket."""
        ticket = self.book.tickets.draft(ticket_id)
        if ticket is None or ticket["status"] == "deleted":
            raise not_found()
        if "safe_update" in given and given.get("updated_stamp") != ticket["updated_at"]:
            # False acts like true (contract 4).
            raise refuse(
                409,
                "UpdateConflict",
                "Safe Update prevented the update due to outdated ticket data.",
            )
        if ticket["status"] == "closed":
            raise invalid("status", "Status: closed prevents ticket update")
        body, public, author = _comment(given.get("comment"), default=ticket["is_public"])
        self._edit(ticket, given)
        if body:
            self.book.add_comment(ticket, author or call.actor.user_id, body, public=public)
        return self.book.save_ticket(ticket)

    def remove(self, ticket_id: int) -> None:
        """Delete a ticket."""
        ticket = self.book.tickets.draft(ticket_id) or {}
        ticket["status"] = "deleted"
        self.book.save_ticket(ticket)

    def _requester(self, call: Call, given: Record) -> int:
        if given.get("requester_id"):
            return int(given["requester_id"])
        person = given.get("requester")
        if isinstance(person, dict) and person.get("email"):
            known = self.book.user_by_identity(str(person["email"]))
            if known is not None:
                return int(known["id"])
            email = check_email(self.book, str(person["email"]), None)
            new = {"name": person.get("name") or email, "email": email}
            return int(self.users.make(call, new)["id"])
        return call.actor.user_id

    def _edit(self, ticket: Record, given: Record) -> None:
        for key in _PLAIN:
            if key in given:
                ticket[key] = given[key]
        ticket["raw_subject"] = ticket["subject"]
        if "status" in given:
            if given["status"] not in STATUSES:
                raise invalid("status", f"Status: {given['status']} is not valid")
            ticket["status"] = given["status"]
        if "priority" in given:
            if given["priority"] not in PRIORITIES:
                raise invalid("priority", f"Priority: {given['priority']} is not valid")
            ticket["priority"] = given["priority"]
        if "tags" in given:
            ticket["tags"] = clean_tags(given["tags"] or [])
        if "additional_tags" in given:
            added = clean_tags(given["additional_tags"])
            ticket["tags"] = list(dict.fromkeys([*ticket["tags"], *added]))
        if "remove_tags" in given:
            gone = clean_tags(given["remove_tags"])
            ticket["tags"] = [tag for tag in ticket["tags"] if tag not in gone]
        if isinstance(given.get("custom_fields"), list):
            held = {item["id"]: item for item in ticket["custom_fields"]}
            held |= {
                item["id"]: item
                for item in given["custom_fields"]
                if isinstance(item, dict) and "id" in item
            }
            ticket["custom_fields"] = list(held.values())

    def _audit(self, call: Call, ticket: Record) -> Record:
        return {
            "id": ticket["id"] * 1000 + 900 + len(ticket.get("_comments") or ()),
            "ticket_id": ticket["id"],
            "author_id": call.actor.user_id,
            "created_at": ticket["updated_at"],
            "events": [],
        }


def given_ticket(call: Call) -> Record:
    """Return the `ticket` object of the body; 400 without one."""
    body = call.json()
    ticket = body.get("ticket") if isinstance(body, dict) else None
    if not isinstance(ticket, dict):
        raise refuse(400, "InvalidRequest", "Parameter ticket is required")
    return ticket


def _comment(given: object, *, default: bool = True) -> tuple[str, bool, int | None]:
    """Return body, visibility and author; without `public` it inherits (contract 4)."""
    if isinstance(given, str):
        return given.strip(), default, None
    if not isinstance(given, dict):
        return "", default, None
    body = str(given.get("body") or given.get("html_body") or "").strip()
    public = bool(given.get("public", default))
    author = given.get("author_id")
    return body, public, int(author) if author else None
