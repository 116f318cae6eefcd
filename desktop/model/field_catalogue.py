"""The fields that each kind of source tells, by which a sync's mapping and conditions are checked.

A name that no record has would be read as nobody's value: the row never writes, silently.
"""

import difflib
from collections.abc import Iterator

from desktop.model.field_mapping import EVENT_FIELDS, MappingOperator, MappingRow, SourceType
from desktop.model.field_value import parse_number
from desktop.model.mapping_template import template_fields
from desktop.model.sell_lists import LEAD_STATUS_FIELD
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync
from desktop.model.target_record import OPTOUT_FIELD, SELL_FIELD_PREFIX

ZENDESK_USER_FIELDS = (
    "id",
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "external_id",
    "tags",
    "organization",
    "role",
    "active",
    "suspended",
    "verified",
    "time_zone",
    "locale",
    "created_at",
    "updated_at",
)
TICKET_FIELDS = (
    "last_ticket_id",
    "last_ticket_status",
    "last_ticket_priority",
    "last_ticket_subject",
    "last_ticket_created_time",
    "ticket_count",
    "open_ticket_count",
    "ticket_ids",
    "seen",
)
# What happened to somebody, beside who they are.
RULE_FIELDS = ("happened_at", "ticket_id", "ticket_subject")
# docs/sailthru.md 2.1 and 2.4; the export lacks login_time, a profile read by itself tells it.
PROFILE_FIELDS = (
    "sid",
    "name",
    "email",
    "extid",
    "lists",
    "optout",
    "engagement",
    "value.segment",
    "value.amount",
    "signup_time",
    "create_time",
    "open_time",
    "click_time",
    "view_time",
    "login_time",
    "optout_time",
    "lifetime_message",
    "lifetime_open",
    "lifetime_click",
    "lifetime_pv",
    "lifetime_purchase",
    "lifetime_purchase_price",
    LEAD_STATUS_FIELD,
)
_SELL_PERSON_FIELDS = (
    "id",
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile",
    "title",
    "tags",
    "owner_id",
    "address.city",
    "address.postal_code",
    "address.state",
    "address.country",
    "created_at",
    "updated_at",
)
SELL_CONTACT_FIELDS = (
    *_SELL_PERSON_FIELDS,
    "customer_status",
    "prospect_status",
    "is_organization",
    "billing_address.city",
    "billing_address.country",
)
SELL_LEAD_FIELDS = (*_SELL_PERSON_FIELDS, "status", "organization_name")
SELL_OPTOUT_FIELDS = (*_SELL_PERSON_FIELDS, OPTOUT_FIELD)
SELL_PRODUCT_FIELDS = ("id", "name", "sku", "description", "is_active", "price", "currency")
_FIELDS_BY_KIND = {
    SourceKind.ZENDESK_USERS: ZENDESK_USER_FIELDS,
    SourceKind.ZENDESK_TICKETS: (*ZENDESK_USER_FIELDS, *TICKET_FIELDS),
    SourceKind.SAILTHRU_LISTS: PROFILE_FIELDS,
    SourceKind.RULE: (*ZENDESK_USER_FIELDS, *RULE_FIELDS),
    SourceKind.SELL_CONTACTS: SELL_CONTACT_FIELDS,
    SourceKind.SELL_LEADS: SELL_LEAD_FIELDS,
    SourceKind.SELL_OPTOUTS: SELL_OPTOUT_FIELDS,
    SourceKind.SELL_PRODUCTS: SELL_PRODUCT_FIELDS,
}
# docs/sailthru.md 2.4: conditions are judged by a list's export, before any profile is read.
_NOT_EXPORTED_PROBLEMS = {
    "email": "a list’s export has no e-mail address. Use a list or a field of its own.",
    "optout": "a list’s export does not say the opt-out level. Use a smart list by opt-out.",
    "login_time": "a list’s export does not say the last login.",
}
# What an account names itself: nobody can say offline which of these exist.
_OPEN_PREFIXES = {
    SourceKind.ZENDESK_USERS: "user_fields.",
    SourceKind.ZENDESK_TICKETS: "user_fields.",
    SourceKind.SAILTHRU_LISTS: "vars.",
    SourceKind.RULE: "user_fields.",
    SourceKind.SELL_CONTACTS: SELL_FIELD_PREFIX,
    SourceKind.SELL_LEADS: SELL_FIELD_PREFIX,
    SourceKind.SELL_OPTOUTS: SELL_FIELD_PREFIX,
    SourceKind.SELL_PRODUCTS: SELL_FIELD_PREFIX,
}
_FIELDS_BY_SERVICE = (
    (Service.SAILTHRU, PROFILE_FIELDS, "vars."),
    (Service.ZENDESK, ZENDESK_USER_FIELDS, "user_fields."),
    (Service.SELL, SELL_CONTACT_FIELDS, SELL_FIELD_PREFIX),
)


