"""The managed policy: settings that an administrator of this computer has fixed.

A JSON object of settings keys, flat or nested, read from fixed system paths
(`policy_file_discovery.py`). What cannot be trusted is ignored and reported; what can be
trusted but not understood fails closed: changes off, everybody may at most look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from desktop.kit.errors import AppError, InvalidInput
from desktop.model.json_value import Json
from desktop.model.permission import Permission
from desktop.settings.dotted_keys import flatten_to_dotted_keys
from desktop.settings.json_file import parse_json_object
from desktop.settings.policy_file_discovery import PolicyFile, PolicyFolder
from desktop.settings.setting_definition import Setting, SettingSection
from desktop.settings.settings_table import CHANGES_ENABLED, PERMISSION_SETTINGS, SETTINGS_BY_KEY

_FAIL_CLOSED_VALUES: Mapping[str, Json] = MappingProxyType(
    {
        CHANGES_ENABLED.key: False,
        **{row.key: pair[1] is Permission.VIEW for pair, row in PERMISSION_SETTINGS.items()},
    }
)


@dataclass(frozen=True)
class ManagedPolicy:
    """The managed settings, the policy files they came from, and what was wrong with those.

    `is_closed` says that something in it could not be understood. `notices` are sentences for the
    page that lists the active policy.
    """

    values: Mapping[str, Json] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()
    notices: tuple[str, ...] = ()
    is_fail_closed: bool = False

    @property
    def is_active(self) -> bool:
        """Whether a managed policy fixes any setting on this computer."""
        return bool(self.values)

    def fixes(self, setting: Setting[Any]) -> bool:
        """Whether the managed policy fixes this setting."""
        return setting.key in self.values


NO_POLICY = ManagedPolicy()


def read_policy(place: PolicyFolder) -> ManagedPolicy:
    """Read the managed policy's files; never raises, at worst it permits nothing."""
    return merge_policy_files(place.find_files())


def merge_policy_files(files: Iterable[PolicyFile]) -> ManagedPolicy:
    """Merge managed policy files: a later one wins, except that a “no” to a permission stays."""
    values: dict[str, Json] = {}
    sources: list[Path] = []
    notices: list[str] = []
    is_closed = False
    for file in files:
        if not file.is_trusted:
            notices.append(file.problem)
            continue
        sources.append(file.path)
        try:
            document = parse_json_object(_content(file), str(file.path))
        except AppError as error:
            is_closed = True
            notices.append(str(error))
            continue
        for key, value in flatten_to_dotted_keys(document):
            try:
                _apply_policy_value(values, key, value)
            except _UnknownKeyError:
                notices.append(f"{file.path}: “{key}” is not known to this version.")
            except InvalidInput as error:
                is_closed = True
                notices.append(f"{file.path}: {error}")
    if is_closed:
        values.update(_FAIL_CLOSED_VALUES)
        notices.append(
            "Because the policy cannot be read in full, changes are off and everybody may only "
            "look. Ask your administrator to repair it."
        )
    return ManagedPolicy(MappingProxyType(values), tuple(sources), tuple(notices), is_closed)


class _UnknownKeyError(Exception):
    """A key in a managed policy that this version does not know, and that grants nothing."""


def _content(file: PolicyFile) -> bytes:
    if file.content is None:
        raise InvalidInput(file.problem)
    return file.content


def _apply_policy_value(values: dict[str, Json], key: str, value: Json) -> None:
    setting = SETTINGS_BY_KEY.get(key)
    if setting is None:
        # A misspelt permission could leave open what was meant to be shut.
        if key.startswith("permissions"):
            raise InvalidInput(f"“{key}” is not a permission.")
        raise _UnknownKeyError
    if not setting.is_policy_manageable:
        raise _UnknownKeyError
    checked = setting.validate(value)
    # A second file may narrow what the first allows, and never widen it.
    if setting.section is SettingSection.PERMISSIONS and values.get(key) is False:
        return
    values[key] = checked
