"""The sections of the settings page, and the words by which the palette finds each."""

from collections.abc import Mapping
from types import MappingProxyType

from desktop.settings import settings_table
from desktop.settings.setting_definition import SettingSection
from desktop.viewmodels.command_synonyms import synonyms_of

SETTINGS_SECTIONS = (
    ("connections", "Connections"),
    ("sources", "Data sources"),
    ("permissions", "Changes and permissions"),
    ("names", "Names and values"),
    ("texts", "Reasons and notes"),
    ("syncs", "Syncs"),
    ("data", "Data on this computer"),
    ("window", "Window"),
    ("team", "Team and policies"),
    ("advanced", "Advanced"),
    ("about", "About"),
)
_SECTION_OF_SETTINGS: Mapping[SettingSection, str] = MappingProxyType(
    {
        SettingSection.SAILTHRU: "connections",
        SettingSection.ZENDESK: "connections",
        SettingSection.SELL: "connections",
        SettingSection.PERMISSIONS: "permissions",
        SettingSection.NAMES: "names",
        SettingSection.VALUE: "names",
        SettingSection.OPT_IN: "names",
        SettingSection.TEXTS: "texts",
        SettingSection.SYNC: "syncs",
        SettingSection.DATA: "data",
        SettingSection.WINDOW: "window",
        SettingSection.ADVANCED: "advanced",
    }
)


def section_keywords(key: str) -> str:
    """Return the palette's words of a settings section: its settings, and what cards do."""
    settings = (s for s in settings_table.ALL_SETTINGS if _section_of(s.key) == key)
    named = (f"{setting.label} {setting.key}" for setting in settings)
    return " ".join((synonyms_of(f"settings {key}"), *named))


def _section_of(setting_key: str) -> str:
    setting = settings_table.SETTINGS_BY_KEY[setting_key]
    own = _SECTION_OF_SETTINGS[setting.section]
    # The Service URI stands with its key.
    is_folded = setting.is_advanced and setting is not settings_table.SERVICE_URI
    return "advanced" if is_folded else own
