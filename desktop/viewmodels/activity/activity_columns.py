"""The columns of the page Activity's list model."""

from desktop.viewmodels.activity.activity_row import ActivityRow
from desktop.viewmodels.list_model import ListColumn

TIME, WHO, CUSTOMER, CHANGE, REASON, STATE = range(6)


def _say_nothing(_row: ActivityRow) -> None:
    return None


def _whole_row(row: ActivityRow) -> str:
    return row.accessible_text


# A screen reader hears a row once: on its leading cell, which in the narrow list is the change.
# Who and reason stand as second lines below time and change, so their columns are hidden.
ACTIVITY_COLUMNS = (
    ListColumn[ActivityRow]("Time", lambda row: row.time, _whole_row),
    ListColumn[ActivityRow]("Who", lambda row: row.actor, _say_nothing),
    ListColumn[ActivityRow]("Customer", lambda row: row.customer, _say_nothing),
    ListColumn[ActivityRow]("Change", lambda row: row.change_text, _whole_row),
    ListColumn[ActivityRow]("Reason", lambda row: row.reason_text, _say_nothing),
    ListColumn[ActivityRow]("State", lambda row: row.state, _say_nothing),
)
