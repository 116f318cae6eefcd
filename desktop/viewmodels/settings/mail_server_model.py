"""The mail server of the syncs: its password goes to the keyring, and a trial says if it works."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.errors import AppError, InvalidInput
from desktop.settings import sync_settings, value_parsers
from desktop.vault.secret import Secret
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol


@dataclass(frozen=True)
class MailServerView:
    """`kept` says that there is a password; it is never shown again. `wanted`: a user signs in."""

    has_password: bool
    password_text: str
    needs_password: bool
    is_busy: bool
    can_send_test: bool
    error: ErrorMessage


class MailServerModel(QObject):
    """The password passes through to the keyring and is not held here."""

    changed = Signal()
    message_posted = Signal(str)

    def __init__(
        self, workspace: WorkspaceSettingsProtocol, connection_config: ConnectionConfig
    ) -> None:
        super().__init__()
        self._workspace, self._connection_config = workspace, connection_config
        self.tasks = TaskRegistry(self._on_error)
        self._has_password = False
        self._is_busy = False
        self._error: ErrorMessage = NO_ERROR

    def view(self) -> MailServerView:
        """Build the card."""
        get = self._workspace.values.get
        return MailServerView(
            has_password=self._has_password,
            password_text=f"The password is {self._connection_config.vault.location_label}."
            if self._has_password
            else "",
            needs_password=bool(get(sync_settings.MAIL_USER)),
            is_busy=self._is_busy,
            can_send_test=bool(get(sync_settings.MAIL_HOST)),
            error=self._error,
        )

    def load_status(self) -> None:
        """Ask the keyring whether there is a password, where one is needed."""
        if self.view().needs_password and not self.tasks.is_running("look"):
            self.tasks.start("look", self._load_status())

    def save_password(self, password: str) -> None:
        """Keep the password."""
        if self._start_work():
            self.tasks.start("work", self._save_password(password))

    def forget_password(self) -> None:
        """Forget the password."""
        if self._start_work():
            self.tasks.start("work", self._forget_password())

    def send_test_mail(self, address: str) -> None:
        """Send a letter there."""
        if self._start_work():
            self.tasks.start("work", self._send_test_mail(address))

    def refresh(self) -> None:
        """The settings are others now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    def _start_work(self) -> bool:
        if self._is_busy:
            return False
        self._is_busy, self._error = True, NO_ERROR
        self.changed.emit()
        return True

    def _finish_work(self, words: str) -> None:
        self._is_busy = False
        self.changed.emit()
        self.message_posted.emit(words)

    async def _load_status(self) -> None:
        self._has_password = bool(await self._connection_config.vault.get(Secret.SMTP_PASSWORD))
        self.changed.emit()

    async def _save_password(self, password: str) -> None:
        await self._connection_config.vault.set(Secret.SMTP_PASSWORD, password)
        self._has_password = True
        self._finish_work("The password is kept.")

    async def _forget_password(self) -> None:
        await self._connection_config.vault.delete(Secret.SMTP_PASSWORD)
        self._has_password = False
        self._finish_work("The password is forgotten.")

    async def _send_test_mail(self, address: str) -> None:
        from desktop.connect.mail_server import send_test_email

        to = value_parsers.parse_email(address)
        if not to:
            raise InvalidInput("Say where the trial goes to.")
        await send_test_email(self._connection_config, self._workspace.values, to)
        self._finish_work("The mail server took the trial.")

    def _on_error(self, error: AppError) -> None:
        self._is_busy = False
        self._error = to_error_message(error)
        self.changed.emit()
