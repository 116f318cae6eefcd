"""The settings of syncs and their mail server; rows of the settings table."""

from desktop.settings import value_parsers
from desktop.settings.setting_definition import Setting, SettingSection
from desktop.settings.setting_factories import (
    choice_setting,
    flag_setting,
    number_setting,
    text_setting,
)

RUN_DUE_SYNCS_HERE = flag_setting(
    "sync.here",
    SettingSection.SYNC,
    "Run scheduled syncs on this computer",
    "Syncs by hand work everywhere; scheduled ones where this is on.",
    is_policy_manageable=False,
)
JOB_TIMEOUT_MINUTES = number_setting(
    "sync.job_minutes",
    SettingSection.SYNC,
    "Give up on a stalled job after (minutes)",
    "A Sailthru or Zendesk job without progress for this long is given up.",
    default=15,
    minimum=1,
    maximum=1440,
    is_advanced=True,
)
MAIL_HOST = text_setting(
    "mail.host",
    SettingSection.SYNC,
    "Mail server",
    "Sends the e-mails about syncs, such as smtp.example.com.",
    parse=value_parsers.parse_host,
    is_secret_address=True,
)
MAIL_PORT = number_setting(
    "mail.port",
    SettingSection.SYNC,
    "Port",
    "587 with STARTTLS, 465 with TLS, unless your provider says otherwise.",
    default=587,
    minimum=1,
    maximum=65_535,
    is_secret_address=True,
)
MAIL_SECURITY = choice_setting(
    "mail.security",
    SettingSection.SYNC,
    "Encryption",
    "None is for a mail server on this computer alone.",
    choices=("starttls", "tls", "none"),
    default="starttls",
    is_secret_address=True,
)
MAIL_USER = text_setting(
    "mail.user",
    SettingSection.SYNC,
    "User",
    "The account name at the mail server; empty if it needs none.",
    is_secret_address=True,
)
MAIL_FROM = text_setting(
    "mail.from",
    SettingSection.SYNC,
    "Sender",
    "The address the e-mails come from; empty: the user's.",
    parse=value_parsers.parse_email,
)
SYNC_SETTINGS: tuple[Setting[bool] | Setting[int] | Setting[str], ...] = (
    RUN_DUE_SYNCS_HERE,
    MAIL_HOST,
    MAIL_PORT,
    MAIL_SECURITY,
    MAIL_USER,
    MAIL_FROM,
    JOB_TIMEOUT_MINUTES,
)
