"""Collects opt-outs by cause: what Fairlead here wrote, and what was found changed elsewhere."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from desktop.audience.report_request import CollectedSeries, ReportRequest, ReportSources
from desktop.audience.report_wording import short_day
from desktop.kit.text import format_count
from desktop.model.optout_level import SAME_OPTOUT_S, OptOutLevel
from desktop.model.report import FindingAction, ReportFinding, ReportSeries
from desktop.model.time_zone import local_time
from desktop.store.change_report_repository import OptOutWrite
from desktop.store.profile_report_repository import OptOutReading

# Who has opened an e-mail so shortly before still read them, seconds.
_OPENED_BEFORE_S = 7 * 86_400.0
# Stands for those of a bulk change who had opened an e-mail, where a cause is asked for.
OPENED_KEY = "bulk_opened"


class OptOutCauseKind(StrEnum):
    """By what a customer was opted out."""

    BULK = "bulk"
    UNKNOWN = "unknown"
    AGENT = "agent"
    SYNC = "sync"


_LABELS = {
    OptOutCauseKind.BULK: "Bulk change",
    OptOutCauseKind.AGENT: "Agent",
    OptOutCauseKind.SYNC: "Sync",
    OptOutCauseKind.UNKNOWN: "Not known",
}
_UNKNOWN_DETAIL = "customer, unsubscribe page, or a colleague on another computer"


@dataclass(frozen=True)
class OptOutEvent:
    """One opt-out: whose profile, when (Unix seconds), by what; `write` is our own entry of it."""

    sid: str
    at: float
    cause: OptOutCauseKind
    write: OptOutWrite | None = None


async def collect_optouts(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count opt-outs by cause."""
    profiles = sources.data.profile_reports
    # What was looked up since the last report; the kept copies go after some days.
    await profiles.note_optouts(await sources.changes.list_cached_optouts())
    events = await find_optout_events(sources, request.first_time, request.period.ends_at)
    starts = [begin for begin, _end in request.edges]
    by_cause: dict[OptOutCauseKind, list[int]] = {
        cause: [0] * len(starts) for cause in OptOutCauseKind
    }
    now = [one for one in events if one.at >= request.period.begins_at]
    for event in events:
        by_cause[event.cause][bisect_right(starts, event.at) - 1] += 1
    series = tuple(
        ReportSeries(
            cause.value,
            _LABELS[cause],
            *request.split(values),
            detail=_detail([one for one in now if one.cause is cause], cause, request),
            numbers={"people": len({one.sid for one in now if one.cause is cause})},
        )
        for cause, values in by_cause.items()
    )
    since = await sources.changes.find_first_audit_time()
    erased = await sources.changes.count_erased_optouts(
        request.period.begins_at, request.period.ends_at
    )
    return CollectedSeries(
        series,
        since,
        is_since_limiting=True,
        people=len({one.sid for one in now}),
        findings=await _find_findings(sources, now, request),
        notes=tuple(_notes(now, erased, await profiles.find_first_reading("optout"), request)),
    )


async def find_optout_events(
    sources: ReportSources, begin: float, end: float
) -> tuple[OptOutEvent, ...]:
    """Return the opt-outs from `begin` until `end` (Unix seconds), oldest first."""
    writes = await sources.changes.list_optout_writes(0.0, end + SAME_OPTOUT_S)
    readings = await sources.data.profile_reports.list_optout_readings()
    found = [
        OptOutEvent(one.sid, one.at, _own_cause(one), one)
        for one in writes
        if begin <= one.at < end and is_stricter(one.old, one.new)
    ]
    found += [one for one in find_changes_elsewhere(writes, readings) if begin <= one.at < end]
    return tuple(sorted(found, key=lambda one: (one.at, one.sid)))


async def find_opened_before(
    sources: ReportSources, events: Sequence[OptOutEvent]
) -> tuple[OptOutEvent, ...]:
    """Return the bulk opt-outs of profiles that had opened an e-mail in the 7 days before.

    As far as the last open is known; whoever has opened one since is not among them.
    """
    bulk = [one for one in events if one.cause is OptOutCauseKind.BULK]
    opens = await sources.data.profile_reports.find_last_opens([one.sid for one in bulk])
    return tuple(
        one for one in bulk if one.sid in opens and 0 <= one.at - opens[one.sid] <= _OPENED_BEFORE_S
    )


async def find_opened_of_batch(sources: ReportSources, batch: str, now: float) -> tuple[str, ...]:
    """Return the sids of whom a batch opted out that had opened an e-mail in the 7 days before.

    Whose opt-out was undone since is not among them.
    """
    events = await find_optout_events(sources, 0.0, now + SAME_OPTOUT_S)
    standing = [
        one
        for one in events
        if one.write is not None and str(one.write.batch) == batch and not one.write.is_undone
    ]
    return tuple(dict.fromkeys(one.sid for one in await find_opened_before(sources, standing)))


