"""The frequency cap of a sync: how many of its contacts with a customer count."""

from desktop.model.instant import Instant
from desktop.model.lifecycle_stage import CapPeriod, ContactEvent, is_cap_reached
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.source_record import SourceRecord

_ACTIVITY_FIELD_BY_EVENT = {ContactEvent.OPENED: "open_time", ContactEvent.CLICKED: "click_time"}


def frequency_cap_reason(
    record: SourceRecord, target: TargetRecord | None, context: PlanContext
) -> str:
    """Return why the frequency cap keeps a plan from contacting a customer, or ""."""
    cap = context.sync.pressure
    if cap is None:
        return ""
    touches = context.touch_times.get(target.id, ()) if target is not None else ()
    name = _ACTIVITY_FIELD_BY_EVENT.get(cap.event)
    if name is None:
        count = len(touches)
    else:
        # Sailthru tells only the last open and click: a touch counts as opened when there was an
        # open after it, whatever mail that was (S2-54).
        told = record.fields.get(name)
        last = told.timestamp if isinstance(told, Instant) else None
        if last is None and target is not None:
            last = target.activity_times.get(name)
        count = 0 if last is None else sum(at <= last for at in touches)
    if not is_cap_reached(cap, count):
        return ""
    # The period rolls: a day is no date.
    within = "in the last day" if cap.window is CapPeriod.DAY else f"this {cap.window.value}"
    return f"already {count} {'time' if count == 1 else 'times'} {within}"
