"""The secrets Fairlead stores, the `Vault` protocol, and the validation of a pasted secret."""

import re
from enum import Enum
from typing import Protocol

from desktop.kit.errors import InvalidInput
from desktop.model.pasted_text import strip_around

# Windows' credential store takes 2,560 bytes = 1,280 UTF-16 units (jaraco/keyring#355). The same
# limit everywhere, so that a workspace that works on one system works on all.
MAX_SECRET_LENGTH = 1_280


class Secret(Enum):
    """A secret of the vault; its value is the user name of its keyring entry."""

    SAILTHRU_KEY = "sailthru-key"
    SAILTHRU_SECRET = "sailthru-secret"  # noqa: S105 - the entry's name
    ZENDESK_TOKEN = "zendesk-api-token"  # noqa: S105 - the entry's name
    ZENDESK_ACCESS = "zendesk-access-token"
    ZENDESK_REFRESH = "zendesk-refresh-token"
    ZENDESK_CLIENT_SECRET = "zendesk-client-secret"  # noqa: S105 - the entry's name
    SELL_TOKEN = "sell-token"  # noqa: S105 - the entry's name
    SELL_ACCESS = "sell-access-token"
    SELL_REFRESH = "sell-refresh-token"
    SELL_CLIENT_SECRET = "sell-client-secret"  # noqa: S105 - the entry's name
    SMTP_PASSWORD = "smtp-password"  # noqa: S105 - the entry's name
    # What programs that send events to `fairlead events serve` name themselves by.
    EVENTS_KEY = "events-write-key"
    # Signs the audit, and the newest row it had when that was last kept: sent nowhere.
    AUDIT_KEY = "audit-key"
    AUDIT_HEAD = "audit-head"
    # Seals the protected settings, with the number of the newest seal that it made.
    SETTINGS_SEAL = "settings-seal"
    # Address, login and key of the team store: it names its own host.
    TEAM_DSN = "team-store"
    # The addresses the secrets above were given for. Kept beside them and not in the settings,
    # which whoever wants a secret sent elsewhere may write.
    SAILTHRU_HOST = "sailthru-host"
    ZENDESK_HOST = "zendesk-host"
    SELL_HOST = "sell-host"
    SMTP_HOST = "smtp-host"
    # Whose an API token is: by itself it signs in as anybody of the account.
    ZENDESK_TOKEN_EMAIL = "zendesk-token-email"  # noqa: S105 - the entry's name

    @property
    def label(self) -> str:
        """The secret's name in a sentence, such as about the keyring."""
        return _LABELS[self]

    @property
    def is_address(self) -> bool:
        """Whether the vault's entry holds an address and nothing to hide."""
        return self in (
            Secret.SAILTHRU_HOST,
            Secret.ZENDESK_HOST,
            Secret.SELL_HOST,
            Secret.SMTP_HOST,
            Secret.ZENDESK_TOKEN_EMAIL,
        )


# A sign-in to Zendesk by browser or by an API token.
ZENDESK_SECRETS = (Secret.ZENDESK_ACCESS, Secret.ZENDESK_REFRESH, Secret.ZENDESK_TOKEN)
# A sign-in to Zendesk Sell: an access token, or by OAuth.
SELL_SECRETS = (
    Secret.SELL_TOKEN, Secret.SELL_ACCESS, Secret.SELL_REFRESH, Secret.SELL_CLIENT_SECRET,
)  # fmt: skip


