"""Zendesk's objects as they come: every field is taken as any JSON and judged in `translate.py`.

A typed field would let one wrong value cost the whole record. Names: contract zendesk 3, 4, 14.
"""

import msgspec


class WireUser(msgspec.Struct):
    """A user; end users get a reduced one, and `tags` is absent where they are off."""

    id: object = None
    name: object = None
    email: object = None
    role: object = None
    phone: object = None
    external_id: object = None
    organization_id: object = None
    tags: object = None
    user_fields: object = None
    suspended: object = None
    verified: object = None
    active: object = None
    time_zone: object = None
    locale: object = None
    created_at: object = None
    updated_at: object = None


class WireIdentity(msgspec.Struct):
    """One identity; sideloaded ones name their user."""

    id: object = None
    user_id: object = None
    type: object = None
    value: object = None
    primary: object = None
    verified: object = None


class WireOrganization(msgspec.Struct):
    """An organisation."""

    id: object = None
    name: object = None


class WireUserField(msgspec.Struct):
    """A user field's definition."""

    id: object = None
    key: object = None
    title: object = None
    type: object = None
    active: object = None


class WireTicket(msgspec.Struct):
    """A ticket."""

    id: object = None
    subject: object = None
    raw_subject: object = None
    status: object = None
    priority: object = None
    requester_id: object = None
    created_at: object = None
    updated_at: object = None


class WireExportedTicket(WireTicket):
    """A ticket of an export."""

    tags: object = None
    assignee_id: object = None
    generated_timestamp: object = None
