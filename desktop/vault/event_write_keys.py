"""The write keys by which programs that send events over HTTP name their source.

One secret holds them all, in the keyring or in FAIRLEAD_EVENTS_KEY: entries with commas between,
each `NAME=KEY`; an entry without a name is the key of the default source. In the keyring a source
is named by `#ID`, so that renaming it changes no key.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from desktop.kit.errors import InvalidInput, KeyringError
from desktop.settings.file_lock import hold_lock
from desktop.vault.environment_vault import location_of, variable_of
from desktop.vault.keyring_errors import INSTALL_HINT, KeyringLocked, KeyringTimeout
from desktop.vault.secret import MAX_SECRET_LENGTH, Secret, Vault

# The entry without a name.
DEFAULT_SOURCE = ""
_KEY_BYTES = 24
_LOCK_WAIT_S = 2.0


def parse_write_keys(text: str) -> Mapping[str, str]:
    """Parse keys by the name of their source. Raises InvalidInput where two entries collide."""
    found: dict[str, str] = {}
    for entry in text.split(","):
        name, equals, key = (part.strip() for part in entry.partition("="))
        if not (equals and key.strip("=")):
            # A key alone may end in signs of equality, as base64 does.
            name, key = DEFAULT_SOURCE, entry.strip()
        if not key:
            continue
        if name in found or key in found.values():
            raise InvalidInput(
                "The write keys of events can't be used.",
                "Two entries have the same source, or the same key.",
                "Write NAME=KEY for each source, with commas between; one may be a key alone.",
            )
        found[name] = key
    return found


def format_write_keys(keys: Mapping[str, str]) -> str:
    """Return event sources' write keys as the text that the vault stores."""
    return ",".join(f"{name}={key}" if name else key for name, key in keys.items())


class EventWriteKeys:
    """The write keys in a workspace's vault; changes hold a lock, as two windows may make them."""

    def __init__(self, vault: Vault, lock_path: Path) -> None:
        self._vault = vault
        self._lock_path = lock_path

    @property
    def location_label(self) -> str:
        """Where the keys are kept, worded to follow “they are”."""
        return location_of(self._vault, Secret.EVENTS_KEY)

    def how_to_give(self, name: str) -> str:
        """Say how a source gets its key, as a sentence."""
        if variable := variable_of(self._vault, Secret.EVENTS_KEY):
            return f"Add “{name}=KEY” to {variable}, with a comma before it and a key of your own."
        return f"`fairlead events source key {name}` makes one."

    async def get_all(self) -> Mapping[str, str]:
        """Return the keys by name or `#ID` of their source. Raises KeyringError, InvalidInput."""
        return parse_write_keys(await self._vault.get(Secret.EVENTS_KEY) or "")

    async def find(self, source_id: int, name: str, *, is_default: bool = False) -> str | None:
        """Return the key of a source, or None; the default source has the one without a name."""
        keys = await self.get_all()
        found = keys.get(name) or keys.get(f"#{source_id}")
        return found or (keys.get(DEFAULT_SOURCE) if is_default else None)

    async def make(self, source_id: int, name: str) -> str:
        """Make a new key for a source and store it; the one before counts no more.

        Raises InvalidInput where the environment gives the keys, KeyringError.
        """
        if variable := variable_of(self._vault, Secret.EVENTS_KEY):
            raise InvalidInput(
                f"{variable} gives the write keys here.",
                "A new one in the keyring would not count, so none was made.",
                self.how_to_give(name),
            )
        try:
            return await self._make(source_id)
        except (KeyringLocked, KeyringTimeout):
            raise
        except KeyringError as error:
            given = f'FAIRLEAD_EVENTS_KEY="{name}=KEY", with a key of your own,'
            hint = INSTALL_HINT.format(variables=given)
            raise KeyringError(error.title, error.message, hint) from error

    async def _make(self, source_id: int) -> str:
        key = secrets.token_urlsafe(_KEY_BYTES)
        async with hold_lock(self._lock_path, limit_s=_LOCK_WAIT_S):
            keys = {**await self.get_all(), f"#{source_id}": key}
            text = format_write_keys(keys)
            if len(text) > MAX_SECRET_LENGTH:
                raise InvalidInput(
                    "The keyring's entry for write keys is full.",
                    f"{len(keys) - 1} sources have one.",
                    "Remove a source, or give the keys in FAIRLEAD_EVENTS_KEY.",
                )
            await self._vault.set(Secret.EVENTS_KEY, text)
        return key

    async def remove(self, source_id: int) -> None:
        """Delete the write key of an event source."""
        async with hold_lock(self._lock_path, limit_s=_LOCK_WAIT_S):
            keys = dict(await self.get_all())
            if keys.pop(f"#{source_id}", None) is None:
                return
            if keys:
                await self._vault.set(Secret.EVENTS_KEY, format_write_keys(keys))
            else:
                await self._vault.delete(Secret.EVENTS_KEY)
