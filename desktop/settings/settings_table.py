"""The one table of settings: dialog, validation, set-up document and documentation come from it.

Secrets are never in it (vault); what only the window remembers is in `state.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from desktop.model.customer_value import PredictionField
from desktop.model.json_value import Json
from desktop.model.permission import DEFAULT_PERMISSIONS, Permission, Role
from desktop.settings import service_address, value_parsers
from desktop.settings.setting_definition import Setting, SettingKind, SettingSection
from desktop.settings.sync_settings import SYNC_SETTINGS

WORKSPACE_COLOURS = ("blue", "teal", "green", "amber", "red", "violet", "grey")


def _choice_setting(
    key: str,
    default: str,
    choices: tuple[str, ...],
    section: SettingSection,
    label: str,
    help_: str,
    **more: Any,
) -> Setting[str]:
    read = more.pop("read", None) or value_parsers.choice_parser(*choices)
    return Setting(
        key, SettingKind.CHOICE, default, read, section, label, help_, choices=choices, **more
    )


def _days_setting(key: str, default: int, least: int, label: str, help_: str) -> Setting[int]:
    return Setting(
        key,
        SettingKind.NUMBER,
        default,
        value_parsers.integer_parser(least, 3650),
        SettingSection.DATA,
        label,
        help_,
        minimum=least,
        maximum=3650,
    )


SERVICE_URI = Setting(
    "sailthru.service_uri",
    SettingKind.TEXT,
    "https://api.sailthru.com",
    service_address.normalize_service_uri,
    SettingSection.SAILTHRU,
    "Service URI",
    "Where Sailthru's API is. Leave it unless Sailthru tells you to.",
    advanced=True,
    admin=True,
)
CUSTOMER_TYPE = _choice_setting(
    "sailthru.customer_type",
    "ecommerce",
    ("ecommerce", "publisher"),
    SettingSection.SAILTHRU,
    "Customer type",
    "Decides whether customer value is shown as revenue or as page views.",
    read=value_parsers.parse_customer_type_setting,
)
TIMEZONE = Setting(
    "sailthru.timezone",
    SettingKind.TEXT,
    "America/New_York",
    value_parsers.parse_time_zone_name,
    SettingSection.SAILTHRU,
    "Time zone",
    "The account's own, from Sailthru's Settings › Business › Timezone.",
)
CURRENCY = Setting(
    "sailthru.currency",
    SettingKind.TEXT,
    "USD",
    value_parsers.parse_currency,
    SettingSection.SAILTHRU,
    "Currency",
    "The ISO code of the currency Sailthru counts revenue in.",
)
HAS_DEDICATED_KEY = Setting(
    "sailthru.dedicated_key",
    SettingKind.FLAG,
    False,
    value_parsers.parse_flag,
    SettingSection.SAILTHRU,
    "This key is only for this app",
    "Ask Sailthru for a key of its own, so that it can be withdrawn alone.",
)
ZENDESK_BASE_URL = Setting(
    "zendesk.base_url",
    SettingKind.TEXT,
    "",
    service_address.normalize_zendesk_url,
    SettingSection.ZENDESK,
    "Zendesk account",
    "The first part of https://NAME.zendesk.com/. One per workspace.",
    admin=True,
)
ZENDESK_AUTH = _choice_setting(
    "zendesk.auth",
    "none",
    ("oauth", "token", "none"),
    SettingSection.ZENDESK,
    "Sign-in",
    "oauth: in the browser. token: API token. none: Sailthru only.",
)
ZENDESK_CLIENT_ID = Setting(
    "zendesk.oauth_client_id",
    SettingKind.TEXT,
    "",
    value_parsers.parse_text,
    SettingSection.ZENDESK,
    "OAuth client",
    "The unique identifier of the OAuth client an admin made in Zendesk.",
)
ZENDESK_EMAIL = Setting(
    "zendesk.email",
    SettingKind.TEXT,
    "",
    value_parsers.parse_email,
    SettingSection.ZENDESK,
    "E-mail address of the API token",
    "Only for the sign-in with an API token; those end on 2027-04-30.",
)
CHANGES_ENABLED = Setting(
    "changes",
    SettingKind.FLAG,
    False,
    value_parsers.parse_flag,
    SettingSection.PERMISSIONS,
    "Changes are on",
    "While this is off nothing is written to Zendesk or Sailthru.",
    closed=False,
    admin=True,
)


def permission_setting(role: Role, permission: Permission) -> Setting[bool]:
    """Return the row of one cell of the permissions table."""
    return PERMISSION_SETTINGS[role, permission]


def _permission_setting(role: Role, permission: Permission) -> Setting[bool]:
    # A damaged cell counts as "no", whatever its default is.
    return Setting(
        f"permissions.{role.value}.{permission.value}",
        SettingKind.FLAG,
        DEFAULT_PERMISSIONS[role][permission],
        value_parsers.parse_flag,
        SettingSection.PERMISSIONS,
        f"{role.value.capitalize()}s may {permission.label}",
        "Guides people: whoever holds the Sailthru key can go around it.",
        closed=False,
        admin=True,
    )


PERMISSION_SETTINGS: Mapping[tuple[Role, Permission], Setting[bool]] = MappingProxyType(
    {
        (role, permission): _permission_setting(role, permission)
        for role in Role
        for permission in Permission
    }
)
SAILTHRU_ONLY_ROLE = _choice_setting(
    "sailthru_only.role",
    "admin",
    ("admin", "agent"),
    SettingSection.PERMISSIONS,
    "Role without Zendesk",
    "In a workspace without Zendesk: the role of who set it up.",
    closed="agent",
    admin=True,
    advanced=True,
)
SAILTHRU_ONLY_OWNER = Setting(
    "sailthru_only.person",
    SettingKind.TEXT,
    "",
    value_parsers.parse_text,
    SettingSection.PERMISSIONS,
    "Set up by",
    "The computer account that set up a workspace without Zendesk.",
    admin=True,
    advanced=True,
)
HEALTH_VAR = Setting(
    "names.health_var",
    SettingKind.TEXT,
    "zendesk_health",
    value_parsers.parse_field_name,
    SettingSection.NAMES,
    "Health var",
    "The Sailthru var that holds neutral, happy or frustrated.",
    admin=True,
)
SYNC_MARK_VAR = Setting(
    "names.mark_var",
    SettingKind.TEXT,
    "zendesk_sync",
    value_parsers.parse_field_name,
    SettingSection.NAMES,
    "Mark var",
    "The Sailthru var that marks who is synced to Zendesk.",
    admin=True,
)
SYNC_SMART_LIST = Setting(
    "names.smart_list",
    SettingKind.TEXT,
    "zendesk-sync-smart",
    value_parsers.parse_name,
    SettingSection.NAMES,
    "Smart list",
    "The Sailthru smart list of everybody who carries the mark.",
    admin=True,
)
SYNC_CHECKBOX_FIELD = Setting(
    "names.box_field",
    SettingKind.TEXT,
    "sync_to_sailthru",
    value_parsers.parse_field_name,
    SettingSection.NAMES,
    "Box field",
    "The Zendesk user field (check box) of who is synced to Sailthru.",
    admin=True,
)
HIGHVALUE_TAG = Setting(
    "names.highvalue_tag",
    SettingKind.TEXT,
    "sailthru_highvalue",
    value_parsers.parse_name,
    SettingSection.NAMES,
    "High value tag",
    "The Zendesk tag of customers with a high value.",
    admin=True,
)
SEGMENT_VAR = Setting(
    "value.segment_var",
    SettingKind.TEXT,
    "customer_value",
    value_parsers.parse_field_name,
    SettingSection.VALUE,
    "Segment var",
    "The Sailthru var that holds the segment from 1 to 4.",
)


def _dump_predictions(value: tuple[PredictionField, ...]) -> Json:
    return [{"var": p.var, "unit": p.unit, "horizon_days": p.horizon_days} for p in value]


def _dump_lists(value: Mapping[str, int]) -> Json:
    return dict(value)


PREDICTION_VARS: Setting[tuple[PredictionField, ...]] = Setting(
    "value.prediction_vars",
    SettingKind.TABLE,
    (),
    value_parsers.parse_predictions,
    SettingSection.VALUE,
    "Prediction vars",
    "Where the number is read from, best first; empty: by customer type.",
    serialize=_dump_predictions,
)
SEGMENT_LISTS: Setting[Mapping[str, int]] = Setting(
    "value.segment_lists",
    SettingKind.TABLE,
    MappingProxyType({}),
    value_parsers.parse_segment_lists,
    SettingSection.VALUE,
    "Segment lists",
    "Lists whose members belong to a segment, when the var is not set.",
    serialize=_dump_lists,
)
OPT_IN_LINK = Setting(
    "optin.link",
    SettingKind.TEXT,
    "",
    value_parsers.parse_link,
    SettingSection.OPT_IN,
    "The customer's own opt-in link",
    "Can be copied into an answer, so that the customer opts in alone.",
)
CACHE_DAYS = _days_setting(
    "cache.keep_days",
    14,
    0,
    "Keep opened customers (days)",
    "How long a customer you opened can be seen without a connection.",
)
WORKSPACE_COLOUR = _choice_setting(
    "workspace.colour",
    "blue",
    WORKSPACE_COLOURS,
    SettingSection.WINDOW,
    "Colour",
    "Tells this workspace's window from the others.",
    managed=False,
)
WINDOW_THEME = _choice_setting(
    "window.theme",
    "system",
    ("system", "light", "dark"),
    SettingSection.WINDOW,
    "Appearance",
    "Light, dark, or as the computer is set.",
    managed=False,
)
ALWAYS_ON_TOP = Setting(
    "window.always_on_top",
    SettingKind.FLAG,
    False,
    value_parsers.parse_flag,
    SettingSection.WINDOW,
    "Stay on top",
    "Keeps the narrow window visible beside the browser.",
    managed=False,
)
FOLLOW_ZENDESK = Setting(
    "follow.enabled",
    SettingKind.FLAG,
    False,
    value_parsers.parse_flag,
    SettingSection.WINDOW,
    "Follow Zendesk",
    "Opens the requester of the ticket you look at in Zendesk.",
)
CA_FILE = Setting(
    "advanced.ca_file",
    SettingKind.TEXT,
    "",
    value_parsers.parse_file_path,
    SettingSection.ADVANCED,
    "Certificate file",
    "A PEM file of a company proxy's certificates, in addition.",
    advanced=True,
    restart=True,
)
LOG_LEVEL = _choice_setting(
    "advanced.log_level",
    "info",
    ("debug", "info", "warning"),
    SettingSection.ADVANCED,
    "Log level",
    "How much the log says; secrets and addresses are masked always.",
    advanced=True,
    restart=True,
)

ALL_SETTINGS: tuple[Setting[Any], ...] = (
    CUSTOMER_TYPE,
    TIMEZONE,
    CURRENCY,
    HAS_DEDICATED_KEY,
    SERVICE_URI,
    ZENDESK_BASE_URL,
    ZENDESK_AUTH,
    ZENDESK_CLIENT_ID,
    ZENDESK_EMAIL,
    CHANGES_ENABLED,
    *PERMISSION_SETTINGS.values(),
    SAILTHRU_ONLY_ROLE,
    SAILTHRU_ONLY_OWNER,
    HEALTH_VAR,
    SYNC_MARK_VAR,
    SYNC_SMART_LIST,
    SYNC_CHECKBOX_FIELD,
    HIGHVALUE_TAG,
    SEGMENT_VAR,
    PREDICTION_VARS,
    SEGMENT_LISTS,
    OPT_IN_LINK,
    *SYNC_SETTINGS,
    CACHE_DAYS,
    WORKSPACE_COLOUR,
    WINDOW_THEME,
    ALWAYS_ON_TOP,
    FOLLOW_ZENDESK,
    CA_FILE,
    LOG_LEVEL,
)
SETTINGS_BY_KEY: Mapping[str, Setting[Any]] = MappingProxyType(
    {row.key: row for row in ALL_SETTINGS}
)
