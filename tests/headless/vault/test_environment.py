"""Secrets from memory and from the environment, and what a usable secret is."""

import subprocess
import sys

import pytest

from desktop.kit.errors import BadInput
from desktop.kit.redact import Redactor
from desktop.vault.environment import EnvironmentVault, read_overrides
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret, clean, erase

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


async def test_the_environment_overrides_and_the_keyring_is_not_asked() -> None:
    overrides = read_overrides(ENVIRON)
    vault = EnvironmentVault(Unusable(), overrides)
    assert await vault.get(Secret.SAILTHRU_KEY) == "key-from-env"
    assert overrides.zendesk_token
    assert overrides.zendesk_email == "kim@acme.example"
    with pytest.raises(AssertionError):
        await vault.get(Secret.SAILTHRU_SECRET)
    assert "from-env" not in repr(overrides)


async def test_what_the_environment_gives_is_never_stored() -> None:
    below = MemoryVault()
    vault = EnvironmentVault(below, read_overrides(ENVIRON))
    await vault.set(Secret.SAILTHRU_KEY, "kept")
    assert await vault.get(Secret.SAILTHRU_KEY) == "key-from-env"
    assert await below.get(Secret.SAILTHRU_KEY) == "kept"
    await erase(vault)
    assert await below.get(Secret.SAILTHRU_KEY) is None
    assert await below.get(Secret.ZENDESK_TOKEN) is None


def test_a_bad_variable_is_named_and_its_value_is_not() -> None:
    with pytest.raises(BadInput, match="FAIRLEAD_SELL_TOKEN") as caught:
        read_overrides({"FAIRLEAD_SELL_TOKEN": "canary–dash"})
    assert "canary" not in str(caught.value)
    assert read_overrides({}) == read_overrides({"FAIRLEAD_SELL_TOKEN": "  "})


async def test_overrides_are_masked_in_logs() -> None:
    redactor = Redactor()
    EnvironmentVault(MemoryVault(), read_overrides(ENVIRON), redactor)
    assert "from-env" not in redactor.clean("key-from-env token-from-env")


async def test_memory_keeps_strips_and_forgets() -> None:
    vault = MemoryVault({Secret.SELL_TOKEN: " a \n"})
    assert await vault.get(Secret.SELL_TOKEN) == "a"
    await vault.delete(Secret.SELL_TOKEN)
    await vault.delete(Secret.SELL_TOKEN)
    assert await vault.get(Secret.SELL_TOKEN) is None


@pytest.mark.parametrize("value", ["", " \n", "a\nb", "a\tb", "kéy", "a\0b", "ключ", "x" * 1281])
def test_what_no_service_issues_is_refused(value: str) -> None:
    with pytest.raises(BadInput, match="Zendesk API token") as caught:
        clean(Secret.ZENDESK_TOKEN, value)
    assert len(value) < 3 or value not in str(caught.value)


def test_keyring_is_imported_late() -> None:
    code = (
        "import sys, desktop.vault.keyring_vault, desktop.vault.environment;"
        "sys.exit('keyring' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
