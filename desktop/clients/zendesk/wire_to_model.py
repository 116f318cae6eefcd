"""Converts Zendesk's JSON (users, identities, fields, tickets) to model objects."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from desktop.clients.field_parser import FieldParser
from desktop.clients.service_errors import authentication_error, unexpected_response_error
from desktop.clients.zendesk.wire_structs import (
    WireBrand,
    WireComment,
    WireExportedTicket,
    WireIdentity,
    WireOrganization,
    WireTicket,
    WireUser,
    WireUserField,
)
from desktop.model.lookup_query import link_host
from desktop.model.record_version import is_older_version
from desktop.model.service import Service
from desktop.model.ticket_note import TicketComment
from desktop.model.zendesk_brand import ZendeskBrand
from desktop.model.zendesk_ticket import ExportedTicket, ZendeskTicket
from desktop.model.zendesk_user import (
    Organization,
    SignedInZendeskUser,
    UserFieldDefinition,
    UserIdentity,
    ZendeskUser,
)


class RecordWithId(Protocol):
    """A record parsed from Zendesk's JSON, by whose id pages drop duplicates."""

    @property
    def id(self) -> int:
        """The id of a Zendesk record, unique among its kind."""
        ...


T = TypeVar("T", bound=RecordWithId)
RecordParser = Callable[[object, FieldParser, str], T | None]


def parse_one(
    document: Mapping[str, object], name: str, make: RecordParser[T], parser: FieldParser
) -> T:
    """Parse Zendesk's object under `name`. Raises ServiceError when it has no usable id."""
    found = make(document.get(name), parser, name)
    if found is None:
        raise unexpected_response_error(Service.ZENDESK)
    return found


def parse_many(
    document: Mapping[str, object], name: str, make: RecordParser[T], parser: FieldParser
) -> tuple[T, ...]:
    """Parse Zendesk's list under `name`, each id once; records without an id are left out.

    Raises ServiceError where no such list is there: an empty one says that there is nobody.

    Of two with one id the one that changed later counts, else the last: a record that changes while
    a page is put together is on it twice.
    """
    if not isinstance(document.get(name), list):
        raise unexpected_response_error(Service.ZENDESK)
    found: dict[int, T] = {}
    for place, item in enumerate(parser.sequence(document.get(name), name)):
        made = make(item, parser, f"{name}[{place}]")
        if made is None:
            continue
        before = found.get(made.id)
        if before is not None:
            parser.add_problem(f"{name}[{place}].id", "an id that came before")
            if is_older_version(made, before):
                continue
            # The exports are in the order of the last change.
            del found[made.id]
        found[made.id] = made
    return tuple(found.values())


def parse_signed_in_user(
    document: Mapping[str, object], parser: FieldParser
) -> SignedInZendeskUser:
    """Parse Zendesk's users/me. Raises AuthenticationError for the anonymous user: id null."""
    item = document.get("user")
    # Without credentials, or with a wrong password, users/me answers 200 (docs/zendesk.md 0).
    if isinstance(item, dict) and item.get("id") is None:
        raise authentication_error(Service.ZENDESK, "The address or token is wrong.")
    found = parse_one(document, "user", parse_user, parser)
    return SignedInZendeskUser(found.id, found.name, found.email, found.role)


def parse_users(document: Mapping[str, object], parser: FieldParser) -> tuple[ZendeskUser, ...]:
    """Parse Zendesk's list of users with sideloaded identities and organisations."""
    found = parse_many(document, "users", parse_user, parser)
    sideloads = _parse_sideloads(document, parser)
    return tuple(_with_sideloads(item, document, sideloads) for item in found)


def parse_user_with_sideloads(document: Mapping[str, object], parser: FieldParser) -> ZendeskUser:
    """Parse one Zendesk user with sideloaded identities and organisation."""
    found = parse_one(document, "user", parse_user, parser)
    return _with_sideloads(found, document, _parse_sideloads(document, parser))


