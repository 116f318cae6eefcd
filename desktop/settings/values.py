"""The values of one workspace: policy first, then `settings.json`, then the table's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import AppError, BadInput, NotPermitted, StoreKnown
from desktop.model.json_value import Json
from desktop.settings import json_file
from desktop.settings.file_lock import held_briefly
from desktop.settings.migration import SETTINGS
from desktop.settings.policy import NO_POLICY, Policy
from desktop.settings.setting import Setting
from desktop.settings.table import BY_KEY

T = TypeVar("T")


class Values:
    """A frozen view: `values.get(table.TIMEZONE)` is typed as the row is."""

    def __init__(
        self, stored: Mapping[str, Json] = MappingProxyType({}), policy: Policy = NO_POLICY
    ) -> None:
        self.policy = policy
        self._stored = MappingProxyType(dict(stored))
        self._read: dict[str, object] = {}
        self.notices: tuple[str, ...] = tuple(self._read_all())

    def get(self, setting: Setting[T]) -> T:
        """What counts for this setting."""
        return cast("T", self._read.get(setting.key, setting.default))

    def managed(self, setting: Setting[Any]) -> bool:
        """Whether the organisation has fixed it: shown greyed, cannot be changed."""
        return self.policy.fixes(setting)

    def chosen(self, setting: Setting[Any]) -> bool:
        """Whether somebody set it here, or the organisation did."""
        return setting.key in self._read

    @property
    def stored(self) -> Mapping[str, Json]:
        """What the file holds, unknown keys included."""
        return self._stored

    def _read_all(self) -> list[str]:
        notices = []
        for key, value in {**self._stored, **self.policy.values}.items():
            setting = BY_KEY.get(key)
            if setting is None:
                continue
            try:
                self._read[key] = setting.read(value)
            except BadInput as error:
                self._read[key] = setting.when_unreadable
                notices.append(f"“{setting.label}” in the settings is damaged: {error.title}")
        return notices


@dataclass(frozen=True)
class Loaded:
    """The values, and what a person has to know about how they were read."""

    values: Values
    notice: AppError | None = None


class SettingsFile:
    """`settings.json` of one workspace; several processes may read and change it."""

    def __init__(self, path: Path, policy: Policy = NO_POLICY, clock: Clock | None = None) -> None:
        self._path = path
        self._policy = policy
        self._clock = clock or SystemClock()

    def load(self) -> Loaded:
        """Read it. A damaged file is kept aside and the defaults count, with a notice.

        Raises StoreKnown when it cannot be read, or when a newer Fairlead wrote it.
        """
        try:
            document = self._document()
        except BadInput as error:
            aside = json_file.set_aside(self._path, self._clock.now())
            return Loaded(
                Values({}, self._policy),
                BadInput(
                    "The settings file was damaged, so the defaults are used.",
                    f"{error.title} {error.message}".strip(),
                    f"The old file is kept as {aside.name}. Changes are off until an admin "
                    "switches them on again in Settings.",
                ),
            )
        return Loaded(Values(_settings_of(document), self._policy))

    def change(self, changes: Mapping[str, Json]) -> Values:
        """Check and store these keys, all or none; None takes a key back to its default.

        Raises BadInput for a key or value that cannot be, NotPermitted for a managed one.
        """
        checked = {key: self._checked(key, value) for key, value in changes.items()}
        with held_briefly(self._path.with_name(self._path.name + ".lock")):
            return self._store(checked)

    def _store(self, checked: Mapping[str, Json]) -> Values:
        # Read again under the lock: another process may have changed other keys.
        self.load()
        document = self._document()
        settings = {**_settings_of(document), **checked}
        settings = {key: value for key, value in settings.items() if value is not None}
        whole = {**document, "version": SETTINGS.current, "settings": settings}
        json_file.write_object(self._path, whole)
        return Values(settings, self._policy)

    def _checked(self, key: str, value: Json) -> Json:
        setting = BY_KEY.get(key)
        if setting is None:
            raise BadInput(f"There is no setting “{key}”.", hint="See the list of settings.")
        if self._policy.fixes(setting):
            raise NotPermitted(
                f"“{setting.label}” is managed by your organisation.",
                "It cannot be changed on this computer.",
                "Ask who looks after this computer.",
            )
        return None if value is None else setting.checked(value)

    def _document(self) -> Mapping[str, Json]:
        raw = json_file.read_object(self._path)
        if raw is None:
            return {"version": SETTINGS.current, "settings": {}}
        document = SETTINGS.bring_up(raw, self._path.name)
        if not isinstance(document.get("settings"), Mapping):
            raise BadInput(f"{self._path.name} holds no settings.")
        return document


def _settings_of(document: Mapping[str, Json]) -> Mapping[str, Json]:
    settings = document["settings"]
    if not isinstance(settings, Mapping):
        raise StoreKnown("The settings cannot be read.")
    return settings
