"""What a write to a user does, field by field (contract 3, Write)."""

import re
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import validation_error
from desktop.sandbox.zendesk.record_factories import (
    IDENTITY_IDS_PER_USER,
    make_identity_record,
    make_user_record,
)
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.user_tag_endpoints import copy_tag_changes_to_tickets, normalise_tags

EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_PLAIN_FIELDS = (
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


def require_unused_email(repository: ZendeskRepository, email: str, user_id: int | None) -> str:
    """Return an address in lower case, or refuse a bad or a taken one."""
    address = email.strip().lower()
    if not EMAIL.fullmatch(address):
        raise validation_error(
            "email", f"Email: {email} is not properly formatted", "InvalidFormat"
        )
    owner = repository.user_by_identity(address)
    if owner is not None and owner["id"] != user_id:
        raise validation_error(
            "email", f"Email: {address} is already being used by another user", "DuplicateValue"
        )
    return address


def add_identity(
    repository: ZendeskRepository,
    user: JsonObject,
    kind: str,
    value: str,
    *,
    primary: bool,
    verified: bool,
) -> JsonObject:
    """Put an identity on a draft; the first e-mail address is always primary."""
    same = [item for item in user["_identities"] if item["type"] == kind]
    highest = max((item["id"] % IDENTITY_IDS_PER_USER for item in user["_identities"]), default=-1)
    number = max(user.get("_next_identity", 0), highest + 1)
    user["_next_identity"] = number + 1
    identity = make_identity_record(
        user["id"],
        number,
        kind,
        value,
        primary=False,
        at=repository.state.now(),
        verified=verified,
    )
    user["_identities"].append(identity)
    if primary or not same:
        make_primary(user, identity)
    return identity


def make_primary(user: JsonObject, identity: JsonObject) -> None:
    """Let an identity of a draft be the primary one of its kind."""
    for other in user["_identities"]:
        if other["type"] == identity["type"]:
            other["primary"] = other["id"] == identity["id"]
    if identity["type"] == "email":
        user["email"] = identity["value"]
        user["verified"] = identity["verified"]


def apply_user_fields(
    repository: ZendeskRepository, user: JsonObject, given: JsonObject, *, creating: bool = False
) -> None:
    """Apply what was sent to a draft; keys nobody knows are ignored."""
    _edit_name(user, given, creating=creating)
    _edit_external_id(repository, user, given)
    for key in _PLAIN_FIELDS:
        if key in given:
            user[key] = given[key]
    if given.get("role") in ROLES:
        user["role"] = given["role"]
    _edit_email(repository, user, given)
    _edit_phone(repository, user, given)
    _edit_fields(repository, user, given)
    _edit_organizations(repository, user, given)
    if "tags" in given and repository.state.account.user_tags:
        tags = given["tags"]
        old = list(user["tags"])
        user["tags"] = normalise_tags(
            tags if isinstance(tags, list) else str(tags or "").split(",")
        )
        if not creating:
            copy_tag_changes_to_tickets(repository, user["id"], old, user["tags"])


def make_new_user(repository: ZendeskRepository, given: JsonObject) -> JsonObject:
    """Make the draft of a new user."""
    now = repository.state.now()
    user = make_user_record(
        repository.new_user_id(), "", created=now, updated=now, verified=bool(given.get("verified"))
    )
    apply_user_fields(repository, user, {**given, "name": given.get("name") or ""}, creating=True)
    for identity in given.get("identities") or []:
        kind, value = str(identity.get("type", "email")), str(identity.get("value", ""))
        if kind == "email":
            value = require_unused_email(repository, value, user["id"])
        if all(value != item["value"] for item in user["_identities"]):
            add_identity(
                repository,
                user,
                kind,
                value,
                primary=bool(identity.get("primary")),
                verified=bool(identity.get("verified")),
            )
    return user


def _edit_name(user: JsonObject, given: JsonObject, *, creating: bool) -> None:
    if "name" not in given and not creating:
        return
    name = str(given.get("name") or "").strip()
    if not name:
        raise validation_error("name", "Name: cannot be blank", "BlankValue")
    user["name"] = name


def _edit_external_id(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    if "external_id" not in given:
        return
    external_id = given["external_id"]
    if external_id:
        owner = repository.user_by_external_id(str(external_id))
        if owner is not None and owner["id"] != user["id"]:
            raise validation_error(
                "external_id", "External ID has already been taken", "DuplicateValue"
            )
    user["external_id"] = str(external_id) if external_id else None


def _edit_email(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    if not given.get("email"):
        if "verified" in given:
            _verify_primary(user, verified=bool(given["verified"]))
        return
    address = require_unused_email(repository, str(given["email"]), user["id"])
    verified = bool(given.get("verified"))
    for identity in user["_identities"]:
        if identity["value"].lower() == address:
            return
    # Another address is only a secondary one (contract 0.5).
    add_identity(repository, user, "email", address, primary=False, verified=verified)


def _verify_primary(user: JsonObject, *, verified: bool) -> None:
    user["verified"] = verified
    for identity in user["_identities"]:
        if identity["type"] == "email" and identity["primary"]:
            identity["verified"] = verified


def _edit_phone(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    if "phone" not in given:
        return
    phone = given["phone"]
    if not phone:
        if user["email"] is None and user["phone"]:
            # Not both may be missing (contract 3).
            raise validation_error("base", "Email or phone number is required", "BlankValue")
        user["phone"], user["shared_phone_number"] = None, None
        user["_identities"] = [it for it in user["_identities"] if it["type"] != "phone_number"]
        return
    owner = repository.user_by_identity(str(phone))
    if owner is not None and owner["id"] != user["id"]:
        user["phone"], user["shared_phone_number"] = str(phone), True
        return
    if owner is None:
        # A direct line; where one exists another is added (contract 3).
        add_identity(repository, user, "phone_number", str(phone), primary=False, verified=True)
    if not user["phone"] or user["shared_phone_number"]:
        user["phone"], user["shared_phone_number"] = str(phone), False


def _edit_fields(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    values = given.get("user_fields")
    if not isinstance(values, dict):
        return
    kinds = {field["key"]: field["type"] for field in repository.all_user_fields()}
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
        raise validation_error(key, f"{key}: {value} is not valid", "InvalidValue") from error
    return value if kind == "multiselect" else str(value)


def _edit_organizations(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    if "organization_ids" in given:
        wanted = [int(number) for number in given["organization_ids"] or []]
    elif "organization_id" in given:
        # Removes all other memberships (contract 0.8).
        wanted = [int(given["organization_id"])] if given["organization_id"] else []
    elif isinstance(given.get("organization"), dict) and given["organization"].get("name"):
        name = str(given["organization"]["name"]).strip().casefold()
        named = [it for it in repository.all_organizations() if it["name"].casefold() == name]
        wanted = [named[0]["id"]] if named else user["_orgs"]
    else:
        return
    for number in wanted:
        if repository.organizations.get(number) is None:
            raise validation_error("organization", f"Organization: {number} does not exist")
    user["_orgs"] = wanted
    user["organization_id"] = wanted[0] if wanted else None


def make_deleted_user(repository: ZendeskRepository, user: JsonObject) -> JsonObject:
    """Turn a draft into a softly deleted user; its addresses are free again."""
    user["active"] = False
    user["_identities"] = []
    user["_deleted"] = format_iso_utc(repository.state.now())
    return user
