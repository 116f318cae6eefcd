"""The workspace's mail server from settings and keyring, and a test e-mail through it."""

import asyncio
from pathlib import Path

from desktop.clients.smtp import OutgoingEmail, SmtpSecurity, SmtpServer, send_email
from desktop.clients.transport import tls_context
from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.errors import UserDecisionNeeded
from desktop.settings import settings_table, sync_settings
from desktop.settings.mail_server_address import mail_address
from desktop.settings.settings_file import SettingsValues
from desktop.vault.secret import Secret

_SETTINGS_HINT = "Settings › Syncs, or `fairlead sync mail`, says where mail goes out."


async def smtp_server_from_settings(config: ConnectionConfig, values: SettingsValues) -> SmtpServer:
    """Return the mail server of settings and keyring. Raises UserDecisionNeeded, KeyringError."""
    get = values.get
    host, user = get(sync_settings.MAIL_HOST), get(sync_settings.MAIL_USER)
    if not host:
        raise UserDecisionNeeded(
            "There is no mail server yet.", "No e-mail was sent.", _SETTINGS_HINT
        )
    sender = get(sync_settings.MAIL_FROM) or (user if "@" in user else "")
    if not sender:
        raise UserDecisionNeeded(
            "E-mail needs a sender's address.", "No e-mail was sent.", _SETTINGS_HINT
        )
    password = None
    if user:
        password = await config.secret_for_host(Secret.SMTP_PASSWORD, mail_address(values))
    if user and not password:
        raise UserDecisionNeeded(
            "There is no password for the mail server.", "No e-mail was sent.", _SETTINGS_HINT
        )
    security = SmtpSecurity(get(sync_settings.MAIL_SECURITY))
    return SmtpServer(host, get(sync_settings.MAIL_PORT), security, sender, user, password or "")


async def send_workspace_email(
    config: ConnectionConfig, values: SettingsValues, email: OutgoingEmail
) -> None:
    """Send an e-mail through the workspace's mail server."""
    server = await smtp_server_from_settings(config, values)
    ca_file = values.get(settings_table.CA_FILE)
    tls = await asyncio.to_thread(tls_context, Path(ca_file) if ca_file else None)
    await send_email(server, email, tls, now=config.clock.now())


async def send_test_email(config: ConnectionConfig, values: SettingsValues, to: str) -> None:
    """Send an e-mail through the workspace's mail server that says that sending works."""
    text = "This is a test. Fairlead can send e-mail about its syncs."
    await send_workspace_email(config, values, OutgoingEmail((to,), "Fairlead: test e-mail", text))
