"""A sync's source record: one person with the fields a mapping can name.

Field names: Zendesk `id name first_name last_name email phone external_id role tags organization
active time_zone locale suspended verified created_at updated_at user_fields.KEY` and, over tickets,
`last_ticket_id last_ticket_status last_ticket_priority last_ticket_subject
last_ticket_created_time ticket_count open_ticket_count ticket_ids`; Sell `id first_name last_name
name email phone mobile title owner_id tags customer_status prospect_status status
organization_name address.KEY billing_address.KEY custom_fields.ID custom_fields.NAME`; Sailthru
`sid name email extid
engagement optout lists vars.NAME value.segment value.amount` and Sailthru's names of times and
lifetime counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from desktop.model.customer_value import CustomerValueSource, read_customer_value
from desktop.model.email_address import email_match_key, normalize_email
from desktop.model.erased_people import person_keys
from desktop.model.exported_profile import ExportedProfile
from desktop.model.instant import FieldValue, Instant
from desktop.model.match_keys import hash_email
from desktop.model.name_splitting import NameSplitRule, full_name_of_vars, split_name
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sell_product import SellProduct, price_in_cents
from desktop.model.sell_record import SellContact, SellPerson
from desktop.model.service import Service
from desktop.model.target_record import sell_person_fields
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser

# The vars in which accounts keep a phone number.
PHONE_VARS = ("phone", "phone_number")


@dataclass(frozen=True)
class SourceRecord:
    """One customer in a sync's source, with the fields that a mapping can read.

    `id` is the Zendesk user id or the sid; `at` when it last changed (Unix seconds), where known.
    `list_name` is the Sailthru list it was found on. `name_split` is the rule of its sync.
    `other_emails` are a Zendesk user's further addresses, None where they were not read.
    """

    service: Service
    id: str
    label: str
    email: str = ""
    email_hash: str = ""
    external_id: str = ""
    phone: str = ""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    updated_at: float | None = None
    list_name: str = ""
    name_split: NameSplitRule = NameSplitRule.FIRST_SPACE
    other_emails: tuple[str, ...] | None = None

    def with_address(self, address: str) -> "SourceRecord":
        """Return the source record with this address if it has none."""
        if self.email or not address:
            return self
        return self.with_values({"email": address})

    def with_values(self, values: Mapping[str, FieldValue]) -> "SourceRecord":
        """Return the source record with corrected or computed values in place of its own.

        What it is matched by follows a corrected identifier alone: a list's export tells the hash
        of an address and not the address.
        """
        name = values.get("name")
        fields = {**self.fields, **values}
        if isinstance(name, str):
            for key in ("first_name", "last_name"):
                fields.pop(key, None)
            fields |= _name_fields(name, self.name_split)
        record = replace(self, fields=fields)
        if "email" in values:
            email = normalize_email(str(values["email"] or ""))
            record = replace(
                record, email=email, email_hash=hash_email(email), label=email or self.label
            )
        for key in ("external_id", "extid"):
            if key in values:
                record = replace(record, external_id=str(values[key] or ""))
        for key in ("phone", *(f"vars.{name}" for name in PHONE_VARS)):
            if key in values:
                record = replace(record, phone=str(values[key] or ""))
        return record


def keys_of_record(record: SourceRecord, target_id: str = "") -> frozenset[str]:
    """Return the keys by which a source record's person would be known as an erased one."""
    is_profile = record.service is Service.SAILTHRU
    sids = [record.id if is_profile else target_id]
    users = [target_id if is_profile else record.id]
    return person_keys(
        addresses=(record.email, *(record.other_emails or ())),
        email_hashes=(record.email_hash,),
        # A contact or lead of Sell is known again by its address and its profile.
        user_ids=[one for one in users if one.isdigit()],
        sids=sids,
        external_ids=(record.external_id,),
    )


def source_record_from_user(
    person: ZendeskUser,
    tickets: Sequence[ExportedTicket] = (),
    name_split: NameSplitRule = NameSplitRule.FIRST_SPACE,
) -> SourceRecord:
    """Convert a Zendesk user and the user's tickets, oldest first, to a source record."""
    fields: dict[str, FieldValue] = {
        "id": person.id,
        "name": person.name,
        **_name_fields(person.name, name_split),
        "email": person.email,
        "phone": person.phone,
        "external_id": person.external_id,
        "role": person.role,
        "active": person.active,
        "suspended": person.suspended,
        "verified": person.verified,
        "time_zone": person.time_zone,
        "locale": person.locale,
        **{f"user_fields.{key}": value for key, value in person.user_fields.items()},
        **_instant_fields(created_at=person.created_at, updated_at=person.updated_at),
    }
    if person.tags is not None:
        fields["tags"] = list(person.tags)
    if person.organization is not None:
        fields["organization"] = person.organization.name
    fields |= summarize_tickets(tickets)
    email = normalize_email(person.email or "")
    return SourceRecord(
        service=Service.ZENDESK,
        id=str(person.id),
        label=email or person.name or str(person.id),
        email=email,
        email_hash=hash_email(email),
        external_id=person.external_id or "",
        phone=person.phone or "",
        fields=fields,
        updated_at=person.updated_at,
        name_split=name_split,
        other_emails=(
            tuple(one for one in person.emails if email_match_key(one) != email_match_key(email))
            if person.identities_read
            else None
        ),
    )


def source_record_from_product(product: SellProduct, currency: str) -> SourceRecord:
    """Convert a product of Sell to a source record; its price is in hundredths of `currency`.

    One that was deleted counts as not active.
    """
    fields: dict[str, FieldValue] = {
        "id": product.id,
        "name": product.name,
        "sku": product.sku,
        "description": product.description,
        "is_active": product.is_sold,
    }
    if (price := price_in_cents(product, currency)) is not None:
        fields["price"], fields["currency"] = price
    return SourceRecord(
        service=Service.SELL,
        id=product.record_id,
        label=product.name or product.sku or product.record_id,
        fields=fields,
        updated_at=product.updated_at,
    )


