"""Writes to a user of the Zendesk sandbox: identities, phone, custom fields, memberships, tags.

Facts: docs/zendesk.md 3.
"""

import re

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.custom_field_values import store_custom_values
from desktop.sandbox.zendesk.error_responses import validation_error
from desktop.sandbox.zendesk.field_rules import (
    FieldRule,
    apply_field_rules,
    normalise_tags,
    plain_fields,
    strip_text,
    text_or_none,
)
from desktop.sandbox.zendesk.record_factories import (
    IDENTITY_IDS_PER_USER,
    make_identity_record,
    make_user_record,
)
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.time_zones import time_zone_fields

EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
# A closed ticket takes no more tags.
_CLOSED_STATUSES = ("closed", "deleted")
USER_RULES = (
    FieldRule("name", strip_text, is_required=True),
    FieldRule("external_id", text_or_none, taken_message="External ID has already been taken"),
    *plain_fields(
        "notes details alias locale time_zone signature suspended ticket_restriction"
        " custom_role_id only_private_comments default_group_id moderator"
    ),
    FieldRule("role", choices=("end-user", "agent", "admin"), ignores_other_values=True),
)


def require_unused_email(repository: ZendeskRepository, email: str, user_id: int | None) -> str:
    """Lower an address for the sandbox's user; raises a 422 if malformed or taken."""
    address = email.strip().lower()
    if not EMAIL.fullmatch(address):
        message = f"Email: {email} is not properly formatted"
        raise validation_error("email", message, "InvalidFormat")
    owner = repository.user_by_identity(address)
    if owner is not None and owner["id"] != user_id:
        message = f"Email: {address} is already being used by another user"
        raise validation_error("email", message, "DuplicateValue")
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
    """Add an identity to a draft of a sandbox user; the first of a type is primary."""
    identities = user["_identities"]
    highest = max((item["id"] % IDENTITY_IDS_PER_USER for item in identities), default=-1)
    # The id of a deleted identity is not given again.
    number = max(user.get("_next_identity", 0), highest + 1)
    user["_next_identity"] = number + 1
    now, is_first = repository.state.now(), all(item["type"] != kind for item in identities)
    identity = make_identity_record(
        user["id"], number, kind, value, primary=False, at=now, verified=verified
    )
    identities.append(identity)
    if primary or is_first:
        make_primary(user, identity)
    return identity


def make_primary(user: JsonObject, identity: JsonObject) -> None:
    """Make an identity of a sandbox user's draft the primary one of its type."""
    for other in user["_identities"]:
        if other["type"] == identity["type"]:
            other["primary"] = other["id"] == identity["id"]
    if identity["type"] == "email":
        user["email"] = identity["value"]
        user["verified"] = identity["verified"]


def apply_user_fields(
    repository: ZendeskRepository, user: JsonObject, given: JsonObject, *, is_new: bool = False
) -> None:
    """Write the fields sent to a draft of a sandbox user; a 422 for refused values."""
    # Nobody is without these.
    given = {k: v for k, v in given.items() if v or k not in ("time_zone", "locale")}
    apply_field_rules(
        USER_RULES,
        user,
        given,
        is_new=is_new,
        find_owner=lambda _field, value: repository.user_by_external_id(value),
    )
    if "time_zone" in given:
        user |= time_zone_fields(str(given["time_zone"]))
    _edit_email(repository, user, given)
    _edit_phone(repository, user, given)
    store_custom_values(
        repository.all_user_fields(),
        user["user_fields"],
        given.get("user_fields"),
        repository.state.account.longest_text,
    )
    _edit_organizations(repository, user, given)
    if "tags" in given and repository.state.account.user_tags:
        tags, old = given["tags"], user["tags"]
        user["tags"] = normalise_tags(
            tags if isinstance(tags, list) else str(tags or "").split(",")
        )
        if not is_new:
            copy_tag_changes_to_tickets(repository, user["id"], old, user["tags"])


