"""The table of all settings; dialog, validation, set-up document and reference come from it.

Secrets are never in it (vault); what only the window remembers is in `window_state.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from desktop.model.customer_value import HIGHEST_SEGMENT, PredictionField
from desktop.model.data_source import DataSourceKind, DataSourceRecord, keep_left
from desktop.model.follow_budget import DEFAULT_DESKS
from desktop.model.json_value import Json
from desktop.model.name_splitting import NameSplitRule
from desktop.model.permission import DEFAULT_PERMISSIONS, SETTABLE_PERMISSIONS, Permission, Role
from desktop.model.retention import DEFAULT_DAYS, WITHOUT_LIMIT, ActivityType
from desktop.model.text_template import (
    DEFAULT_NOTE_TEMPLATES,
    DEFAULT_REASONS,
    NoteTemplate,
)
from desktop.model.workspace_kind import WorkspaceKind
from desktop.settings import service_address, value_parsers
from desktop.settings.setting_definition import Setting, SettingKind, SettingSection
from desktop.settings.setting_factories import (
    choice_setting,
    flag_setting,
    number_setting,
    text_setting,
)
from desktop.settings.sync_settings import SYNC_SETTINGS

WORKSPACE_COLOURS = ("blue", "teal", "green", "amber", "red", "violet", "grey")


SERVICE_URI = text_setting(
    "sailthru.service_uri",
    SettingSection.SAILTHRU,
    "Service URI",
    "Where Sailthru's API is. Leave it unless Sailthru tells you to.",
    default="https://api.sailthru.com",
    parse=service_address.normalize_service_uri,
    is_advanced=True,
    is_admin_only=True,
)
CUSTOMER_TYPE = choice_setting(
    "sailthru.customer_type",
    SettingSection.SAILTHRU,
    "Customer type",
    "Decides whether customer value is shown as revenue or as page views.",
    choices=("ecommerce", "publisher"),
    default="ecommerce",
    parse=value_parsers.parse_customer_type_setting,
)
TIMEZONE = text_setting(
    "sailthru.timezone",
    SettingSection.SAILTHRU,
    "Time zone",
    "The account's own, from Sailthru's Settings › Business › Timezone.",
    default="America/New_York",
    parse=value_parsers.parse_time_zone_name,
)
CURRENCY = text_setting(
    "sailthru.currency",
    SettingSection.SAILTHRU,
    "Currency",
    "The ISO code of the currency Sailthru counts revenue in.",
    default="USD",
    parse=value_parsers.parse_currency,
)
HAS_DEDICATED_KEY = flag_setting(
    "sailthru.dedicated_key",
    SettingSection.SAILTHRU,
    "This key is only for this app",
    "Ask Sailthru for a key of its own, so that it can be withdrawn alone.",
)
SAILTHRU_THROUGH_TEAM = flag_setting(
    "sailthru.through_team",
    SettingSection.SAILTHRU,
    "Reach Sailthru through the team's worker",
    "For a computer without a Sailthru key, joined by a code that was made for one person.",
    is_advanced=True,
    is_admin_only=True,
)
ZENDESK_BASE_URL = text_setting(
    "zendesk.base_url",
    SettingSection.ZENDESK,
    "Zendesk account",
    "The first part of https://NAME.zendesk.com/. One per workspace.",
    parse=service_address.normalize_zendesk_url,
    is_admin_only=True,
)
ZENDESK_AUTH = choice_setting(
    "zendesk.auth",
    SettingSection.ZENDESK,
    "Sign-in",
    "oauth: in the browser. token: API token. none: Sailthru only.",
    choices=("oauth", "token", "none"),
    default="none",
)
ZENDESK_CLIENT_ID = text_setting(
    "zendesk.oauth_client_id",
    SettingSection.ZENDESK,
    "OAuth client",
    "The unique identifier of the OAuth client an admin made in Zendesk.",
)
ZENDESK_EMAIL = text_setting(
    "zendesk.email",
    SettingSection.ZENDESK,
    "E-mail address of the API token",
    "Only for the sign-in with an API token; those end on 2027-04-30.",
    parse=value_parsers.parse_token_email,
    is_secret_address=True,
)
SELL_ENABLED = flag_setting(
    "sell.enabled",
    SettingSection.SELL,
    "Zendesk Sell is connected",
    "Off: Sell is not asked for anything, and its token stays where it is. Zendesk ends Sell on"
    " 2027-08-31.",
    invalid_fallback=False,
    is_admin_only=True,
)
SELL_AUTH = choice_setting(
    "sell.auth",
    SettingSection.SELL,
    "Sign-in to Zendesk Sell",
    "token: access token. oauth: in the browser.",
    choices=("token", "oauth"),
    default="token",
    is_admin_only=True,
)
SELL_CLIENT_ID = text_setting(
    "sell.oauth_client_id",
    SettingSection.SELL,
    "OAuth client of Zendesk Sell",
    "The client ID of the OAuth client an admin made in Sell.",
    is_admin_only=True,
)
SELL_BASE_URL = text_setting(
    "sell.base_url",
    SettingSection.SELL,
    "Address of Zendesk Sell",
    "The same for all accounts. Leave it.",
    default=service_address.SELL_ADDRESS,
    parse=service_address.normalize_sell_url,
    is_advanced=True,
    is_admin_only=True,
)
CHANGES_ENABLED = flag_setting(
    "changes",
    SettingSection.PERMISSIONS,
    "Changes are on",
    "While this is off nothing is written to Zendesk or Sailthru, and what waits stays waiting. "
    "Only a stricter opt-out that somebody asked for before is still sent.",
    invalid_fallback=False,
    is_admin_only=True,
)


def _permission_setting(role: Role, permission: Permission) -> Setting[bool]:
    # A damaged cell counts as "no", whatever its default is.
    return flag_setting(
        f"permissions.{role.value}.{permission.value}",
        SettingSection.PERMISSIONS,
        f"{role.value.capitalize()}s may {permission.label}",
        "Applies inside Fairlead only; for a hard limit use a restricted Sailthru key.",
        invalid_fallback=False,
        is_admin_only=True,
        default=DEFAULT_PERMISSIONS[role][permission],
    )


PERMISSION_SETTINGS: Mapping[tuple[Role, Permission], Setting[bool]] = MappingProxyType(
    {
        (role, permission): _permission_setting(role, permission)
        for role in Role
        for permission in SETTABLE_PERMISSIONS
    }
)
LEADS = text_setting(
    "permissions.leads",
    SettingSection.PERMISSIONS,
    "Leads",
    "Zendesk user ids of agents who answer requests and see reports and the team's record. An id is"
    " the number in the address of a person's profile.",
    parse=value_parsers.parse_user_ids,
    is_admin_only=True,
)
SAILTHRU_ONLY_ROLE = choice_setting(
    "sailthru_only.role",
    SettingSection.PERMISSIONS,
    "Role without Zendesk",
    "In a workspace without Zendesk: the role of who set it up.",
    choices=("admin", "agent"),
    default="admin",
    invalid_fallback="agent",
    is_admin_only=True,
    is_advanced=True,
)
SAILTHRU_ONLY_OWNER = text_setting(
    "sailthru_only.person",
    SettingSection.PERMISSIONS,
    "Set up by",
    "The computer account that set up a workspace without Zendesk.",
    is_admin_only=True,
    is_owner=True,
    is_advanced=True,
)
FOLLOW_ADDRESSES = flag_setting(
    "addresses.follow_zendesk",
    SettingSection.PERMISSIONS,
    "Sailthru follows addresses changed in Zendesk",
    "Somebody made another address the primary one in Zendesk itself. Where it is free in Sailthru,"
    " the profile gets it without being asked about; else Activity lists the customer.",
    invalid_fallback=False,
    is_admin_only=True,
)
EVENTS_DELIVERED = flag_setting(
    "events.deliver",
    SettingSection.PERMISSIONS,
    "Deliver events to Zendesk",
    "Off: events of every source are taken in and wait, whoever delivers them. A new workspace"
    " starts with it off, unless its first set-up switches changes on.",
    default=True,
    invalid_fallback=False,
    is_admin_only=True,
)
HEALTH_VAR = text_setting(
    "names.health_var",
    SettingSection.NAMES,
    "Health field",
    "The Sailthru field that holds neutral, happy or frustrated.",
    default="zendesk_health",
    parse=value_parsers.parse_var_name,
    is_admin_only=True,
)
SYNC_MARK_VAR = text_setting(
    "names.mark_var",
    SettingSection.NAMES,
    "Sailthru sync field",
    "The Sailthru field that marks who is synced to Zendesk.",
    default="zendesk_sync",
    parse=value_parsers.parse_var_name,
    is_admin_only=True,
)
PAUSED_VAR = text_setting(
    "names.paused_var",
    SettingSection.NAMES,
    "Sailthru pause field",
    "The Sailthru field that holds until when a customer's marketing is paused.",
    default="zendesk_paused",
    parse=value_parsers.parse_var_name,
    is_admin_only=True,
)
PAUSED_LIST = text_setting(
    "names.paused_list",
    SettingSection.NAMES,
    "Pause list",
    "The Sailthru list of paused customers. Only campaigns that leave it out are held back.",
    default="Support - paused",
    parse=value_parsers.parse_name,
    is_admin_only=True,
)
SUPPRESSION_LIST = text_setting(
    "names.suppression_list",
    SettingSection.NAMES,
    "Suppression list",
    "The Sailthru list of customers whom campaigns leave out, as frustrated ones. Fairlead puts"
    " nobody on it unasked.",
    default="Support - suppressed",
    parse=value_parsers.parse_name,
    is_admin_only=True,
)
SYNC_SMART_LIST = text_setting(
    "names.smart_list",
    SettingSection.NAMES,
    "Smart list",
    "The Sailthru smart list of everybody with the sync field.",
    default="zendesk-sync-smart",
    parse=value_parsers.parse_name,
    is_admin_only=True,
)
SYNC_CHECKBOX_FIELD = text_setting(
    "names.box_field",
    SettingSection.NAMES,
    "Zendesk checkbox",
    "The Zendesk user field (checkbox) that marks who is synced to Sailthru.",
    default="sync_to_sailthru",
    parse=value_parsers.parse_zendesk_field_key,
    is_admin_only=True,
)
HIGHVALUE_TAG = text_setting(
    "names.highvalue_tag",
    SettingSection.NAMES,
    "High value tag",
    "The Zendesk tag of customers with a high value.",
    default="sailthru_highvalue",
    parse=value_parsers.parse_name,
    is_admin_only=True,
)
NAME_SPLIT = choice_setting(
    "names.split",
    SettingSection.NAMES,
    "Splitting names",
    "How first and last name of a created profile are made of Zendesk's one name. “Lopez, Anna” is"
    " Anna Lopez by both. Each sync has its own.",
    choices=tuple(rule.value for rule in NameSplitRule),
    default=NameSplitRule.FIRST_SPACE.value,
    is_admin_only=True,
)
SEGMENT_VAR = text_setting(
    "value.segment_var",
    SettingSection.VALUE,
    "Segment field",
    "The Sailthru field that holds the segment from 1 to 4.",
    default="customer_value",
    parse=value_parsers.parse_var_name,
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
    "Prediction fields",
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
    "Lists whose members belong to a segment, when the field is not set.",
    serialize=_dump_lists,
)


def _dump_thresholds(value: Mapping[int, float]) -> Json:
    return {str(segment): amount for segment, amount in value.items()}


VALUE_THRESHOLDS: Setting[Mapping[int, float]] = Setting(
    "value.thresholds",
    SettingKind.TABLE,
    MappingProxyType({}),
    value_parsers.parse_value_thresholds,
    SettingSection.VALUE,
    "Thresholds",
    "From which predicted number on a customer belongs to a segment, where Sailthru tells none.",
    serialize=_dump_thresholds,
    is_admin_only=True,
)
HIGH_VALUE_FROM = number_setting(
    "value.high_from",
    SettingSection.VALUE,
    "High value from segment",
    "From this segment on a customer counts as high value. Syncs that you have keep their own.",
    default=HIGHEST_SEGMENT,
    minimum=1,
    maximum=HIGHEST_SEGMENT,
    is_admin_only=True,
)
OPT_IN_LINK = text_setting(
    "optin.link",
    SettingSection.OPT_IN,
    "The customer's own opt-in link",
    "Can be copied into an answer, so that the customer opts in alone.",
    parse=value_parsers.parse_link,
)


def _dump_texts(value: tuple[str, ...]) -> Json:
    return list(value)


def _dump_templates(value: tuple[NoteTemplate, ...]) -> Json:
    return [{"title": each.title, "text": each.text} for each in value]


OPTOUT_REASONS: Setting[tuple[str, ...]] = Setting(
    "texts.reasons",
    SettingKind.TABLE,
    DEFAULT_REASONS,
    value_parsers.parse_reasons,
    SettingSection.TEXTS,
    "Reasons for an opt-out",
    "What the form of an opt-out offers; one whose placeholder has no value is left out.",
    serialize=_dump_texts,
    permission=Permission.TEXTS,
)
NOTE_TEMPLATES: Setting[tuple[NoteTemplate, ...]] = Setting(
    "texts.notes",
    SettingKind.TABLE,
    DEFAULT_NOTE_TEMPLATES,
    value_parsers.parse_note_templates,
    SettingSection.TEXTS,
    "Note templates",
    "Prepared notes that Add note and `fairlead note --template` offer.",
    serialize=_dump_templates,
    permission=Permission.TEXTS,
)
CACHE_DAYS = number_setting(
    "cache.keep_days",
    SettingSection.DATA,
    "Keep opened customers (days)",
    "How long a customer you opened can be seen without a connection.",
    default=14,
    minimum=0,
    maximum=3650,
)
KEEP_EVERYTHING = flag_setting(
    "data.keep_everything",
    SettingSection.DATA,
    "Keep everybody's data on this computer",
    "Reads all people, tickets and ratings of Zendesk and the lists named below into this"
    " computer, for Audience and Reports. Only a Zendesk admin may read them.",
    invalid_fallback=False,
    is_admin_only=True,
)


DATA_LISTS: Setting[tuple[str, ...]] = Setting(
    "data.sailthru_lists",
    SettingKind.TABLE,
    (),
    value_parsers.parse_list_names,
    SettingSection.DATA,
    "Sailthru lists to read",
    "Whoever is on none of these lists counts as “Not read”.",
    serialize=_dump_texts,
    is_admin_only=True,
)


def _retention_setting(activity: ActivityType, help: str) -> Setting[int]:
    return number_setting(
        f"retention.{activity.value}_days",
        SettingSection.DATA,
        f"{activity.label} (days)",
        f"{help} 0: without limit. A change drops nothing before you confirm it.",
        default=DEFAULT_DAYS,
        minimum=WITHOUT_LIMIT,
        maximum=36_500,
        is_admin_only=True,
    )


RETENTION_DAYS: Mapping[ActivityType, Setting[int]] = MappingProxyType(
    {
        ActivityType.TICKETS: _retention_setting(
            ActivityType.TICKETS,
            "Kept so long after their last change; what is still open stays. The first reading asks"
            " for no more.",
        ),
        ActivityType.TEXTS: _retention_setting(
            ActivityType.TEXTS, "Subject and first message, which phrases are looked for in."
        ),
        ActivityType.RATINGS: _retention_setting(
            ActivityType.RATINGS, "Kept so long after they were given or changed."
        ),
    }
)


def _dump_sources(value: Mapping[DataSourceKind, DataSourceRecord]) -> Json:
    return {
        kind.value: {
            "state": one.state.value,
            "name": one.name,
            "account": one.account,
            "by": one.by,
            "at": one.at,
        }
        for kind, one in value.items()
    }


SOURCE_RECORDS: Setting[Mapping[DataSourceKind, DataSourceRecord]] = Setting(
    "sources.records",
    SettingKind.TABLE,
    MappingProxyType({}),
    value_parsers.parse_source_records,
    SettingSection.DATA,
    "Data sources",
    "The name and the state of each data source, as its own page changes them.",
    serialize=_dump_sources,
    is_policy_manageable=False,
    with_sealed=keep_left,
)
REPORT_PHRASES: Setting[tuple[str, ...]] = Setting(
    "reports.phrases",
    SettingKind.TABLE,
    (),
    value_parsers.parse_phrases,
    SettingSection.DATA,
    "Phrases that are counted",
    "The report “phrases” counts the tickets in which they stand.",
    serialize=_dump_texts,
)
REPORT_MAIL_TO: Setting[tuple[str, ...]] = Setting(
    "reports.mail_to",
    SettingKind.TABLE,
    (),
    value_parsers.parse_emails,
    SettingSection.DATA,
    "Reports go to",
    "They hold numbers alone, and name no customer and no agent.",
    serialize=_dump_texts,
    is_admin_only=True,
)
REPORT_WEEKLY = flag_setting(
    "reports.weekly_mail",
    SettingSection.DATA,
    "Each Monday the week's reports",
    "From six in the morning in the account's time zone, or once this computer is on.",
    is_admin_only=True,
)
OPTOUT_ALARM = flag_setting(
    "reports.optout_alarm",
    SettingSection.DATA,
    "Tell when opt-outs exceed twice the usual",
    "Compares 7 days with an average week of the four before, each morning; told on this computer"
    " and by e-mail, once a week at most.",
    is_admin_only=True,
)
EVENT_DAYS = number_setting(
    "events.keep_days",
    SettingSection.DATA,
    "Keep delivered events (days)",
    "How long a delivered event can be read, replayed and rolled back. What waits stays longer.",
    default=90,
    minimum=1,
    maximum=3650,
)
# Where nobody has said it: the services' addresses tell the sandbox, all else is production.
AUTOMATIC_KIND = "automatic"
WORKSPACE_KIND = choice_setting(
    "workspace.kind",
    SettingSection.WINDOW,
    "Kind",
    "Production asks once more before more than 50 people are changed. Automatic: a sandbox on this"
    " computer is one, everything else is production.",
    choices=(AUTOMATIC_KIND, *(kind.value for kind in WorkspaceKind)),
    default=AUTOMATIC_KIND,
    invalid_fallback=WorkspaceKind.PRODUCTION.value,
    is_admin_only=True,
)
# The line over the window in the colour of the workspace's kind.
COLOUR_OF_KIND = "kind"
WORKSPACE_COLOUR = choice_setting(
    "workspace.colour",
    SettingSection.WINDOW,
    "Colour",
    "Of the line at the top, which tells this workspace's window from others.",
    choices=(COLOUR_OF_KIND, *WORKSPACE_COLOURS),
    default=COLOUR_OF_KIND,
    is_policy_manageable=False,
)
WINDOW_THEME = choice_setting(
    "window.theme",
    SettingSection.WINDOW,
    "Appearance",
    "Light, dark, or as the computer is set.",
    choices=("system", "light", "dark"),
    default="system",
    is_policy_manageable=False,
)
WINDOW_CONTRAST = choice_setting(
    "window.contrast",
    SettingSection.WINDOW,
    "High contrast",
    "Stronger colours and borders, or as the computer is set where it says so.",
    choices=("system", "off", "on"),
    default="system",
    is_policy_manageable=False,
)
WINDOW_ZOOM = number_setting(
    "window.zoom",
    SettingSection.WINDOW,
    "Zoom (%)",
    "Size of everything in the window, on this computer alone. Ctrl with plus, minus or 0 does it.",
    default=100,
    minimum=80,
    maximum=200,
    is_policy_manageable=False,
)
WINDOW_DIRECTION = choice_setting(
    "window.direction",
    SettingSection.WINDOW,
    "Reading direction",
    "Where the window begins, or as in the language the computer is set to. Addresses and ids"
    " stay left to right.",
    choices=("system", "left_to_right", "right_to_left"),
    default="system",
    is_policy_manageable=False,
)
ALWAYS_ON_TOP = flag_setting(
    "window.always_on_top",
    SettingSection.WINDOW,
    "Stay on top",
    "Keeps the narrow window visible beside the browser.",
    is_policy_manageable=False,
)
FOLLOW_ZENDESK = flag_setting(
    "follow.enabled",
    SettingSection.WINDOW,
    "Follow Zendesk",
    "Opens the requester of the ticket you are viewing in Zendesk.",
)
DESK_COUNT = number_setting(
    "follow.desks",
    SettingSection.WINDOW,
    "Number of desks",
    "How many people use Follow Zendesk in this account. All of them together take at most a fifth"
    " of Zendesk’s calls: the more desks, the less often each one looks.",
    default=DEFAULT_DESKS,
    minimum=1,
    maximum=5000,
    is_admin_only=True,
)
CA_FILE = text_setting(
    "advanced.ca_file",
    SettingSection.ADVANCED,
    "Certificate file",
    "A PEM file of a company proxy's certificates, in addition.",
    parse=value_parsers.parse_file_path,
    is_advanced=True,
    needs_restart=True,
)
TEAM_HOST = text_setting(
    "advanced.team_host",
    SettingSection.ADVANCED,
    "Team store only at",
    "The one host whose team store this computer may join. Empty: whichever an admin enters.",
    is_advanced=True,
    is_admin_only=True,
)
UPDATE_ADDRESS = text_setting(
    "advanced.update_address",
    SettingSection.ADVANCED,
    "Look for new versions at",
    "A web address that names the newest version. Fairlead only tells you of it. Empty: never.",
    parse=value_parsers.parse_link,
    is_advanced=True,
    is_admin_only=True,
)
LOG_LEVEL = choice_setting(
    "advanced.log_level",
    SettingSection.ADVANCED,
    "Log level",
    "How detailed the log is; secrets and addresses are always masked.",
    choices=("debug", "info", "warning"),
    default="info",
    is_advanced=True,
    needs_restart=True,
)

ALL_SETTINGS: tuple[Setting[Any], ...] = (
    CUSTOMER_TYPE,
    TIMEZONE,
    CURRENCY,
    HAS_DEDICATED_KEY,
    SAILTHRU_THROUGH_TEAM,
    SERVICE_URI,
    ZENDESK_BASE_URL,
    ZENDESK_AUTH,
    ZENDESK_CLIENT_ID,
    ZENDESK_EMAIL,
    SELL_ENABLED,
    SELL_AUTH,
    SELL_CLIENT_ID,
    SELL_BASE_URL,
    CHANGES_ENABLED,
    *PERMISSION_SETTINGS.values(),
    LEADS,
    FOLLOW_ADDRESSES,
    EVENTS_DELIVERED,
    SAILTHRU_ONLY_ROLE,
    SAILTHRU_ONLY_OWNER,
    HEALTH_VAR,
    SYNC_MARK_VAR,
    PAUSED_VAR,
    PAUSED_LIST,
    SUPPRESSION_LIST,
    SYNC_SMART_LIST,
    SYNC_CHECKBOX_FIELD,
    HIGHVALUE_TAG,
    NAME_SPLIT,
    SEGMENT_VAR,
    PREDICTION_VARS,
    SEGMENT_LISTS,
    VALUE_THRESHOLDS,
    HIGH_VALUE_FROM,
    OPT_IN_LINK,
    OPTOUT_REASONS,
    NOTE_TEMPLATES,
    *SYNC_SETTINGS,
    CACHE_DAYS,
    KEEP_EVERYTHING,
    DATA_LISTS,
    *RETENTION_DAYS.values(),
    SOURCE_RECORDS,
    REPORT_PHRASES,
    REPORT_MAIL_TO,
    REPORT_WEEKLY,
    OPTOUT_ALARM,
    EVENT_DAYS,
    WORKSPACE_KIND,
    WORKSPACE_COLOUR,
    WINDOW_THEME,
    WINDOW_CONTRAST,
    WINDOW_ZOOM,
    WINDOW_DIRECTION,
    ALWAYS_ON_TOP,
    FOLLOW_ZENDESK,
    DESK_COUNT,
    CA_FILE,
    TEAM_HOST,
    UPDATE_ADDRESS,
    LOG_LEVEL,
)
# What leads to a connection has to be set by whoever makes the first one.
CONNECTION_SETTINGS = (SERVICE_URI, ZENDESK_BASE_URL)
# Optional, and beside them at the first connection.
SELL_SETTINGS = (SELL_ENABLED, SELL_AUTH, SELL_CLIENT_ID, SELL_BASE_URL)
SETTINGS_BY_KEY: Mapping[str, Setting[Any]] = MappingProxyType(
    {row.key: row for row in ALL_SETTINGS}
)
