"""Secrets from FAIRLEAD_… environment variables: for this process only, never stored (servers, CI).

Children inherit the variables, and `/proc/self/environ` shows them to this user: the keyring is
the better place wherever there is one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.kit.errors import InvalidInput
from desktop.kit.log_redaction import Redactor
from desktop.model.email_address import parse_email, strip_token_suffix
from desktop.vault.secret import Secret, Vault, validate_secret

SECRET_VARIABLES: Mapping[str, Secret] = {
    "FAIRLEAD_SAILTHRU_KEY": Secret.SAILTHRU_KEY,
    "FAIRLEAD_SAILTHRU_SECRET": Secret.SAILTHRU_SECRET,
    "FAIRLEAD_ZENDESK_TOKEN": Secret.ZENDESK_TOKEN,
    "FAIRLEAD_ZENDESK_CLIENT_SECRET": Secret.ZENDESK_CLIENT_SECRET,
    "FAIRLEAD_SELL_TOKEN": Secret.SELL_TOKEN,
    "FAIRLEAD_SELL_CLIENT_SECRET": Secret.SELL_CLIENT_SECRET,
    "FAIRLEAD_SMTP_PASSWORD": Secret.SMTP_PASSWORD,
    "FAIRLEAD_EVENTS_KEY": Secret.EVENTS_KEY,
    "FAIRLEAD_AUDIT_KEY": Secret.AUDIT_KEY,
    "FAIRLEAD_TEAM_DSN": Secret.TEAM_DSN,
}
ZENDESK_EMAIL_VARIABLE = "FAIRLEAD_ZENDESK_EMAIL"
ZENDESK_CLIENT_ID_VARIABLE = "FAIRLEAD_ZENDESK_CLIENT_ID"


@dataclass(frozen=True)
class EnvironmentSecrets:
    """Secrets found in environment variables, and whose they are.

    `zendesk_email` goes with Zendesk's API token, `zendesk_client_id` with the client's secret.
    """

    secrets: Mapping[Secret, str] = field(default_factory=dict, repr=False)
    zendesk_email: str | None = field(default=None, repr=False)
    zendesk_client_id: str = ""

    @property
    def has_zendesk_token(self) -> bool:
        """Whether this process signs in to Zendesk with the environment's API token."""
        return Secret.ZENDESK_TOKEN in self.secrets

    @property
    def has_zendesk_client(self) -> bool:
        """Whether this process signs in to Zendesk as the environment's confidential client."""
        return Secret.ZENDESK_CLIENT_SECRET in self.secrets

    @property
    def has_zendesk_sign_in(self) -> bool:
        """Whether the environment signs this process in to Zendesk, and not the keyring."""
        return self.has_zendesk_token or self.has_zendesk_client


def read_environment_secrets(environ: Mapping[str, str] = os.environ) -> EnvironmentSecrets:
    """Read secrets from FAIRLEAD_… variables; empty is not set. Raises InvalidInput."""
    found = {}
    for variable, secret in SECRET_VARIABLES.items():
        value = environ.get(variable, "")
        # Compose files and CI set a variable without a value where there is none.
        if value.strip():
            try:
                found[secret] = validate_secret(secret, value)
            except InvalidInput as error:
                raise InvalidInput(
                    f"The environment variable {variable} cannot be used.", error.title
                ) from error
    email = strip_token_suffix(environ.get(ZENDESK_EMAIL_VARIABLE, "").strip())
    client_id = environ.get(ZENDESK_CLIENT_ID_VARIABLE, "").strip()
    if Secret.ZENDESK_CLIENT_SECRET in found and not client_id:
        raise InvalidInput(
            "The secret of the Zendesk OAuth client has no client.",
            f"{ZENDESK_CLIENT_ID_VARIABLE} is not set.",
            "Set it to the client's identifier of Zendesk's Admin Center.",
        )
    return EnvironmentSecrets(found, parse_email(email) or email or None, client_id)


class EnvironmentVault:
    """A vault whose secrets environment variables override; `below` is not asked for those."""

    def __init__(
        self, below: Vault, overrides: EnvironmentSecrets, redactor: Redactor | None = None
    ) -> None:
        self._below = below
        self._overrides = overrides.secrets
        if redactor is not None:
            # The keyring's secrets are added as they are read; these never pass through it.
            redactor.add_secrets(*self._overrides.values())

    @property
    def location_label(self) -> str:
        """Where the vault keeps its secrets, naming the variables that override them."""
        names = ", ".join(
            name for name, secret in SECRET_VARIABLES.items() if secret in self._overrides
        )
        if not names:
            return self._below.location_label
        where = "in the environment ({names}), not stored; others {below}"
        return where.format(names=names, below=self._below.location_label)

    @property
    def below_label(self) -> str:
        """Where the vault keeps what no variable gives."""
        return self._below.location_label

    def overrides(self, secret: Secret) -> bool:
        """Whether an environment variable gives this secret."""
        return secret in self._overrides

    async def get(self, secret: Secret) -> str | None:
        """Return the environment variable's secret, else the one of the vault below."""
        # Asking the keyring all the same could open a password prompt on a server.
        return self._overrides.get(secret) or await self._below.get(secret)

    async def set(self, secret: Secret, value: str) -> None:
        """Store a secret in the vault below; in this process the variable's still counts."""
        await self._below.set(secret, value)

    async def delete(self, secret: Secret) -> None:
        """Delete a secret from the vault below the environment's."""
        await self._below.delete(secret)


def variable_of(vault: Vault, secret: Secret) -> str:
    """Return the environment variable that gives a vault's secret, or "" where none does."""
    if not isinstance(vault, EnvironmentVault) or not vault.overrides(secret):
        return ""
    return next(name for name, given in SECRET_VARIABLES.items() if given is secret)


def location_of(vault: Vault, secret: Secret) -> str:
    """Return where a vault keeps one secret, worded to follow “it is”."""
    if variable := variable_of(vault, secret):
        return f"in the environment ({variable}), not stored"
    return vault.below_label if isinstance(vault, EnvironmentVault) else vault.location_label