def source_record_from_sell(person: SellPerson) -> SourceRecord:
    """Convert a Sell contact or lead to a source record; a deleted one is not active."""
    email = normalize_email(person.email or "")
    fields: dict[str, FieldValue] = {
        **sell_person_fields(person),
        "id": person.id,
        **_instant_fields(created_at=person.created_at, updated_at=person.updated_at),
    }
    if person.full_name:
        fields["name"] = person.full_name
    if person.owner_id is not None:
        fields["owner_id"] = person.owner_id
    if isinstance(person, SellContact):
        fields["is_organization"] = person.is_organization
    if person.is_deleted:
        fields["active"] = False
    return SourceRecord(
        service=Service.SELL,
        id=person.record_id,
        label=email or person.label,
        email=email,
        email_hash=hash_email(email),
        phone=person.phone or person.mobile or "",
        fields=fields,
        updated_at=person.updated_at,
    )


def summarize_tickets(tickets: Sequence[ExportedTicket]) -> dict[str, FieldValue]:
    """Summarise a requester's tickets as source fields; none without tickets; no bodies."""
    there = [ticket for ticket in tickets if not ticket.is_deleted]
    if not there:
        return {}
    last = max(there, key=lambda ticket: (ticket.created_at or 0.0, ticket.id))
    return {
        "last_ticket_id": last.id,
        "last_ticket_status": last.status,
        "last_ticket_priority": last.priority,
        "last_ticket_subject": last.subject,
        "ticket_count": len(there),
        "open_ticket_count": sum(not ticket.is_solved for ticket in there),
        "ticket_ids": [ticket.id for ticket in there],
        # “Seen tickets” of a mapping (S2-48).
        "seen": [ticket.id for ticket in there],
        **_instant_fields(last_ticket_created_time=last.created_at),
    }


def source_record_from_export(
    profile: ExportedProfile, list_name: str, value_source: CustomerValueSource
) -> SourceRecord:
    """Convert a list export's row to a source record: no opt-out, the address as a hash."""
    lists = frozenset((*profile.lists, list_name))
    fields: dict[str, FieldValue] = {
        "sid": profile.sid,
        "lists": sorted(lists),
        **{f"vars.{name}": value for name, value in profile.vars.items()},
        **{name: Instant(at) for name, at in profile.activity.items()},
        **profile.lifetime,
    }
    if profile.extid:
        fields["extid"] = profile.extid
    name = full_name_of_vars(profile.vars)
    if name:
        fields["name"] = name
    if profile.email:
        fields["email"] = profile.email
    if profile.engagement:
        fields["engagement"] = profile.engagement
    fields |= _value_fields(value_source, profile.vars, lists)
    return SourceRecord(
        service=Service.SAILTHRU,
        id=profile.sid,
        label=profile.email or name or profile.sid,
        email=normalize_email(profile.email or ""),
        email_hash=profile.email_hash or hash_email(profile.email or ""),
        external_id=profile.extid or "",
        phone=_phone_of(profile.vars),
        fields=fields,
        list_name=list_name,
    )


def source_record_from_profile(
    profile: SailthruProfile, value_source: CustomerValueSource
) -> SourceRecord:
    """Convert a Sailthru profile that was read singly to a source record."""
    fields: dict[str, FieldValue] = {
        "sid": profile.sid,
        "lists": sorted(profile.lists),
        **{f"vars.{name}": value for name, value in profile.vars.items()},
        **{name: Instant(at) for name, at in profile.activity.items()},
        **profile.lifetime,
        **_value_fields(value_source, profile.vars, frozenset(profile.lists)),
    }
    name = full_name_of_vars(profile.vars)
    if name:
        fields["name"] = name
    if profile.email:
        fields["email"] = profile.email
    if profile.keys.get("extid"):
        fields["extid"] = profile.keys["extid"]
    if profile.engagement:
        fields["engagement"] = profile.engagement
    if profile.optout is not None:
        fields["optout"] = profile.optout.value
    return SourceRecord(
        service=Service.SAILTHRU,
        id=profile.sid,
        label=profile.email or name or profile.sid,
        email=normalize_email(profile.email or ""),
        email_hash=hash_email(profile.email or ""),
        external_id=profile.keys.get("extid", ""),
        phone=_phone_of(profile.vars),
        fields=fields,
    )


def _phone_of(variables: Mapping[str, FieldValue]) -> str:
    return next((str(variables[name]) for name in PHONE_VARS if variables.get(name)), "")


def _name_fields(name: str, rule: NameSplitRule) -> dict[str, FieldValue]:
    """Return a source record's first and last name; absent where the name is no person's."""
    first, last = split_name(name, rule)
    return {"first_name": first, "last_name": last} if first or last else {}


def _instant_fields(**moments: float | None) -> dict[str, FieldValue]:
    return {name: Instant(at) for name, at in moments.items() if at is not None}


def _value_fields(
    source: CustomerValueSource, variables: Mapping[str, FieldValue], lists: frozenset[str]
) -> dict[str, FieldValue]:
    plain = {name: value for name, value in variables.items() if not isinstance(value, Instant)}
    found = read_customer_value(source, plain, lists)
    if found is None:
        return {}
    fields: dict[str, FieldValue] = {}
    if found.segment is not None:
        fields["value.segment"] = found.segment
    if found.amount is not None:
        fields["value.amount"] = found.amount
    return fields
