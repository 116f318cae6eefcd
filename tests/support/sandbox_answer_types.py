"""What a key of an answer of the sandboxes holds, as docs/zendesk.md and docs/sailthru.md say."""

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], bool]

_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def is_whole(value: Any) -> bool:
    """A count: a whole number, never negative, and no boolean."""
    return type(value) is int and value >= 0


def is_id(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**63


def is_flag(value: Any) -> bool:
    return type(value) is bool


def is_text(value: Any) -> bool:
    return type(value) is str


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def is_iso_time(value: Any) -> bool:
    return is_text(value) and _ISO_TIME.fullmatch(value) is not None


def is_mail_time(value: Any) -> bool:
    """A time by RFC 2822, with its zone."""
    return is_text(value) and parsedate_to_datetime(value).tzinfo is not None


def is_link(value: Any) -> bool:
    return is_text(value) and urlsplit(value).scheme in ("http", "https")


def is_sid(value: Any) -> bool:
    return is_text(value) and re.fullmatch("[0-9a-f]{24}", value) is not None


def one_of(*values: Any) -> Check:
    return lambda value: any(type(value) is type(one) and value == one for one in values)


def optional(check: Check) -> Check:
    return lambda value: value is None or check(value)


def list_of(check: Check) -> Check:
    return lambda value: type(value) is list and all(map(check, value))


def iter_keys(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key of an answer with its path and value."""
    if isinstance(value, list):
        for each in value:
            yield from iter_keys(each, f"{path}[]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}", key, inner
            yield from iter_keys(inner, f"{path}.{key}")


_FLAG_KEYS = (
    "active allow_attachments allow_channelback end_of_stream from_messaging_channel"
    " has_help_center has_incidents has_more is_deleted is_public moderator only_private_comments"
    " primary public report_csv restricted_agent shared shared_agent shared_comments"
    " shared_tickets success suspended two_factor_auth_enabled verified view_tickets"
)
_ID_KEYS = (
    "id account_id audit_id author_id brand_id custom_status_id locale_id requester_id"
    " submitter_id ticket_id user_id"
)
_OPTIONAL_ID_KEYS = (
    "assignee_id custom_role_id default_group_id forum_topic_id group_id organization_id"
    " problem_id ticket_form_id"
)
_TEXT_KEYS = (
    "action address alias authenticity_token body deliverable_state description details error"
    " html_body job_type key locale name notes plain_body raw_description raw_subject raw_title"
    " profile_id signature source status subdomain subject title type iana_time_zone time_zone"
    " value verification_method"
)
_OPTIONAL_TEXT_KEYS = (
    "after_cursor before_cursor comment external_id email host_mapping message phone priority"
    " reason recipient regexp_for_validation tag"
)
_COUNT_KEYS = "count end_time generated_timestamp index position reason_id undeliverable_count"
# What a key of a Zendesk answer holds, wherever it stands (docs/zendesk.md 14 and its sections).
ZENDESK_TYPES: Mapping[str, Check] = {
    **dict.fromkeys(_FLAG_KEYS.split(), is_flag),
    **dict.fromkeys(_ID_KEYS.split(), is_id),
    **dict.fromkeys(_OPTIONAL_ID_KEYS.split(), optional(is_id)),
    **dict.fromkeys(_TEXT_KEYS.split(), is_text),
    **dict.fromkeys(_OPTIONAL_TEXT_KEYS.split(), optional(is_text)),
    **dict.fromkeys(_COUNT_KEYS.split(), is_whole),
    **dict.fromkeys(("created_at", "received_at", "updated_at"), is_iso_time),
    **dict.fromkeys(("due_at", "last_login_at"), optional(is_iso_time)),
    **dict.fromkeys(("url", "brand_url"), is_link),
    **dict.fromkeys(
        ("after_url", "before_url", "next", "next_page", "prev", "previous_page"),
        optional(is_link),
    ),
    **dict.fromkeys(("progress", "total"), optional(is_whole)),
    **dict.fromkeys(("tags", "domain_names"), list_of(is_text)),
    **dict.fromkeys(
        (
            "collaborator_ids",
            "email_cc_ids",
            "follower_ids",
            "followup_ids",
            "sharing_agreement_ids",
        ),
        list_of(is_id),
    ),
    "channel": one_of("api", "chat", "email", "web"),
    # Of a membership that is not the user's first: null.
    "default": optional(is_flag),
    "facets": optional(is_flag),
    "photo": optional(is_link),
    "rel": optional(is_text),
    "result_type": one_of("ticket", "user"),
    "role": one_of("admin", "agent", "end-user"),
    "role_type": optional(is_whole),
    "score": one_of("bad", "good", "offered", "unoffered"),
    "shared_phone_number": optional(is_flag),
    "sync_to_sailthru": is_flag,
    "ticket_restriction": optional(is_text),
}
# Where the same key is something else: the end of its path, and its type.
ZENDESK_EXCEPTIONS: Mapping[str, Check] = {
    ".job_status.id": is_text,
    ".job_statuses[].id": is_text,
    ".user_fields[].system": is_flag,
    ".user_field.system": is_flag,
    ".organization_field.system": is_flag,
    ".events[].id": is_text,
    "/events.user_id": is_text,
}

# A triggered e-mail and a campaign, as Sailthru shows them in several answers.
SEND_TYPES: Mapping[str, Check] = {
    "send_id": is_text,
    "email": is_text,
    "template": is_text,
    "status": one_of("unknown", "scheduled", "softbounce", "hardbounce", "delivered"),
    "send_time": is_mail_time,
    "open_time": is_mail_time,
    "send_key": one_of(None),
}
BLAST_TYPES: Mapping[str, Check] = {
    "blast_id": is_whole,
    **dict.fromkeys(("name", "subject", "list"), is_text),
    "mode": one_of("email"),
    "status": one_of("sent"),
    **dict.fromkeys(("schedule_time", "start_time", "stop_time"), is_mail_time),
}

# What a key of a Sailthru answer holds (docs/sailthru.md 2), by endpoint and path; a `*` stands
# for any name.
SAILTHRU_TYPES: Mapping[str, Check] = {
    **dict.fromkeys(("user.ok", "list.ok", "email.ok", "event.ok"), one_of(True)),
    "user.keys.sid": is_sid,
    **dict.fromkeys((f"user.keys.{key}" for key in ("email", "extid", "sms", "cookie")), is_text),
    "user.vars.*": lambda _value: True,
    "user.lists.*": is_mail_time,
    "user.engagement": one_of(
        *["hardbounce", "optout", "dormant", "disengaged", "new", "passive", "active", "engaged"]
    ),
    "user.optout_email": one_of("none", "basic", "blast", "all"),
    "user.activity.*": is_mail_time,
    "user.lifetime.*": is_whole,
    "user.device.top_device_email": is_text,
    "user.smart_lists": list_of(is_text),
    "email.email": is_text,
    "email.verified": one_of(0, 1),
    "email.hardbounce": one_of(0, 1),
    "email.optout": one_of("none", "all", "blast"),
    "email.lists.*": one_of(0, 1),
    "email.lists_signup.*": is_mail_time,
    "email.profile_id": is_sid,
    "email.vars.*": lambda _value: True,
    **{
        f"{at}.{key}": kind
        for at in ("send", "email.recent_sends[]")
        for key, kind in SEND_TYPES.items()
    },
    **{
        f"{at}.{key}": kind
        for at in ("blast", "blast.blasts[]", "email.recent_blasts[]")
        for key, kind in BLAST_TYPES.items()
    },
    **dict.fromkeys(("blast.sent_count", "blast.skip", "blast.filtered_count"), is_whole),
    "list.lists[].list_id": is_sid,
    "list.lists[].name": is_text,
    "list.lists[].email_count": is_whole,
    "list.lists[].valid_count": is_whole,
    "list.lists[].create_time": is_mail_time,
    "list.lists[].type": one_of("normal", "smart"),
    "list.list": is_text,
    "list.list_id": is_sid,
    "list.count": is_whole,
    "list.create_time": is_mail_time,
    "list.send_time": optional(is_mail_time),
    "list.type": one_of("normal", "natural", "smart"),
    "list.primary": is_flag,
    "list.public_name": is_text,
    "list.vars.*": lambda _value: True,
    "list.query.source_list": is_text,
    "list.query.criteria": list_of(is_text),
    "list.query.field": list_of(is_text),
    "list.query.value": list_of(lambda _value: True),
    "job.job_id": is_sid,
    **dict.fromkeys((f"job.{key}" for key in ("name", "list", "filename")), is_text),
    "job.status": one_of("pending", "completed", "error"),
    "job.start_time": is_mail_time,
    "job.end_time": is_mail_time,
    "job.export_url": is_link,
    "content.content[].url": is_link,
    "content.content[].sku": is_text,
    "content.content[].title": is_text,
    "content.content[].price": is_whole,
    "content.content[].tags": list_of(is_text),
    "settings.id": is_whole,
    "settings.message_cookie_duration": is_whole,
    "settings.features.*": one_of(0, 1),
    "settings.domains.*": is_text,
    "settings.beacon_image": is_link,
    "settings.from_emails": list_of(is_text),
    "settings.lists_primary": list_of(is_text),
    "settings.name": is_text,
    "settings.timezone": is_text,
    **{
        f"{where}.{key}": check
        for where in ("purchase.purchase", "user.purchases[]", "user.purchase_incomplete[]")
        for key, check in {
            "_id": is_sid,
            "unique_id": is_sid,
            "price": is_whole,
            "qty": is_whole,
            "time": is_mail_time,
            "channel": one_of("online", "offline", "app"),
            "items[].id": is_text,
            "items[].title": is_text,
            "items[].price": is_whole,
            "items[].qty": is_whole,
            "items[].url": is_link,
            "items[].tags": list_of(is_text),
            "items[].images.full.url": is_text,
            "items[].images.thumb.url": is_text,
        }.items()
    },
}


# docs/zendesk-sell.md 2, with the errors of RFC 6749.
SELL_OAUTH_TYPES: Mapping[str, Check] = {
    "access_token": lambda value: is_text(value) and len(value) == 64,
    "refresh_token": is_text,
    "token_type": one_of("bearer"),
    "expires_in": one_of(3600),
    "scope": is_text,
    "error": one_of("invalid_grant"),
    "error_description": is_text,
}


def find_wrong_types(
    answers: Iterator[tuple[str, str, Any]], find_check: Callable[[str, str], Check | None]
) -> list[str]:
    """What of these answers is in no table, or is no such value."""
    wrong: dict[str, None] = {}
    for method, name, answer in answers:
        for path, key, value in iter_keys(answer):
            is_container = isinstance(value, dict) or (
                isinstance(value, list) and all(isinstance(one, dict) for one in value)
            )
            check = find_check(f"{name.partition('?')[0]}{path}", key)
            if check is None and not is_container and value is not None:
                wrong[f"no type is said: {method} {name} {path} = {value!r}"] = None
            elif check is not None and not is_container and not check(value):
                wrong[f"{method} {name} {path} = {value!r}"] = None
    return list(wrong)


def find_zendesk_check(path: str, key: str) -> Check | None:
    for end, check in ZENDESK_EXCEPTIONS.items():
        if path.endswith(end):
            return check
    return ZENDESK_TYPES.get(key)


def find_sailthru_check(path: str, _key: str) -> Check | None:
    return SAILTHRU_TYPES.get(path) or SAILTHRU_TYPES.get(f"{path.rpartition('.')[0]}.*")
