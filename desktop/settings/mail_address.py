"""The address of the mail server in the settings: what its password is given for."""

from desktop.settings import sync_settings
from desktop.settings.settings_file import SettingsValues


def mail_address(values: SettingsValues) -> str:
    """Return `HOST:PORT` of the mail server, with how it is encrypted: what a password is for."""
    get = values.get
    return (
        f"{get(sync_settings.MAIL_HOST)}:{get(sync_settings.MAIL_PORT)}"
        f" {get(sync_settings.MAIL_SECURITY)}"
    )
