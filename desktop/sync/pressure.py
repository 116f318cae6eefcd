"""How many of a goal's touches count towards its cap: all, or those a customer reacted to."""

from collections.abc import Sequence

from desktop.model.instant import Instant
from desktop.model.stage import Pressure, Touch
from desktop.sync.record import Record
from desktop.writing.standing import Standing

_TIMES = {Touch.OPENED: "open_time", Touch.CLICKED: "click_time"}


def counted(
    pressure: Pressure | None,
    touches: Sequence[float],
    record: Record,
    standing: Standing | None,
) -> int:
    """The touches (Unix seconds) that count.

    Sailthru tells only the last open and click: a touch counts as opened when there was an open
    after it, whatever mail that was (S2-54).
    """
    if pressure is None:
        return 0
    name = _TIMES.get(pressure.event)
    if name is None:
        return len(touches)
    told = record.fields.get(name)
    last = told.at if isinstance(told, Instant) else None
    if last is None and standing is not None:
        last = standing.times.get(name)
    return 0 if last is None else sum(at <= last for at in touches)