_LABELS = {
    Secret.SAILTHRU_KEY: "Sailthru key",
    Secret.SAILTHRU_SECRET: "Sailthru secret",
    Secret.ZENDESK_TOKEN: "Zendesk API token",
    Secret.ZENDESK_ACCESS: "Zendesk sign-in",
    Secret.ZENDESK_REFRESH: "Zendesk sign-in",
    Secret.ZENDESK_CLIENT_SECRET: "secret of the Zendesk OAuth client",
    Secret.SELL_TOKEN: "Zendesk Sell token",
    Secret.SELL_ACCESS: "Zendesk Sell sign-in",
    Secret.SELL_REFRESH: "Zendesk Sell sign-in",
    Secret.SELL_CLIENT_SECRET: "secret of the Zendesk Sell OAuth client",
    Secret.SMTP_PASSWORD: "password of the mail server",
    Secret.EVENTS_KEY: "write key of the intake of events",
    Secret.AUDIT_KEY: "key of the record of changes",
    Secret.AUDIT_HEAD: "newest entry of the record of changes",
    Secret.SETTINGS_SEAL: "key of the settings' seal",
    Secret.TEAM_DSN: "address of the team store",
    Secret.SAILTHRU_HOST: "address of the Sailthru key",
    Secret.ZENDESK_HOST: "address of the Zendesk sign-in",
    Secret.SELL_HOST: "address of the Zendesk Sell sign-in",
    Secret.SMTP_HOST: "address of the mail server's password",
    Secret.ZENDESK_TOKEN_EMAIL: "e-mail address of the Zendesk API token",
}


# What services issue is letters, digits and a few signs: quotes and labels are no part of it. A
# password may be made of anything.
_ISSUED_KEYS = (
    Secret.SAILTHRU_KEY, Secret.SAILTHRU_SECRET, Secret.ZENDESK_TOKEN,
    Secret.ZENDESK_CLIENT_SECRET, Secret.SELL_TOKEN, Secret.SELL_REFRESH,
    Secret.SELL_CLIENT_SECRET,
)  # fmt: skip
_KEY_LABEL = re.compile(
    r"(?i)\A[\"']?[a-z _.-]{0,40}(?:key|secret|token)(?: id)?[\"']?\s*[:=]\s*(?=\S)"
)
# Of a command line or a header that shows how a token is sent.
_TOKEN_LOGIN = re.compile(r"(?i)\A\S+@\S+/token:")
_BEARER = re.compile(r"(?i)\A(?:authorization:\s*)?bearer\s+")


class Vault(Protocol):
    """Stores the secrets of one workspace, in whatever place."""

    @property
    def location_label(self) -> str:
        """Where the vault keeps its secrets, worded to follow “they are”."""
        ...

    async def get(self, secret: Secret) -> str | None:
        """Return a secret of the vault, or None. Raises KeyringError."""
        ...

    async def set(self, secret: Secret, value: str) -> None:
        """Store a secret in the vault and be sure of it. Raises KeyringError, InvalidInput."""
        ...

    async def delete(self, secret: Secret) -> None:
        """Delete a secret of the vault; none is no error. Raises KeyringError."""
        ...


async def erase_all_secrets(vault: Vault) -> None:
    """Delete all secrets of a workspace's vault but those that prove its audit and settings."""
    for secret in Secret:
        if secret not in (Secret.AUDIT_KEY, Secret.AUDIT_HEAD, Secret.SETTINGS_SEAL):
            await vault.delete(secret)


def validate_secret(secret: Secret, value: str) -> str:
    """Check a pasted secret and strip what copying puts around it; refuse what no service issues.

    The value itself is never part of the message.
    """
    stripped = value.strip()
    if secret in _ISSUED_KEYS:
        bare = strip_around(strip_around(stripped).removeprefix("="))
        for around in (_KEY_LABEL, _TOKEN_LOGIN, _BEARER):
            bare = strip_around(around.sub("", bare, count=1))
        stripped = bare
    if not stripped:
        raise InvalidInput(f"The {secret.label} is empty.")
    # Mail programs turn hyphens into dashes and break long lines; both services issue ASCII
    # alone.
    if not stripped.isascii() or not stripped.isprintable():
        raise InvalidInput(
            f"The {secret.label} holds a character that no key has.",
            "It may have been copied from a text that replaced hyphens or added a line break.",
            "Copy it again from where it was issued.",
        )
    if len(stripped) > MAX_SECRET_LENGTH:
        raise InvalidInput(
            f"The {secret.label} is longer than {MAX_SECRET_LENGTH:,} characters.",
            "The operating system's keyring cannot keep so long an entry.",
            "See whether more than the key was copied.",
        )
    return stripped