# Titles of the fields whose names alone do not read as words.
_TITLES = {
    "id": "Zendesk id",
    "email": "E-mail address",
    "sid": "Sailthru id",
    "extid": "External id",
    "organization": "Organisation",
    "optout": "Opt-out",
    "sku": "SKU",
    "price": "Price in cents",
    "is_active": "Active in Zendesk Sell",
    "seen": "Seen tickets",
    "value.segment": "Customer value (1 to 4)",
    "value.amount": "Predicted value",
    "last_ticket_id": "Last ticket number",
    "last_ticket_created_time": "Last ticket created",
    "ticket_count": "Number of tickets",
    "open_ticket_count": "Number of open tickets",
    "ticket_ids": "Ticket numbers",
    "signup_time": "Signed up",
    "create_time": "Profile created",
    "created_at": "Created",
    "updated_at": "Last changed",
    "open_time": "Last open",
    "click_time": "Last click",
    "view_time": "Last page view",
    "login_time": "Last login",
    "optout_time": "Opted out",
    "lifetime_message": "E-mails received",
    "lifetime_open": "Opens in total",
    "lifetime_click": "Clicks in total",
    "lifetime_pv": "Page views in total",
    "lifetime_purchase": "Purchases in total",
    "lifetime_purchase_price": "Spent in total",
}


def field_title(field: str) -> str:
    """Return the title that people read for a sync's field: `vars.first_name` is “First name”."""
    kind, dot, name = field.partition(".")
    own = name if dot and kind in ("vars", "user_fields", "custom_fields") else field
    if own in _TITLES:
        return _TITLES[own]
    if dot and kind in ("lists", "tags"):
        return f"{kind.removesuffix('s').capitalize()} “{name}”"
    words = " ".join(own.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def source_fields(kind: SourceKind) -> tuple[str, ...]:
    """Return the fields that a source's records have besides the account's own."""
    return _FIELDS_BY_KIND[kind]


def source_prefix(kind: SourceKind) -> str:
    """Return the prefix of the account's own fields in a source: `vars.` or `user_fields.`."""
    return _OPEN_PREFIXES[kind]


def source_field_problem(sync: Sync, field: str) -> str:
    """Say why a sync's source never has a field; empty where it has or may."""
    kind = sync.source.kind
    known = source_fields(kind)
    prefix = source_prefix(kind)
    if field in known or (field.startswith(prefix) and len(field) > len(prefix)):
        return ""
    if field == LEAD_STATUS_FIELD and not sync.effects.lead_lists:
        return "Only a sync that keeps lists by lead status knows it."
    if field == "stages":
        return "" if sync.stages else "This sync has no stages."
    shown = field[:80]
    if field in RULE_FIELDS:
        return f"“{shown}” is known only to a rule."
    if field in TICKET_FIELDS:
        return f"“{shown}” is known only where a sync reads tickets."
    for service, names, own_prefix in _FIELDS_BY_SERVICE:
        if kind.service is not service and (field in names or field.startswith(own_prefix)):
            reads = kind.service.title
            return f"“{shown}” is a field of {service.title}, and this sync reads {reads}."
    near = difflib.get_close_matches(field, known, n=1)
    own = f"An account’s own fields begin with “{prefix}”."
    hint = f"Did you mean “{near[0]}”?" if near else own
    return f"There is no field “{shown}” to read. {hint}"


def mapping_source_problems(sync: Sync) -> Iterator[str]:
    """Yield why mapping rows never read a value from the source, a sentence each."""
    for row in (row for row in sync.mapping if row.on):
        if sync.source.kind is SourceKind.SELL_OPTOUTS and row.target != OPTOUT_FIELD:
            yield f"The row for {row.target[:80]} never writes: this sync writes opt-outs alone."
        is_to_sell = sync.target_service is Service.SELL and not sync.is_of_optouts
        if row.target == OPTOUT_FIELD and is_to_sell:
            yield "The row for optout never writes: opt-outs reach Sell by a sync of their own."
        for field in _named_fields(row):
            problem = source_field_problem(sync, field)
            if problem:
                yield f"The row for {row.target[:80]} never writes: {problem}"
        if row.operator is MappingOperator.SUM:
            yield from _increment_problems(sync, row)


def _named_fields(row: MappingRow) -> tuple[str, ...]:
    """Return the source fields that a mapping row names, as it names them."""
    if row.type is SourceType.TEMPLATE:
        return template_fields(row.source)
    if row.type in (SourceType.LISTS, SourceType.STAGES):
        return (row.type.value,)
    if row.type is SourceType.TEXT:
        return ()
    field = row.source
    if row.type in (SourceType.SEEN, SourceType.OPTOUT):
        field = row.source or row.type.value
    return (field,) if field else ()


def condition_field_problems(sync: Sync) -> Iterator[str]:
    """Yield which conditions of a sync never hold: no source record has their field."""
    stages = [condition for stage in sync.stages for condition in stage.where]
    evidence = [purpose.evidence for purpose in sync.purposes]
    for condition in (*sync.source.where, *stages, *evidence):
        problem = source_field_problem(sync, condition.field) if condition.field else ""
        if not problem and sync.source.kind is SourceKind.SAILTHRU_LISTS:
            problem = _NOT_EXPORTED_PROBLEMS.get(condition.field, "")
        if problem:
            yield f"A condition never holds: {problem}"


def _increment_problems(sync: Sync, row: MappingRow) -> Iterator[str]:
    """Yield why a mapping's increment cannot count: a state would be added at every change."""
    if row.type is SourceType.TEXT:
        counts = parse_number(row.source) is not None
    else:
        counts = row.type is SourceType.FIELD and row.source in EVENT_FIELDS
    if sync.source.kind is SourceKind.ZENDESK_TICKETS and counts:
        return
    yield (
        f"{row.target[:80]} cannot be added to from “{row.source[:80]}”: it would be added whole at"
        " every change of the person. Tickets are counted once each: add ticket_count in a sync"
        " that reads tickets, or use Set."
    )
