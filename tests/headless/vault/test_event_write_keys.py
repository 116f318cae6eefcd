"""The write keys of events: one secret for all sources, by name or by id."""

from pathlib import Path

import pytest

from desktop.kit.errors import InvalidInput, KeyringError
from desktop.vault.environment_vault import EnvironmentVault, read_environment_secrets
from desktop.vault.event_write_keys import EventWriteKeys, format_write_keys, parse_write_keys
from desktop.vault.keyring_errors import no_keyring_error
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("key", {"": "key"}),
        ("a2V5==", {"": "a2V5=="}),
        ("shop=a", {"shop": "a"}),
        (" shop = a , Web app=b== ,, c ", {"shop": "a", "Web app": "b==", "": "c"}),
        ("#3=a,#4=b", {"#3": "a", "#4": "b"}),
    ],
)
def test_keys_are_read_by_the_name_of_their_source(text: str, expected: dict[str, str]) -> None:
    found = parse_write_keys(text)
    assert found == expected
    assert parse_write_keys(format_write_keys(found)) == expected


@pytest.mark.parametrize("text", ["a=x,a=y", "a=x,b=x", "x,y", "x,a=x"])
def test_two_sources_of_one_key_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_write_keys(text)


@pytest.fixture
def vault() -> MemoryVault:
    # As the version before has stored it.
    return MemoryVault({Secret.EVENTS_KEY: "older"})


@pytest.fixture
def keys(vault: MemoryVault, tmp_path: Path) -> EventWriteKeys:
    return EventWriteKeys(vault, tmp_path / "keys.lock")


async def test_a_new_key_replaces_that_source_alone(keys: EventWriteKeys) -> None:
    first, other = await keys.make(3, "shop"), await keys.make(4, "shop")
    second = await keys.make(3, "shop")
    assert len({first, other, second, "older"}) == 4
    assert await keys.find(3, "shop") == second
    assert await keys.find(4, "app") == other
    assert await keys.find(5, "intake") is None
    assert await keys.find(5, "intake", is_default=True) == "older"


async def test_a_removed_source_takes_its_key_along(
    keys: EventWriteKeys, vault: MemoryVault
) -> None:
    await keys.make(3, "shop")
    await keys.remove(3)
    await keys.remove(9)
    assert await vault.get(Secret.EVENTS_KEY) == "older"


async def test_more_keys_than_the_keyring_takes_are_refused(keys: EventWriteKeys) -> None:
    async def make_all() -> None:
        for number in range(60):
            await keys.make(number, "shop")

    with pytest.raises(InvalidInput, match="full"):
        await make_all()
    assert await keys.find(20, "one of the first") is not None
    assert await keys.find(50, "one of the last") is None


class NoKeyringVault(MemoryVault):
    """A vault of a computer without a keyring."""

    async def get(self, secret: Secret) -> str | None:
        raise no_keyring_error("No keyring service is running for this session.")


async def test_a_key_without_a_keyring_is_given_by_the_variable_of_that_source(
    tmp_path: Path,
) -> None:
    keys = EventWriteKeys(NoKeyringVault(), tmp_path / "keys.lock")
    with pytest.raises(KeyringError) as found:
        await keys.make(3, "Web app")
    assert 'FAIRLEAD_EVENTS_KEY="Web app=KEY"' in found.value.hint
    assert "ZENDESK" not in found.value.hint


async def test_keys_of_the_environment_are_named_by_their_variable_and_none_is_made_beside(
    vault: MemoryVault, tmp_path: Path
) -> None:
    given = {
        "FAIRLEAD_EVENTS_KEY": "shop=a",
        "FAIRLEAD_SAILTHRU_KEY": "s",
        "FAIRLEAD_SELL_TOKEN": "t",
    }
    environment = EnvironmentVault(vault, read_environment_secrets(given))
    keys = EventWriteKeys(environment, tmp_path / "keys.lock")
    assert keys.location_label == "in the environment (FAIRLEAD_EVENTS_KEY), not stored"
    # It would not count beside those of the variable.
    with pytest.raises(InvalidInput, match="FAIRLEAD_EVENTS_KEY") as found:
        await keys.make(3, "app")
    assert "“app=KEY”" in found.value.hint
    assert await vault.get(Secret.EVENTS_KEY) == "older"
    given = {"FAIRLEAD_SAILTHRU_KEY": "s"}
    others = EnvironmentVault(vault, read_environment_secrets(given))
    keys = EventWriteKeys(others, tmp_path / "keys.lock")
    assert keys.location_label == vault.location_label
    assert keys.how_to_give("app") == "`fairlead events source key app` makes one."