def parse_user(item: object, parser: FieldParser, where: str) -> ZendeskUser | None:
    """Parse one Zendesk user without sideloads."""
    if (record := parser.record(item, WireUser, where)) is None:
        return None
    wire, user_id = record
    tags = None if wire.tags is None else parser.texts(wire.tags, f"{where}.tags")
    return ZendeskUser(
        id=user_id,
        name=parser.text(wire.name, f"{where}.name") or "",
        email=parser.text(wire.email, f"{where}.email"),
        role=parser.text(wire.role, f"{where}.role") or "end-user",
        phone=parser.text(wire.phone, f"{where}.phone"),
        external_id=parser.text(wire.external_id, f"{where}.external_id"),
        organization_id=parser.identifier(wire.organization_id, f"{where}.organization_id"),
        tags=tags,
        user_fields=parser.json_map(wire.user_fields, f"{where}.user_fields"),
        suspended=parser.flag(wire.suspended, f"{where}.suspended"),
        verified=parser.flag(wire.verified, f"{where}.verified"),
        active=parser.flag(wire.active, f"{where}.active", default=True),
        time_zone=parser.text(wire.time_zone, f"{where}.time_zone"),
        iana_time_zone=parser.text(wire.iana_time_zone, f"{where}.iana_time_zone"),
        locale=parser.text(wire.locale, f"{where}.locale"),
        notes=parser.text(wire.notes, f"{where}.notes"),
        details=parser.text(wire.details, f"{where}.details"),
        created_at=parser.iso_time(wire.created_at, f"{where}.created_at"),
        updated_at=parser.iso_time(wire.updated_at, f"{where}.updated_at"),
    )


def parse_identity(item: object, parser: FieldParser, where: str) -> UserIdentity | None:
    """Parse one identity of a Zendesk user; one without a value identifies nobody."""
    if (record := parser.record(item, WireIdentity, where)) is None:
        return None
    wire, identity_id = record
    value = parser.text(wire.value, f"{where}.value")
    if not value:
        if wire.value in (None, ""):
            parser.add_problem(f"{where}.value", "missing")
        return None
    return UserIdentity(
        id=identity_id,
        type=parser.text(wire.type, f"{where}.type") or "",
        value=value,
        primary=parser.flag(wire.primary, f"{where}.primary"),
        verified=parser.flag(wire.verified, f"{where}.verified"),
    )


def parse_organization(item: object, parser: FieldParser, where: str) -> Organization | None:
    """Parse one Zendesk organisation."""
    if (record := parser.record(item, WireOrganization, where)) is None:
        return None
    wire, organization_id = record
    return Organization(organization_id, parser.text(wire.name, f"{where}.name") or "")


def parse_comment(item: object, parser: FieldParser, where: str) -> TicketComment | None:
    """Parse one comment of a Zendesk ticket; without a word on it, it counts as public."""
    if (record := parser.record(item, WireComment, where)) is None:
        return None
    wire, comment_id = record
    is_public = parser.flag(wire.public, f"{where}.public", default=True)
    return TicketComment(comment_id, parser.text(wire.body, f"{where}.body") or "", is_public)


def parse_brand(item: object, parser: FieldParser, where: str) -> ZendeskBrand | None:
    """Parse one Zendesk brand; a deleted one has no hosts: another account may have them."""
    if (record := parser.record(item, WireBrand, where)) is None:
        return None
    wire, brand_id = record
    if wire.is_deleted is True:
        return ZendeskBrand(brand_id, frozenset())
    subdomain = parser.text(wire.subdomain, f"{where}.subdomain")
    mapped = parser.text(wire.host_mapping, f"{where}.host_mapping")
    addresses = (
        parser.text(wire.brand_url, f"{where}.brand_url"),
        f"https://{subdomain}.zendesk.com" if subdomain else None,
        f"https://{mapped}" if mapped else None,
    )
    hosts = (link_host(address) for address in addresses if address)
    return ZendeskBrand(brand_id, frozenset(host for host in hosts if host))


