"""A user's e-mail addresses and phone numbers (contract 3, Identities)."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import not_found_error, validation_error, zendesk_error
from desktop.sandbox.zendesk.pagination import page_response
from desktop.sandbox.zendesk.permissions import require_agent, require_may_edit_user
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.user_updates import add_identity, make_primary, require_unused_email

IDENTITY_TYPES = (
    "email",
    "phone_number",
    "twitter",
    "facebook",
    "google",
    "agent_forwarding",
    "sdk",
)


class IdentityEndpoints:
    """/users/{id}/identities."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/users/{user_id:int}/identities"
        one = path + "/{identity_id:int}"
        router.add("GET", path, self.list_all)
        router.add("POST", path, self.create)
        router.add("GET", one, self.get_one)
        router.add("PUT", one, self.update)
        router.add("DELETE", one, self.delete)
        router.add("PUT", one + "/make_primary", self.make_primary)
        router.add("PUT", one + "/verify", self.verify)
        router.add("PUT", one + "/request_verification", self.request_verification)

    def list_all(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """List a user's identities."""
        require_agent(request)
        user = self.repository.existing_user(user_id)
        if user is None:
            raise not_found_error()
        return page_response(
            request, "identities", user["_identities"], lambda it: _serialize_identity(request, it)
        )

    def get_one(self, request: SandboxRequest, user_id: int, identity_id: int) -> SandboxResponse:
        """Return one identity."""
        require_agent(request)
        _, identity = self._copy_for_update(user_id, identity_id)
        return json_response({"identity": _serialize_identity(request, identity)})

    def create(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Add an identity; `primary` can be said only here (contract 3)."""
        user = self._user(request, user_id)
        given = _identity_in_body(request)
        kind, value = str(given.get("type", "")), str(given.get("value") or "").strip()
        if kind not in IDENTITY_TYPES or not value:
            raise validation_error("value", "Value: cannot be blank", "BlankValue")
        value = self._require_unused(kind, value, user_id)
        if any(item["value"].lower() == value.lower() for item in user["_identities"]):
            raise validation_error(
                "value", f"Value: {value} is already being used", "DuplicateValue"
            )
        identity = add_identity(
            self.repository,
            user,
            kind,
            value,
            primary=bool(given.get("primary")),
            verified=bool(given.get("verified")),
        )
        self.repository.save_user(user)
        location = f"{request.base_url}/api/v2/users/{user_id}/identities/{identity['id']}.json"
        return json_response(
            {"identity": _serialize_identity(request, identity)}, 201, ("location", location)
        )

    def update(self, request: SandboxRequest, user_id: int, identity_id: int) -> SandboxResponse:
        """Change value or verification, nothing else."""
        user, identity = self._copy_for_update(user_id, identity_id)
        require_may_edit_user(request, user)
        given = _identity_in_body(request)
        method = given.get("verification_method")
        if method is not None and method not in ("none", "low"):
            raise zendesk_error(400, "InvalidValue", "verification_method can only be none or low")
        if value := str(given.get("value") or "").strip():
            identity["value"] = self._require_unused(identity["type"], value, user_id)
        if "verified" in given or method is not None:
            identity["verified"] = bool(given.get("verified", method == "low"))
            identity["verification_method"] = "low" if identity["verified"] else "none"
        identity["updated_at"] = format_iso_utc(self.repository.state.now())
        if identity["primary"]:
            make_primary(user, identity)
        self.repository.save_user(user)
        return json_response({"identity": _serialize_identity(request, identity)})

    def delete(self, request: SandboxRequest, user_id: int, identity_id: int) -> SandboxResponse:
        """Delete an identity that is not the primary address."""
        user, identity = self._copy_for_update(user_id, identity_id)
        require_may_edit_user(request, user)
        if identity["primary"] and identity["type"] == "email":
            raise validation_error("base", "You cannot delete the primary identity", "InvalidValue")
        user["_identities"] = [it for it in user["_identities"] if it["id"] != identity_id]
        if identity["type"] == "phone_number" and user["phone"] == identity["value"]:
            user["phone"] = None
        self.repository.save_user(user)
        return SandboxResponse(204)

    def make_primary(
        self, request: SandboxRequest, user_id: int, identity_id: int
    ) -> SandboxResponse:
        """Make an identity the primary one; answers the whole list."""
        user, identity = self._copy_for_update(user_id, identity_id)
        require_may_edit_user(request, user)
        make_primary(user, identity)
        self.repository.save_user(user)
        return page_response(
            request, "identities", user["_identities"], lambda it: _serialize_identity(request, it)
        )

    def verify(self, request: SandboxRequest, user_id: int, identity_id: int) -> SandboxResponse:
        """Mark as verified; may add the organization that owns the domain (contract 3)."""
        user, identity = self._copy_for_update(user_id, identity_id)
        require_may_edit_user(request, user)
        identity["verified"], identity["verification_method"] = True, "low"
        if identity["primary"]:
            make_primary(user, identity)
        domain = str(identity["value"]).rpartition("@")[2]
        for organization in self.repository.all_organizations():
            if domain in organization["domain_names"] and organization["id"] not in user["_orgs"]:
                user["_orgs"].append(organization["id"])
                user["organization_id"] = user["organization_id"] or organization["id"]
        self.repository.save_user(user)
        return json_response({"identity": _serialize_identity(request, identity)})

    def request_verification(
        self, request: SandboxRequest, user_id: int, identity_id: int
    ) -> SandboxResponse:
        """Pretend to send the verification mail."""
        user, identity = self._copy_for_update(user_id, identity_id)
        require_may_edit_user(request, user)
        return json_response({"identity": _serialize_identity(request, identity)})

    def _require_unused(self, kind: str, value: str, user_id: int) -> str:
        if kind == "email":
            return require_unused_email(self.repository, value, user_id)
        owner = self.repository.user_by_identity(value)
        if owner is not None and owner["id"] != user_id:
            raise validation_error(
                "value", f"Value: {value} is already being used", "DuplicateValue"
            )
        return value

    def _user(self, request: SandboxRequest, user_id: int) -> JsonObject:
        user = self.repository.users.copy_for_update(user_id)
        if user is None or not user["active"]:
            raise not_found_error()
        require_may_edit_user(request, user)
        return user

    def _copy_for_update(self, user_id: int, identity_id: int) -> tuple[JsonObject, JsonObject]:
        user = self.repository.users.copy_for_update(user_id)
        for identity in user["_identities"] if user else ():
            if user is not None and identity["id"] == identity_id:
                return user, identity
        raise not_found_error()


def _serialize_identity(request: SandboxRequest, identity: JsonObject) -> JsonObject:
    path = f"/api/v2/users/{identity['user_id']}/identities/{identity['id']}.json"
    return {"url": request.base_url + path, **identity}


def _identity_in_body(request: SandboxRequest) -> JsonObject:
    body = request.json()
    given = body.get("identity") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise zendesk_error(400, "InvalidRequest", "Parameter identity is required")
    return given
