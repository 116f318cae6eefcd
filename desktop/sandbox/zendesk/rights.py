"""Who may do what (contract 2): roles, and the scopes of an OAuth token."""

from desktop.sandbox.call import Call, Record
from desktop.sandbox.zendesk.refusal import forbidden

# First part of a path → the resource name that scopes use.
_RESOURCES = {
    "users": "users",
    "user_fields": "users",
    "tickets": "tickets",
    "organizations": "organizations",
    "organization_memberships": "organizations",
    "satisfaction_ratings": "satisfaction_ratings",
}


def require_scope(call: Call, path: str) -> None:
    """Refuse what the token's scopes do not cover; an unknown scope covers nothing."""
    scopes = call.actor.scopes
    if scopes is None:
        return
    need = "read" if call.method == "GET" else "write"
    if need in scopes:
        return
    parts = path.removeprefix("/api/v2/").split("/")
    # Identities reject tokens scoped users:read or users:write (contract 0.6).
    resource = "" if "identities" in parts else _RESOURCES.get(parts[0], "")
    if not resource or f"{resource}:{need}" not in scopes:
        raise forbidden("You do not have the necessary scope to access this resource.")


def require_agent(call: Call) -> None:
    """Refuse end users."""
    if call.actor.role not in ("agent", "admin"):
        raise forbidden()


def require_admin(call: Call) -> None:
    """Refuse everybody but administrators."""
    if not call.actor.is_admin:
        raise forbidden()


def require_may_edit(call: Call, user: Record) -> None:
    """Agents change end users and themselves only; shared users change for nobody."""
    require_agent(call)
    if user["shared"]:
        raise forbidden("This user is shared with another account and cannot be updated.")
    own = call.actor.user_id == user["id"]
    if not call.actor.is_admin and not own and user["role"] != "end-user":
        raise forbidden("You can only update end users.")
