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
SYNC_ROWS: tuple[Setting[bool] | Setting[int], ...] = (RUN_HERE, JOB_MINUTES)
