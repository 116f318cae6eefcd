"""Wire to model for Zendesk."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from desktop.clients.field import Notes
from desktop.clients.zendesk.errors import auth_lost, unexpected
from desktop.clients.zendesk.wire import (
    WireExportedTicket,
    WireIdentity,
    WireOrganization,
    WireTicket,
    WireUser,
    WireUserField,
)
from desktop.model.exported_ticket import ExportedTicket
from desktop.model.person import Identity, Organization, UserField, ZendeskMe, ZendeskPerson
from desktop.model.ticket import Ticket


class HasId(Protocol):
    """A record with an id of its own."""

    @property
    def id(self) -> int:
        """Unique among its kind."""
        ...


T = TypeVar("T", bound=HasId)
Make = Callable[[object, Notes, str], T | None]


def one(document: Mapping[str, object], name: str, make: Make[T], notes: Notes) -> T:
    """The object under `name`. Raises ServiceTrouble when it has no usable id."""
    found = make(document.get(name), notes, name)
    if found is None:
        raise unexpected()
    return found


def many(document: Mapping[str, object], name: str, make: Make[T], notes: Notes) -> tuple[T, ...]:
    """The objects under `name`, each id once; those without a usable id are noted, left out."""
    found: dict[int, T] = {}
    for place, item in enumerate(notes.sequence(document.get(name), name)):
        made = make(item, notes, f"{name}[{place}]")
        if made is None:
            continue
        if made.id in found:
            notes.add(f"{name}[{place}].id", "an id that came before")
        else:
            found[made.id] = made
    return tuple(found.values())


def me(document: Mapping[str, object], notes: Notes) -> ZendeskMe:
    """GET users/me. Raises AuthLost for the anonymous user, whose id is null."""
    item = document.get("user")
    if isinstance(item, dict) and item.get("id") is None:
        raise auth_lost("It answered as to a stranger.")
    found = one(document, "user", person, notes)
    return ZendeskMe(found.id, found.name, found.email, found.role)


def people(document: Mapping[str, object], notes: Notes) -> tuple[ZendeskPerson, ...]:
    """A list of users with what came along of identities and organisations."""
    found = many(document, "users", person, notes)
    sideloads = _sideloads(document, notes)
    return tuple(_joined(item, document, sideloads) for item in found)


def one_person(document: Mapping[str, object], notes: Notes) -> ZendeskPerson:
    """One user, likewise."""
    found = one(document, "user", person, notes)
    return _joined(found, document, _sideloads(document, notes))


def person(item: object, notes: Notes, where: str) -> ZendeskPerson | None:
    """One user without sideloads."""
    if (fields := _record(item, notes, where)) is None:
        return None
    wire = notes.struct(fields, WireUser, where)
    if (user_id := _id(wire.id, notes, where)) is None:
        return None
    tags = None if wire.tags is None else _tags(wire.tags, notes, where)
    return ZendeskPerson(
        id=user_id,
        name=notes.text(wire.name, f"{where}.name") or "",
        email=notes.text(wire.email, f"{where}.email"),
        role=notes.text(wire.role, f"{where}.role") or "end-user",
        phone=notes.text(wire.phone, f"{where}.phone"),
        external_id=notes.text(wire.external_id, f"{where}.external_id"),
        organization_id=notes.identifier(wire.organization_id, f"{where}.organization_id"),
        tags=tags,
        user_fields=notes.json_map(wire.user_fields, f"{where}.user_fields"),
        suspended=notes.flag(wire.suspended, f"{where}.suspended"),
        verified=notes.flag(wire.verified, f"{where}.verified"),
        active=notes.flag(wire.active, f"{where}.active", default=True),
        time_zone=notes.text(wire.time_zone, f"{where}.time_zone"),
        locale=notes.text(wire.locale, f"{where}.locale"),
        created_at=moment(wire.created_at, f"{where}.created_at", notes),
        updated_at=moment(wire.updated_at, f"{where}.updated_at", notes),
    )


def identity(item: object, notes: Notes, where: str) -> Identity | None:
    """One identity; one without a value identifies nobody."""
    if (fields := _record(item, notes, where)) is None:
        return None
    wire = notes.struct(fields, WireIdentity, where)
    if (identity_id := _id(wire.id, notes, where)) is None:
        return None
    value = notes.text(wire.value, f"{where}.value")
    if not value:
        if wire.value in (None, ""):
            notes.add(f"{where}.value", "missing")
        return None
    return Identity(
        id=identity_id,
        type=notes.text(wire.type, f"{where}.type") or "",
        value=value,
        primary=notes.flag(wire.primary, f"{where}.primary"),
        verified=notes.flag(wire.verified, f"{where}.verified"),
    )


def organization(item: object, notes: Notes, where: str) -> Organization | None:
    """One organisation."""
    if (fields := _record(item, notes, where)) is None:
        return None
    wire = notes.struct(fields, WireOrganization, where)
    if (organization_id := _id(wire.id, notes, where)) is None:
        return None
    return Organization(organization_id, notes.text(wire.name, f"{where}.name") or "")


def user_field(item: object, notes: Notes, where: str) -> UserField | None:
    """One user field's definition; its key is what values are found by."""
    if (fields := _record(item, notes, where)) is None:
        return None
    wire = notes.struct(fields, WireUserField, where)
    if (field_id := _id(wire.id, notes, where)) is None:
        return None
    key = notes.text(wire.key, f"{where}.key")
    if not key:
        if wire.key in (None, ""):
            notes.add(f"{where}.key", "missing")
        return None
    return UserField(
        id=field_id,
        key=key,
        title=notes.text(wire.title, f"{where}.title") or key,
        type=notes.text(wire.type, f"{where}.type") or "text",
        active=notes.flag(wire.active, f"{where}.active", default=True),
    )


