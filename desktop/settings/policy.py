"""The organisation's policy: what an administrator of this computer has fixed.

A JSON object of settings keys, flat or nested, read from fixed system paths (`policy_place.py`).
What cannot be trusted is ignored and reported; what can be trusted but not understood fails
closed: changes off, everybody may at most look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from desktop.kit.errors import AppError, BadInput
from desktop.model.json_value import Json
from desktop.model.permission import Permission
from desktop.settings.flatten import flatten
from desktop.settings.json_file import parse_object
from desktop.settings.policy_place import Found, PolicyPlace
from desktop.settings.setting import Section, Setting
from desktop.settings.table import BY_KEY, CHANGES, PERMISSIONS

_CLOSED: Mapping[str, Json] = MappingProxyType(
    {
        CHANGES.key: False,
        **{row.key: pair[1] is Permission.VIEW for pair, row in PERMISSIONS.items()},
    }
)


@dataclass(frozen=True)
class Policy:
    """What is fixed, from which files, and what was wrong with them.

    `closed` says that something in it could not be understood. `notices` are sentences for the
    page that lists the active policy.
    """

    values: Mapping[str, Json] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()
    notices: tuple[str, ...] = ()
    closed: bool = False

    @property
    def active(self) -> bool:
        """Whether an organisation manages anything here."""
        return bool(self.values)

    def fixes(self, setting: Setting[Any]) -> bool:
        """Whether the organisation has decided this setting."""
        return setting.key in self.values


NO_POLICY = Policy()


def read_policy(place: PolicyPlace) -> Policy:
    """Read every policy file of this computer; never fails, only closes."""
    return combine(place.find())


def combine(files: Iterable[Found]) -> Policy:
    """Put the files together: a later file wins, except that a “no” to a permission stays."""
    values: dict[str, Json] = {}
    sources: list[Path] = []
    notices: list[str] = []
    closed = False
    for found in files:
        if not found.trusted:
            notices.append(found.problem)
            continue
        sources.append(found.path)
        try:
            document = parse_object(_content(found), str(found.path))
        except AppError as error:
            closed = True
            notices.append(str(error))
            continue
        for key, value in flatten(document):
            try:
                _take(values, key, value)
            except _UnknownKeyError:
                notices.append(f"{found.path}: “{key}” is not known to this version.")
            except BadInput as error:
                closed = True
                notices.append(f"{found.path}: {error}")
    if closed:
        values.update(_CLOSED)
        notices.append(
            "Because the policy cannot be read in full, changes are off and everybody may only "
            "look. Ask who looks after this computer to repair it."
        )
    return Policy(MappingProxyType(values), tuple(sources), tuple(notices), closed)


class _UnknownKeyError(Exception):
    """A key this version does not know, and that grants nothing."""


def _content(found: Found) -> bytes:
    if found.content is None:
        raise BadInput(found.problem)
    return found.content


def _take(values: dict[str, Json], key: str, value: Json) -> None:
    setting = BY_KEY.get(key)
    if setting is None:
        # A misspelt permission could leave open what was meant to be shut.
        if key.startswith("permissions"):
            raise BadInput(f"“{key}” is not a permission.")
        raise _UnknownKeyError
    if not setting.managed:
        raise _UnknownKeyError
    checked = setting.checked(value)
    if setting.section is Section.PERMISSIONS and values.get(key) is False:
        return
    values[key] = checked
