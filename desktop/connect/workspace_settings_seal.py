"""The seal of a workspace's protected settings: who could have made it, and making it anew.

A row in `fairlead.db` holds the values with an HMAC by each key that was at hand: the keyring's own
for this purpose, and one derived of the service's secret, so that a server without a keyring has a
proof too. The keyring also keeps the number of the newest seal: an older row put back shows.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from enum import Enum, auto
from pathlib import Path

from desktop.kit.errors import AppError, KeyringError, StorageError
from desktop.model.json_value import Json, canonical_json
from desktop.settings.file_lock import hold_lock
from desktop.settings.sealed_settings import SEALED_SETTINGS, SealedSettings, SealState
from desktop.settings.settings_file import SettingsFile
from desktop.settings.settings_table import (
    CONNECTION_SETTINGS,
    SELL_BASE_URL,
    SETTINGS_BY_KEY,
)
from desktop.settings.workspace import Workspace
from desktop.store.settings_seal_repository import SettingsSealRepository, SettingsSealRow
from desktop.store.sqlite_database import Database
from desktop.vault.environment_vault import EnvironmentSecrets
from desktop.vault.keyring_errors import KeyringLocked, KeyringTimeout, keyring_timeout_error
from desktop.vault.secret import ZENDESK_SECRETS, Secret, Vault

log = logging.getLogger(__name__)
_KEY_BYTES = 32
# Sealed with the settings: those that an earlier version kept beside the seal are in it by now.
_HAS_ALL_KEYS = "seal.has_all_keys"
# Seconds, as for the audit's key: whoever unlocks the keyring later connects anew.
_PATIENCE_S = 2.0
_LOCK_TIMEOUT_S = 2.0


class _Keyring(Enum):
    NOT_ASKED = auto()
    READ = auto()
    ABSENT = auto()
    UNREADABLE = auto()


class WorkspaceSettingsSeal:
    """Implements `SettingsSeal`; `load` asks for the keys, once before anybody is connected."""

    def __init__(
        self, workspace: Workspace, vault: Vault, environment_secrets: EnvironmentSecrets
    ) -> None:
        self._workspace = workspace
        self._vault = vault
        self._given = environment_secrets.secrets
        self._repository: SettingsSealRepository | None = None
        self._keyring: _Keyring | None = None  # None: not loaded yet
        self._error: KeyringError | None = None
        self._trusted: dict[str, bytes] = {}  # by id, in the order in which they decide
        self._signing: dict[str, bytes] = {}
        self._own_key = ""
        self._kept_number = 0
        self._checked_file: tuple[int, int] | None = None
        # Stored before the keys were known.
        self._unsigned: dict[str, Json] = {}

    def use_repository(self, repository: SettingsSealRepository) -> None:
        """Have the workspace's seal read by an open connection, not by opening the file."""
        self._repository = repository

    def read(self) -> SealedSettings:
        """Return the workspace's protected settings as sealed, and whether the keys trust them."""
        try:
            row = self._read_row()
        except StorageError as error:
            log.info("The seal of the settings cannot be read: %s", error.code)
            return SealedSettings({}, SealState.BROKEN)
        return SealedSettings(_without_defaults(row, self._unsigned), self._judge(row))

    def store(self, changes: Mapping[str, Json]) -> None:
        """Seal protected settings anew by the keys. Raises KeyringError if they must be sealed."""
        if not changes:
            return
        if self._keyring is None or (self._keyring is _Keyring.READ and not self._own_key):
            self._unsigned |= changes
            return
        if self._keyring is _Keyring.UNREADABLE:
            # To forbid something, or to say where a service is, takes no seal.
            if self._error is not None and not all(
                _counts_unsealed(k, changes[k]) for k in changes
            ):
                raise self._error
            return
        row = self._read_row()
        is_trusted = row is not None and self._judge(row).is_trusted
        values = {**_without_defaults(row if is_trusted else None, changes)}
        if not is_trusted:
            values[_HAS_ALL_KEYS] = True
        number = max(row.number if row else 0, self._kept_number) + 1
        self._write_row(number, values)

    async def load(self, *, makes_key: bool = True) -> None:
        """Ask for the keys, and adopt the settings of an earlier version where that is due.

        `makes_key`: a key of its own is made where the keyring has none, so that `store` can seal.
        """
        try:
            await self._load_keys()
            is_adoption_due = await self._is_adoption_due()
            makes_key = makes_key or is_adoption_due
            if makes_key and self._keyring is _Keyring.READ and not self._own_key:
                await self._make_own_key()
            if is_adoption_due:
                self._adopt()
            self._adopt_missing()
            self._sign_with_all_keys()
            if makes_key:
                changes, self._unsigned = self._unsigned, {}
                self.store(changes)
        except StorageError as error:
            log.info("The seal of the settings cannot be used: %s", error.code)
        await self.keep_number()

    async def keep_number(self) -> None:
        """Keep the number of the workspace's newest seal in the keyring, where this process may."""
        row = self._try_read_row()
        if not self._own_key or row is None or row.number <= self._kept_number:
            return
        if self._judge(row) is not SealState.VALID:
            return
        try:
            async with self._locked():
                await self._read_own_key()
                if row.number > self._kept_number:
                    await self._vault.set(Secret.SETTINGS_SEAL, f"{row.number} {self._own_key}")
                    self._kept_number = row.number
        except AppError as error:
            log.info("The number of the seal was not kept: %s", error.code)

    async def _load_keys(self) -> None:
        self._error, self._trusted, self._signing = None, {}, {}
        given = [
            _derive_key(secret, self._given[secret])
            for secret in (Secret.AUDIT_KEY, Secret.SAILTHRU_SECRET)
            if secret in self._given
        ]
        row = self._try_read_row()
        # The environment's keys decide only where Sailthru's own is among them: whoever has that
        # needs no Fairlead. Then the keyring is not asked: on a server it could prompt.
        if Secret.SAILTHRU_SECRET in self._given and row is not None:
            self._trusted = {_key_id(key): key for key in given}
            if any(key_id in row.macs for key_id in self._trusted):
                self._keyring, self._signing = _Keyring.NOT_ASKED, dict(self._trusted)
                return
        try:
            await asyncio.wait_for(self._read_own_key(), _PATIENCE_S)
            service_key = await self._find_service_key()
            self._keyring = _Keyring.READ
        except (KeyringLocked, KeyringTimeout, TimeoutError) as error:
            self._keyring, self._trusted = _Keyring.UNREADABLE, {}
            if isinstance(error, KeyringError):
                self._error = error
            else:
                self._error = keyring_timeout_error(_PATIENCE_S)
            return
        except KeyringError:
            self._keyring = _Keyring.ABSENT
            service_key = b""
            if Secret.SAILTHRU_SECRET not in self._given and Secret.ZENDESK_TOKEN in self._given:
                token = self._given[Secret.ZENDESK_TOKEN]
                given.append(_derive_key(Secret.ZENDESK_TOKEN, token))
        own = [self._own_key.encode()] if self._own_key else []
        service = [service_key] if service_key else []
        is_read = self._keyring is _Keyring.READ
        trusted = [*own, *service] if is_read else given
        self._trusted = {_key_id(key): key for key in trusted}
        self._signing = {_key_id(key): key for key in (*own, *service, *given)}

    async def _read_own_key(self) -> None:
        number, _, key = (await self._vault.get(Secret.SETTINGS_SEAL) or "").partition(" ")
        if number.isdecimal() and key:
            self._own_key, self._kept_number = key, int(number)
        else:
            self._own_key, self._kept_number = "", 0

    async def _find_service_key(self) -> bytes:
        """Derive the seal's key from a service's secret in the keyring; empty: there is none."""
        for secret in (Secret.SAILTHRU_SECRET, Secret.ZENDESK_TOKEN):
            if secret not in self._given and (value := await self._vault.get(secret)):
                return _derive_key(secret, value)
        return b""

    async def _make_own_key(self) -> None:
        async with self._locked():
            # Two processes at once: whoever comes second takes what the first has made.
            await self._read_own_key()
            if not self._own_key:
                key = secrets.token_hex(_KEY_BYTES)
                await self._vault.set(Secret.SETTINGS_SEAL, f"0 {key}")
                self._own_key = key
        material = self._own_key.encode()
        self._signing[_key_id(material)] = material
        row = self._try_read_row()
        # Proven by a service's secret so far; from the next seal on by this key.
        if row is None or not self._trusted.keys() & row.macs.keys():
            self._trusted = {_key_id(material): material, **self._trusted}

    def _sign_with_all_keys(self) -> None:
        """Add to the workspace's proven seal what other keys at hand say of it."""
        row = self._try_read_row()
        if row is None or not row.number or self._judge(row) is not SealState.VALID:
            return
        if not self._signing.keys() <= row.macs.keys():
            self._write_row(row.number, row.values, row.macs)
        if self._own_key:
            material = self._own_key.encode()
            self._trusted = {_key_id(material): material, **self._trusted}

    async def _is_adoption_due(self) -> bool:
        """Whether the workspace was used by an earlier version, and nothing was ever sealed.

        The database says so where it is of that version; the keyring, where it has secrets and no
        key for a seal. Neither comes back by deleting a file.
        """
        row = self._read_row()
        if self._keyring is not _Keyring.READ:
            return self._keyring is _Keyring.ABSENT and row is not None and row.number == 0
        if self._own_key or (row is not None and row.number > 0):
            return False
        if row is not None:
            return True
        for secret in (Secret.SAILTHRU_KEY, Secret.ZENDESK_HOST, *ZENDESK_SECRETS):
            if secret not in self._given and await self._vault.get(secret):
                return True
        return False

    def _adopt(self) -> None:
        stored = SettingsFile(self._workspace.settings_path).load().values.stored
        keys = (row.key for row in SEALED_SETTINGS)
        values = {key: stored[key] for key in keys if stored.get(key) is not None}
        log.info("The settings of an earlier version were sealed.")
        self._write_row(1, {**values, _HAS_ALL_KEYS: True})

    def _adopt_missing(self) -> None:
        """Seal once what an earlier version stored of the settings that it did not seal.

        Of these the file may only forbid more: what it says counted until now, too.
        """
        row = self._try_read_row()
        if row is None or not row.number or self._judge(row) is not SealState.VALID:
            return
        if row.values.get(_HAS_ALL_KEYS):
            return
        stored = SettingsFile(self._workspace.settings_path).load().values.stored
        missing = {
            one.key: stored[one.key]
            for one in SEALED_SETTINGS
            if one.with_sealed is not None and one.key not in row.values and stored.get(one.key)
        }
        number = max(row.number, self._kept_number) + 1
        self._write_row(number, {**row.values, **missing, _HAS_ALL_KEYS: True})

    def _judge(self, row: SettingsSealRow | None) -> SealState:
        if self._keyring is None:
            return SealState.UNREAD
        if row is None or row.number == 0:
            is_unreadable = self._keyring is _Keyring.UNREADABLE
            return SealState.UNREADABLE if is_unreadable else SealState.MISSING
        if row.number < self._kept_number:
            return SealState.BROKEN
        for key_id, key in self._trusted.items():
            if key_id in row.macs:
                mac = self._sign(key, row.number, row.values)
                is_valid = hmac.compare_digest(mac, row.macs[key_id])
                return SealState.VALID if is_valid else SealState.BROKEN
        if self._keyring is _Keyring.UNREADABLE:
            return SealState.UNREADABLE
        return SealState.UNKEYED if self._keyring is _Keyring.ABSENT else SealState.BROKEN

    def _sign(self, key: bytes, number: int, values: Mapping[str, Json]) -> str:
        text = canonical_json([self._workspace.id, number, values])
        return hmac.digest(key, text.encode(), "sha256").hex()

    def _write_row(
        self, number: int, values: Mapping[str, Json], macs: Mapping[str, str] | None = None
    ) -> None:
        signed = {_key_id(key): self._sign(key, number, values) for key in self._signing.values()}
        row = SettingsSealRow(number, values, {**(macs or {}), **signed})
        if self._repository is not None:
            self._repository.replace.blocking(row)
            return
        # Made where there is none yet: a set-up seals before anything else is kept.
        with self._opened() as repository:
            repository.replace.blocking(row)

    def _try_read_row(self) -> SettingsSealRow | None:
        try:
            return self._read_row()
        except StorageError:
            return None

    def _read_row(self) -> SettingsSealRow | None:
        if self._repository is not None:
            return self._repository.read.blocking()
        if not (self._workspace.folder / "fairlead.db").exists():
            return None
        with self._opened() as repository:
            return repository.read.blocking()

    @contextmanager
    def _opened(self) -> Iterator[SettingsSealRepository]:
        path = self._workspace.folder / "fairlead.db"
        # A set-up looks here forty times: the file is checked at the first of them. Another one in
        # its place, or one cut off, is checked again.
        is_checked = self._checked_file is not None and self._checked_file == _file_id(path)
        database = Database(path, "fairlead", synchronous="FULL", checked=is_checked)
        try:
            yield SettingsSealRepository(database)
            self._checked_file = _file_id(path)
        finally:
            database.close()

    def _locked(self) -> AbstractAsyncContextManager[None]:
        return hold_lock(self._workspace.lock_path("settings-seal"), limit_s=_LOCK_TIMEOUT_S)


def _without_defaults(
    row: SettingsSealRow | None, changes: Mapping[str, Json]
) -> Mapping[str, Json]:
    merged = {**(row.values if row else {}), **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _file_id(path: Path) -> tuple[int, int] | None:
    """Tells a SQLite file from another put in its place, and from itself cut off; None: no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size


def _counts_unsealed(key: str, value: Json) -> bool:
    setting = SETTINGS_BY_KEY[key]
    return setting in (*CONNECTION_SETTINGS, SELL_BASE_URL) or (
        setting.invalid_fallback is not None and value == setting.invalid_fallback
    )


def _derive_key(secret: Secret, value: str) -> bytes:
    # Named by its purpose: the same secret signs other things elsewhere.
    return hmac.digest(value.encode(), f"fairlead settings seal {secret.value}".encode(), "sha256")


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"fairlead settings key" + key).hexdigest()[:16]
