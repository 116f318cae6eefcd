"""View of the service's side of a conflict on the page Activity: a sentence and the value."""

from desktop.customer.conflict_value_reader import read_current_value
from desktop.kit.errors import NotFound
from desktop.model.edit import Edit
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.activity.activity_detail_view import CurrentServiceValue
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


async def read_conflict_value(
    edit: Edit, workspace: WorkspaceProtocol, store: WorkspaceStore, now: float
) -> CurrentServiceValue:
    """Read an Activity conflict's value at the service, and say how old it is; never raises."""
    found = await read_current_value(edit, workspace.clients, store)
    if isinstance(found.error, NotFound):
        return CurrentServiceValue(text=f"{found.error.title} Nothing can be applied.")
    if found.is_known and found.cached_at is None:
        return CurrentServiceValue(found.value, is_known=True, text="Read just now.")
    trouble = "The service is not connected." if found.error is None else found.error.title
    if found.cached_at is None:
        return CurrentServiceValue(text=f"{trouble} The current value is not known.")
    age = time_format.format_age(found.cached_at, now)
    return CurrentServiceValue(
        found.value, is_known=True, text=f"{trouble} Shown as read {age}.", is_stale=True
    )
