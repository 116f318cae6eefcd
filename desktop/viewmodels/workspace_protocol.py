"""Protocol of the open workspace as view-models read it: clients, person, rules, states."""

from typing import Protocol

from desktop.clients.service_status import ServiceState
from desktop.customer.service_clients import AccountFieldNames, ServiceClients
from desktop.kit.errors import AppError
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_permission,
)
from desktop.settings.settings_file import SettingsValues


class WorkspaceProtocol(Protocol):
    """The session of a workspace, implemented by the application."""

    predictions: bool | None
    connection_error: AppError | None
    values: SettingsValues

    @property
    def clients(self) -> ServiceClients:
        """The connected clients."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether there is any client."""
        ...

    @property
    def is_configured(self) -> bool:
        """Whether the workspace was ever set up."""
        ...

    @property
    def actor(self) -> Actor:
        """Who is at work."""
        ...

    @property
    def rules(self) -> PermissionRules:
        """The workspace's changes switch and permissions table, as they are now."""
        ...

    @property
    def service_states(self) -> tuple[ServiceState, ...]:
        """How each service is doing."""
        ...

    def has_spare_rate_budget(self) -> bool:
        """Whether more than half of Zendesk's calls are left."""
        ...

    def retry_sign_in(self) -> None:
        """A person asks for another try, also where the credentials were refused."""
        ...

    def account_names(self) -> AccountFieldNames:
        """How this account calls the things Fairlead writes."""
        ...


def check_view_permission(workspace: WorkspaceProtocol) -> PermissionDecision:
    """Whether the person at work may see customers: on the sheet, in previews, in Activity."""
    return check_permission(Permission.VIEW, workspace.actor, workspace.rules)