def make_new_user(repository: ZendeskRepository, given: JsonObject) -> JsonObject:
    """Make the draft of a new sandbox user with the fields and identities sent."""
    now, is_verified = repository.state.now(), bool(given.get("verified"))
    is_mailed = not given.get("skip_verify_email") and not is_verified
    user = make_user_record(
        repository.new_user_id(), "", created=now, updated=now, verified=is_verified
    )
    apply_user_fields(repository, user, given, is_new=True)
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
    for identity in user["_identities"] if is_mailed else ():
        if identity["type"] == "email" and not identity["verified"]:
            repository.log_verification_mail(user["id"], identity["value"])
    return user


def make_deleted_user(repository: ZendeskRepository, user: JsonObject) -> JsonObject:
    """Mark a sandbox user's draft as deleted; its addresses are free again."""
    deleted_at = format_iso_utc(repository.state.now())
    return user | {"active": False, "_identities": [], "_deleted": deleted_at}


def _edit_email(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    is_verified = bool(given.get("verified"))
    if given.get("email"):
        address = require_unused_email(repository, str(given["email"]), user["id"])
        # Another address than the primary one becomes a secondary one: `email` never replaces.
        if all(identity["value"].lower() != address for identity in user["_identities"]):
            add_identity(repository, user, "email", address, primary=False, verified=is_verified)
    elif "verified" in given:
        user["verified"] = is_verified
        for identity in user["_identities"]:
            if identity["type"] == "email" and identity["primary"]:
                identity["verified"] = is_verified


def _edit_phone(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    if "phone" not in given:
        return
    phone = str(given["phone"] or "")
    if not phone:
        if user["email"] is None and user["phone"]:
            # A user without both could not be reached.
            raise validation_error("base", "Email or phone number is required", "BlankValue")
        user["phone"], user["shared_phone_number"] = None, None
        user["_identities"] = [it for it in user["_identities"] if it["type"] != "phone_number"]
        return
    owner = repository.user_by_identity(phone)
    if owner is not None and owner["id"] != user["id"]:
        # A number of somebody else's is no identity: it is shared.
        user["phone"], user["shared_phone_number"] = phone, True
        return
    if owner is None:
        # A direct line; where one exists another is added.
        add_identity(repository, user, "phone_number", phone, primary=False, verified=True)
    if not user["phone"] or user["shared_phone_number"]:
        user["phone"], user["shared_phone_number"] = phone, False


def _edit_organizations(repository: ZendeskRepository, user: JsonObject, given: JsonObject) -> None:
    organization = given.get("organization")
    if "organization_ids" in given:
        wanted = [int(number) for number in given["organization_ids"] or []]
    elif "organization_id" in given:
        # Removes all other memberships.
        wanted = [int(given["organization_id"])] if given["organization_id"] else []
    elif isinstance(organization, dict) and organization.get("name"):
        name = str(organization["name"]).strip().casefold()
        named = [it for it in repository.all_organizations() if it["name"].casefold() == name]
        wanted = [named[0]["id"]] if named else user["_orgs"]
    else:
        return
    for number in wanted:
        if repository.organizations.get(number) is None:
            raise validation_error("organization", f"Organization: {number} does not exist")
    set_memberships(user, wanted)


def set_memberships(user: JsonObject, organization_ids: list[int]) -> None:
    """Set the organizations of a sandbox user's draft; the first is the default one."""
    user["_orgs"] = organization_ids
    user["organization_id"] = organization_ids[0] if organization_ids else None


def copy_tag_changes_to_tickets(
    repository: ZendeskRepository, user_id: int, old: list[str], new: list[str]
) -> None:
    """Copy a change of a sandbox user's tags to their tickets that are not closed."""
    added = [tag for tag in new if tag not in old]
    removed = [tag for tag in old if tag not in new]
    if not added and not removed:
        return
    for ticket in repository.tickets_requested_by(user_id):
        if ticket["status"] not in _CLOSED_STATUSES:
            draft = repository.tickets.copy_for_update(ticket["id"]) or {}
            kept = [tag for tag in draft["tags"] if tag not in removed]
            draft["tags"] = list(dict.fromkeys([*kept, *added]))
            repository.save_ticket(draft)
