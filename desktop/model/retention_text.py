"""The impact of a change of retention, in sentences: for the command line and the window alike."""

from collections.abc import Iterator

from desktop.kit.text import format_count
from desktop.model.retention import (
    ActivityType,
    RetentionImpact,
    SegmentImpact,
    SyncImpact,
    describe_days,
)


def describe_impact(impact: RetentionImpact) -> Iterator[str]:
    """Yield what a change of retention does, the hardest first, a sentence each."""
    for one in ActivityType:
        if impact.days[one] != impact.before[one]:
            yield (
                f"{one.label}: kept {describe_days(impact.days[one])},"
                f" so far {describe_days(impact.before[one])}."
            )
    parts = [format_count(rows, *one.noun) for one, rows in impact.rows.items() if rows]
    if not parts:
        yield "Nothing is dropped from this computer."
        yield from _describe_wider(impact)
        return
    yield (
        f"{', '.join(parts)} of {format_count(impact.people, 'person', 'people')} are dropped from"
        " this computer. Zendesk keeps them."
    )
    yield "Reports keep their numbers: those days are frozen, and who stands behind them is gone."
    yield from map(_describe_segment, impact.segments)
    yield from map(_describe_sync, impact.syncs)
    others = "other " if impact.syncs else ""
    yield (
        f"No {others}list, Sailthru field or sync is changed: the {others}syncs compare with what"
        " they have read themselves."
    )


def _describe_sync(impact: SyncImpact) -> str:
    lists = [f"the list “{name}”" for name in impact.lists]
    fields = [f"the Sailthru field {name}" for name in impact.vars]
    writes = f": it writes {', '.join([*lists, *fields])}" if lists or fields else ""
    state = "" if impact.is_on else " It is off now."
    return (
        f"The sync “{impact.title}” is about the people of “{impact.segment}”, and its next run has"
        f" others{writes}.{state}"
    )


def _describe_wider(impact: RetentionImpact) -> Iterator[str]:
    if any(_is_longer(impact.days[one], impact.before[one]) for one in ActivityType):
        yield (
            "What was dropped before does not come back by itself: read everything from the"
            " beginning (`fairlead data refresh --full`)."
        )


def _is_longer(days: int, before: int) -> bool:
    return before != 0 and (days == 0 or days > before)


def _describe_segment(impact: SegmentImpact) -> str:
    if impact.leaving is None or impact.entering is None:
        return (
            f"The segment “{impact.name}” looks at such activity; whom it picks changes. Too many"
            " rows go to count it beforehand."
        )
    sentence = f"{format_count(impact.leaving, 'person', 'people')} leave “{impact.name}”"
    if impact.entering:
        come = format_count(impact.entering, "person comes", "people come")
        return (
            f"{sentence}, and {come} into it: where a campaign uses it, they may enter the campaign"
            " again."
        )
    return f"{sentence}."
