"""What an admin has set and allowed, read anew from settings file and policy when it matters.

The session's copy is of the sign-in; another process, or a policy, may have changed it since.
"""

from typing import TYPE_CHECKING

from desktop.app.workspace_session import WorkspaceSession
from desktop.kit.errors import AppError, AuthenticationError, NotPermitted
from desktop.model.edit import sending_refusal
from desktop.model.event_delivery import DESTINATION_OFF_TEXT
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_permission,
    check_role,
)
from desktop.model.workspace_kind import WorkspaceKind, confirmed_over
from desktop.settings import settings_table
from desktop.settings.data_source_records import why_events_stay
from desktop.settings.effective_workspace_kind import effective_workspace_kind
from desktop.settings.permission_rules import permission_rules_from
from desktop.settings.settings_file import SettingsValues

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktop.settings.managed_policy import ManagedPolicy
    from desktop.writing.edit_queue import SendGate


class CurrentSettings:
    """Reads the settings in force anew at each decision; unreadable ones count as the strictest."""

    def __init__(
        self, session: WorkspaceSession, read_policy: "Callable[[], ManagedPolicy]"
    ) -> None:
        """`session` says who is at work and what their sign-in granted."""
        self._session = session
        self._read_policy = read_policy

    def check(self, permission: Permission, actor: Actor) -> PermissionDecision:
        """Decide on a permission by the rules of this moment: a run may work for hours.

        What the sign-in grants holds as well: without one the defaults stand.
        """
        decision = check_permission(permission, actor, self._session.rules)
        if not decision.is_allowed:
            return decision
        return check_permission(permission, actor, self.read_rules())

    def check_role(self, permission: Permission, actor: Actor) -> PermissionDecision:
        """Decide by the table of this moment alone: for what also works with changes off."""
        decision = check_role(permission, actor, self._session.rules)
        if not decision.is_allowed:
            return decision
        return check_role(permission, actor, self.read_rules())

    def read_rules(self) -> PermissionRules:
        """Return the permission rules; where they cannot be read nothing is allowed."""
        values = self._read()
        if values is None:
            return PermissionRules(are_changes_enabled=False, permissions={})
        return permission_rules_from(values)

    def keeps_everybody(self) -> bool:
        """Whether an admin has this computer keep everybody's data."""
        values = self._read()
        return values is not None and values.get(settings_table.KEEP_EVERYTHING)

    def follows_addresses(self) -> bool:
        """Whether an admin lets Sailthru follow addresses that are changed in Zendesk."""
        values = self._read()
        return values is not None and values.get(settings_table.FOLLOW_ADDRESSES)

    def workspace_kind(self) -> WorkspaceKind:
        """Return the workspace's kind; where it cannot be read it counts as production."""
        values = self._read()
        return WorkspaceKind.PRODUCTION if values is None else effective_workspace_kind(values)

    def confirmed_over(self) -> int | None:
        """Return over how many people the workspace's kind asks once more; None: never."""
        return confirmed_over(self.workspace_kind())

    def find_run_refusal(self) -> str:
        """Say why the workspace's actor may write nothing by a run at this moment, or "".

        It was asked at the start of the run too; what is taken away holds from that moment on.
        """
        error = self._session.connection_error
        if isinstance(error, AuthenticationError | NotPermitted):
            return f"{error.title} {error.message}"
        return check_permission(Permission.RUNS, self._session.actor, self.read_rules()).reason

    def find_event_refusal(self) -> str:
        """Say why no event may be sent to Zendesk at this moment, or ""."""
        if reason := self.find_run_refusal():
            return reason
        values = self._read()
        return DESTINATION_OFF_TEXT if values is None else why_events_stay(values)

    def read_send_gate(self) -> "SendGate":
        """Return what says of an edit that waits why it may not be sent now, or ""."""
        rules, actor = self.read_rules(), self._session.confirmed_actor
        return lambda edit: sending_refusal(edit, actor, rules)

    def _read(self) -> SettingsValues | None:
        try:
            stored = self._session.connection_config.settings_file.load().values
        except AppError:
            return None
        return stored.with_policy(self._read_policy())
