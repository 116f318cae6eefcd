"""Permissions in the Zendesk sandbox: roles of users, and the scopes of an OAuth token."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.zendesk.error_responses import forbidden_error

# First part of a path → the resource name that scopes use.
_SCOPE_RESOURCES = {
    "users": "users",
    "deleted_users": "users",
    "user_fields": "users",
    "tickets": "tickets",
    "organizations": "organizations",
    "organization_memberships": "organizations",
    "organization_fields": "organizations",
    "satisfaction_ratings": "satisfaction_ratings",
    "brands": "brands",
}


def require_scope(request: SandboxRequest, path: str) -> None:
    """Raise the sandbox's 403 for what an OAuth token's scopes do not cover."""
    scopes = request.actor.scopes
    if scopes is None:
        # API tokens carry no scopes: the role alone decides.
        return
    need = "read" if request.method == "GET" else "write"
    if need in scopes:
        return
    parts = path.removeprefix("/api/v2/").split("/")
    # Identities reject tokens scoped users:read or users:write: only read and write cover them.
    resource = "" if "identities" in parts else _SCOPE_RESOURCES.get(parts[0], "")
    if not resource or f"{resource}:{need}" not in scopes:
        raise forbidden_error("You do not have the necessary scope to access this resource.")


def require_role(request: SandboxRequest, role: str) -> None:
    """Raise the sandbox's 403 unless whoever asks has a role; admins have all."""
    if role and request.actor.role not in (role, "admin"):
        raise forbidden_error()


def require_may_edit_user(request: SandboxRequest, user: JsonObject) -> None:
    """Raise the sandbox's 403 for a user not to be edited: agents edit end users only.

    Users shared from another account are edited by nobody.
    """
    require_role(request, "agent")
    if user["shared"]:
        raise forbidden_error("This user is shared with another account and cannot be updated.")
    own = request.actor.user_id == user["id"]
    if not request.actor.is_admin and not own and user["role"] != "end-user":
        raise forbidden_error("You can only update end users.")
