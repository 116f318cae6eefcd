"""The settings of syncs; rows of the one table in `table.py`."""

from desktop.kit.text import translate
from desktop.settings import reading
from desktop.settings.setting import Kind, Section, Setting

RUN_HERE = Setting(
    "sync.here",
    Kind.FLAG,
    False,
    reading.flag,
    Section.SYNC,
    translate("Settings", "This computer runs what is due"),
    translate("Settings", "Syncs by hand work everywhere; scheduled ones where this is on."),
    managed=False,
)
JOB_MINUTES = Setting(
    "sync.job_minutes",
    Kind.NUMBER,
    15,
    reading.number(1, 1440),
    Section.SYNC,
    translate("Settings", "Patience with jobs (minutes)"),
    translate("Settings", "A job of Sailthru or Zendesk that stands still so long is given up."),
    least=1,
    most=1440,
    advanced=True,
)
MAIL_HOST = Setting(
    "mail.host",
    Kind.TEXT,
    "",
    reading.host,
    Section.SYNC,
    translate("Settings", "Mail server"),
    translate("Settings", "Hands out the e-mails about syncs, such as smtp.example.com."),
)
MAIL_PORT = Setting(
    "mail.port",
    Kind.NUMBER,
    587,
    reading.number(1, 65_535),
    Section.SYNC,
    translate("Settings", "Port"),
    translate("Settings", "587 with STARTTLS, 465 with TLS, unless your provider says otherwise."),
    least=1,
    most=65_535,
)
MAIL_SECURITY = Setting(
    "mail.security",
    Kind.CHOICE,
    "starttls",
    reading.choice("starttls", "tls", "none"),
    Section.SYNC,
    translate("Settings", "Encryption"),
    translate("Settings", "None is for a mail server on this computer alone."),
    choices=("starttls", "tls", "none"),
)
MAIL_USER = Setting(
    "mail.user",
    Kind.TEXT,
    "",
    reading.text,
    Section.SYNC,
    translate("Settings", "User"),
    translate("Settings", "Who signs in at the mail server; empty where nobody has to."),
)
MAIL_FROM = Setting(
    "mail.from",
    Kind.TEXT,
    "",
    reading.email,
    Section.SYNC,
    translate("Settings", "Sender"),
    translate("Settings", "The address the e-mails come from; empty: the user's."),
)
SYNC_ROWS: tuple[Setting[bool] | Setting[int] | Setting[str], ...] = (
    RUN_HERE,
    MAIL_HOST,
    MAIL_PORT,
    MAIL_SECURITY,
    MAIL_USER,
    MAIL_FROM,
    JOB_MINUTES,
)
