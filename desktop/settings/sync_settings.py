"""The settings of syncs; rows of the one table in `table.py`."""

from desktop.settings import value_parsers
from desktop.settings.setting_definition import Setting, SettingKind, SettingSection

RUN_DUE_SYNCS_HERE = Setting(
    "sync.here",
    SettingKind.FLAG,
    False,
    value_parsers.parse_flag,
    SettingSection.SYNC,
    "This computer runs what is due",
    "Syncs by hand work everywhere; scheduled ones where this is on.",
    managed=False,
)
JOB_TIMEOUT_MINUTES = Setting(
    "sync.job_minutes",
    SettingKind.NUMBER,
    15,
    value_parsers.integer_parser(1, 1440),
    SettingSection.SYNC,
    "Patience with jobs (minutes)",
    "A job of Sailthru or Zendesk that stands still so long is given up.",
    minimum=1,
    maximum=1440,
    advanced=True,
)
MAIL_HOST = Setting(
    "mail.host",
    SettingKind.TEXT,
    "",
    value_parsers.parse_host,
    SettingSection.SYNC,
    "Mail server",
    "Hands out the e-mails about syncs, such as smtp.example.com.",
)
MAIL_PORT = Setting(
    "mail.port",
    SettingKind.NUMBER,
    587,
    value_parsers.integer_parser(1, 65_535),
    SettingSection.SYNC,
    "Port",
    "587 with STARTTLS, 465 with TLS, unless your provider says otherwise.",
    minimum=1,
    maximum=65_535,
)
MAIL_SECURITY = Setting(
    "mail.security",
    SettingKind.CHOICE,
    "starttls",
    value_parsers.choice_parser("starttls", "tls", "none"),
    SettingSection.SYNC,
    "Encryption",
    "None is for a mail server on this computer alone.",
    choices=("starttls", "tls", "none"),
)
MAIL_USER = Setting(
    "mail.user",
    SettingKind.TEXT,
    "",
    value_parsers.parse_text,
    SettingSection.SYNC,
    "User",
    "Who signs in at the mail server; empty where nobody has to.",
)
MAIL_FROM = Setting(
    "mail.from",
    SettingKind.TEXT,
    "",
    value_parsers.parse_email,
    SettingSection.SYNC,
    "Sender",
    "The address the e-mails come from; empty: the user's.",
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
