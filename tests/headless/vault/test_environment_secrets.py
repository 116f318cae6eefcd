"""Secrets from memory and from the environment, and what a usable secret is."""

import subprocess
import sys

import pytest

from desktop.kit.errors import InvalidInput
from desktop.kit.log_redaction import Redactor
from desktop.vault.environment_vault import EnvironmentVault, read_environment_secrets
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret, erase_all_secrets, validate_secret

ENVIRON = {
    "FAIRLEAD_SAILTHRU_KEY": " key-from-env\n",
    "FAIRLEAD_SAILTHRU_SECRET": "",
    "FAIRLEAD_ZENDESK_EMAIL": "kim@acme.example",
    "FAIRLEAD_ZENDESK_TOKEN": "token-from-env",
}


class Unusable:
    """A vault below that must not be asked."""

    words = "nowhere"

    async def get(self, secret: Secret) -> str | None:
        raise AssertionError(secret)

    async def set(self, secret: Secret, value: str) -> None:
        raise AssertionError(secret)

    async def delete(self, secret: Secret) -> None:
        raise AssertionError(secret)


async def test_environment_secret_overrides_without_keyring_call() -> None:
    overrides = read_environment_secrets(ENVIRON)
    vault = EnvironmentVault(Unusable(), overrides)
    assert await vault.get(Secret.SAILTHRU_KEY) == "key-from-env"
    assert overrides.has_zendesk_token
    assert overrides.zendesk_email == "kim@acme.example"
    with pytest.raises(AssertionError):
        await vault.get(Secret.SAILTHRU_SECRET)
    assert "from-env" not in repr(overrides)


async def test_environment_secret_is_never_stored() -> None:
    below = MemoryVault()
    vault = EnvironmentVault(below, read_environment_secrets(ENVIRON))
    await vault.set(Secret.SAILTHRU_KEY, "kept")
    assert await vault.get(Secret.SAILTHRU_KEY) == "key-from-env"
    assert await below.get(Secret.SAILTHRU_KEY) == "kept"
    await erase_all_secrets(vault)
    assert await below.get(Secret.SAILTHRU_KEY) is None
    assert await below.get(Secret.ZENDESK_TOKEN) is None


def test_environment_secret_invalid_is_named_without_value() -> None:
    with pytest.raises(InvalidInput, match="FAIRLEAD_SELL_TOKEN") as caught:
        read_environment_secrets({"FAIRLEAD_SELL_TOKEN": "canary–dash"})
    assert "canary" not in str(caught.value)
    assert read_environment_secrets({}) == read_environment_secrets({"FAIRLEAD_SELL_TOKEN": "  "})


async def test_environment_secret_is_redacted() -> None:
    redactor = Redactor()
    EnvironmentVault(MemoryVault(), read_environment_secrets(ENVIRON), redactor)
    assert "from-env" not in redactor.redact("key-from-env token-from-env")


async def test_memory_vault_stores_strips_and_deletes() -> None:
    vault = MemoryVault({Secret.SELL_TOKEN: " a \n"})
    assert await vault.get(Secret.SELL_TOKEN) == "a"
    await vault.delete(Secret.SELL_TOKEN)
    await vault.delete(Secret.SELL_TOKEN)
    assert await vault.get(Secret.SELL_TOKEN) is None


@pytest.mark.parametrize("value", ["", " \n", "a\nb", "a\tb", "kéy", "a\0b", "ключ", "x" * 1281])
def test_secret_of_impossible_form_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="Zendesk API token") as caught:
        validate_secret(Secret.ZENDESK_TOKEN, value)
    assert len(value) < 3 or value not in str(caught.value)


@pytest.mark.parametrize(
    "pasted",
    [
        "0f1e2d", '"0f1e2d"', "'0f1e2d',", "‘0f1e2d’", "`0f1e2d`", "\u200b0f1e2d\ufeff",
        "API Key: 0f1e2d", "api_key=0f1e2d", '"api_secret": "0f1e2d",', "Token:\t0f1e2d",
        '="0f1e2d"', "<0f1e2d>", "0f1e2d\u00a0", "Access token: 0f1e2d",
        "export FAIRLEAD_SAILTHRU_KEY='0f1e2d'", "Secret key = “0f1e2d”",
        "ada@acme.example/token:0f1e2d", '"ada@acme.example/token:0f1e2d"',
        "Authorization: Bearer 0f1e2d", "bearer  0f1e2d",
    ],
)  # fmt: skip
def test_key_is_found_in_what_was_copied_with_it(pasted: str) -> None:
    assert validate_secret(Secret.SAILTHRU_KEY, pasted) == "0f1e2d"


@pytest.mark.parametrize("password", ['"quoted"', "key: x", "=x", "a,;"])
def test_password_is_kept_as_it_is(password: str) -> None:
    assert validate_secret(Secret.SMTP_PASSWORD, password) == password


def test_keyring_is_imported_lazily() -> None:
    code = (
        "import sys, desktop.vault.keyring_vault, desktop.vault.environment_vault;"
        "sys.exit('keyring' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
