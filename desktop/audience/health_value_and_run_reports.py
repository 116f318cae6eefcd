"""Collects health and customer value over time, and the runs of syncs."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from desktop.audience.report_request import CollectedSeries, ReportRequest, ReportSources
from desktop.audience.value_health_findings import (
    HEALTH_ORDER,
    NOT_SET,
    describe_moves,
    find_health_findings,
    find_value_findings,
    key_of_segment,
)
from desktop.kit.text import format_count
from desktop.model.customer_value import HIGHEST_SEGMENT
from desktop.model.report import ReportSeries
from desktop.model.sync_run import RUN_OUTCOMES, RunState
from desktop.store.audience_query import QueryMoment


async def collect_health(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count profiles by health as it stood at the end of each bucket."""
    known = [(one.value, one.value, one.label) for one in HEALTH_ORDER]
    found = await _collect_state(sources, request, "health", known, "Not set any more")
    people, moment = sources.data.audience, _moment(request)
    return replace(found, findings=await find_health_findings(people, moment, sources.names))


async def collect_values(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count profiles by customer value as it stood at the end of each bucket."""
    known = [
        (number, key_of_segment(number), f"Segment {number}")
        for number in range(HIGHEST_SEGMENT, 0, -1)
    ]
    found = await _collect_state(sources, request, "value", known, "No segment")
    thresholds = f"{sources.names.thresholds}." if sources.names.thresholds else ""
    people, moment = sources.data.audience, _moment(request)
    return replace(
        found,
        findings=await find_value_findings(people, moment, sources.names),
        notes=tuple(filter(None, (thresholds, *found.notes))),
    )


def _moment(request: ReportRequest) -> QueryMoment:
    return QueryMoment(request.period.ends_at, request.period.zone)


async def _collect_state(
    sources: ReportSources,
    request: ReportRequest,
    what: str,
    known: list[tuple[str, str, str]] | list[tuple[int, str, str]],
    none_label: str,
) -> CollectedSeries:
    profiles = sources.data.profile_reports
    ends = [end for _begin, end in request.edges]
    counts, moves = await profiles.count_states(what, ends, request.period.begins_at)
    nothing = [0] * len(request.edges)
    series = [
        ReportSeries(key, label, *request.split(counts.get(state, nothing)))
        for state, key, label in known
    ]
    # What stands in the var and is none of the known ones counts as none.
    known_states = {state for state, _key, _label in known}
    rest = [
        sum(values[n] for state, values in counts.items() if state not in known_states)
        for n in range(len(request.edges))
    ]
    if any(rest):
        series.append(ReportSeries(NOT_SET, none_label, *request.split(rest)))
    told = sum(one.values[-1] for one in series)
    read = await profiles.count_profiles()
    notes = ["Counted from the Sailthru lists that are read here, as each day ended."]
    if moved := describe_moves(what, moves):
        notes.append(moved)
    if read > told:
        others = format_count(read - told, "other profile", "other profiles")
        notes.append(f"{others} on these lists never had one.")
    since = await profiles.find_first_reading(what)
    return CollectedSeries(tuple(series), since, is_since_limiting=True, notes=tuple(notes))


async def collect_runs(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count the runs of syncs by the day they were started, with what they changed."""
    rows = await sources.changes.list_runs(request.first_time, request.period.ends_at)
    starts = [begin for begin, _end in request.edges]
    first = request.period.begins_at
    found = []
    for name in sorted({row.sync for row in rows}):
        values = [0] * len(starts)
        numbers = dict.fromkeys(("done", "ended_otherwise", *RUN_OUTCOMES), 0)
        for row in (one for one in rows if one.sync == name):
            values[bisect_right(starts, row.started_at) - 1] += 1
            if row.started_at < first:
                continue
            is_done = row.state == RunState.DONE.value
            numbers["done" if is_done else "ended_otherwise"] += 1
            for outcome in RUN_OUTCOMES:
                numbers[outcome] += row.totals.get(outcome, 0)
        found.append(ReportSeries(name, name, *request.split(values), numbers=numbers))
    found.sort(key=lambda one: (-sum(one.values), one.label))
    firsts = (
        await sources.changes.find_first_run_time(),
        await sources.changes.find_first_audit_time(),
    )
    since = min((at for at in firsts if at is not None), default=None)
    notes = tuple(_run_notes(found))
    return CollectedSeries(tuple(found), since, is_since_limiting=True, notes=notes)


def _run_notes(series: list[ReportSeries]) -> Iterator[str]:
    if not series:
        return
    changed = sum(one.numbers["created"] + one.numbers["updated"] for one in series)
    waiting = sum(one.numbers["parked"] + one.numbers["failed"] for one in series)
    yield f"{format_count(changed, 'record was', 'records were')} created or updated."
    if waiting:
        yield f"{format_count(waiting, 'row needs', 'rows need')} a person."
    yield "Runs of this computer alone; previews are none."
