"""Reads and changes a workspace's settings: policy first, then `settings.json`, then defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import AppError, InvalidInput, NotPermitted, StorageError
from desktop.model.json_value import Json
from desktop.settings import json_file
from desktop.settings.file_lock import hold_lock_blocking
from desktop.settings.managed_policy import NO_POLICY, ManagedPolicy
from desktop.settings.sealed_settings import (
    NO_OUTSIDE_CHANGES,
    OutsideChanges,
    SealState,
    SettingsSeal,
    apply_seal,
)
from desktop.settings.setting_definition import Setting
from desktop.settings.settings_migration import SETTINGS_MIGRATIONS
from desktop.settings.settings_table import SETTINGS_BY_KEY

T = TypeVar("T")


class SettingsValues:
    """A frozen view of all settings; `values.get(table.TIMEZONE)` is typed as its row is.

    `stored` is what counts of the file; `outside_changes` what was edited there and does not.
    """

    def __init__(
        self,
        stored: Mapping[str, Json] = MappingProxyType({}),
        policy: ManagedPolicy = NO_POLICY,
        *,
        outside_changes: OutsideChanges = NO_OUTSIDE_CHANGES,
        seal_state: SealState = SealState.VALID,
    ) -> None:
        self.policy = policy
        self.outside_changes = outside_changes
        self.seal_state = seal_state
        self._stored = MappingProxyType(dict(stored))
        self._read: dict[str, object] = {}
        self.notices: tuple[str, ...] = tuple(self._read_all())

    def get(self, setting: Setting[T]) -> T:
        """Return the value of this setting in force: policy, file or default."""
        return cast("T", self._read.get(setting.key, setting.default))

    def is_managed(self, setting: Setting[Any]) -> bool:
        """Whether the managed policy has fixed this setting: greyed, cannot be changed."""
        return self.policy.fixes(setting)

    def is_set(self, setting: Setting[Any]) -> bool:
        """Whether this setting was set in the file or by the policy."""
        return setting.key in self._read

    @property
    def stored(self) -> Mapping[str, Json]:
        """The settings of `settings.json` that count, unknown keys included."""
        return self._stored

    def with_changes(self, changes: Mapping[str, Json]) -> "SettingsValues":
        """Return what would count with these settings changed."""
        return self._replaced({**self._stored, **changes}, self.policy)

    def with_policy(self, policy: ManagedPolicy) -> "SettingsValues":
        """Return what counts under another policy."""
        return self._replaced(self._stored, policy)

    def _replaced(self, stored: Mapping[str, Json], policy: ManagedPolicy) -> "SettingsValues":
        return SettingsValues(
            stored, policy, outside_changes=self.outside_changes, seal_state=self.seal_state
        )

    def _read_all(self) -> list[str]:
        notices = []
        for key, value in {**self._stored, **self.policy.values}.items():
            setting = SETTINGS_BY_KEY.get(key)
            if setting is None:
                continue
            try:
                self._read[key] = setting.parse(value)
            except InvalidInput as error:
                # Not the default: a damaged “no” must not become a “yes”.
                self._read[key] = setting.fallback
                notices.append(f"“{setting.label}” in the settings is damaged: {error.title}")
        return notices


@dataclass(frozen=True)
class LoadedSettings:
    """The settings read from `settings.json`, and a notice about how they were read."""

    values: SettingsValues
    notice: AppError | None = None


class SettingsFile:
    """`settings.json` of one workspace; several processes may read and change it."""

    def __init__(
        self,
        path: Path,
        policy: ManagedPolicy = NO_POLICY,
        clock: Clock | None = None,
        seal: SettingsSeal | None = None,
    ) -> None:
        """`seal` tells which protected settings count; None: the caller asks for no right."""
        self._seal = seal
        self._path = path
        self._policy = policy
        self._clock = clock or SystemClock()

    def use_policy(self, policy: ManagedPolicy) -> None:
        """Read and change `settings.json` under another managed policy from now on."""
        self._policy = policy

    def load(self) -> LoadedSettings:
        """Read `settings.json`; a damaged file is kept aside and defaults count, with a notice.

        Raises StorageError when it cannot be read, or when a newer Fairlead wrote it.
        """
        try:
            document = self._document()
        except InvalidInput as error:
            aside = json_file.move_damaged_file_aside(self._path, self._clock.now())
            return LoadedSettings(
                self._counting({}),
                InvalidInput(
                    "The settings file was damaged, so the defaults are used.",
                    f"{error.title} {error.message}".strip(),
                    f"The old file is kept as {aside.name}. Changes are off until an admin "
                    "switches them on again in Settings.",
                ),
            )
        return LoadedSettings(self._counting(_settings_of(document)))

    def _counting(self, stored: Mapping[str, Json]) -> SettingsValues:
        if self._seal is None:
            return SettingsValues(stored, self._policy)
        sealed = self._seal.read()
        counting, outside = apply_seal(stored, sealed, self._policy.values)
        return SettingsValues(
            counting, self._policy, outside_changes=outside, seal_state=sealed.state
        )

    def change(self, changes: Mapping[str, Json]) -> SettingsValues:
        """Check and write settings to `settings.json`, all or none; None restores a default.

        Raises InvalidInput for a key or value that cannot be, NotPermitted for a managed one.
        """
        checked = {key: self._checked(key, value) for key, value in changes.items()}
        with hold_lock_blocking(self._path.with_name(self._path.name + ".lock")):
            return self._store(checked)

    def _store(self, checked: Mapping[str, Json]) -> SettingsValues:
        # Read again under the lock: another process may have changed other keys.
        self.load()
        document = self._document()
        if self._seal is not None:
            # First: cut short after it, the file holds the former values, which do not count where
            # they allow more.
            self._seal.store({k: v for k, v in checked.items() if SETTINGS_BY_KEY[k].is_sealed})
        settings = {**_settings_of(document), **checked}
        # None takes a key back to its default.
        settings = {key: value for key, value in settings.items() if value is not None}
        # Other keys of the document are a later version's, and stay.
        whole = {**document, "version": SETTINGS_MIGRATIONS.current_version, "settings": settings}
        json_file.write_json_object(self._path, whole)
        return self._counting(settings)

    def _checked(self, key: str, value: Json) -> Json:
        setting = SETTINGS_BY_KEY.get(key)
        if setting is None:
            raise InvalidInput(f"There is no setting “{key}”.", hint="See the list of settings.")
        if self._policy.fixes(setting):
            raise NotPermitted(
                f"“{setting.label}” is managed by your organisation.",
                "It cannot be changed on this computer.",
                "Ask your administrator.",
            )
        return None if value is None else setting.validate(value)

    def _document(self) -> Mapping[str, Json]:
        raw = json_file.read_json_object(self._path)
        if raw is None:
            return {"version": SETTINGS_MIGRATIONS.current_version, "settings": {}}
        document = SETTINGS_MIGRATIONS.migrate(raw, self._path.name)
        if not isinstance(document.get("settings"), Mapping):
            raise InvalidInput(f"{self._path.name} holds no settings.")
        return document


def _settings_of(document: Mapping[str, Json]) -> Mapping[str, Json]:
    settings = document["settings"]
    if not isinstance(settings, Mapping):
        raise StorageError("The settings cannot be read.")
    return settings
