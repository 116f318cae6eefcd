"""Sailthru's JSON objects as msgspec structs; `wire_to_model.py` validates each field.

A typed field would let one wrong value cost the whole profile. Names: docs/sailthru.md 2.1, 2.8.
"""

import msgspec


class WireProfile(msgspec.Struct):
    """The JSON of Sailthru's GET user."""

    keys: object = None
    vars: object = None
    lists: object = None
    # Which of the two spellings the service answers with is unknown (docs/sailthru.md 2.1).
    smart_lists: object = msgspec.UNSET
    dashed_smart_lists: object = msgspec.field(default=msgspec.UNSET, name="smart-lists")
    optout_email: object = None
    engagement: object = None
    activity: object = None
    lifetime: object = None
    device: object = None
    purchases: object = None
    optout_sms_status: object = None
    sms_marketing_status: object = None
    sms_transactional_status: object = None


class WireSailthruList(msgspec.Struct):
    """A list in Sailthru's GET list: `name`, `email_count` among all, `list`, `count` alone."""

    list_id: object = None
    name: object = None
    list: object = None
    type: object = None
    email_count: object = None
    count: object = None


class WirePurchase(msgspec.Struct):
    """One purchase in Sailthru's profile JSON; prices in cents."""

    price: object = None
    time: object = None
    items: object = None


class WireSailthruJob(msgspec.Struct):
    """The JSON of Sailthru's GET and POST job."""

    job_id: object = None
    name: object = None
    status: object = None
    export_url: object = None
    expired: object = None
    errormsg: object = None


class WireAccountSettings(msgspec.Struct):
    """The JSON of Sailthru's GET settings."""

    id: object = None
    timezone: object = None
    features: object = None


class WireContent(msgspec.Struct):
    """An item of content in Sailthru's JSON; its SKU stands beside the URL, or in `keys`."""

    url: object = None
    title: object = None
    description: object = None
    sku: object = None
    keys: object = None
    price: object = None
    vars: object = None
