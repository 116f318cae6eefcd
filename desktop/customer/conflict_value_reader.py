"""Reads the value an edit in conflict is about, as its service says it now, else as cached."""

from dataclasses import dataclass

from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import AppError
from desktop.model.customer_sheet import SheetPart
from desktop.model.edit import Edit, EditKind
from desktop.model.json_value import Json
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.service import Service
from desktop.model.sheet_overlay import confirmed_value
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.edit_plan_row import row_of_edit, value_of_edit
from desktop.writing.sailthru_gateway import SailthruGateway
from desktop.writing.sell_gateway import SellGateway
from desktop.writing.write_protocol import RecordGateway
from desktop.writing.zendesk_gateway import ZendeskGateway


@dataclass(frozen=True)
class ConflictValue:
    """The value an edit in conflict is about: as its service says it now, else as cached.

    `cached_at` (Unix seconds) is when it was read, where it was not read now. `error` says why
    not; NotFound: the customer's record is gone. `error` is also None where the service is not
    connected.
    """

    value: Json = None
    is_known: bool = False
    error: AppError | None = None
    cached_at: float | None = None


def gateway_for(service: Service, clients: ServiceClients) -> RecordGateway | None:
    """Make the gateway that reads an edit's conflict; None where its service is not connected."""
    if service is Service.SAILTHRU:
        return SailthruGateway(clients.sailthru) if clients.sailthru is not None else None
    if service is Service.SELL:
        return SellGateway(clients.sell) if clients.sell is not None else None
    return ZendeskGateway(clients.zendesk) if clients.zendesk is not None else None


async def read_current_value(
    edit: Edit, clients: ServiceClients, store: WorkspaceStore
) -> ConflictValue:
    """Read the value an edit in conflict is about; never raises for what a service says."""
    gateway, row = gateway_for(edit.request.target.service, clients), row_of_edit(edit)
    error: AppError | None = None
    if gateway is not None:
        try:
            found = (await gateway.read_rows([row]))[row.row]
        except AppError as trouble:
            found = trouble
        if not isinstance(found, AppError):
            value = value_of_edit(edit.request, found)
            is_known = value is not None or edit.request.kind is not EditKind.OPTOUT
            return ConflictValue(value, is_known=is_known)
        error = found
    cached = await store.run(_read_cached_value, edit, store)
    return (
        ConflictValue(error=error)
        if cached is None
        else ConflictValue(*cached[:2], error, cached[2])
    )


def _read_cached_value(edit: Edit, store: WorkspaceStore) -> tuple[Json, bool, float] | None:
    request = edit.request
    if request.kind is EditKind.CREATE or request.target.service is Service.SELL:
        return None
    is_sailthru = request.target.service is Service.SAILTHRU
    kind = LookupQueryKind.SID if is_sailthru else LookupQueryKind.ZENDESK_ID
    sheet = store.sheet_reader.read_sheet.blocking(LookupQuery(kind, request.target.id))
    part: SheetPart[object] = sheet.profile if is_sailthru else sheet.user  # type: ignore[assignment]
    if part.value is None or part.read_at is None:
        return None
    return confirmed_value(sheet, request.kind, request.name), True, part.read_at
