"""Stores the mail server's password, bound to the server it was given for."""

from collections.abc import Mapping

from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.errors import NotPermitted
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.settings.mail_server_address import mail_address
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import store_bound_secrets
from desktop.vault.secret import Secret


async def store_mail_password(
    config: ConnectionConfig, values: SettingsValues, password: str
) -> None:
    """Store the mail password in the keyring, for the mail server of the settings alone."""
    await store_bound_secrets(config.vault, {Secret.SMTP_PASSWORD: password}, mail_address(values))


def require_password_not_led_away(
    config: ConnectionConfig,
    values: SettingsValues,
    changes: Mapping[str, Json],
    actor: Actor | None,
) -> None:
    """Refuse to point the environment's password at another server: it names no server itself.

    A kept password carries the server it was given for. `actor` None: nobody is known. Raises
    NotPermitted unless an admin is at work.
    """
    is_elsewhere = mail_address(values.with_changes(changes)) != mail_address(values)
    is_given = Secret.SMTP_PASSWORD in config.environment_secrets.secrets
    if is_elsewhere and is_given and (actor is None or actor.role is not Role.ADMIN):
        raise NotPermitted(
            "Only an admin can name another mail server here.",
            "The password comes from the environment and would be sent to it. Nothing was changed.",
            "Ask an admin.",
        )
