"""Collects the reports of tickets, ratings and phrases."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise

from desktop.audience.report_request import CollectedSeries, ReportRequest, ReportSources
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.model.report import ReportSeries

NOBODY = 0
MAX_PHRASES = 6


async def collect_new_tickets(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count tickets by the day on which they were created."""
    reports = sources.data.ticket_reports
    counts = await reports.count_tickets("created", request.edges)
    series = _series("tickets", "Tickets", _add_up(counts, request), request)
    people, notes = await _count_people(sources, "created", sum(series.values), request)
    since = await reports.find_first_time("ticket_count", ["created"])
    return CollectedSeries((series,), since, people=people, notes=notes)


async def collect_closed_tickets(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count tickets by the day on which they were closed, and those solved beside them."""
    reports = sources.data.ticket_reports
    closed = _add_up(await reports.count_tickets("closed", request.edges), request)
    solved = _add_up(await reports.count_tickets("solved", request.edges), request)
    closed_series = _series("closed", "Closed", closed, request)
    people, notes = await _count_people(sources, "closed", sum(closed_series.values), request)
    since = await reports.find_first_time("ticket_count", ["closed", "solved"])
    note = (
        "Solved and closed are counted apart: a ticket closes some days after it was solved last,"
        " and one that was reopened has not been solved."
    )
    solved_series = _series("solved", "Solved", solved, request)
    return CollectedSeries(
        (closed_series, solved_series), since, people=people, notes=(note, *notes)
    )


async def collect_tickets_by_agent(
    sources: ReportSources, request: ReportRequest
) -> CollectedSeries:
    """Count new tickets by their present assignee."""
    reports = sources.data.ticket_reports
    counts = await reports.count_tickets("created", request.edges)
    names = await reports.find_names(list(counts))
    found = [
        _series(str(agent), agent_label(agent, names), values, request)
        for agent, values in counts.items()
    ]
    found.sort(key=lambda one: (one.key == str(NOBODY), -sum(one.values), one.label))
    total = sum(sum(one.values) for one in found)
    people, notes = await _count_people(sources, "created", total, request)
    since = await reports.find_first_time("ticket_count", ["created"])
    note = "New tickets by who has them now: this is not who worked how much."
    return CollectedSeries(tuple(found), since, people=people, notes=(note, *notes))


async def collect_satisfaction(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count good ratings of all that were given, by the assignee they are about."""
    reports = sources.data.ticket_reports
    good = await reports.count_ratings("good", request.edges)
    bad = await reports.count_ratings("bad", request.edges)
    offered = await reports.count_ratings("offered", request.edges)
    agents = {*good, *bad}
    names = await reports.find_names(sorted(agents))
    none = [0] * len(request.edges)
    found = []
    for agent in agents:
        values, before = request.split(good.get(agent, none))
        bad_values, bad_before = request.split(bad.get(agent, none))
        unanswered, _ = request.split(offered.get(agent, none))
        found.append(
            ReportSeries(
                str(agent),
                agent_label(agent, names),
                values,
                before,
                tuple(map(sum, zip(values, bad_values, strict=True))),
                tuple(map(sum, zip(before, bad_before, strict=True))),
                numbers={"bad": sum(bad_values), "offered": sum(unanswered)},
            )
        )
    found.sort(key=lambda one: (one.key == str(NOBODY), -sum(one.of_values), one.label))
    total = sum(sum(one.of_values) for one in found)
    begin, end = request.period.begins_at, request.period.ends_at
    kept, people = await reports.count_kept_ratings(begin, end)
    since = await reports.find_first_time("rating_count", ["good", "bad"])
    return CollectedSeries(
        tuple(found),
        since,
        people=people if kept == total else None,
        notes=() if kept == total else (_frozen_note(total - kept, "rating", "ratings"),),
    )


async def collect_phrases(sources: ReportSources, request: ReportRequest) -> CollectedSeries:
    """Count new tickets in whose subject, messages or tags phrases stand. InvalidInput."""
    if not request.phrases:
        raise InvalidInput(
            "No word or phrase was given.",
            "Nothing was counted.",
            "Say which: --phrase TEXT, several times for several.",
        )
    if len(request.phrases) > MAX_PHRASES:
        raise InvalidInput(
            f"A report counts at most {MAX_PHRASES} phrases.", "Nothing was counted."
        )
    reports = sources.data.ticket_reports
    starts = [begin for begin, _end in request.edges]
    people: set[int] = set()
    now: set[int] = set()
    earlier: set[int] = set()
    found = []
    for phrase in request.phrases:
        if not any(character.isalnum() for character in phrase):
            raise InvalidInput(
                f"“{phrase[:40]}” has no letter or digit.",
                "Nothing was counted.",
                "Give a word or a phrase.",
            )
        first, last = request.period.begins_at, request.period.ends_at
        before = await reports.find_phrase_tickets(phrase, request.first_time, first)
        tickets = await reports.find_phrase_tickets(phrase, first, last)
        times = sorted((*before.times, *tickets.times))
        borders = [bisect_left(times, one) for one in (*starts, last)]
        values = [end - begin for begin, end in pairwise(borders)]
        askers = set(tickets.requesters)
        earlier.update(before.ids)
        now.update(tickets.ids)
        people |= askers
        one = _series(phrase, f"“{phrase}”", values, request, {"people": len(askers)})
        found.append(one)
    since = await reports.find_first_time("ticket_count", ["created"])
    notes = [
        "Counted by the day on which the ticket was created. Messages after the first one are"
        " searched as far as they were read: of tickets that have changed since the connection."
    ]
    if len(found) > 1:
        notes.append("A ticket with several of the phrases counts in each, and once in all.")
    kept = await reports.count_kept_created(request.edges)
    counts = _add_up(await reports.count_tickets("created", request.edges), request)
    missing = sum(counts) - sum(kept)
    if missing > 0:
        notes.append(
            f"{format_count(missing, 'ticket', 'tickets')} of this time were erased from this"
            " computer, so their texts are not searched."
        )
    return CollectedSeries(
        tuple(found),
        since,
        people=len(people),
        notes=tuple(notes),
        counted_totals=(len(now), len(earlier)),
    )


def agent_label(agent: int, names: Mapping[int, str]) -> str:
    """Return an agent as reports name them: by name, else by id; nobody is “No assignee”."""
    if agent == NOBODY:
        return "No assignee"
    return names.get(agent) or f"Agent {agent}"


async def _count_people(
    sources: ReportSources, measure: str, counted: int, request: ReportRequest
) -> tuple[int | None, tuple[str, ...]]:
    """Count the different people behind a number of tickets, as far as their rows are kept."""
    kept, people = await sources.data.ticket_reports.count_kept(
        measure, request.period.begins_at, request.period.ends_at
    )
    if kept == counted:
        return people, ()
    return None, (_frozen_note(counted - kept, "ticket", "tickets"),)


def _frozen_note(missing: int, one: str, many: str) -> str:
    return (
        f"{format_count(missing, one, many)} of this time were counted and are not on this"
        " computer any more: the numbers stand as they were, and who asked can’t be told."
    )


def _add_up(counts: Mapping[int, Sequence[int]], request: ReportRequest) -> list[int]:
    return [sum(values[n] for values in counts.values()) for n in range(len(request.edges))]


def _series(
    key: str,
    label: str,
    values: Sequence[int],
    request: ReportRequest,
    numbers: Mapping[str, int] | None = None,
) -> ReportSeries:
    return ReportSeries(key, label, *request.split(values), numbers=numbers or {})
