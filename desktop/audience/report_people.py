"""Who is behind a number of a report: the people of one category, one day, or all of it."""

from dataclasses import dataclass

from desktop.audience.optout_report import OPENED_KEY, find_opened_before, find_optout_events
from desktop.audience.report_request import ReportSources
from desktop.audience.ticket_reports import NOBODY
from desktop.store.ticket_report_repository import CountedPerson

# More than anybody reads in a list; Audience is for more.
MAX_PEOPLE = 1_000
_MEASURES = {"new-tickets": "created", "tickets-by-agent": "created", "closed-tickets": "closed"}


@dataclass(frozen=True)
class PeopleQuery:
    """Whom to list of a report: from `begin` until `end` (Unix seconds), of one category or all.

    `series_key` is the key of a ReportSeries, "" for all of them.
    """

    report: str
    begin: float
    end: float
    series_key: str = ""
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountedPeople:
    """The people behind a number, the newest first, at most MAX_PEOPLE; `total` is all of them."""

    total: int
    people: tuple[CountedPerson, ...]


async def find_people(sources: ReportSources, query: PeopleQuery) -> CountedPeople:
    """Find who is behind a number of a report; nobody for reports that count no people."""
    found: dict[str, CountedPerson] = {}
    for one in await _find_all(sources, query):
        key = one.sid or str(one.user_id)
        if key not in found or found[key].at < one.at:
            found[key] = one
    people = sorted(found.values(), key=lambda one: (-one.at, one.name))
    return CountedPeople(len(people), tuple(people[:MAX_PEOPLE]))


async def _find_all(sources: ReportSources, query: PeopleQuery) -> list[CountedPerson]:
    tickets = sources.data.ticket_reports
    times = (query.begin, query.end)
    if query.report in _MEASURES:
        measure = _MEASURES[query.report]
        if query.report == "closed-tickets" and query.series_key:
            measure = query.series_key
        agent = _agent(query) if query.report == "tickets-by-agent" else None
        return list(await tickets.list_requesters(measure, *times, agent))
    if query.report == "satisfaction-by-agent":
        return list(await tickets.list_raters(*times, _agent(query)))
    if query.report == "phrases":
        phrases = (query.series_key,) if query.series_key else query.phrases
        found: list[CountedPerson] = []
        for phrase in phrases:
            told = await tickets.find_phrase_tickets(phrase, *times)
            rows = sorted(zip(told.ids, told.times, told.requesters, strict=True))
            found += await tickets.list_people({user: at for _ticket, at, user in rows})
        return found
    if query.report == "opt-outs":
        return await _find_opted_out(sources, query)
    return []


async def _find_opted_out(sources: ReportSources, query: PeopleQuery) -> list[CountedPerson]:
    events = await find_optout_events(sources, query.begin, query.end)
    if query.series_key == OPENED_KEY:
        events = await find_opened_before(sources, events)
    elif query.series_key:
        events = tuple(one for one in events if one.cause.value == query.series_key)
    users = await sources.data.profile_reports.find_people([one.sid for one in events])
    known = {
        one.user_id: one
        for one in await sources.data.ticket_reports.list_people(dict.fromkeys(users.values(), 0.0))
    }
    found = []
    for event in events:
        person = known.get(users.get(event.sid, NOBODY))
        label = event.write.label if event.write is not None else ""
        found.append(
            CountedPerson(
                person.user_id if person is not None else 0,
                person.name if person is not None else "" if "@" in label else label,
                person.email if person is not None else label if "@" in label else "",
                event.at,
                event.sid,
            )
        )
    return found


def _agent(query: PeopleQuery) -> int | None:
    return int(query.series_key) if query.series_key else None
