"""Zendesk's JSON objects as msgspec structs; `wire_to_model.py` validates each field.

A typed field would let one wrong value cost the whole record. Names: docs/zendesk.md 3, 4, 14.
"""

import msgspec

from desktop.clients.field_parser import WireRecord


class WireUser(WireRecord):
    """A user in Zendesk's JSON; end users see a reduced one, `tags` is absent where off."""

    name: object = None
    email: object = None
    role: object = None
    phone: object = None
    notes: object = None
    details: object = None
    external_id: object = None
    organization_id: object = None
    tags: object = None
    user_fields: object = None
    suspended: object = None
    verified: object = None
    active: object = None
    time_zone: object = None
    iana_time_zone: object = None
    locale: object = None
    created_at: object = None
    updated_at: object = None


class WireIdentity(WireRecord):
    """An identity in a Zendesk user's JSON; a sideloaded one names its user."""

    user_id: object = None
    type: object = None
    value: object = None
    primary: object = None
    verified: object = None


class WireOrganization(WireRecord):
    """An organisation in a Zendesk user's JSON."""

    name: object = None


class WireComment(WireRecord):
    """A comment in a Zendesk ticket's JSON."""

    body: object = None
    public: object = None


class WireBrand(WireRecord):
    """A brand in Zendesk's JSON; only admins are told `host_mapping`."""

    subdomain: object = None
    brand_url: object = None
    host_mapping: object = None
    is_deleted: object = None


class WireUserField(WireRecord):
    """The definition of a user field in Zendesk's JSON."""

    key: object = None
    title: object = None
    type: object = None
    active: object = None
    custom_field_options: object = None


class WireTicket(WireRecord):
    """A requester's ticket in Zendesk's JSON."""

    subject: object = None
    raw_subject: object = None
    status: object = None
    priority: object = None
    requester_id: object = None
    created_at: object = None
    updated_at: object = None
    via: object = None


class WireExportedTicket(WireTicket):
    """A ticket in the JSON of Zendesk's incremental export."""

    tags: object = None
    assignee_id: object = None
    generated_timestamp: object = None


class WireKeptTicket(WireExportedTicket):
    """A ticket in the JSON of Zendesk's incremental export, with what the data workspace keeps."""

    description: object = None
    organization_id: object = None
    group_id: object = None
    satisfaction_rating: object = None


class WireMetricSet(msgspec.Struct):
    """The times of one ticket, sideloaded by `include=metric_sets`."""

    ticket_id: object = None
    solved_at: object = None


class WireKeptOrganization(WireOrganization):
    """An organisation in the JSON of Zendesk's incremental export."""

    external_id: object = None
    domain_names: object = None
    tags: object = None
    created_at: object = None
    updated_at: object = None
    deleted_at: object = None


class WireSatisfactionRating(WireRecord):
    """A legacy satisfaction rating in Zendesk's JSON."""

    ticket_id: object = None
    requester_id: object = None
    assignee_id: object = None
    score: object = None
    comment: object = None
    reason: object = None
    created_at: object = None
    updated_at: object = None
