"""Formats a customer's sheet as the JSON document of `fairlead lookup`, and as text lines."""

from collections.abc import Iterator
from typing import Any

from desktop.customer.service_clients import AccountFieldNames
from desktop.kit.clock import iso_timestamp
from desktop.model.customer_health import parse_health
from desktop.model.customer_sheet import (
    NO_LIST_HINT,
    CustomerSheet,
    SheetPart,
    SheetPartState,
)
from desktop.model.customer_value import CustomerValueSource, read_customer_value
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser
from desktop.viewmodels.money_format import format_prediction


def sheet_to_json(
    sheet: CustomerSheet, names: AccountFieldNames, source: CustomerValueSource, now: float
) -> dict[str, Any]:
    """Build the document of `fairlead lookup`; times are ISO 8601 in UTC, ages are seconds.

    `names` and `source` say in which vars this account keeps health and predicted value; `now`
    is Unix seconds.
    """
    profile = sheet.profile.value
    parts: dict[str, SheetPart[Any]] = {
        "zendesk": sheet.user,
        "sailthru": sheet.profile,
        "tickets": sheet.tickets,
    }
    # Optional: said only where it is connected.
    if sheet.sell.state not in (SheetPartState.OFF, SheetPartState.NOT_ASKED):
        parts["sell"] = sheet.sell
    document: dict[str, Any] = {
        "query": {"kind": sheet.query.kind.value, "value": sheet.query.value},
        "zendesk": _zendesk_user_json(sheet),
        "sailthru": _sailthru_profile_json(profile, sheet) if profile else None,
        "sell": _sell_json(sheet),
        "health": None,
        "value": None,
        "age_s": {
            name: None if part.value is None or part.read_at is None else max(0, now - part.read_at)
            for name, part in parts.items()
        },
        "pending": [edit.as_json() for edit in sheet.pending_edits],
    }
    if profile is not None:
        health = parse_health(profile.vars.get(names.health_var))
        document["health"] = health.value if health else None
        lists = frozenset(profile.lists) | frozenset(profile.smart_lists or ())
        value = read_customer_value(source, profile.vars, lists)
        # Null rather than a lowest segment: no prediction is not a bad customer.
        if value is not None:
            document["value"] = {
                "segment": value.segment,
                "amount": value.amount,
                "unit": value.unit,
                "horizon_days": value.horizon_days,
                # Only where it is so: scripts compare the rest.
                **({"by_thresholds": True} if value.is_by_thresholds else {}),
            }
    if sheet.other_profiles:
        document["other_profiles"] = _other_profiles_json(sheet)
    # Only where several match: scripts test for the key.
    if sheet.matches:
        document["matches"] = [
            {
                "query": m.query,
                "name": m.title,
                "email": m.subtitle,
                "organization": m.organization,
                "note": m.note,
            }
            for m in sheet.matches
        ]
    errors = {
        name: part.error.as_json()
        for name, part in parts.items()
        if part.error is not None and part.state in (SheetPartState.FAILED, SheetPartState.ABSENT)
    }
    if errors:
        document["errors"] = errors
    return document


def _zendesk_user_json(sheet: CustomerSheet) -> dict[str, Any] | None:
    user: ZendeskUser | None = sheet.user.value
    if user is None:
        return None
    # None while the tickets could not be read; `errors` says why.
    page = sheet.tickets.value
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "emails": list(user.emails),
        "role": user.role,
        "phone": user.phone,
        "external_id": user.external_id,
        "organization": user.organization.name if user.organization else None,
        "tags": list(user.tags) if user.tags is not None else None,
        "user_fields": dict(user.user_fields),
        "active": user.active,
        "suspended": user.suspended,
        "tickets": [
            {
                "id": t.id,
                "subject": t.subject,
                "status": t.status,
                "priority": t.priority,
                "created_at": iso_timestamp(t.created_at) if t.created_at is not None else None,
                "updated_at": iso_timestamp(t.updated_at) if t.updated_at is not None else None,
            }
            for t in (page.tickets if page else ())
        ],
        "more_tickets": bool(page and page.has_more),
    }


def _sell_json(sheet: CustomerSheet) -> dict[str, Any] | None:
    records = sheet.sell.value
    if records is None or records.is_empty:
        return None
    return {
        "contacts": [
            {
                "id": one.id,
                "name": one.label,
                "email": one.email,
                "is_organization": one.is_organization,
                "customer_status": one.customer_status,
                "prospect_status": one.prospect_status,
                "owner": records.owners.get(one.owner_id or 0),
                "tags": list(one.tags),
            }
            for one in records.contacts
        ],
        "leads": [
            {
                "id": one.id,
                "name": one.label,
                "email": one.email,
                "status": one.status,
                "owner": records.owners.get(one.owner_id or 0),
                "tags": list(one.tags),
            }
            for one in records.leads
        ],
        # Null while they could not be read. A value is a decimal in a text, as Sell has it.
        "deals": [
            {
                "id": deal.id,
                "name": deal.name,
                "value": str(deal.value) if deal.value is not None else None,
                "currency": deal.currency,
                "stage": records.stages.get(deal.stage_id or 0),
            }
            for deal in records.deals
        ]
        if records.are_deals_read
        else None,
    }


