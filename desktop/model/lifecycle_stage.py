"""Lifecycle stages of customers, and the frequency cap on how often one may be contacted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from dateutil.relativedelta import relativedelta

from desktop.model.field_condition import FieldCondition, are_all_conditions_met
from desktop.model.instant import FieldValue
from desktop.model.time_zone import first_timestamp_of_wall_time, local_time, parse_time_zone


@dataclass(frozen=True)
class LifecycleStage:
    """A lifecycle stage; a record is in it while all its conditions hold."""

    name: str
    where: tuple[FieldCondition, ...] = ()


class CapPeriod(Enum):
    """The rolling period over which a frequency cap counts contacts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class ContactEvent(Enum):
    """The event that counts as a contact: an e-mail sent, opened or clicked."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True)
class FrequencyCap:
    """A frequency cap: the most contacts of a customer within a period (S2-20, S2-54)."""

    most: int = 3
    window: CapPeriod = CapPeriod.WEEK
    event: ContactEvent = ContactEvent.SENT


def validate_stages(stages: tuple[LifecycleStage, ...], only: str) -> tuple[str, ...]:
    """Validate a sync's lifecycle stages, a sentence each; `only`: the source's required one."""
    names = [stage.name for stage in stages]
    found = []
    if not all(names):
        found.append("A stage has no name yet.")
    doubled = (name for name in dict.fromkeys(names) if name and names.count(name) > 1)
    found += [f"Two stages are called “{name}”." for name in doubled]
    if only and only not in names:
        found.append(f"There is no stage “{only}”.")
    found += [
        f"Choose a field for each condition of the stage “{stage.name}”."
        for stage in stages
        if not all(condition.field for condition in stage.where)
    ]
    return tuple(found)


def current_stages(
    stages: tuple[LifecycleStage, ...], fields: Mapping[str, FieldValue], now: float
) -> tuple[str, ...]:
    """Return the names of the lifecycle stages a record is in at `now`, in the order given.

    A condition that cannot be said keeps a person out.
    """
    return tuple(stage.name for stage in stages if are_all_conditions_met(stage.where, fields, now))


def cap_period_start(window: CapPeriod, now: float, zone: str) -> float:
    """Return the Unix second a frequency cap counts from: a day, week, month or quarter ago.

    The window rolls: counted by calendar weeks, three touches on Sunday and three on Monday
    would pass as three a week.
    """
    place = parse_time_zone(zone)
    local = local_time(now, place).replace(tzinfo=None)
    return first_timestamp_of_wall_time(local - _PERIOD_LENGTHS[window], place)


def is_cap_reached(pressure: FrequencyCap, count: int) -> bool:
    """Whether the frequency cap leaves out a customer with `count` contacts in the period."""
    return count >= pressure.most


# Calendar lengths: a month ago on 31 March is the last day of February.
_PERIOD_LENGTHS = {
    CapPeriod.DAY: relativedelta(days=1),
    CapPeriod.WEEK: relativedelta(weeks=1),
    CapPeriod.MONTH: relativedelta(months=1),
    CapPeriod.QUARTER: relativedelta(months=3),
}
