"""What a write to a user does, field by field (contract 3, Write)."""

import re
from typing import Any

from desktop.sandbox.calendar import iso
from desktop.sandbox.call import Record
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.refusal import invalid
from desktop.sandbox.zendesk.shape import IDENTITIES_EACH, identity_record, user_record
from desktop.sandbox.zendesk.tags import clean_tags, spread_tags

EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_PLAIN = (
    "notes",
    "details",
    "alias",
    "locale",
    "time_zone",
    "signature",
    "suspended",
    "ticket_restriction",
    "custom_role_id",
    "only_private_comments",
    "default_group_id",
    "moderator",
)
ROLES = ("end-user", "agent", "admin")


def check_email(book: Book, email: str, user_id: int | None) -> str:
    """Return an address in lower case, or refuse a bad or a taken one."""
    address = email.strip().lower()
    if not EMAIL.fullmatch(address):
        raise invalid("email", f"Email: {email} is not properly formatted", "InvalidFormat")
    owner = book.user_by_identity(address)
    if owner is not None and owner["id"] != user_id:
        raise invalid(
            "email", f"Email: {address} is already being used by another user", "DuplicateValue"
        )
    return address


def add_identity(
    book: Book, user: Record, kind: str, value: str, *, primary: bool, verified: bool
) -> Record:
    """Put an identity on a draft; the first e-mail address is always primary."""
    same = [item for item in user["_identities"] if item["type"] == kind]
    highest = max((item["id"] % IDENTITIES_EACH for item in user["_identities"]), default=-1)
    number = max(user.get("_next_identity", 0), highest + 1)
    user["_next_identity"] = number + 1
    identity = identity_record(
        user["id"],
        number,
        kind,
        value,
        primary=False,
        at=book.world.now(),
        verified=verified,
    )
    user["_identities"].append(identity)
    if primary or not same:
        make_primary(user, identity)
    return identity


def make_primary(user: Record, identity: Record) -> None:
    """Let an identity of a draft be the primary one of its kind."""
    for other in user["_identities"]:
        if other["type"] == identity["type"]:
            other["primary"] = other["id"] == identity["id"]
    if identity["type"] == "email":
        user["email"] = identity["value"]
        user["verified"] = identity["verified"]


def edit_user(book: Book, user: Record, given: Record, *, creating: bool = False) -> None:
    """Apply what was sent to a draft; keys nobody knows are ignored."""
    _edit_name(user, given, creating=creating)
    _edit_external_id(book, user, given)
    for key in _PLAIN:
        if key in given:
            user[key] = given[key]
    if given.get("role") in ROLES:
        user["role"] = given["role"]
    _edit_email(book, user, given)
    _edit_phone(book, user, given)
    _edit_fields(book, user, given)
    _edit_organizations(book, user, given)
    if "tags" in given and book.world.account.user_tags:
        tags = given["tags"]
        old = list(user["tags"])
        user["tags"] = clean_tags(tags if isinstance(tags, list) else str(tags or "").split(","))
        if not creating:
            spread_tags(book, user["id"], old, user["tags"])


def new_user(book: Book, given: Record) -> Record:
    """Make the draft of a new user."""
    now = book.world.now()
    user = user_record(
        book.new_user_id(), "", created=now, updated=now, verified=bool(given.get("verified"))
    )
    edit_user(book, user, {**given, "name": given.get("name") or ""}, creating=True)
    for identity in given.get("identities") or []:
        kind, value = str(identity.get("type", "email")), str(identity.get("value", ""))
        if kind == "email":
            value = check_email(book, value, user["id"])
        if all(value != item["value"] for item in user["_identities"]):
            add_identity(
                book,
                user,
                kind,
                value,
                primary=bool(identity.get("primary")),
                verified=bool(identity.get("verified")),
            )
    return user


def _edit_name(user: Record, given: Record, *, creating: bool) -> None:
    if "name" not in given and not creating:
        return
    name = str(given.get("name") or "").strip()
    if not name:
        raise invalid("name", "Name: cannot be blank", "BlankValue")
    user["name"] = name


