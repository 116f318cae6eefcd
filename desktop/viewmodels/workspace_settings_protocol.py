"""Protocol of the open workspace for settings cards: change, reload, connect, disconnect."""

from collections.abc import Mapping
from typing import Any, Protocol

from desktop.connect.identity_and_roles import check_setting_change
from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.settings.setting_definition import Setting
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


class WorkspaceSettingsProtocol(WorkspaceProtocol, Protocol):
    """The session that settings cards change, reconnect and disconnect."""

    settings_error: AppError | None

    def change_settings(self, changes: Mapping[str, Json]) -> None:
        """Store what a settings card changes, all or none. Raises InvalidInput, NotPermitted."""
        ...

    def reload_settings(self) -> None:
        """Read the settings file again for the settings cards."""
        ...

    async def connect(self) -> None:
        """Connect the workspace from a settings card. Raises NoKeyring, InvalidInput."""
        ...

    async def disconnect(self) -> None:
        """Disconnect the workspace from a settings card; permissions fall to their defaults."""
        ...


def current_actor(workspace: WorkspaceProtocol) -> Actor | None:
    """Who may change settings on these cards; None while nobody is connected."""
    return workspace.actor if workspace.is_connected else None


def setting_disabled_reason(workspace: WorkspaceProtocol, setting: Setting[Any]) -> str:
    """Say on a settings card why a setting may not be changed; empty where it may."""
    decision = check_setting_change(setting, current_actor(workspace), workspace.values)
    return "" if decision.is_allowed else decision.reason
