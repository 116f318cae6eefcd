"""Every kind of edit once: a customer made for it, what is wanted, and what the witness sees."""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.service import Service
from tests.support.sandbox_servers import SandboxServers

LIST_NAME = "Newsletter"


@dataclass(frozen=True)
class EditCase:
    """`foreign` is a third value for kinds that have one, else None."""

    kind: EditKind
    name: str
    old: Any
    new: Any
    third_value: Any = None
    needs_ticket: bool = False


EDIT_CASES: dict[str, EditCase] = {
    "opt-out": EditCase(EditKind.OPTOUT, "", "none", "basic", "all"),
    "opt-in": EditCase(EditKind.OPTOUT, "", "all", "none", "basic", needs_ticket=True),
    "list on": EditCase(EditKind.LIST, LIST_NAME, False, True),
    "list off": EditCase(EditKind.LIST, LIST_NAME, True, False),
    "health": EditCase(EditKind.HEALTH, "zendesk_health", None, "happy", "frustrated"),
    "var": EditCase(EditKind.VAR, "shoe", 42, {"eu": [43, 44], "ß": None}, "none of these"),
    "mark": EditCase(EditKind.SYNC_MARK, "zendesk_sync", None, True, "maybe"),
    "box": EditCase(EditKind.SYNC_CHECKBOX, "sync_to_sailthru", False, True),
    "create": EditCase(EditKind.CREATE, "", None, {"first_name": "Ada"}),
}


@dataclass(frozen=True)
class EditedCustomer:
    """A customer made for one case: `key` is the sid, Zendesk id or address that is written to."""

    case: EditCase
    key: str
    email: str

    def make_edit(self) -> EditRequest:
        """What is wanted of them."""
        zendesk = self.case.kind is EditKind.SYNC_CHECKBOX
        service = Service.ZENDESK if zendesk else Service.SAILTHRU
        ticket = 48213 if self.case.needs_ticket else None
        target = EditTarget(service, self.key, self.email)
        wanted, name = self.case, self.case.name
        return EditRequest(wanted.kind, target, name, wanted.old, wanted.new, "fault test", ticket)


def create_customer(servers: SandboxServers, name: str, email: str) -> EditedCustomer:
    """Make the customer at the services, in the state before the edit."""
    kind = EDIT_CASES[name]
    if kind.kind is EditKind.CREATE:
        return EditedCustomer(kind, email, email)
    if kind.kind is EditKind.SYNC_CHECKBOX:
        person = servers.create_user(email, user_fields={kind.name: kind.old})
        return EditedCustomer(kind, str(person), email)
    values: dict[str, Any] = {"vars": {"first_name": "Ada"}}
    if kind.kind is EditKind.OPTOUT:
        values["optout_email"] = kind.old
    elif kind.kind is EditKind.LIST:
        values["lists"] = {LIST_NAME: int(kind.old)}
    elif kind.old is not None:
        values["vars"] = {kind.name: kind.old}
    return EditedCustomer(kind, servers.create_profile(email, **values), email)


def read_current_value(servers: SandboxServers, subject: EditedCustomer) -> Any:
    """The value as the witness sees it, in the form of an edit."""
    kind = subject.case
    if kind.kind is EditKind.SYNC_CHECKBOX:
        return bool(servers.read_user(int(subject.key))["user_fields"].get(kind.name))
    profile = servers.read_profile(subject.key)
    if profile is None:
        return None
    read: dict[EditKind, Callable[[], Any]] = {
        EditKind.OPTOUT: lambda: profile["optout_email"],
        EditKind.LIST: lambda: kind.name in (profile["lists"] or {}),
        EditKind.CREATE: lambda: profile["vars"],
    }
    return read.get(kind.kind, lambda: (profile["vars"] or {}).get(kind.name))()


def write_third_value(servers: SandboxServers, subject: EditedCustomer) -> None:
    """Somebody else gives it the foreign value."""
    kind = subject.case
    if kind.kind is EditKind.OPTOUT:
        servers.write_profile(subject.key, optout_email=kind.third_value)
    else:
        servers.write_profile(subject.key, vars={kind.name: kind.third_value})


class CustomerFactory:
    """Makes customers that no other test has."""

    def __init__(self, servers: SandboxServers) -> None:
        self._servers = servers
        self._names = (f"{uuid.uuid4().hex[:12]}x{n}" for n in itertools.count())

    def new_email(self) -> str:
        return f"{next(self._names)}@town.example"

    def new_customer(self, kind: str) -> EditedCustomer:
        return create_customer(self._servers, kind, self.new_email())
