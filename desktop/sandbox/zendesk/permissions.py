"""Who may do what (contract 2): roles, and the scopes of an OAuth token."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.zendesk.error_responses import forbidden_error

# First part of a path → the resource name that scopes use.
_SCOPE_RESOURCES = {
    "users": "users",
    "user_fields": "users",
    "tickets": "tickets",
    "organizations": "organizations",
    "organization_memberships": "organizations",
    "satisfaction_ratings": "satisfaction_ratings",
}


def require_scope(request: SandboxRequest, path: str) -> None:
    """Refuse what the token's scopes do not cover; an unknown scope covers nothing."""
    scopes = request.actor.scopes
    if scopes is None:
        return
    need = "read" if request.method == "GET" else "write"
    if need in scopes:
        return
    parts = path.removeprefix("/api/v2/").split("/")
    # Identities reject tokens scoped users:read or users:write (contract 0.6).
    resource = "" if "identities" in parts else _SCOPE_RESOURCES.get(parts[0], "")
    if not resource or f"{resource}:{need}" not in scopes:
        raise forbidden_error("You do not have the necessary scope to access this resource.")


def require_agent(request: SandboxRequest) -> None:
    """Refuse end users."""
    if request.actor.role not in ("agent", "admin"):
        raise forbidden_error()


def require_admin(request: SandboxRequest) -> None:
    """Refuse everybody but administrators."""
    if not request.actor.is_admin:
        raise forbidden_error()


def require_may_edit_user(request: SandboxRequest, user: JsonObject) -> None:
    """Agents change end users and themselves only; shared users change for nobody."""
    require_agent(request)
    if user["shared"]:
        raise forbidden_error("This user is shared with another account and cannot be updated.")
    own = request.actor.user_id == user["id"]
    if not request.actor.is_admin and not own and user["role"] != "end-user":
        raise forbidden_error("You can only update end users.")
