"""The one table of settings: dialog, validation, set-up document and documentation come from it.

Secrets are never in it (vault); what only the window remembers is in `state.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from desktop.kit.text import translate
from desktop.model.json_value import Json
from desktop.model.permission import DEFAULTS, Permission, Role
from desktop.model.value import Prediction
from desktop.settings import address, reading
from desktop.settings.setting import Kind, Section, Setting
from desktop.settings.sync_settings import SYNC_ROWS

COLOURS = ("blue", "teal", "green", "amber", "red", "violet", "grey")


def _choice(
    key: str,
    default: str,
    choices: tuple[str, ...],
    section: Section,
    label: str,
    help_: str,
    **more: Any,
) -> Setting[str]:
    read = more.pop("read", None) or reading.choice(*choices)
    return Setting(key, Kind.CHOICE, default, read, section, label, help_, choices=choices, **more)


def _days(key: str, default: int, least: int, label: str, help_: str) -> Setting[int]:
    return Setting(
        key,
        Kind.NUMBER,
        default,
        reading.number(least, 3650),
        Section.DATA,
        label,
        help_,
        least=least,
        most=3650,
    )


SERVICE_URI = Setting(
    "sailthru.service_uri",
    Kind.TEXT,
    "https://api.sailthru.com",
    address.service_uri,
    Section.SAILTHRU,
    translate("Settings", "Service URI"),
    translate("Settings", "Where Sailthru's API is. Leave it unless Sailthru tells you to."),
    advanced=True,
    admin=True,
)
CUSTOMER_TYPE = _choice(
    "sailthru.customer_type",
    "ecommerce",
    ("ecommerce", "publisher"),
    Section.SAILTHRU,
    translate("Settings", "Customer type"),
    translate("Settings", "Decides whether customer value is shown as revenue or as page views."),
    read=reading.customer_type,
)
TIMEZONE = Setting(
    "sailthru.timezone",
    Kind.TEXT,
    "America/New_York",
    reading.timezone,
    Section.SAILTHRU,
    translate("Settings", "Time zone"),
    translate("Settings", "The account's own, from Sailthru's Settings › Business › Timezone."),
)
CURRENCY = Setting(
    "sailthru.currency",
    Kind.TEXT,
    "USD",
    reading.currency,
    Section.SAILTHRU,
    translate("Settings", "Currency"),
    translate("Settings", "The ISO code of the currency Sailthru counts revenue in."),
)
DEDICATED_KEY = Setting(
    "sailthru.dedicated_key",
    Kind.FLAG,
    False,
    reading.flag,
    Section.SAILTHRU,
    translate("Settings", "This key is only for this app"),
    translate("Settings", "Ask Sailthru for a key of its own, so that it can be withdrawn alone."),
)
ZENDESK_BASE_URL = Setting(
    "zendesk.base_url",
    Kind.TEXT,
    "",
    address.zendesk_base_url,
    Section.ZENDESK,
    translate("Settings", "Zendesk account"),
    translate("Settings", "The first part of https://NAME.zendesk.com/. One per workspace."),
    admin=True,
)
ZENDESK_AUTH = _choice(
    "zendesk.auth",
    "none",
    ("oauth", "token", "none"),
    Section.ZENDESK,
    translate("Settings", "Sign-in"),
    translate("Settings", "oauth: in the browser. token: API token. none: Sailthru only."),
)
ZENDESK_CLIENT_ID = Setting(
    "zendesk.oauth_client_id",
    Kind.TEXT,
    "",
    reading.text,
    Section.ZENDESK,
    translate("Settings", "OAuth client"),
    translate("Settings", "The unique identifier of the OAuth client an admin made in Zendesk."),
)
ZENDESK_EMAIL = Setting(
    "zendesk.email",
    Kind.TEXT,
    "",
    reading.email,
    Section.ZENDESK,
    translate("Settings", "E-mail address of the API token"),
    translate("Settings", "Only for the sign-in with an API token; those end on 2027-04-30."),
)
CHANGES = Setting(
    "changes",
    Kind.FLAG,
    False,
    reading.flag,
    Section.PERMISSIONS,
    translate("Settings", "Changes are on"),
    translate("Settings", "While this is off nothing is written to Zendesk or Sailthru."),
    closed=False,
    admin=True,
)


def permission_setting(role: Role, permission: Permission) -> Setting[bool]:
    """Return the row of one cell of the permissions table."""
    return PERMISSIONS[role, permission]


def _permission(role: Role, permission: Permission) -> Setting[bool]:
    # A damaged cell counts as "no", whatever its default is.
    return Setting(
        f"permissions.{role.value}.{permission.value}",
        Kind.FLAG,
        DEFAULTS[role][permission],
        reading.flag,
        Section.PERMISSIONS,
        f"{role.value.capitalize()}s may {permission.words}",
        translate("Settings", "Guides people: whoever holds the Sailthru key can go around it."),
        closed=False,
        admin=True,
    )


PERMISSIONS: Mapping[tuple[Role, Permission], Setting[bool]] = MappingProxyType(
    {
        (role, permission): _permission(role, permission)
        for role in Role
        for permission in Permission
    }
)
SOLO_ROLE = _choice(
    "sailthru_only.role",
    "admin",
    ("admin", "agent"),
    Section.PERMISSIONS,
    translate("Settings", "Role without Zendesk"),
    translate("Settings", "In a workspace without Zendesk: the role of who set it up."),
    closed="agent",
    admin=True,
    advanced=True,
)
SOLO_PERSON = Setting(
    "sailthru_only.person",
    Kind.TEXT,
    "",
    reading.text,
    Section.PERMISSIONS,
    translate("Settings", "Set up by"),
    translate("Settings", "The computer account that set up a workspace without Zendesk."),
    admin=True,
    advanced=True,
)
HEALTH_VAR = Setting(
    "names.health_var",
    Kind.TEXT,
    "zendesk_health",
    reading.var_name,
    Section.NAMES,
    translate("Settings", "Health var"),
    translate("Settings", "The Sailthru var that holds neutral, happy or frustrated."),
    admin=True,
)
MARK_VAR = Setting(
    "names.mark_var",
    Kind.TEXT,
    "zendesk_sync",
    reading.var_name,
    Section.NAMES,
    translate("Settings", "Mark var"),
    translate("Settings", "The Sailthru var that marks who is synced to Zendesk."),
    admin=True,
)
SMART_LIST = Setting(
    "names.smart_list",
    Kind.TEXT,
    "zendesk-sync-smart",
    reading.name,
    Section.NAMES,
    translate("Settings", "Smart list"),
    translate("Settings", "The Sailthru smart list of everybody who carries the mark."),
    admin=True,
)
BOX_FIELD = Setting(
    "names.box_field",
    Kind.TEXT,
    "sync_to_sailthru",
    reading.var_name,
    Section.NAMES,
    translate("Settings", "Box field"),
    translate("Settings", "The Zendesk user field (check box) of who is synced to Sailthru."),
    admin=True,
)
HIGHVALUE_TAG = Setting(
    "names.highvalue_tag",
    Kind.TEXT,
    "sailthru_highvalue",
    reading.name,
    Section.NAMES,
    translate("Settings", "High value tag"),
    translate("Settings", "The Zendesk tag of customers with a high value."),
    admin=True,
)
SEGMENT_VAR = Setting(
    "value.segment_var",
    Kind.TEXT,
    "customer_value",
    reading.var_name,
    Section.VALUE,
    translate("Settings", "Segment var"),
    translate("Settings", "The Sailthru var that holds the segment from 1 to 4."),
)


def _dump_predictions(value: tuple[Prediction, ...]) -> Json:
    return [{"var": p.var, "unit": p.unit, "horizon_days": p.horizon_days} for p in value]


def _dump_lists(value: Mapping[str, int]) -> Json:
    return dict(value)


PREDICTION_VARS: Setting[tuple[Prediction, ...]] = Setting(
    "value.prediction_vars",
    Kind.TABLE,
    (),
    reading.predictions,
    Section.VALUE,
    translate("Settings", "Prediction vars"),
    translate("Settings", "Where the number is read from, best first; empty: by customer type."),
    dump=_dump_predictions,
)
SEGMENT_LISTS: Setting[Mapping[str, int]] = Setting(
    "value.segment_lists",
    Kind.TABLE,
    MappingProxyType({}),
    reading.segment_lists,
    Section.VALUE,
    translate("Settings", "Segment lists"),
    translate("Settings", "Lists whose members belong to a segment, when the var is not set."),
    dump=_dump_lists,
)
OPT_IN_LINK = Setting(
    "optin.link",
    Kind.TEXT,
    "",
    reading.link,
    Section.OPT_IN,
    translate("Settings", "The customer's own opt-in link"),
    translate("Settings", "Can be copied into an answer, so that the customer opts in alone."),
)
KEEP_DAYS = _days(
    "cache.keep_days",
    14,
    0,
    translate("Settings", "Keep opened customers (days)"),
    translate("Settings", "How long a customer you opened can be seen without a connection."),
)
COLOUR = _choice(
    "workspace.colour",
    "blue",
    COLOURS,
    Section.WINDOW,
    translate("Settings", "Colour"),
    translate("Settings", "Tells this workspace's window from the others."),
    managed=False,
)
THEME = _choice(
    "window.theme",
    "system",
    ("system", "light", "dark"),
    Section.WINDOW,
    translate("Settings", "Appearance"),
    translate("Settings", "Light, dark, or as the computer is set."),
    managed=False,
)
ALWAYS_ON_TOP = Setting(
    "window.always_on_top",
    Kind.FLAG,
    False,
    reading.flag,
    Section.WINDOW,
    translate("Settings", "Stay on top"),
    translate("Settings", "Keeps the narrow window visible beside the browser."),
    managed=False,
)
FOLLOW = Setting(
    "follow.enabled",
    Kind.FLAG,
    False,
    reading.flag,
    Section.WINDOW,
    translate("Settings", "Follow Zendesk"),
    translate("Settings", "Opens the requester of the ticket you look at in Zendesk."),
)
CA_FILE = Setting(
    "advanced.ca_file",
    Kind.TEXT,
    "",
    reading.file_path,
    Section.ADVANCED,
    translate("Settings", "Certificate file"),
    translate("Settings", "A PEM file of a company proxy's certificates, in addition."),
    advanced=True,
    restart=True,
)
LOG_LEVEL = _choice(
    "advanced.log_level",
    "info",
    ("debug", "info", "warning"),
    Section.ADVANCED,
    translate("Settings", "Log level"),
    translate("Settings", "How much the log says; secrets and addresses are masked always."),
    advanced=True,
    restart=True,
)

TABLE: tuple[Setting[Any], ...] = (
    CUSTOMER_TYPE,
    TIMEZONE,
    CURRENCY,
    DEDICATED_KEY,
    SERVICE_URI,
    ZENDESK_BASE_URL,
    ZENDESK_AUTH,
    ZENDESK_CLIENT_ID,
    ZENDESK_EMAIL,
    CHANGES,
    *PERMISSIONS.values(),
    SOLO_ROLE,
    SOLO_PERSON,
    HEALTH_VAR,
    MARK_VAR,
    SMART_LIST,
    BOX_FIELD,
    HIGHVALUE_TAG,
    SEGMENT_VAR,
    PREDICTION_VARS,
    SEGMENT_LISTS,
    OPT_IN_LINK,
    *SYNC_ROWS,
    KEEP_DAYS,
    COLOUR,
    THEME,
    ALWAYS_ON_TOP,
    FOLLOW,
    CA_FILE,
    LOG_LEVEL,
)
BY_KEY: Mapping[str, Setting[Any]] = MappingProxyType({row.key: row for row in TABLE})
