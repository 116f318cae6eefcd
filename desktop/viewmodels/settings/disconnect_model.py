"""Model of the card that disconnects a workspace: what goes, what stays, which edits wait."""

from dataclasses import dataclass

from desktop.connect import disconnect
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import NotPermitted
from desktop.kit.text import format_count
from desktop.settings import settings_table
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    setting_disabled_reason,
)

_REMOVED_TEXT = (
    "Zendesk is signed out, and Sailthru's key and secret are erased here. A run under way stops."
)
_REMAINS_TEXT = (
    "What stays on this computer: what was read of customers, until it is erased in “Data on this"
    " computer”; the record of changes, the syncs with their history, and the settings of the"
    " window. The permissions go back to their defaults, and changes are switched"
    " off until an admin switches them on again."
)


@dataclass(frozen=True)
class DisconnectView:
    """View of the disconnect card, with the three texts of its question."""

    can_disconnect: bool
    status_text: str
    disabled_reason: str
    removed_text: str
    pending_edits_text: str
    remains_text: str
    error: ErrorMessage


class DisconnectModel(CardModel):
    """Disconnects the workspace from its card once a person has been asked; admins only."""

    def __init__(
        self,
        workspace: WorkspaceSettingsProtocol,
        connection_config: ConnectionConfig,
        local_databases: LocalDataService,
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._connection_config = connection_config
        self._local_databases = local_databases
        self._open_edit_count = 0

    def view(self) -> DisconnectView:
        """Build the view of the disconnect card and the texts of its question."""
        waits = ""
        if self._open_edit_count:
            count = format_count(self._open_edit_count, "change still waits", "changes still wait")
            waits = f"{count} to be sent: kept, and sent once this account is connected again."
        is_connected = self._workspace.is_connected or self._workspace.is_configured
        status = "No account is connected."
        if is_connected:
            status = "Forget this Zendesk and Sailthru account on this computer."
        return DisconnectView(
            can_disconnect=is_connected,
            status_text=self._busy_text or status,
            disabled_reason=self._busy_text or self._disabled_reason(),
            removed_text=_REMOVED_TEXT,
            pending_edits_text=waits,
            remains_text=_REMAINS_TEXT,
            error=self._error,
        )

    async def count_open_edits(self) -> None:
        """Count the edits that wait to be sent, for the disconnect card's question."""
        self._open_edit_count = await self._local_databases.count_open_edits()

    def disconnect_services(self) -> None:
        """Disconnect the workspace from its card; the person has been asked."""
        self._start_work("disconnect", self._disconnect(), "Disconnecting…")

    def _disabled_reason(self) -> str:
        # Who may change the account may leave it; a policy that fixes it forbids both.
        return setting_disabled_reason(self._workspace, settings_table.ZENDESK_BASE_URL)

    async def _disconnect(self) -> None:
        reason = self._disabled_reason()
        if reason:
            raise NotPermitted("This workspace cannot be disconnected here.", reason)
        result = await disconnect.disconnect_workspace(self._connection_config)
        await self._workspace.disconnect()
        self._workspace.reload_settings()
        await self._workspace.connect()
        self._finish_work(f"This workspace is disconnected. {result.message}")
