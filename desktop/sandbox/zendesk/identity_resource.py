"""The sandbox's /users/{id}/identities: e-mail addresses and phone numbers.

Facts: docs/zendesk.md 3.
"""

from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import not_found_error, validation_error, zendesk_error
from desktop.sandbox.zendesk.permissions import require_may_edit_user
from desktop.sandbox.zendesk.rest_resource import (
    API,
    ResourceDescription,
    RestResource,
    require_found,
)
from desktop.sandbox.zendesk.user_updates import (
    add_identity,
    make_primary,
    require_unused_email,
    set_memberships,
)

IDENTITY_TYPES = (
    *("email", "phone_number", "twitter", "facebook"),
    *("google", "agent_forwarding", "sdk"),
)


class IdentityResource(RestResource):
    """The resource of the sandbox's identities, kept on its users."""

    description = ResourceDescription(
        name="identity",
        plural="identities",
        actions="index show create update delete",
        path="users/{user_id:int}/identities",
        id_parameter="identity_id:int",
        update_role="",
        delete_role="",
    )

    def add_special_routes(self, router: Router) -> None:
        one = f"{API}users/{{user_id:int}}/identities/{{identity_id:int}}"
        router.add("PUT", f"{one}/make_primary", self.make_primary)
        router.add("PUT", f"{one}/verify", self.verify)

    def url_of(self, request: SandboxRequest, record: JsonObject) -> str:
        """Return an identity's address at the sandbox's Zendesk, below its user."""
        return f"{request.base_url}{API}users/{record['user_id']}/identities/{record['id']}.json"

    def rows(self, request: SandboxRequest, user_id: int) -> Sequence[JsonObject]:
        identities: list[JsonObject] = require_found(self.repository.existing_user(user_id))[
            "_identities"
        ]
        return identities

    def get(self, user_id: int, identity_id: int) -> JsonObject | None:
        user = self.repository.users.get(user_id)
        identities = user["_identities"] if user else ()
        return next((it for it in identities if it["id"] == identity_id), None)

    def _identity_to_edit(
        self, request: SandboxRequest, user_id: int, identity_id: int
    ) -> tuple[JsonObject, JsonObject]:
        """Return a copy of the sandbox's user to change, and the identity within it."""
        user = self.repository.users.copy_for_update(user_id)
        for identity in user["_identities"] if user else ():
            if user is not None and identity["id"] == identity_id:
                require_may_edit_user(request, user)
                return user, identity
        raise not_found_error()

    def create_record(self, request: SandboxRequest, given: JsonObject, user_id: int) -> JsonObject:
        """Add an identity to the sandbox's user; only here `primary` may be said."""
        user = self.repository.users.copy_for_update(user_id)
        if user is None or not user["active"]:
            raise not_found_error()
        require_may_edit_user(request, user)
        kind, value = str(given.get("type", "")), str(given.get("value") or "").strip()
        if kind not in IDENTITY_TYPES or not value:
            raise validation_error("value", "Value: cannot be blank", "BlankValue")
        value = self._require_unused(kind, value, user_id)
        if any(item["value"].lower() == value.lower() for item in user["_identities"]):
            raise _in_use_error(value)
        is_primary, is_verified = bool(given.get("primary")), bool(given.get("verified"))
        identity = add_identity(
            self.repository, user, kind, value, primary=is_primary, verified=is_verified
        )
        self.repository.save_user(user)
        return identity

    def update_record(
        self, request: SandboxRequest, given: JsonObject, user_id: int, identity_id: int
    ) -> JsonObject:
        """Change an identity's value or verification at the sandbox's Zendesk, nothing else."""
        user, identity = self._identity_to_edit(request, user_id, identity_id)
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
        return identity

    def delete_record(self, request: SandboxRequest, user_id: int, identity_id: int) -> None:
        """Remove an identity of the sandbox's user that is not the primary address."""
        user, identity = self._identity_to_edit(request, user_id, identity_id)
        if identity["primary"] and identity["type"] == "email":
            raise validation_error("base", "You cannot delete the primary identity")
        user["_identities"] = [it for it in user["_identities"] if it["id"] != identity_id]
        if identity["type"] == "phone_number" and user["phone"] == identity["value"]:
            user["phone"] = None
        self.repository.save_user(user)

    def make_primary(
        self, request: SandboxRequest, user_id: int, identity_id: int
    ) -> SandboxResponse:
        """Answer the sandbox's PUT …/make_primary with all of the user's identities."""
        user, identity = self._identity_to_edit(request, user_id, identity_id)
        make_primary(user, identity)
        self.repository.save_user(user)
        return self.page(request, user["_identities"])

    def verify(self, request: SandboxRequest, user_id: int, identity_id: int) -> SandboxResponse:
        """Answer the sandbox's PUT …/verify; the user joins the organization of the domain."""
        user, identity = self._identity_to_edit(request, user_id, identity_id)
        identity["verified"], identity["verification_method"] = True, "low"
        if identity["primary"]:
            make_primary(user, identity)
        domain = str(identity["value"]).rpartition("@")[2]
        owners = [it for it in self.repository.all_organizations() if domain in it["domain_names"]]
        joined = [it["id"] for it in owners if it["id"] not in user["_orgs"]]
        default = user["organization_id"]
        if joined:
            set_memberships(user, [*user["_orgs"], *joined])
            user["organization_id"] = default or joined[0]
        self.repository.save_user(user)
        return json_response(self.written_body(request, identity))

    def _require_unused(self, kind: str, value: str, user_id: int) -> str:
        if kind == "email":
            return require_unused_email(self.repository, value, user_id)
        owner = self.repository.user_by_identity(value)
        if owner is not None and owner["id"] != user_id:
            raise _in_use_error(value)
        return value


def _in_use_error(value: str) -> Exception:
    return validation_error("value", f"Value: {value} is already being used", "DuplicateValue")
