"""Customer contexts for tests of the views: a known customer, changed by keyword."""

from dataclasses import replace
from typing import Any

from desktop.customer.service_clients import AccountFieldNames
from desktop.model.customer_sheet import CustomerSheet, SheetPart, SheetPartState, TicketPage
from desktop.model.customer_value import CustomerValueSource
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget
from desktop.model.json_value import Json
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import DEFAULT_PERMISSIONS, Actor, PermissionRules, Role
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.audit_log import AuditEntry
from desktop.viewmodels.customer.customer_context import CustomerContext, CustomerDisplaySettings

NOW = 1_700_000_000.0
MINUTE, DAY = 60.0, 86_400.0
NAMES = AccountFieldNames("health", "sync", "smart", "to_sailthru", "vip")
PROFILE = SailthruProfile("sid1", "ada@acme.example", optout=OptOutLevel.NONE)
USER = ZendeskUser(7, "Ada Lovelace", "ada@acme.example", tags=())


def read_part(value: Any, *, age: float = MINUTE) -> SheetPart[Any]:
    """A part of the sheet that was read `age` seconds ago."""
    return SheetPart(value, SheetPartState.READ, NOW - age)


def make_context(
    profile: SailthruProfile | None = PROFILE,
    user: ZendeskUser | None = USER,
    *,
    tickets: tuple[ZendeskTicket, ...] = (),
    sheet: dict[str, Any] | None = None,
    role: Role = Role.ADMIN,
    changes: bool = True,
    **parts: Any,
) -> CustomerContext:
    """The context of a customer; None for a part: its service has none."""
    absent: SheetPart[Any] = SheetPart(None, SheetPartState.ABSENT, NOW)
    whole = CustomerSheet(
        LookupQuery(LookupQueryKind.EMAIL, "ada@acme.example"),
        user=read_part(user) if user else absent,
        profile=read_part(profile) if profile else absent,
        tickets=read_part(TicketPage(tickets)),
        lists=read_part(()),
        user_fields=read_part(()),
        matched_by="ada@acme.example" if profile else "",
        is_complete=True,
    )
    settings = CustomerDisplaySettings(
        NAMES, CustomerValueSource("segment", (), {}), "USD", "https://acme.zendesk.com"
    )
    context = CustomerContext(
        replace(whole, **(sheet or {})),
        settings,
        Actor("Lee", role, 1),
        PermissionRules(changes, DEFAULT_PERMISSIONS),
        NOW,
    )
    return replace(context, **parts)


def make_edit(
    kind: EditKind,
    name: str,
    new: Json,
    *,
    old: Json = None,
    state: EditState = EditState.WAITING,
    detail: str = "",
) -> Edit:
    """An open edit of the customer."""
    service = Service.ZENDESK if kind is EditKind.SYNC_CHECKBOX else Service.SAILTHRU
    key = "7" if service is Service.ZENDESK else "sid1"
    request = EditRequest(kind, EditTarget(service, key, "ada@acme.example"), name, old, new)
    return Edit("e1", request, state, "Lee", NOW, NOW + 10, updated_at=NOW, detail=detail)


def make_audit_entry(kind: str, name: str, new: Json, **parts: Any) -> AuditEntry:
    """A closed edit of the customer, done a minute ago unless told otherwise."""
    entry = AuditEntry(
        1, NOW - MINUTE, "Lee", kind, "sailthru", "sid1", "ada@acme.example", name, None, new,
        "", None, "e1", "done", "",
    )  # fmt: skip
    return replace(entry, **parts)
