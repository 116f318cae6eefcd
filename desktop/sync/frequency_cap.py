"""How many of a goal's touches count towards its cap: all, or those a customer reacted to."""

from collections.abc import Sequence

from desktop.model.instant import Instant
from desktop.model.lifecycle_stage import ContactEvent, FrequencyCap
from desktop.model.target_record import TargetRecord
from desktop.sync.source_record import SourceRecord

_ACTIVITY_FIELD_BY_TOUCH = {ContactEvent.OPENED: "open_time", ContactEvent.CLICKED: "click_time"}


def count_touches(
    pressure: FrequencyCap | None,
    touches: Sequence[float],
    record: SourceRecord,
    target_record: TargetRecord | None,
) -> int:
    """The touches (Unix seconds) that count.

    Sailthru tells only the last open and click: a touch counts as opened when there was an open
    after it, whatever mail that was (S2-54).
    """
    if pressure is None:
        return 0
    name = _ACTIVITY_FIELD_BY_TOUCH.get(pressure.event)
    if name is None:
        return len(touches)
    told = record.fields.get(name)
    last = told.timestamp if isinstance(told, Instant) else None
    if last is None and target_record is not None:
        last = target_record.activity_times.get(name)
    return 0 if last is None else sum(at <= last for at in touches)
