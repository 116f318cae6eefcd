"""A vault in memory, whose secrets end with the process: the demo's, which needs no keyring."""

from collections.abc import Mapping

from desktop.kit.log_redaction import Redactor
from desktop.vault.secret import Secret, validate_secret


class MemoryVault:
    """Keeps the demo workspace's secrets in a dictionary."""

    def __init__(
        self, secrets: Mapping[Secret, str] | None = None, redactor: Redactor | None = None
    ) -> None:
        self._redactor = redactor or Redactor()
        self._secrets: dict[Secret, str] = {}
        for secret, value in (secrets or {}).items():
            self._keep(secret, value)

    @property
    def location_label(self) -> str:
        """Where the demo's secrets are kept: in memory."""
        return "in this app's memory, until it is closed"

    async def get(self, secret: Secret) -> str | None:
        """Return a secret from memory, or None."""
        return self._secrets.get(secret)

    async def set(self, secret: Secret, value: str) -> None:
        """Keep a secret in memory until the process ends."""
        self._keep(secret, value)

    async def delete(self, secret: Secret) -> None:
        """Forget a secret that is kept in memory."""
        self._secrets.pop(secret, None)

    def _keep(self, secret: Secret, value: str) -> None:
        # The same rule as the keyring's, so that the demo refuses what a real workspace would.
        kept = validate_secret(secret, value)
        if not secret.is_address:
            self._redactor.add_secrets(kept)
        self._secrets[secret] = kept
