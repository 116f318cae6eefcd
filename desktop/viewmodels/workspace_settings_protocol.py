"""Protocol of the open workspace for the settings: change, reload, connect, disconnect."""

from collections.abc import Mapping
from typing import Any, Protocol

from desktop.connect.identity_and_roles import check_setting_change
from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.settings.setting_definition import Setting
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


class WorkspaceSettingsProtocol(WorkspaceProtocol, Protocol):
    """The session of a workspace whose settings may be changed and that may be reconnected."""

    settings_error: AppError | None

    def change_settings(self, changes: Mapping[str, Json]) -> None:
        """Check and save settings, all or none. Raises InvalidInput, NotPermitted, StorageError."""
        ...

    def reload_settings(self) -> None:
        """Read the settings file again."""
        ...

    async def connect(self) -> None:
        """Build the clients and find out who works here. Raises NoKeyring, InvalidInput."""
        ...

    async def disconnect(self) -> None:
        """Close the connections to Sailthru and Zendesk; permissions fall to their defaults."""
        ...


def current_actor(workspace: WorkspaceProtocol) -> Actor | None:
    """Who may change settings here; None while nobody is connected."""
    return workspace.actor if workspace.is_connected else None


def setting_disabled_reason(workspace: WorkspaceProtocol, setting: Setting[Any]) -> str:
    """Say why the person at work may not change a setting; empty where they may."""
    decision = check_setting_change(setting, current_actor(workspace), workspace.values)
    return "" if decision.is_allowed else decision.reason
