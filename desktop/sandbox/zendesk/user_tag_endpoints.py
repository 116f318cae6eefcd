"""Tags on users; they spread to the person's tickets (contract 3)."""

from collections.abc import Iterable

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.error_responses import forbidden_error, not_found_error
from desktop.sandbox.zendesk.permissions import require_agent, require_may_edit_user
from desktop.sandbox.zendesk.repository import ZendeskRepository

# A closed ticket takes no more tags.
_CLOSED_STATUSES = ("closed", "deleted")


class UserTagEndpoints:
    """/users/{id}/tags."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/users/{user_id:int}/tags"
        router.add("GET", path, self.list_tags)
        router.add("POST PUT DELETE", path, self.change_tags)

    def list_tags(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Return a user's tags."""
        require_agent(request)
        return json_response({"tags": self._user(user_id)["tags"]})

    def change_tags(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """POST sets, PUT adds, DELETE removes."""
        user = self._user(user_id)
        require_may_edit_user(request, user)
        body = request.json()
        given = body.get("tags") if isinstance(body, dict) else None
        given = given or request.query.get("tags", "").split(",")
        named = normalise_tags(given if isinstance(given, list) else str(given).split(","))
        old = list(user["tags"])
        if request.method == "POST":
            new = named
        elif request.method == "PUT":
            new = old + [tag for tag in named if tag not in old]
        else:
            new = [tag for tag in old if tag not in named]
        draft = self.repository.users.copy_for_update(user_id) or {}
        draft["tags"] = new
        self.repository.save_user(draft)
        copy_tag_changes_to_tickets(self.repository, user_id, old, new)
        return json_response({"tags": new}, 201 if request.method == "POST" else 200)

    def _user(self, user_id: int) -> JsonObject:
        if not self.repository.state.account.user_tags:
            raise forbidden_error(
                "Tags on users and organizations are not enabled for this account."
            )
        user = self.repository.existing_user(user_id)
        if user is None:
            raise not_found_error()
        return user


def normalise_tags(tags: Iterable[object]) -> list[str]:
    """Lower-case tags without blanks, each once; blanks separate tags."""
    words = (word for tag in tags for word in str(tag).lower().split())
    return list(dict.fromkeys(words))


def copy_tag_changes_to_tickets(
    repository: ZendeskRepository, user_id: int, old: list[str], new: list[str]
) -> None:
    """Carry a change of a user's tags over to the tickets that can still change."""
    added = [tag for tag in new if tag not in old]
    removed = [tag for tag in old if tag not in new]
    if not added and not removed:
        return
    for ticket in list(repository.tickets_requested_by(user_id)):
        if ticket["status"] in _CLOSED_STATUSES:
            continue
        draft = repository.tickets.copy_for_update(ticket["id"]) or {}
        kept = [tag for tag in draft["tags"] if tag not in removed]
        draft["tags"] = list(dict.fromkeys([*kept, *added]))
        repository.save_ticket(draft)
