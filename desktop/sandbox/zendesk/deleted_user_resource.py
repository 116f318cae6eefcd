"""The sandbox's /deleted_users: users deleted for now, and their permanent deletion.

Facts: docs/zendesk.md 14.
"""

from typing import Any

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.zendesk.error_responses import not_found_error, validation_error
from desktop.sandbox.zendesk.record_factories import RECORD_TEMPLATES
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.rest_resource import ResourceDescription, RestResource

PERMANENTLY_DELETED_NAME = "Permanently Deleted User"
# A deleted user is shown by these alone.
_SHOWN_KEYS = (
    "id", "name", "email", "created_at", "updated_at", "time_zone", "phone", "shared_phone_number",
    "photo", "locale_id", "locale", "organization_id", "role", "active",
)  # fmt: skip
# What stays of a user that was deleted for good: no personal data.
_KEPT_KEYS = ("id", "created_at", "updated_at", "role", "locale_id", "_deleted", "_at")


class DeletedUserResource(RestResource):
    """The resource of the sandbox's deleted users, kept among its users with `active` false."""

    description = ResourceDescription(
        name="deleted_user",
        plural="deleted_users",
        actions="index show delete",
        id_parameter="user_id:int",
    )

    def serialize(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        shown: dict[str, Any] = {key: record[key] for key in _SHOWN_KEYS}
        return {"url": self.url_of(request, record), **shown}

    def rows(self, request: SandboxRequest) -> list[JsonObject]:
        """Return the sandbox's deleted users, those deleted for good included."""
        del request
        changed = self.repository.users.existing_overrides()
        return [user for _, user in changed if not user["active"]]

    def get(self, user_id: int) -> JsonObject | None:
        """Return a sandbox user that is deleted, but not for good."""
        user = self.repository.users.get(user_id)
        is_shown = user is not None and not user["active"] and not user.get("_is_gone")
        return user if is_shown else None

    def delete_record(self, request: SandboxRequest, user_id: int) -> JsonObject:
        """Delete a sandbox user for good: of the record no personal data is left."""
        user = self.find(user_id)
        fresh = RECORD_TEMPLATES["user"] | {key: user[key] for key in _KEPT_KEYS}
        gone = fresh | {
            "name": PERMANENTLY_DELETED_NAME,
            "active": False,
            "tags": [],
            "user_fields": dict(RECORD_TEMPLATES["user"]["user_fields"]),
            "_identities": [],
            "_orgs": [],
            "_is_gone": True,
        }
        return self.repository.save_user(gone)


def require_deletable(repository: ZendeskRepository, user: JsonObject) -> None:
    """Raise the sandbox's 422 for a requester of a ticket that is not closed, 404 for nobody."""
    if not user["active"]:
        raise not_found_error()
    tickets = repository.tickets_requested_by(user["id"])
    unclosed = [ticket for ticket in tickets if ticket["status"] != "closed"]
    if unclosed:
        message = f"{user['name']} is requester for {len(unclosed)} tickets that are not closed"
        raise validation_error("base", f"{message} and can not be deleted")
