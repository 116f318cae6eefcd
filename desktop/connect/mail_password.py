"""Stores the mail server's password, bound to the server it was given for."""

from desktop.connect.connection_config import ConnectionConfig
from desktop.settings.mail_address import mail_address
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import store_bound_secrets
from desktop.vault.secret import Secret


async def store_mail_password(
    config: ConnectionConfig, values: SettingsValues, password: str
) -> None:
    """Store the mail password in the keyring, for the mail server of the settings alone."""
    await store_bound_secrets(config.vault, {Secret.SMTP_PASSWORD: password}, mail_address(values))
