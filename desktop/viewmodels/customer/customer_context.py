"""Everything the panels of one customer are made from: the sheet, and the rules around it."""

from dataclasses import dataclass

from desktop.customer.service_clients import AccountFieldNames
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.customer_value import CustomerValueSource
from desktop.model.edit import Edit, EditRequest, EditState, needed_permission
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_permission,
)
from desktop.store.audit_log import AuditEntry
from desktop.viewmodels import time_format


@dataclass(frozen=True)
class CustomerDisplaySettings:
    """What the settings say about this workspace, as far as panels show it."""

    names: AccountFieldNames
    value_source: CustomerValueSource
    currency: str
    base_url: str
    optin_link: str = ""
    predictions: bool | None = None


@dataclass(frozen=True)
class CustomerContext:
    """`now` is Unix seconds; `audit` are this customer's closed edits, newest first."""

    sheet: CustomerSheet
    display_settings: CustomerDisplaySettings
    actor: Actor
    rules: PermissionRules
    now: float
    audit: tuple[AuditEntry, ...] = ()

    def check_permission(self, permission: Permission) -> PermissionDecision:
        """Whether the person at work may do this."""
        return check_permission(permission, self.actor, self.rules)

    def check_edit(self, intent: EditRequest) -> PermissionDecision:
        """The same for one change."""
        return check_permission(needed_permission(intent), self.actor, self.rules)


def edit_progress_text(edit: Edit) -> str:
    """How far an edit is: the words follow the facts."""
    service = edit.request.target.service.title
    if edit.state is EditState.WAITING:
        return "waiting for Undo"
    if edit.state is EditState.QUEUED:
        return edit.detail or "waiting to be sent"
    if edit.state is EditState.SENDING:
        return "sending"
    if edit.state is EditState.UNKNOWN:
        return edit.detail or f"sent, {service} did not answer yet"
    if edit.state is EditState.DONE:
        return f"{edit.detail or service + ' confirmed'} {time_format.format_time_of_day(edit.updated_at)}"  # noqa: E501
    return edit.detail or edit.state.value
