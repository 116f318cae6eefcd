"""Protocol of the open workspace as view-models read it: clients, person, rules, states."""

from typing import Protocol

from desktop.clients.service_status import ServiceState
from desktop.customer.service_clients import AccountFieldNames, ServiceClients
from desktop.kit.errors import AppError
from desktop.model.follow_budget import FollowBudget
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_permission,
)
from desktop.settings.settings_file import SettingsValues


class WorkspaceProtocol(Protocol):
    """The session of a workspace as view-models read it, implemented by the application."""

    predictions: bool | None
    connection_error: AppError | None
    values: SettingsValues

    @property
    def clients(self) -> ServiceClients:
        """The Sailthru and Zendesk clients that a view-model may ask."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether a view-model has a client of any service to ask."""
        ...

    @property
    def is_configured(self) -> bool:
        """Whether the view-model's workspace was ever set up."""
        ...

    @property
    def actor(self) -> Actor:
        """Who is at work in the view-model's workspace."""
        ...

    @property
    def rules(self) -> PermissionRules:
        """The workspace's changes switch and permissions table, for the view-models' reasons."""
        ...

    @property
    def service_states(self) -> tuple[ServiceState, ...]:
        """The state of each service (live, slow, offline) for the view-models."""
        ...

    def has_spare_rate_budget(self) -> bool:
        """Whether Follow Zendesk may poll: over half of Zendesk's calls are left."""
        ...

    def follow_budget(self) -> FollowBudget:
        """What this desk may ask Zendesk for Follow Zendesk, by the number of desks."""
        ...

    def retry_sign_in(self) -> None:
        """What a button to sign in again calls: requests go out again after refused credentials."""
        ...

    def account_names(self) -> AccountFieldNames:
        """What the view-model's account calls the vars, lists and tags that Fairlead writes."""
        ...


def check_view_permission(workspace: WorkspaceProtocol) -> PermissionDecision:
    """Decide whether a page may show customers: on the sheet, in previews, in Activity."""
    return check_permission(Permission.VIEW, workspace.actor, workspace.rules)
