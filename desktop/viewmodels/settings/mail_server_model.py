"""Model of the mail server card: its password goes to the keyring, a test e-mail proves it."""

from dataclasses import dataclass

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.mail_password import store_mail_password
from desktop.kit.errors import InvalidInput
from desktop.settings import sync_settings, value_parsers
from desktop.settings.mail_server_address import mail_address
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.secret import Secret
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol

_BUSY_TEXT = "Something is under way."


@dataclass(frozen=True)
class MailServerView:
    """View of the mail server card; a password is never shown, only whether one is needed."""

    has_password: bool
    password_text: str
    needs_password: bool
    busy_text: str
    test_disabled_reason: str
    error: ErrorMessage


class MailServerModel(CardModel):
    """Model of the mail server card; its password passes through to the keyring, unheld."""

    def __init__(
        self, workspace: WorkspaceSettingsProtocol, connection_config: ConnectionConfig
    ) -> None:
        super().__init__()
        self._workspace, self._connection_config = workspace, connection_config
        self._has_password = False

    def view(self) -> MailServerView:
        """Build the view of the mail server card."""
        get = self._workspace.values.get
        return MailServerView(
            has_password=self._has_password,
            password_text=f"✓ The password is {self._connection_config.vault.location_label}."
            if self._has_password
            else "",
            needs_password=bool(get(sync_settings.MAIL_USER)),
            busy_text=self._busy_text,
            test_disabled_reason=self._busy_text
            or ("" if get(sync_settings.MAIL_HOST) else "There is no mail server yet."),
            error=self._error,
        )

    def load_status(self) -> None:
        """Ask the keyring, for the mail server card, for a password where a user name needs one."""
        if self._workspace.values.get(sync_settings.MAIL_USER):
            self.tasks.start_once("status", self._load_status())

    def save_password(self, password: str) -> None:
        """Store the mail server card's password in the keyring."""
        self._start_work("work", self._save_password(password), _BUSY_TEXT)

    def forget_password(self) -> None:
        """Delete the password from the keyring, by the mail server card's button."""
        self._start_work("work", self._forget_password(), _BUSY_TEXT)

    def send_test_mail(self, address: str) -> None:
        """Send a test e-mail from the mail server card to this address."""
        self._start_work("work", self._send_test_mail(address), _BUSY_TEXT)

    async def _load_status(self) -> None:
        values = self._workspace.values
        try:
            found = await self._connection_config.secret_for_host(
                Secret.SMTP_PASSWORD, mail_address(values)
            )
        except SecretForOtherHost:
            # As good as none: it is never sent to this server.
            found = None
        self._has_password = bool(found)
        self.changed.emit()

    async def _save_password(self, password: str) -> None:
        await store_mail_password(self._connection_config, self._workspace.values, password)
        self._has_password = True
        self._finish_work("Password saved.")

    async def _forget_password(self) -> None:
        await self._connection_config.vault.delete(Secret.SMTP_PASSWORD)
        self._has_password = False
        self._finish_work("Password deleted.")

    async def _send_test_mail(self, address: str) -> None:
        # Imported here: smtplib and email are needed by this button alone.
        from desktop.connect.mail_server import send_test_email

        to = value_parsers.parse_email(address)
        if not to:
            raise InvalidInput("Enter an address for the test e-mail.")
        await send_test_email(self._connection_config, self._workspace.values, to)
        self._finish_work("The mail server accepted the test e-mail.")
