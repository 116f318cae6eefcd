"""Factories of the Zendesk sandbox's records: users, tickets, comments, organizations.

What they have in common stands in `data/record_templates.json`, in the order of the attributes in
Zendesk's OpenAPI description. Keys that begin with an underscore are the sandbox's own and are
never shown. Times are Unix seconds; records hold them as ISO 8601 text.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from desktop.sandbox.data_files import read_data_file
from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.time_zones import time_zone_fields

# Room for a user's identities in one number: the id of an identity holds the id of its user.
IDENTITY_IDS_PER_USER = 100
# The one group of the account, "Support", and the agent whom tickets are assigned to.
GROUP_ID = 7501
DEFAULT_ASSIGNEE_ID = 7602

RECORD_TEMPLATES: dict[str, JsonObject] = read_data_file("zendesk", "record_templates.json")


def without_private_keys(record: JsonObject) -> JsonObject:
    """Return a copy of a record without the keys that the sandbox alone knows."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def make_identity_record(
    user_id: int, number: int, kind: str, value: str, *, primary: bool, at: float, verified: bool
) -> JsonObject:
    """Make an identity of a sandbox user; those below .example are never delivered to."""
    state = "reserved_example" if value.endswith(".example") else "deliverable"
    return RECORD_TEMPLATES["identity"] | {
        "id": user_id * IDENTITY_IDS_PER_USER + number,
        "user_id": user_id,
        "type": kind,
        "value": value,
        "verified": verified,
        "primary": primary,
        "verification_method": "low" if verified else "none",
        "created_at": format_iso_utc(at),
        "updated_at": format_iso_utc(at),
        **({"undeliverable_count": 0, "deliverable_state": state} if kind == "email" else {}),
    }


def make_user_record(
    user_id: int,
    name: str,
    *,
    created: float,
    updated: float,
    emails: Sequence[str] = (),
    phone: str | None = None,
    role: str = "end-user",
    organization_id: int | None = None,
    tags: Sequence[str] = (),
    time_zone: str = "America/New_York",
    has_sync_box: bool = False,
    verified: bool = True,
    **fields: Any,
) -> JsonObject:
    """Make a sandbox user with identities and memberships; `fields` are more attributes."""
    values = [("email", email, verified) for email in emails]
    if phone:
        values.append(("phone_number", phone, True))
    is_staff = role != "end-user"
    return RECORD_TEMPLATES["user"] | {
        "id": user_id,
        "name": name,
        "email": emails[0] if emails else None,
        "created_at": format_iso_utc(created),
        "updated_at": format_iso_utc(updated),
        **time_zone_fields(time_zone),
        "phone": phone,
        "shared_phone_number": False if phone else None,
        "organization_id": organization_id,
        "role": role,
        # The role type of administrators in Zendesk's table of system roles.
        "role_type": 4 if role == "admin" else None,
        "verified": verified,
        "tags": list(tags),
        "last_login_at": format_iso_utc(updated) if is_staff else None,
        "moderator": is_staff,
        "ticket_restriction": None if is_staff else "requested",
        "restricted_agent": not is_staff,
        "default_group_id": GROUP_ID if is_staff else None,
        "report_csv": role == "admin",
        "user_fields": {"sync_to_sailthru": has_sync_box},
        **fields,
        "_identities": [
            make_identity_record(
                user_id, number, kind, value, primary=not number, at=created, verified=known
            )
            for number, (kind, value, known) in enumerate(values)
        ],
        "_orgs": [organization_id] if organization_id else [],
        "_at": updated,
    }


def make_ticket_record(
    ticket_id: int,
    requester_id: int,
    subject: str,
    *,
    body: str,
    created: float,
    updated: float,
    rating: str | None = None,
    channel: str = "email",
    sender: tuple[str, str] | None = None,
    **fields: Any,
) -> JsonObject:
    """Make a sandbox ticket; `_at` is its exact time, `generated_timestamp` whole seconds.

    `sender` are address and name of who wrote a mail; other channels tell none
    (developer.zendesk.com, Via object reference).
    """
    origin = {"address": sender[0], "name": sender[1]} if sender and channel == "email" else {}
    return RECORD_TEMPLATES["ticket"] | {
        "id": ticket_id,
        "via": {"channel": channel, "source": {"from": origin, "to": {}, "rel": None}},
        "created_at": format_iso_utc(created),
        "updated_at": format_iso_utc(updated),
        "generated_timestamp": int(updated),
        "subject": subject,
        "raw_subject": subject,
        "description": body,
        "requester_id": requester_id,
        "submitter_id": requester_id,
        "satisfaction_rating": {"score": rating or "unoffered"},
        **fields,
        "_at": updated,
    }


def make_comment_record(
    ticket_id: int, number: int, author_id: int, body: str, *, public: bool, at: float
) -> JsonObject:
    """Make a comment of a sandbox ticket; they are numbered from 1 within it."""
    return RECORD_TEMPLATES["comment"] | {
        "id": ticket_id * 1000 + number,
        "author_id": author_id,
        "body": body,
        "html_body": f'<div class="zd-comment" dir="auto">{escape(body, quote=False)}</div>',
        "plain_body": body,
        "public": public,
        "audit_id": ticket_id * 1000 + number + 500,
        "created_at": format_iso_utc(at),
    }


def make_organization_record(
    organization_id: int, name: str, domain_names: Sequence[str], at: float
) -> JsonObject:
    """Make a sandbox organization, created at a time and not changed since."""
    return RECORD_TEMPLATES["organization"] | {
        "id": organization_id,
        "name": name,
        "created_at": format_iso_utc(at),
        "updated_at": format_iso_utc(at),
        "domain_names": list(domain_names),
        "organization_fields": {},
        "_at": at,
    }
