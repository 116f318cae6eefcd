"""Writing one user: create, create or update, update, delete, merge."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.error_responses import forbidden_error, not_found_error, zendesk_error
from desktop.sandbox.zendesk.permissions import require_admin, require_agent, require_may_edit_user
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.user_read_endpoints import UserReadEndpoints
from desktop.sandbox.zendesk.user_updates import (
    add_identity,
    apply_user_fields,
    make_deleted_user,
    make_new_user,
)

MAX_TICKETS_FOR_MERGE = 10_000


class UserWriteEndpoints:
    """The writing half of /users."""

    def __init__(self, repository: ZendeskRepository, users: UserReadEndpoints) -> None:
        self.repository = repository
        self.users = users

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("POST", "/api/v2/users", self.create)
        router.add("POST", "/api/v2/users/create_or_update", self.create_or_update)
        router.add("PUT", "/api/v2/users/{user_id:int}", self.update)
        router.add("DELETE", "/api/v2/users/{user_id:int}", self.delete)
        router.add("PUT", "/api/v2/users/{user_id:int}/merge", self.merge)

    def create(self, request: SandboxRequest) -> SandboxResponse:
        """Create a user."""
        require_agent(request)
        user = self.create_user(request, user_in_body(request))
        return self._user_response(request, user, 201)

    def create_or_update(self, request: SandboxRequest) -> SandboxResponse:
        """200 when the user existed, 201 when not (contract 3)."""
        require_agent(request)
        user, created = self.create_or_update_user(request, user_in_body(request))
        return self._user_response(request, user, 201 if created else 200)

    def update(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Update a user."""
        return self._user_response(
            request, self.update_user(request, user_id, user_in_body(request)), 200
        )

    def delete(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Delete softly: the user stays readable with active false."""
        require_admin(request)
        user = self.repository.users.copy_for_update(user_id)
        if user is None or not user["active"]:
            raise not_found_error()
        self.repository.save_user(make_deleted_user(self.repository, user))
        return self._user_response(request, user, 200)

    def merge(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Merge the user of the path into the one of the body (contract 3, Merge)."""
        winner_id = user_in_body(request).get("id")
        loser = self.repository.users.copy_for_update(user_id)
        winner = self.repository.users.copy_for_update(int(winner_id)) if winner_id else None
        if loser is None or winner is None or not loser["active"] or not winner["active"]:
            raise not_found_error()
        for user in (loser, winner):
            require_may_edit_user(request, user)
            if user["role"] != "end-user":
                raise forbidden_error("Only end users can be merged.")
        tickets = list(self.repository.tickets_requested_by(user_id))
        if len(tickets) > MAX_TICKETS_FOR_MERGE:
            raise zendesk_error(422, "RecordInvalid", "The user has too many requested tickets")
        moved = loser["_identities"]
        self.repository.save_user(make_deleted_user(self.repository, loser))
        for identity in moved:
            add_identity(
                self.repository,
                winner,
                identity["type"],
                identity["value"],
                primary=False,
                verified=identity["verified"],
            )
        winner["tags"] = list(dict.fromkeys([*winner["tags"], *loser["tags"]]))
        self.repository.save_user(winner)
        for ticket in tickets:
            draft = self.repository.tickets.copy_for_update(ticket["id"]) or {}
            draft["requester_id"] = winner["id"]
            self.repository.save_ticket(draft)
        return self._user_response(request, winner, 200)

    # The same for one request and for one row of a job.

    def create_user(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        """Create and store a user."""
        if given.get("role", "end-user") != "end-user" and not request.actor.is_admin:
            raise forbidden_error("You can only create end users.")
        return self.repository.save_user(make_new_user(self.repository, given))

    def create_or_update_user(
        self, request: SandboxRequest, given: JsonObject
    ) -> tuple[JsonObject, bool]:
        """Update whoever has the e-mail address or external id, or create."""
        known = None
        if given.get("external_id"):
            known = self.repository.user_by_external_id(str(given["external_id"]))
        if known is None and given.get("email"):
            known = self.repository.user_by_identity(str(given["email"]))
        if known is None:
            return self.create_user(request, given), True
        return self.update_user(request, known["id"], given), False

    def update_user(self, request: SandboxRequest, user_id: int, given: JsonObject) -> JsonObject:
        """Update and store a user."""
        user = self.repository.users.copy_for_update(user_id)
        if user is None or not user["active"]:
            raise not_found_error()
        require_may_edit_user(request, user)
        if given.get("role", user["role"]) != user["role"] and not request.actor.is_admin:
            raise forbidden_error("You cannot change roles.")
        apply_user_fields(self.repository, user, given)
        return self.repository.save_user(user)

    def _user_response(
        self, request: SandboxRequest, user: JsonObject, status: int
    ) -> SandboxResponse:
        answer = json_response({"user": self.users.serialize(request, user)}, status)
        if status == 201:
            return answer.with_headers(
                ("location", f"{request.base_url}/api/v2/users/{user['id']}.json")
            )
        return answer


def user_in_body(request: SandboxRequest) -> JsonObject:
    """Return the `user` object of the body; 400 without one."""
    body = request.json()
    user = body.get("user") if isinstance(body, dict) else None
    if not isinstance(user, dict):
        raise zendesk_error(400, "InvalidRequest", "Parameter user is required")
    return user
