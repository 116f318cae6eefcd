"""Model of the permissions card: the switch for changes, and a switch per role and permission."""

from dataclasses import dataclass
from typing import Any

from desktop.connect.identity_and_roles import PERMISSIONS_DISCLAIMER
from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.model.permission import SETTABLE_PERMISSIONS, Permission, Role
from desktop.settings import settings_table
from desktop.settings.setting_definition import Setting
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    setting_disabled_reason,
)

CHANGES_OFF_TEXT = "While this is off nothing is written to any service."
CHANGES_ON_TEXT = "People here can change what the table below allows."
ROLE_PLURAL_LABELS = {
    Role.ADMIN: "Admins",
    Role.LEAD: "Leads",
    Role.AGENT: "Agents",
}
_PERMISSION_NOTES = {
    Permission.LIST_REMOVE: "List management by agents",
    Permission.OPT_IN: "needs a ticket and a reason each time",
    Permission.RUNS: "for marketers; covers profile data and tags",
}


@dataclass(frozen=True)
class PermissionSwitchView:
    """One switch of the permissions card; `name` is what screen readers call it."""

    role: Role
    permission: Permission
    name: str
    is_on: bool
    disabled_reason: str = ""


@dataclass(frozen=True)
class PermissionsView:
    """View of the permissions card; `rows` pair a permission's text and note with its switches."""

    changes_on: bool
    changes_text: str
    changes_disabled_reason: str
    roles: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[PermissionSwitchView, ...]], ...]
    leads: str
    leads_disabled_reason: str
    limits_notice: str
    error: ErrorMessage


class PermissionsModel(CardModel):
    """Model of the permissions card: a switch stores at once; admins only, within the policy."""

    def __init__(self, workspace: WorkspaceSettingsProtocol) -> None:
        super().__init__()
        self._workspace = workspace

    def view(self) -> PermissionsView:
        """Build the view of the permissions card."""
        values = self._workspace.values
        on = values.get(settings_table.CHANGES_ENABLED)
        rows = tuple(
            (
                permission.label[0].upper() + permission.label[1:],
                _PERMISSION_NOTES.get(permission, ""),
                tuple(self._build_switch(role, permission) for role in Role),
            )
            for permission in SETTABLE_PERMISSIONS
        )
        return PermissionsView(
            changes_on=on,
            changes_text=CHANGES_ON_TEXT if on else CHANGES_OFF_TEXT,
            changes_disabled_reason=setting_disabled_reason(
                self._workspace, settings_table.CHANGES_ENABLED
            ),
            roles=tuple(ROLE_PLURAL_LABELS[role] for role in Role),
            rows=rows,
            leads=values.get(settings_table.LEADS),
            leads_disabled_reason=setting_disabled_reason(self._workspace, settings_table.LEADS),
            limits_notice=PERMISSIONS_DISCLAIMER,
            error=self._error,
        )

    def set_changes_on(self, on: bool) -> None:
        """Switch changes on or off, on the permissions card."""
        self._store(settings_table.CHANGES_ENABLED, on)

    def set_permission(self, role: Role, permission: Permission, on: bool) -> None:
        """Allow or refuse one permission to one role, on the permissions card."""
        self._store(settings_table.PERMISSION_SETTINGS[role, permission], on)

    def set_leads(self, ids: str) -> None:
        """Name the agents who are leads, by their Zendesk ids, on the permissions card."""
        self._store(settings_table.LEADS, ids)

    def _build_switch(self, role: Role, permission: Permission) -> PermissionSwitchView:
        setting = settings_table.PERMISSION_SETTINGS[role, permission]
        return PermissionSwitchView(
            role,
            permission,
            f"{ROLE_PLURAL_LABELS[role]} may {permission.label}",
            self._workspace.values.get(setting),
            setting_disabled_reason(self._workspace, setting),
        )

    def _store(self, setting: Setting[Any], value: Json) -> None:
        self._error = NO_ERROR
        reason = setting_disabled_reason(self._workspace, setting)
        if reason:
            self._error = ErrorMessage(reason)
        else:
            # The file may be read-only or changed by a policy since the card was drawn.
            try:
                self._workspace.change_settings({setting.key: value})
            except AppError as error:
                self._error = to_error_message(error)
        self.changed.emit()