def ticket(item: object, notes: Notes, where: str) -> Ticket | None:
    """One ticket."""
    if (fields := _record(item, notes, where)) is None:
        return None
    wire = notes.struct(fields, WireTicket, where)
    if (ticket_id := _id(wire.id, notes, where)) is None:
        return None
    subject = wire.raw_subject if wire.subject is None else wire.subject
    return Ticket(
        id=ticket_id,
        subject=notes.text(subject, f"{where}.subject") or "",
        status=notes.text(wire.status, f"{where}.status") or "",
        priority=notes.text(wire.priority, f"{where}.priority"),
        requester_id=notes.identifier(wire.requester_id, f"{where}.requester_id"),
        created_at=moment(wire.created_at, f"{where}.created_at", notes),
        updated_at=moment(wire.updated_at, f"{where}.updated_at", notes),
    )


def exported_ticket(item: object, notes: Notes, where: str) -> ExportedTicket | None:
    """One ticket of an export."""
    if (found := ticket(item, notes, where)) is None or not isinstance(item, dict):
        return None
    wire = notes.struct(item, WireExportedTicket, where)
    return ExportedTicket(
        id=found.id,
        requester_id=found.requester_id,
        subject=found.subject,
        status=found.status,
        priority=found.priority,
        tags=_tags(wire.tags, notes, where),
        assignee_id=notes.identifier(wire.assignee_id, f"{where}.assignee_id"),
        created_at=found.created_at,
        updated_at=found.updated_at,
        changed_at=notes.number(wire.generated_timestamp, f"{where}.generated_timestamp"),
    )


def moment(value: object, where: str, notes: Notes) -> float | None:
    """Unix seconds of an ISO 8601 time in UTC."""
    text = notes.text(value, where)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        notes.add(where, "not a time")
        return None


Sideloads = tuple[Mapping[int, tuple[Identity, ...]], Mapping[int, Organization]]


def _sideloads(document: Mapping[str, object], notes: Notes) -> Sideloads:
    by_user: dict[int, list[Identity]] = defaultdict(list)
    for place, item in enumerate(notes.sequence(document.get("identities"), "identities")):
        where = f"identities[{place}]"
        if (found := identity(item, notes, where)) is None or not isinstance(item, dict):
            continue
        owner = notes.identifier(item.get("user_id"), f"{where}.user_id")
        if owner is not None:
            by_user[owner].append(found)
        elif item.get("user_id") is None:
            notes.add(f"{where}.user_id", "missing")
    organizations = many(document, "organizations", organization, notes)
    return (
        {owner: tuple(found) for owner, found in by_user.items()},
        {found.id: found for found in organizations},
    )


def _joined(
    found: ZendeskPerson, document: Mapping[str, object], sideloads: Sideloads
) -> ZendeskPerson:
    identities, organizations = sideloads
    return replace(
        found,
        identities=identities.get(found.id, ()),
        identities_read=isinstance(document.get("identities"), list),
        organization=organizations.get(found.organization_id or 0),
    )


def _tags(value: object, notes: Notes, where: str) -> tuple[str, ...]:
    listed = notes.sequence(value, f"{where}.tags")
    read = (notes.text(tag, f"{where}.tags[{n}]") for n, tag in enumerate(listed))
    return tuple(tag for tag in read if tag)


def _record(item: object, notes: Notes, where: str) -> Mapping[str, object] | None:
    if isinstance(item, dict):
        return item
    notes.add(where, "missing" if item is None else "not an object")
    return None


def _id(value: object, notes: Notes, where: str) -> int | None:
    found = notes.identifier(value, f"{where}.id")
    if found is None and value is None:
        notes.add(f"{where}.id", "missing")
    return found
