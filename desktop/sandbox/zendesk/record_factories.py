"""Records as Zendesk shows them (contract 14, attributes of the OpenAPI objects).

Keys that begin with an underscore are the sandbox's own and are never shown.
"""

from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.timestamps import format_iso_utc

# Room for a user's identities in one number.
IDENTITY_IDS_PER_USER = 100


def without_private_keys(record: JsonObject) -> JsonObject:
    """Drop the sandbox's own keys."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def make_identity_record(
    user_id: int, number: int, kind: str, value: str, *, primary: bool, at: float, verified: bool
) -> JsonObject:
    """One identity; `deliverable_state` says that @example.* is never mailed (contract 3)."""
    state = "reserved_example" if value.endswith(".example") else "deliverable"
    return {
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
    emails: Sequence[str] = (),
    phone: str | None = None,
    role: str = "end-user",
    created: float,
    updated: float,
    organization_id: int | None = None,
    tags: Sequence[str] = (),
    external_id: str | None = None,
    locale: str = "en-US",
    time_zone: str = "America/New_York",
    suspended: bool = False,
    notes: str = "",
    user_fields: JsonObject | None = None,
    verified: bool = True,
) -> JsonObject:
    """One user with identities and memberships."""
    identities = [
        make_identity_record(
            user_id, number, "email", email, primary=not number, at=created, verified=verified
        )
        for number, email in enumerate(emails)
    ]
    if phone:
        identities.append(
            make_identity_record(
                user_id,
                len(identities),
                "phone_number",
                phone,
                primary=not identities,
                at=created,
                verified=True,
            )
        )
    staff = role != "end-user"
    return {
        "id": user_id,
        "name": name,
        "email": emails[0] if emails else None,
        "created_at": format_iso_utc(created),
        "updated_at": format_iso_utc(updated),
        "time_zone": time_zone,
        "iana_time_zone": time_zone,
        "phone": phone,
        "shared_phone_number": False if phone else None,
        "photo": None,
        "locale_id": 1,
        "locale": locale,
        "organization_id": organization_id,
        "role": role,
        "role_type": 4 if role == "admin" else None,
        "custom_role_id": None,
        "verified": verified,
        "external_id": external_id,
        "tags": list(tags),
        "alias": "",
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": format_iso_utc(updated) if staff else None,
        "two_factor_auth_enabled": False,
        "signature": "",
        "details": "",
        "notes": notes,
        "moderator": staff,
        "ticket_restriction": None if staff else "requested",
        "only_private_comments": False,
        "restricted_agent": not staff,
        "suspended": suspended,
        "default_group_id": 7501 if staff else None,
        "report_csv": role == "admin",
        "user_fields": {"sync_to_sailthru": False, **(user_fields or {})},
        "_identities": identities,
        "_orgs": [organization_id] if organization_id else [],
        "_at": updated,
    }


def make_ticket_record(
    ticket_id: int,
    requester_id: int,
    subject: str,
    *,
    body: str,
    status: str,
    created: float,
    updated: float,
    generated: float,
    priority: str | None = "normal",
    tags: Sequence[str] = (),
    organization_id: int | None = None,
    assignee_id: int | None = 7602,
    rating: str | None = None,
    channel: str = "email",
) -> JsonObject:
    """One ticket; `_at` is the exact generated_timestamp."""
    return {
        "id": ticket_id,
        "external_id": None,
        "via": {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": format_iso_utc(created),
        "updated_at": format_iso_utc(updated),
        "generated_timestamp": int(generated),
        "type": "question",
        "subject": subject,
        "raw_subject": subject,
        "description": body,
        "priority": priority,
        "status": status,
        "recipient": None,
        "requester_id": requester_id,
        "submitter_id": requester_id,
        "assignee_id": assignee_id,
        "organization_id": organization_id,
        "group_id": 7501,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": list(tags),
        "custom_fields": [],
        "satisfaction_rating": {"score": rating or "unoffered"},
        "sharing_agreement_ids": [],
        "custom_status_id": 1,
        "fields": [],
        "followup_ids": [],
        "ticket_form_id": None,
        "brand_id": 7401,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "_at": generated,
    }


def make_comment_record(
    ticket_id: int, number: int, author_id: int, body: str, *, public: bool, at: float
) -> JsonObject:
    """One comment of a ticket."""
    return {
        "id": ticket_id * 1000 + number,
        "type": "Comment",
        "author_id": author_id,
        "body": body,
        "html_body": f'<div class="zd-comment" dir="auto">{_escape_html(body)}</div>',
        "plain_body": body,
        "public": public,
        "attachments": [],
        "audit_id": ticket_id * 1000 + number + 500,
        "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": format_iso_utc(at),
        "metadata": {"system": {}, "custom": {}},
    }


def _escape_html(body: str) -> str:
    return body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