def parse_user_field(item: object, parser: FieldParser, where: str) -> UserFieldDefinition | None:
    """Parse the definition of one Zendesk user field; values are found by its key."""
    if (record := parser.record(item, WireUserField, where)) is None:
        return None
    wire, field_id = record
    key = parser.text(wire.key, f"{where}.key")
    if not key:
        if wire.key in (None, ""):
            parser.add_problem(f"{where}.key", "missing")
        return None
    return UserFieldDefinition(
        id=field_id,
        key=key,
        title=parser.text(wire.title, f"{where}.title") or key,
        type=parser.text(wire.type, f"{where}.type") or "text",
        active=parser.flag(wire.active, f"{where}.active", default=True),
        options=tuple(_iter_options(wire.custom_field_options)),
    )


def _iter_options(options: object) -> Iterator[tuple[str, str]]:
    """Yield value and label of a Zendesk drop-down's options; what is none is left out."""
    for option in options if isinstance(options, list) else ():
        value = option.get("value") if isinstance(option, dict) else None
        if isinstance(value, str) and value:
            yield value, str(option.get("name") or value)


def parse_ticket(item: object, parser: FieldParser, where: str) -> ZendeskTicket | None:
    """Parse one Zendesk ticket."""
    if (record := parser.record(item, WireTicket, where)) is None:
        return None
    wire, ticket_id = record
    # `raw_subject` still has placeholders; it is what is left where rendering failed.
    subject = wire.raw_subject if wire.subject is None else wire.subject
    return ZendeskTicket(
        id=ticket_id,
        subject=parser.text(subject, f"{where}.subject") or "",
        status=parser.text(wire.status, f"{where}.status") or "",
        priority=parser.text(wire.priority, f"{where}.priority"),
        requester_id=parser.identifier(wire.requester_id, f"{where}.requester_id"),
        created_at=parser.iso_time(wire.created_at, f"{where}.created_at"),
        updated_at=parser.iso_time(wire.updated_at, f"{where}.updated_at"),
        sender=_parse_sender(wire.via),
    )


def _parse_sender(via: object) -> str | None:
    """Return the address that a ticket's mail came from; other channels tell none.

    developer.zendesk.com, Via object reference.
    """
    found = via
    for name in ("source", "from", "address"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) and "@" in found else None


def parse_exported_ticket(item: object, parser: FieldParser, where: str) -> ExportedTicket | None:
    """Parse one ticket of Zendesk's incremental export."""
    if (found := parse_ticket(item, parser, where)) is None or not isinstance(item, dict):
        return None
    wire = parser.struct(item, WireExportedTicket, where)
    return ExportedTicket(
        **vars(found),
        tags=parser.texts(wire.tags, f"{where}.tags"),
        assignee_id=parser.identifier(wire.assignee_id, f"{where}.assignee_id"),
        changed_at=parser.number(wire.generated_timestamp, f"{where}.generated_timestamp"),
    )


Sideloads = tuple[Mapping[int, tuple[UserIdentity, ...]], Mapping[int, Organization]]


def _parse_sideloads(document: Mapping[str, object], parser: FieldParser) -> Sideloads:
    by_user: dict[int, list[UserIdentity]] = defaultdict(list)
    for place, item in enumerate(parser.sequence(document.get("identities"), "identities")):
        where = f"identities[{place}]"
        if (found := parse_identity(item, parser, where)) is None or not isinstance(item, dict):
            continue
        owner = parser.identifier(item.get("user_id"), f"{where}.user_id")
        if owner is not None:
            by_user[owner].append(found)
        elif item.get("user_id") is None:
            parser.add_problem(f"{where}.user_id", "missing")
    listed = parser.sequence(document.get("organizations"), "organizations")
    organizations = parse_many(
        {"organizations": list(listed)}, "organizations", parse_organization, parser
    )
    return (
        {owner: tuple(found) for owner, found in by_user.items()},
        {found.id: found for found in organizations},
    )


def _with_sideloads(
    found: ZendeskUser, document: Mapping[str, object], sideloads: Sideloads
) -> ZendeskUser:
    identities, organizations = sideloads
    return replace(
        found,
        identities=identities.get(found.id, ()),
        identities_read=isinstance(document.get("identities"), list),
        organization=organizations.get(found.organization_id or 0),
    )