async def _find_findings(
    sources: ReportSources, events: Sequence[OptOutEvent], request: ReportRequest
) -> tuple[ReportFinding, ...]:
    """Return what a lead asks of bulk opt-outs: which batch, and who still read their mail."""
    bulk = [one for one in events if one.cause is OptOutCauseKind.BULK]
    if not bulk:
        return ()
    findings = []
    openers = await find_opened_before(sources, bulk)
    opened = len(openers)
    if opened:
        text = f"{opened:,} of the {len(bulk):,} had opened an e-mail in the 7 days before."
        findings.append(
            ReportFinding(text, FindingAction.PEOPLE, f"Show the {opened:,}", OPENED_KEY)
        )
    writes = [one.write for one in bulk if one.write is not None]
    ((batch, count),) = Counter(one.batch for one in writes).most_common(1)
    first = next(one for one in writes if one.batch == batch)
    if count > 1:
        when = local_time(first.at, request.period.zone)
        whole = "The bulk change is" if count == len(bulk) else f"{count:,} of them are"
        text = f"{whole} one batch, {short_day(when.date())} {when:%H:%M}."
        reason = first.reason
        findings.append(
            ReportFinding(text, FindingAction.ACTIVITY, "Open in Activity", reason)
            if reason
            else ReportFinding(text)
        )
    standing = Counter(
        one.write.batch for one in openers if one.write is not None and not one.write.is_undone
    )
    for number, people in standing.most_common(1):
        who = f"{people:,} of them can get back what stood before."
        label = f"Undo for {format_count(people, 'person', 'people')}…"
        findings.append(ReportFinding(who, FindingAction.UNDO, label, str(number)))
    return tuple(findings)


def find_changes_elsewhere(
    writes: Sequence[OptOutWrite],
    readings: Sequence[tuple[OptOutReading | None, OptOutReading]],
) -> Iterator[OptOutEvent]:
    """Yield the opt-outs that readings of profiles show and none of our own writes explains.

    Of a first reading only one of which Sailthru tells the time: else it may be years old.
    """
    own: dict[str, list[OptOutWrite]] = defaultdict(list)
    for write in writes:
        own[write.sid].append(write)
    for before, reading in readings:
        if not is_stricter(before.level if before else None, reading.level):
            continue
        told = reading.told_at
        is_new = told is not None and (before is None or told > before.at)
        if before is None and not is_new:
            continue
        at = told if told is not None and is_new else reading.at
        since = before.at if before is not None else float("-inf")
        if not any(_explains(write, since, reading, at) for write in own[reading.sid]):
            yield OptOutEvent(reading.sid, at, OptOutCauseKind.UNKNOWN)


def is_stricter(old: str | None, new: str | None) -> bool:
    """Whether a level refuses more e-mail than the one before; that may be not known."""
    known = {one.value: one for one in OptOutLevel}
    if new is None or new not in known or known[new] is OptOutLevel.NONE:
        return False
    if old is None or old not in known:
        return True
    return known[new].strictness > known[old].strictness


def _explains(write: OptOutWrite, since: float, reading: OptOutReading, at: float) -> bool:
    if write.new != reading.level or not since - SAME_OPTOUT_S <= write.at:
        return False
    # Who opted out before our own entry did it themselves.
    return write.at <= reading.at + SAME_OPTOUT_S and (
        reading.told_at is None or abs(write.at - at) <= SAME_OPTOUT_S
    )


def _own_cause(write: OptOutWrite) -> OptOutCauseKind:
    if write.sync:
        return OptOutCauseKind.SYNC
    return OptOutCauseKind.BULK if write.batch is not None else OptOutCauseKind.AGENT


def _detail(events: Sequence[OptOutEvent], cause: OptOutCauseKind, request: ReportRequest) -> str:
    if cause is OptOutCauseKind.UNKNOWN:
        return _UNKNOWN_DETAIL
    writes = [one.write for one in events if one.write is not None]
    if cause is OptOutCauseKind.SYNC:
        names = sorted({one.sync for one in writes})
        return names[0] if len(names) == 1 else f"{len(names)} syncs" if names else ""
    if cause is OptOutCauseKind.BULK:
        batches = {one.batch for one in writes}
        if len(batches) != 1:
            return f"{len(batches)} batches" if batches else ""
        first = writes[0]
        reason = f"“{first.reason}”" if first.reason else "one batch"
        return f"by {first.actor}, {reason}" if request.may_name_agents else reason
    return ""


def _notes(
    events: Sequence[OptOutEvent],
    erased: int,
    first_reading: float | None,
    request: ReportRequest,
) -> Iterator[str]:
    undone = sum(one.write is not None and one.write.is_undone for one in events)
    if undone:
        yield f"{undone:,} of them {'was' if undone == 1 else 'were'} undone since."
    yield (
        "“Not known” comes from profiles looked up on this computer: the customer, the unsubscribe"
        " page, an import, or a colleague at another computer. Sailthru’s exports tell no opt-outs."
    )
    if first_reading is None or first_reading > request.period.begins_at:
        yield "Not every profile was looked up in this time: “Not known” may be more."
    if erased:
        yield (
            f"{format_count(erased, 'change', 'changes')} of opt-outs can’t be told any more: the"
            " customer was erased."
        )
