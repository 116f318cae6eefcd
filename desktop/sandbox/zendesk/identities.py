"""A user's e-mail addresses and phone numbers (contract 3, Identities)."""

from desktop.sandbox.calendar import iso
from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.paging import page_answer
from desktop.sandbox.zendesk.refusal import invalid, not_found, refuse
from desktop.sandbox.zendesk.rights import require_agent, require_may_edit
from desktop.sandbox.zendesk.user_edit import add_identity, check_email, make_primary

TYPES = ("email", "phone_number", "twitter", "facebook", "google", "agent_forwarding", "sdk")


class Identities:
    """/users/{id}/identities."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/users/{user_id:int}/identities"
        one = path + "/{identity_id:int}"
        router.add("GET", path, self.every)
        router.add("POST", path, self.create)
        router.add("GET", one, self.one)
        router.add("PUT", one, self.update)
        router.add("DELETE", one, self.delete)
        router.add("PUT", one + "/make_primary", self.primary)
        router.add("PUT", one + "/verify", self.verify)
        router.add("PUT", one + "/request_verification", self.request_verification)

    def every(self, call: Call, user_id: int) -> Answer:
        """List a user's identities."""
        require_agent(call)
        user = self.book.live_user(user_id)
        if user is None:
            raise not_found()
        return page_answer(call, "identities", user["_identities"], lambda it: _show(call, it))

    def one(self, call: Call, user_id: int, identity_id: int) -> Answer:
        """Return one identity."""
        require_agent(call)
        _, identity = self._draft(user_id, identity_id)
        return said({"identity": _show(call, identity)})

    def create(self, call: Call, user_id: int) -> Answer:
        """Add an identity; `primary` can be said only here (contract 3)."""
        user = self._user(call, user_id)
        given = _given(call)
        kind, value = str(given.get("type", "")), str(given.get("value") or "").strip()
        if kind not in TYPES or not value:
            raise invalid("value", "Value: cannot be blank", "BlankValue")
        value = self._free(kind, value, user_id)
        if any(item["value"].lower() == value.lower() for item in user["_identities"]):
            raise invalid("value", f"Value: {value} is already being used", "DuplicateValue")
        identity = add_identity(
            self.book,
            user,
            kind,
            value,
            primary=bool(given.get("primary")),
            verified=bool(given.get("verified")),
        )
        self.book.save_user(user)
        location = f"{call.base_url}/api/v2/users/{user_id}/identities/{identity['id']}.json"
        return said({"identity": _show(call, identity)}, 201, ("location", location))

    def update(self, call: Call, user_id: int, identity_id: int) -> Answer:
        """Change value or verification, nothing else."""
        user, identity = self._draft(user_id, identity_id)
        require_may_edit(call, user)
        given = _given(call)
        method = given.get("verification_method")
        if method is not None and method not in ("none", "low"):
            raise refuse(400, "InvalidValue", "verification_method can only be none or low")
        if value := str(given.get("value") or "").strip():
            identity["value"] = self._free(identity["type"], value, user_id)
        if "verified" in given or method is not None:
            identity["verified"] = bool(given.get("verified", method == "low"))
            identity["verification_method"] = "low" if identity["verified"] else "none"
        identity["updated_at"] = iso(self.book.world.now())
        if identity["primary"]:
            make_primary(user, identity)
        self.book.save_user(user)
        return said({"identity": _show(call, identity)})

    def delete(self, call: Call, user_id: int, identity_id: int) -> Answer:
        """Delete an identity that is not the primary address."""
        user, identity = self._draft(user_id, identity_id)
        require_may_edit(call, user)
        if identity["primary"] and identity["type"] == "email":
            raise invalid("base", "You cannot delete the primary identity", "InvalidValue")
        user["_identities"] = [it for it in user["_identities"] if it["id"] != identity_id]
        if identity["type"] == "phone_number" and user["phone"] == identity["value"]:
            user["phone"] = None
        self.book.save_user(user)
        return Answer(204)

    def primary(self, call: Call, user_id: int, identity_id: int) -> Answer:
        """Make an identity the primary one; answers the whole list."""
        user, identity = self._draft(user_id, identity_id)
        require_may_edit(call, user)
        make_primary(user, identity)
        self.book.save_user(user)
        return page_answer(call, "identities", user["_identities"], lambda it: _show(call, it))

    def verify(self, call: Call, user_id: int, identity_id: int) -> Answer:
        """Mark as verified; may add the organization that owns the domain (contract 3)."""
        user, identity = self._draft(user_id, identity_id)
        require_may_edit(call, user)
        identity["verified"], identity["verification_method"] = True, "low"
        if identity["primary"]:
            make_primary(user, identity)
        domain = str(identity["value"]).rpartition("@")[2]
        for organization in self.book.all_organizations():
            if domain in organization["domain_names"] and organization["id"] not in user["_orgs"]:
                user["_orgs"].append(organization["id"])
                user["organization_id"] = user["organization_id"] or organization["id"]
        self.book.save_user(user)
        return said({"identity": _show(call, identity)})

    def request_verification(self, call: Call, user_id: int, identity_id: int) -> Answer:
        """Pretend to send the verification mail."""
        user, identity = self._draft(user_id, identity_id)
        require_may_edit(call, user)
        return said({"identity": _show(call, identity)})

    def _free(self, kind: str, value: str, user_id: int) -> str:
        if kind == "email":
            return check_email(self.book, value, user_id)
        owner = self.book.user_by_identity(value)
        if owner is not None and owner["id"] != user_id:
            raise invalid("value", f"Value: {value} is already being used", "DuplicateValue")
        return value

    def _user(self, call: Call, user_id: int) -> Record:
        user = self.book.users.draft(user_id)
        if user is None or not user["active"]:
            raise not_found()
        require_may_edit(call, user)
        return user

    def _draft(self, user_id: int, identity_id: int) -> tuple[Record, Record]:
        user = self.book.users.draft(user_id)
        for identity in user["_identities"] if user else ():
            if user is not None and identity["id"] == identity_id:
                return user, identity
        raise not_found()


def _show(call: Call, identity: Record) -> Record:
    path = f"/api/v2/users/{identity['user_id']}/identities/{identity['id']}.json"
    return {"url": call.base_url + path, **identity}


def _given(call: Call) -> Record:
    body = call.json()
    given = body.get("identity") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise refuse(400, "InvalidRequest", "Parameter identity is required")
    return given
