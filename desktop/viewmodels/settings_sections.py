"""The sections of the settings page, and the words by which the palette finds each."""

from collections.abc import Mapping
from types import MappingProxyType

from desktop.settings import settings_table
from desktop.settings.setting_definition import SettingSection

SETTINGS_SECTIONS = (
    ("connections", "Connections"),
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
# What a section's cards do besides its settings, and what other tools call it.
_ACTS: Mapping[str, str] = MappingProxyType(
    {
        "connections": "zendesk sailthru sign in out log token oauth api key secret test connection"
        " disconnect forget erase account reconnect",
        "permissions": "rights roles agents marketers admins allow read only",
        "names": "score scale segment prediction fields",
        "texts": "templates macros snippets hand-over",
        "syncs": "scheduled runs timer notifications mail server smtp test e-mail password",
        "data": "erase privacy retention storage kept saved customers",
        "window": "appearance dark light",
        "team": "managed rollout export policy file organisation",
        "advanced": "expert",
        "about": "version licences logs report",
    }
)


def section_keywords(key: str) -> str:
    """Return the palette's words of a settings section: its settings, and what cards do."""
    settings = (s for s in settings_table.ALL_SETTINGS if _section_of(s.key) == key)
    return " ".join((_ACTS[key], *(f"{setting.label} {setting.key}" for setting in settings)))


def _section_of(setting_key: str) -> str:
    setting = settings_table.SETTINGS_BY_KEY[setting_key]
    own = _SECTION_OF_SETTINGS[setting.section]
    # The Service URI stands with its key.
    is_folded = setting.is_advanced and setting is not settings_table.SERVICE_URI
    return "advanced" if is_folded else own
