"""Every kind of edit once: a customer made for it, what is wanted, and what the witness sees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from desktop.model.edit import EditKind, Intent, Service, Target
from tests.faults.servers import Servers

LIST = "Newsletter"


@dataclass(frozen=True)
class Kind:
    """`foreign` is a third value for kinds that have one, else None."""

    kind: EditKind
    name: str
    old: Any
    new: Any
    foreign: Any = None
    needs_ticket: bool = False


KINDS: dict[str, Kind] = {
    "opt-out": Kind(EditKind.OPTOUT, "", "none", "basic", "all"),
    "opt-in": Kind(EditKind.OPTOUT, "", "all", "none", "basic", needs_ticket=True),
    "list on": Kind(EditKind.LIST, LIST, False, True),
    "list off": Kind(EditKind.LIST, LIST, True, False),
    "health": Kind(EditKind.HEALTH, "zendesk_health", None, "happy", "frustrated"),
    "var": Kind(EditKind.VAR, "shoe", 42, {"eu": [43, 44], "ß": None}, "none of these"),
    "mark": Kind(EditKind.MARK, "zendesk_sync", None, True, "maybe"),
    "box": Kind(EditKind.BOX, "sync_to_sailthru", False, True),
    "create": Kind(EditKind.CREATE, "", None, {"first_name": "Ada"}),
}


@dataclass(frozen=True)
class Subject:
    """A customer made for one case: `key` is the sid, Zendesk id or address that is written to."""

    kind: Kind
    key: str
    email: str

    def intent(self) -> Intent:
        """What is wanted of them."""
        zendesk = self.kind.kind is EditKind.BOX
        service = Service.ZENDESK if zendesk else Service.SAILTHRU
        ticket = 48213 if self.kind.needs_ticket else None
        target = Target(service, self.key, self.email)
        wanted, name = self.kind, self.kind.name
        return Intent(wanted.kind, target, name, wanted.old, wanted.new, "fault test", ticket)


def make_subject(servers: Servers, name: str, email: str) -> Subject:
    """Make the customer at the services, in the state before the edit."""
    kind = KINDS[name]
    if kind.kind is EditKind.CREATE:
        return Subject(kind, email, email)
    if kind.kind is EditKind.BOX:
        person = servers.make_person(email, user_fields={kind.name: kind.old})
        return Subject(kind, str(person), email)
    values: dict[str, Any] = {"vars": {"first_name": "Ada"}}
    if kind.kind is EditKind.OPTOUT:
        values["optout_email"] = kind.old
    elif kind.kind is EditKind.LIST:
        values["lists"] = {LIST: int(kind.old)}
    elif kind.old is not None:
        values["vars"] = {kind.name: kind.old}
    return Subject(kind, servers.make_profile(email, **values), email)


def seen(servers: Servers, subject: Subject) -> Any:
    """The value as the witness sees it, in the form of an edit."""
    kind = subject.kind
    if kind.kind is EditKind.BOX:
        return bool(servers.person(int(subject.key))["user_fields"].get(kind.name))
    profile = servers.profile(subject.key)
    if profile is None:
        return None
    read: dict[EditKind, Callable[[], Any]] = {
        EditKind.OPTOUT: lambda: profile["optout_email"],
        EditKind.LIST: lambda: kind.name in (profile["lists"] or {}),
        EditKind.CREATE: lambda: profile["vars"],
    }
    return read.get(kind.kind, lambda: (profile["vars"] or {}).get(kind.name))()


def change_elsewhere(servers: Servers, subject: Subject) -> None:
    """Somebody else gives it the foreign value."""
    kind = subject.kind
    if kind.kind is EditKind.OPTOUT:
        servers.write_profile(subject.key, optout_email=kind.foreign)
    else:
        servers.write_profile(subject.key, vars={kind.name: kind.foreign})
