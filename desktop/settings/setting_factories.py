"""Factories for the rows of the settings table: a flag, a number, a text or a choice."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypedDict, Unpack

from desktop.model.json_value import Json
from desktop.settings import value_parsers
from desktop.settings.setting_definition import Setting, SettingKind, SettingSection


class SettingOptions(TypedDict, total=False):
    """The rarer fields of a `Setting`, passed through by every factory."""

    needs_restart: bool
    is_advanced: bool
    is_policy_manageable: bool
    is_admin_only: bool
    is_secret_address: bool
    is_owner: bool


def flag_setting(
    key: str,
    section: SettingSection,
    label: str,
    help: str,
    *,
    default: bool = False,
    invalid_fallback: bool | None = None,
    **options: Unpack[SettingOptions],
) -> Setting[bool]:
    """Declare a setting that is on or off."""
    kind, parse = SettingKind.FLAG, value_parsers.parse_flag
    row = Setting(key, kind, default, parse, section, label, help, **options)
    return replace(row, invalid_fallback=invalid_fallback)


def number_setting(
    key: str,
    section: SettingSection,
    label: str,
    help: str,
    *,
    default: int,
    minimum: int,
    maximum: int,
    **options: Unpack[SettingOptions],
) -> Setting[int]:
    """Declare a setting that is a whole number from `minimum` to `maximum`."""
    # The bounds go into the parser and, for the dialog's spin box, into the row.
    kind, parse = SettingKind.NUMBER, value_parsers.integer_parser(minimum, maximum)
    row = Setting(key, kind, default, parse, section, label, help, **options)
    return replace(row, minimum=minimum, maximum=maximum)


def text_setting(
    key: str,
    section: SettingSection,
    label: str,
    help: str,
    *,
    default: str = "",
    parse: Callable[[Json], str] = value_parsers.parse_text,
    **options: Unpack[SettingOptions],
) -> Setting[str]:
    """Declare a setting that is a line of text, which `parse` validates and normalises."""
    return Setting(key, SettingKind.TEXT, default, parse, section, label, help, **options)


def choice_setting(
    key: str,
    section: SettingSection,
    label: str,
    help: str,
    *,
    choices: tuple[str, ...],
    default: str,
    parse: Callable[[Json], str] | None = None,
    invalid_fallback: str | None = None,
    **options: Unpack[SettingOptions],
) -> Setting[str]:
    """Declare a setting that is one of `choices`; `parse` may accept other spellings."""
    kind, parse = SettingKind.CHOICE, parse or value_parsers.choice_parser(*choices)
    row = Setting(key, kind, default, parse, section, label, help, **options)
    return replace(row, choices=choices, invalid_fallback=invalid_fallback)
