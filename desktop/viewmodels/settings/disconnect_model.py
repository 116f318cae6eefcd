"""Disconnecting this workspace: what goes, what stays, and what still waits, said before."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect import disconnect
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.identity_and_roles import check_setting_change
from desktop.kit.errors import AppError, NotPermitted
from desktop.kit.text import format_count
from desktop.settings import settings_table
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.settings.local_databases import LocalDatabases
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol, current_actor

_REMAINS_TEXT = (
    "What stays on this computer: the record of changes, the syncs with their history, and the"
    " settings of the window. The permissions go back to their defaults, and changes are switched"
    " off until an admin switches them on again."
)


@dataclass(frozen=True)
class DisconnectView:
    """`why_not` says why it may not be done here; `connected` whether there is anything to leave.

    `goes`, `waits` and `stays` are what the question says.
    """

    can_disconnect: bool
    disabled_reason: str
    removed_text: str
    pending_edits_text: str
    remains_text: str
    busy_text: str
    error: ErrorMessage


class DisconnectModel(QObject):
    """`told` says how it ended."""

    changed = Signal()
    message_posted = Signal(str)

    def __init__(
        self,
        workspace: WorkspaceSettingsProtocol,
        connection_config: ConnectionConfig,
        local_databases: LocalDatabases,
    ) -> None:
        super().__init__()
        self._workspace, self._connection_config, self._local_databases = (
            workspace,
            connection_config,
            local_databases,
        )
        self.tasks = TaskRegistry(self._on_error)
        self._busy_text = ""
        self._error = NO_ERROR

    def view(self) -> DisconnectView:
        """Build the card and its question."""
        waiting = self._local_databases.count_open_edits()
        waits = ""
        if waiting:
            count = format_count(waiting, "change still waits", "changes still wait")
            waits = f"{count} to be sent: kept, and sent once this account is connected again."
        return DisconnectView(
            can_disconnect=self._workspace.is_connected or self._workspace.is_configured,
            disabled_reason=self._disabled_reason(),
            removed_text="Zendesk is signed out, and Sailthru's key and secret are erased here. Customers"  # noqa: E501
            " kept on this computer are deleted; Zendesk and Sailthru keep them.",
            pending_edits_text=waits,
            remains_text=_REMAINS_TEXT,
            busy_text=self._busy_text,
            error=self._error,
        )

    def refresh(self) -> None:
        """Something it is made from is another."""
        self.changed.emit()

    def disconnect_services(self) -> None:
        """Do it; the person has been asked."""
        if not self.tasks.is_running("leave"):
            self.tasks.start("leave", self._disconnect())

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    def _disabled_reason(self) -> str:
        return check_setting_change(
            settings_table.ZENDESK_BASE_URL, current_actor(self._workspace), self._workspace.values
        ).reason

    async def _disconnect(self) -> None:
        why_not = self._disabled_reason()
        if why_not:
            raise NotPermitted("This workspace cannot be disconnected here.", why_not)
        self._error, self._busy_text = NO_ERROR, "Disconnecting…"
        self.changed.emit()
        goodbye = await disconnect.disconnect_workspace(self._connection_config)
        await self._workspace.disconnect()
        await self._local_databases.forget_customers()
        self._workspace.reload_settings()
        await self._workspace.connect()
        self._busy_text = ""
        self.changed.emit()
        self.message_posted.emit(f"This workspace is disconnected. {goodbye.message}")

    def _on_error(self, error: AppError) -> None:
        self._error, self._busy_text = to_error_message(error), ""
        self.changed.emit()