def _sailthru_profile_json(profile: SailthruProfile, sheet: CustomerSheet) -> dict[str, Any]:
    return {
        "sid": profile.sid,
        "email": profile.email,
        "matched_by": sheet.matched_by,
        "keys": dict(profile.keys),
        "lists": {
            n: iso_timestamp(at) if at is not None else None for n, at in profile.lists.items()
        },
        "smart_lists": list(profile.smart_lists) if profile.smart_lists is not None else None,
        "optout": profile.optout.value if profile.optout else None,
        "optout_state": _optout_state(profile),
        "vars": dict(profile.vars),
        "engagement": profile.engagement,
        "activity": {name: iso_timestamp(at) for name, at in profile.activity.items()},
        "lifetime": dict(profile.lifetime),
        "other_profiles": _other_profiles_json(sheet),
    }


def _other_profiles_json(sheet: CustomerSheet) -> list[dict[str, Any]]:
    """Return the profiles that may be the customer's too, for `fairlead lookup --json`."""
    return [
        {
            "email": other.address,
            "sid": other.sid,
            "optout": other.optout.value if other.optout else None,
            "by_phone": other.is_by_phone,
        }
        for other in sheet.other_profiles
    ]


def _value_text(value: dict[str, Any] | None) -> str:
    """Format the customer value for `fairlead lookup`: segment and, where known, the amount."""
    if value is None:
        return "not available"
    parts = [f"{value['segment']} of 4"] if value["segment"] else ["no segment"]
    if value.get("by_thresholds"):
        parts.append("by your thresholds")
    if value["amount"] is not None and value["horizon_days"] is not None:
        prediction = value["amount"], value["unit"] or "", value["horizon_days"]
        parts.append(format_prediction(*prediction))
    return ", ".join(parts)


def _optout_state(profile: SailthruProfile) -> str:
    """Say in `fairlead lookup` whether the opt-out was read: an unread one is no level."""
    if profile.optout is not None:
        return "read"
    return "not known" if profile.has_unknown_optout else "not read"


def _zendesk_user_lines(zendesk: dict[str, Any]) -> Iterator[str]:
    who = f"{zendesk['name']}  {zendesk['email'] or ''}"
    yield f"{who}  (Zendesk {zendesk['id']})"
    if not zendesk["active"]:
        yield "  deleted in Zendesk, or merged into another user"
    elif zendesk["suspended"]:
        yield "  suspended: may not sign in, new tickets are held"
    if zendesk["tags"]:
        yield f"  tags      {', '.join(zendesk['tags'])}"
    # Enough for a glance; the JSON has all that were read.
    for ticket in zendesk["tickets"][:5]:
        yield f"  #{ticket['id']:<8} {ticket['status']:<8} {ticket['subject']}"


def _sell_lines(sell: dict[str, Any]) -> Iterator[str]:
    for contact in sell["contacts"]:
        yield f"Zendesk Sell contact {contact['id']}  {contact['name']}"
        yield f"  customer  {contact['customer_status']}, prospect {contact['prospect_status']}"
    for lead in sell["leads"]:
        yield f"Zendesk Sell lead {lead['id']}  {lead['name']}  {lead['status']}"
    for deal in sell["deals"] or ():
        yield f"  deal      {deal['name']}  {deal['value'] or ''} {deal['currency']}"


def sheet_to_text_lines(document: dict[str, Any]) -> Iterator[str]:
    """Yield the text lines of `fairlead lookup` from its JSON document; five tickets at most."""
    zendesk, sailthru = document["zendesk"], document["sailthru"]
    if document.get("matches"):
        yield "Several customers match:"
        for match in document["matches"]:
            note = f"  ({match['note']})" if match["note"] else ""
            yield f"  {match['query']:<14} {match['name']}  {match['email']}{note}"
        return
    if zendesk is None and sailthru is None:
        yield "Nobody found."
    if zendesk is not None:
        yield from _zendesk_user_lines(zendesk)
    if sailthru is not None:
        yield f"Sailthru {sailthru['sid']}  {sailthru['email'] or ''}"
        yield f"  opt-out   {sailthru['optout'] or sailthru['optout_state']}"
        yield f"  lists     {', '.join(sailthru['lists']) or f'none. {NO_LIST_HINT}'}"
        yield f"  level     {sailthru['engagement'] or 'not said'}"
        yield f"  health    {document['health'] or 'not set'}"
        yield f"  value     {_value_text(document['value'])}"
    elif zendesk is not None:
        yield "No Sailthru profile."
    if document["sell"] is not None:
        yield from _sell_lines(document["sell"])
    for other in document.get("other_profiles", ()):
        how = ", same phone number" if other["by_phone"] else ""
        level = other["optout"] or "not read"
        yield f"May be theirs: {other['email']}  ({other['sid']}, opt-out {level}{how})"
    for name, error in document.get("errors", {}).items():
        yield f"{name}: {error['title']}"
