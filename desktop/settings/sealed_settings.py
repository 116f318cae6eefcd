"""Which protected settings count: those that Fairlead stored itself, not what a text editor wrote.

Whoever uses this computer can write `settings.json`. So every change made in Fairlead also keeps
the protected settings under a seal (`connect/workspace_settings_seal.py`), and the two
are compared here.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from desktop.kit.errors import AppError, InvalidInput, NotPermitted
from desktop.model.json_value import Json
from desktop.settings.setting_definition import Setting
from desktop.settings.settings_table import (
    ALL_SETTINGS,
    CONNECTION_SETTINGS,
    SELL_BASE_URL,
    SETTINGS_BY_KEY,
    ZENDESK_EMAIL,
)

PROTECTED_SETTINGS: tuple[Setting[Any], ...] = tuple(
    row for row in ALL_SETTINGS if row.is_protected
)

SEALED_SETTINGS: tuple[Setting[Any], ...] = tuple(row for row in ALL_SETTINGS if row.is_sealed)


# They count as edited: what the keyring keeps is bound to them itself, another account is refused
# as such, and the environment's secrets are used only with what was sealed.
_BOUND_SETTINGS = (*CONNECTION_SETTINGS, ZENDESK_EMAIL, SELL_BASE_URL)


class SealState(Enum):
    """What is known of the seal over the protected settings."""

    # A key proves it; or there is no keyring here and none of the keys at hand has made it.
    VALID = "valid"
    UNKEYED = "unkeyed"
    # The keys were not asked for yet: nobody is connected either.
    UNREAD = "unread"
    MISSING = "missing"
    BROKEN = "broken"
    # The keyring is locked or does not answer.
    UNREADABLE = "unreadable"

    @property
    def is_trusted(self) -> bool:
        """Whether the sealed settings count."""
        return self in (SealState.VALID, SealState.UNKEYED, SealState.UNREAD)


@dataclass(frozen=True)
class SealedSettings:
    """The protected settings as they were sealed, by key; those at their default are left out."""

    values: Mapping[str, Json] = field(default_factory=dict)
    state: SealState = SealState.MISSING


class SettingsSeal(Protocol):
    """Keeps a workspace's protected settings under a seal, against edits of the file."""

    def read(self) -> SealedSettings:
        """Return the protected settings that were sealed, and whether the seal is trusted."""
        ...

    def store(self, changes: Mapping[str, Json]) -> None:
        """Seal these protected settings anew; None: back to the default.

        Raises KeyringError where the seal cannot be made now, StorageError.
        """
        ...


@dataclass(frozen=True)
class OutsideChanges:
    """Protected settings in the file that do not count, with their values there, by key.

    `is_seal_unreadable`: only because the keyring cannot be asked now.
    """

    values: Mapping[str, Json] = field(default_factory=dict)
    is_seal_unreadable: bool = False

    @property
    def error(self) -> AppError | None:
        """The error that names the settings which do not count, and what to do; None: all count."""
        if not self.values:
            return None
        rows = [
            (SETTINGS_BY_KEY[key].label, _describe(value)) for key, value in self.values.items()
        ]
        names = ", ".join(f"“{label}” ({value})" for label, value in rows)
        is_one = len(rows) == 1
        if self.is_seal_unreadable:
            return NotPermitted(
                "The keyring cannot be read, and it proves what an admin has set.",
                f"Until then {'this does' if is_one else 'these do'} not count: {names}.",
                "Unlock the keyring and connect again.",
            )
        return NotPermitted(
            f"{'A setting was' if is_one else 'Settings were'} changed outside Fairlead.",
            f"{'It does' if is_one else 'They do'} not count: {names}.",
            "An admin makes that count by saving it once in Settings, or with `fairlead setup`.",
        )

    @property
    def notice(self) -> str:
        """That error as one text, to stand behind a refusal; "" where all settings count."""
        error = self.error
        return "" if error is None else f"{error.title} {error.message} {error.hint}"


NO_OUTSIDE_CHANGES = OutsideChanges()


def apply_seal(
    stored: Mapping[str, Json], sealed: SealedSettings, managed: Container[str] = ()
) -> tuple[dict[str, Json], OutsideChanges]:
    """Return the settings that count, of those in `settings.json`, and what does not count.

    `managed` are fixed by a policy, whatever the file says. A permission that was taken away by
    hand counts; one that was given does not.
    """
    if sealed.state is SealState.UNREAD and not sealed.values:
        # Nothing is known yet, and nobody is connected: there is nothing to grant.
        return dict(stored), NO_OUTSIDE_CHANGES
    counting, outside = dict(stored), {}
    for row in PROTECTED_SETTINGS:
        if row in _BOUND_SETTINGS or row.key in managed:
            continue
        if not sealed.state.is_trusted and row.invalid_fallback is None and not row.is_owner:
            # Without a seal changes are off: these decide nothing then.
            continue
        trusted = sealed.values.get(row.key) if sealed.state.is_trusted else None
        given = stored.get(row.key)
        if _is_same(row, given, trusted) or _is_strictest(row, given):
            continue
        outside[row.key] = given
        counting.pop(row.key, None)
        if trusted is not None:
            counting[row.key] = trusted
    for row in SEALED_SETTINGS:
        kept = sealed.values.get(row.key) if sealed.state.is_trusted else None
        if row.with_sealed is not None and kept is not None:
            both = row.with_sealed(_parsed(row, kept), _parsed(row, stored.get(row.key)))
            counting[row.key] = row.serialize(both)
    return counting, OutsideChanges(outside, sealed.state is SealState.UNREADABLE)


def _describe(value: Json) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not set" if value is None else str(value)[:40]


def _is_same(row: Setting[Any], one: Json, other: Json) -> bool:
    return bool(one == other or _parsed(row, one) == _parsed(row, other))


def _is_strictest(row: Setting[Any], given: Json) -> bool:
    return row.invalid_fallback is not None and _parsed(row, given) == row.invalid_fallback


def _parsed(row: Setting[Any], value: Json) -> Any:
    if value is None:
        return row.default
    try:
        return row.parse(value)
    except InvalidInput:
        return row.fallback
