"""Binds each secret to the host it was given for: it is never used at another.

Settings say where a service is, and whoever may write them could have a stored secret sent to a
host of their own. So the vault keeps the host beside the secret, and both are asked together.
"""

from collections.abc import Container, Iterable, Mapping

from desktop.kit.errors import InvalidInput
from desktop.vault.secret import SELL_SECRETS, Secret, Vault

_HOST_ENTRIES: Mapping[Secret, Secret] = {
    Secret.SAILTHRU_KEY: Secret.SAILTHRU_HOST,
    Secret.SAILTHRU_SECRET: Secret.SAILTHRU_HOST,
    Secret.ZENDESK_TOKEN: Secret.ZENDESK_HOST,
    Secret.ZENDESK_ACCESS: Secret.ZENDESK_HOST,
    Secret.ZENDESK_REFRESH: Secret.ZENDESK_HOST,
    **dict.fromkeys(SELL_SECRETS, Secret.SELL_HOST),
    Secret.SMTP_PASSWORD: Secret.SMTP_HOST,
}
# A host entry while its secrets are being written: no host is called so.
_NO_HOST = "-"


class SecretForOtherHost(InvalidInput):
    """The error for a vault's secret that was given for another host than the request's."""

    code = "secret_for_other_host"


async def read_bound_secret(vault: Vault, secret: Secret, host: str) -> str | None:
    """Return the vault's secret for a request to `host`, or None where there is none.

    A secret that was stored before hosts were kept is bound to the first host it is read for.
    Raises SecretForOtherHost, KeyringError.
    """
    value = await vault.get(secret)
    if value is None:
        return None
    bound = await vault.get(_HOST_ENTRIES[secret])
    if bound is None:
        await vault.set(_HOST_ENTRIES[secret], host)
    elif bound != host:
        raise SecretForOtherHost(
            f"The {secret.label} saved on this computer is for another address.",
            f"It was given for {'no address yet' if bound == _NO_HOST else bound} and is not sent"
            f" to {host}.",
            f"Enter the {secret.label} again for {host}, or set the address back.",
        )
    return value


async def store_bound_secrets(vault: Vault, secrets: Mapping[Secret, str], host: str) -> None:
    """Store secrets in the vault, bound to `host`. Raises KeyringError, InvalidInput."""
    entries = _host_entries(secrets)
    # Killed in between, the secrets belong to no host rather than to the former one's.
    for entry in entries:
        if await vault.get(entry) != host:
            await vault.set(entry, _NO_HOST)
    for secret, value in secrets.items():
        if await vault.get(secret) != value:
            await vault.set(secret, value)
    await bind_secrets(vault, secrets, host)


async def bind_secrets(vault: Vault, secrets: Iterable[Secret], host: str) -> None:
    """Bind secrets that the vault has to `host`, for which they were given."""
    for entry in _host_entries(secrets):
        if await vault.get(entry) != host:
            await vault.set(entry, host)


async def bind_unbound_secrets(
    vault: Vault, hosts: Mapping[Secret, str], *, but: Container[Secret] = ()
) -> None:
    """Bind the vault's secrets without a host to the hosts they have been used for so far.

    To be called before an address changes: afterwards nobody knows what they were given for.
    `but` are not stored here.
    """
    for secret, host in hosts.items():
        if secret in but or not host or await vault.get(_HOST_ENTRIES[secret]) is not None:
            continue
        if await vault.get(secret) is not None:
            await vault.set(_HOST_ENTRIES[secret], host)


async def bind_token_email(vault: Vault, email: str) -> None:
    """Bind the vault's API token without an address to whom it has been used for so far."""
    if await vault.get(Secret.ZENDESK_TOKEN_EMAIL) is None:
        await vault.set(Secret.ZENDESK_TOKEN_EMAIL, email)


async def require_token_email(vault: Vault, email: str) -> None:
    """Raise SecretForOtherHost where the vault's API token was given for another person.

    Zendesk takes the token for whoever the address beside it names. One that was stored before
    addresses were kept is bound to the first it is used with.
    """
    if email:
        await bind_token_email(vault, email)
    bound = await vault.get(Secret.ZENDESK_TOKEN_EMAIL)
    if bound is not None and bound.casefold() != email.casefold():
        label = Secret.ZENDESK_TOKEN.label
        raise SecretForOtherHost(
            f"The {label} saved on this computer is for another person.",
            f"It was given for {'nobody yet' if bound == _NO_HOST else bound} and is not used as"
            f" {email or 'nobody'}.",
            f"Enter the {label} again, or set the address back.",
        )


async def store_api_token(vault: Vault, token: str, host: str, email: str) -> None:
    """Store an API token in the vault, bound to this person and host."""
    # Killed in between, it is nobody's rather than the former one's.
    if await vault.get(Secret.ZENDESK_TOKEN_EMAIL) != email:
        await vault.set(Secret.ZENDESK_TOKEN_EMAIL, _NO_HOST)
    await store_bound_secrets(vault, {Secret.ZENDESK_TOKEN: token}, host)
    if await vault.get(Secret.ZENDESK_TOKEN_EMAIL) != email:
        await vault.set(Secret.ZENDESK_TOKEN_EMAIL, email)


def _host_entries(secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    return tuple(dict.fromkeys(_HOST_ENTRIES[secret] for secret in secrets))