def _edit_external_id(book: Book, user: Record, given: Record) -> None:
    if "external_id" not in given:
        return
    external_id = given["external_id"]
    if external_id:
        owner = book.user_by_external_id(str(external_id))
        if owner is not None and owner["id"] != user["id"]:
            raise invalid("external_id", "External ID has already been taken", "DuplicateValue")
    user["external_id"] = str(external_id) if external_id else None


def _edit_email(book: Book, user: Record, given: Record) -> None:
    if not given.get("email"):
        if "verified" in given:
            _verify_primary(user, verified=bool(given["verified"]))
        return
    address = check_email(book, str(given["email"]), user["id"])
    verified = bool(given.get("verified"))
    for identity in user["_identities"]:
        if identity["value"].lower() == address:
            return
    # Another address is only a secondary one (contract 0.5).
    add_identity(book, user, "email", address, primary=False, verified=verified)


def _verify_primary(user: Record, *, verified: bool) -> None:
    user["verified"] = verified
    for identity in user["_identities"]:
        if identity["type"] == "email" and identity["primary"]:
            identity["verified"] = verified


def _edit_phone(book: Book, user: Record, given: Record) -> None:
    if "phone" not in given:
        return
    phone = given["phone"]
    if not phone:
        if user["email"] is None and user["phone"]:
            # Not both may be missing (contract 3).
            raise invalid("base", "Email or phone number is required", "BlankValue")
        user["phone"], user["shared_phone_number"] = None, None
        user["_identities"] = [it for it in user["_identities"] if it["type"] != "phone_number"]
        return
    owner = book.user_by_identity(str(phone))
    if owner is not None and owner["id"] != user["id"]:
        user["phone"], user["shared_phone_number"] = str(phone), True
        return
    if owner is None:
        # A direct line; where one exists another is added (contract 3).
        add_identity(book, user, "phone_number", str(phone), primary=False, verified=True)
    if not user["phone"] or user["shared_phone_number"]:
        user["phone"], user["shared_phone_number"] = str(phone), False


def _edit_fields(book: Book, user: Record, given: Record) -> None:
    values = given.get("user_fields")
    if not isinstance(values, dict):
        return
    kinds = {field["key"]: field["type"] for field in book.all_fields()}
    for key, value in values.items():
        if key in kinds:
            user["user_fields"][key] = _field_value(kinds[key], key, value)


def _field_value(kind: str, key: str, value: Any) -> Any:
    if value is None:
        return False if kind == "checkbox" else None
    if kind == "checkbox":
        return value in (True, 1, "1", "true")
    try:
        if kind == "integer":
            return int(value)
        if kind == "decimal":
            return float(value)
    except (TypeError, ValueError) as error:
        raise invalid(key, f"{key}: {value} is not valid", "InvalidValue") from error
    return value if kind == "multiselect" else str(value)


def _edit_organizations(book: Book, user: Record, given: Record) -> None:
    if "organization_ids" in given:
        wanted = [int(number) for number in given["organization_ids"] or []]
    elif "organization_id" in given:
        # Removes all other memberships (contract 0.8).
        wanted = [int(given["organization_id"])] if given["organization_id"] else []
    elif isinstance(given.get("organization"), dict) and given["organization"].get("name"):
        name = str(given["organization"]["name"]).strip().casefold()
        named = [it for it in book.all_organizations() if it["name"].casefold() == name]
        wanted = [named[0]["id"]] if named else user["_orgs"]
    else:
        return
    for number in wanted:
        if book.organizations.get(number) is None:
            raise invalid("organization", f"Organization: {number} does not exist")
    user["_orgs"] = wanted
    user["organization_id"] = wanted[0] if wanted else None


def deleted_user(book: Book, user: Record) -> Record:
    """Turn a draft into a softly deleted user; its addresses are free again."""
    user["active"] = False
    user["_identities"] = []
    user["_deleted"] = iso(book.world.now())
    return user
