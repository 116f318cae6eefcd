"""The mail server's address in the settings, which its password is given for."""

from desktop.settings import sync_settings
from desktop.settings.settings_file import SettingsValues


def mail_address(values: SettingsValues) -> str:
    """Return the mail server's `HOST:PORT` and encryption from the settings, for its password."""
    get = values.get
    return (
        f"{get(sync_settings.MAIL_HOST)}:{get(sync_settings.MAIL_PORT)}"
        f" {get(sync_settings.MAIL_SECURITY)}"
    )
