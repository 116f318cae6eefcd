"""Zendesk Sell's JSON objects as msgspec structs; `wire_to_model.py` validates each field.

A typed field would let one wrong value cost the whole record. Names: docs/zendesk-sell.md 5 to 9.
"""

from desktop.clients.field_parser import WireRecord


class WireSellPerson(WireRecord):
    """What a contact and a lead have in common in Sell's JSON."""

    first_name: object = None
    last_name: object = None
    email: object = None
    phone: object = None
    mobile: object = None
    title: object = None
    owner_id: object = None
    tags: object = None
    custom_fields: object = None
    address: object = None
    created_at: object = None
    updated_at: object = None


class WireSellContact(WireSellPerson):
    """A contact in Sell's JSON: a person or an organisation."""

    name: object = None
    is_organization: object = None
    contact_id: object = None
    customer_status: object = None
    prospect_status: object = None
    billing_address: object = None


class WireSellLead(WireSellPerson):
    """A lead in Sell's JSON."""

    organization_name: object = None
    status: object = None


class WireSellDeal(WireRecord):
    """A deal in Sell's JSON; its value is a decimal in a text."""

    name: object = None
    contact_id: object = None
    value: object = None
    currency: object = None
    stage_id: object = None
    owner_id: object = None
    hot: object = None
    updated_at: object = None


class WireSellProduct(WireRecord):
    """A product in Sell's JSON; the amounts of its prices are decimals in texts."""

    name: object = None
    sku: object = None
    description: object = None
    active: object = None
    prices: object = None
    updated_at: object = None


class WireSellUser(WireRecord):
    """A user of the Sell account."""

    name: object = None
    email: object = None
    role: object = None
    status: object = None


class WireSellAccount(WireRecord):
    """Sell's account in JSON: name, currency and time zone, of `/v2/accounts/self`."""

    name: object = None
    currency: object = None
    timezone: object = None


class WireSellCustomField(WireRecord):
    """The definition of a custom field in Sell's JSON."""

    name: object = None
    type: object = None


class WireSellNamed(WireRecord):
    """A record of Sell's that is a name: a lead status, a stage of a pipeline."""

    name: object = None
