"""What stands at a service now, for a conflict: asked live, else as kept with its age."""

from desktop.kit.errors import AppError, NotFound
from desktop.model.customer_sheet import SheetPart
from desktop.model.edit import Edit, EditKind
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.service import Service
from desktop.model.sheet_overlay import confirmed_value
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.activity.activity_detail_view import CurrentServiceValue
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol
from desktop.writing.edit_gateways import EditGateway, SailthruEditGateway, ZendeskEditGateway


async def read_current_value(
    edit: Edit, workspace: WorkspaceProtocol, store: WorkspaceStore, now: float
) -> CurrentServiceValue:
    """Read the value a conflict is about; never raises for what a service says."""
    port = _gateway_for(edit, workspace)
    trouble = "" if port is not None else "The service is not connected."
    if port is not None:
        try:
            reading = await port.read(edit.request)
        except NotFound as gone:
            return CurrentServiceValue(text=f"{gone.title} Nothing can be applied.")
        except AppError as error:
            trouble = error.title
        else:
            return CurrentServiceValue(reading.value, is_known=True, text="Read just now.")
    kept = await store.run(_cached_value, edit, store)
    if kept is None:
        return CurrentServiceValue(text=f"{trouble} What stands there now is not known here.")
    value, read_at = kept
    age = time_format.format_age(read_at, now)
    return CurrentServiceValue(
        value.value, is_known=True, text=f"{trouble} Shown as read {age}.", is_stale=True
    )


def _gateway_for(edit: Edit, workspace: WorkspaceProtocol) -> EditGateway | None:
    services = workspace.services
    if edit.request.target.service is Service.SAILTHRU:
        return SailthruEditGateway(services.sailthru) if services.sailthru is not None else None
    return ZendeskEditGateway(services.zendesk) if services.zendesk is not None else None


def _cached_value(edit: Edit, store: WorkspaceStore) -> tuple[CurrentServiceValue, float] | None:
    intent = edit.request
    if intent.kind is EditKind.CREATE:
        return None
    sailthru = intent.target.service is Service.SAILTHRU
    kind = LookupQueryKind.SID if sailthru else LookupQueryKind.ZENDESK_ID
    sheet = store.sheet_reader.read_sheet.blocking(LookupQuery(kind, intent.target.id))
    part: SheetPart[object] = sheet.profile if sailthru else sheet.user  # type: ignore[assignment]
    if part.value is None or part.read_at is None:
        return None
    return CurrentServiceValue(confirmed_value(sheet, intent.kind, intent.name)), part.read_at
