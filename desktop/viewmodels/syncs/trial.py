"""A sync tried on one real customer: read once, judged anew with every change of the mapping."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.kit.errors import AppError, BadInput, NotFound
from desktop.model.edit import Service
from desktop.model.exported_ticket import ExportedTicket
from desktop.model.goal import Goal
from desktop.model.json_value import Json
from desktop.model.plan import PlanRow
from desktop.model.query import Query, QueryKind, recognise
from desktop.settings.rules import value_source
from desktop.sync.finding import Finding, Found
from desktop.sync.judging import Circumstances, Judge
from desktop.sync.record import Record, record_of_person, record_of_profile
from desktop.sync.tools import Tools, make_tools
from desktop.viewmodels.syncs.room import Room
from desktop.viewmodels.syncs.words import PLACES


@dataclass(frozen=True)
class Customer:
    """What was read of one customer; `kinds` are Zendesk's field types by key."""

    record: Record
    found: Found
    kinds: Mapping[str, str] = field(default_factory=dict)
    synced: Mapping[str, Json] = field(default_factory=dict)


async def read_customer(room: Room, goal: Goal, text: str) -> Customer:
    """Read one customer from the source and find the counterpart.

    Raises NotFound, BadInput, NeedsPerson, and what the services raise.
    """
    services = room.office.services
    tools = make_tools(
        room.store,
        room.clock,
        room.zone,
        value_source(room.office.values),
        (services.sailthru, services.zendesk),
    )
    record = await _record(tools, goal, recognise(text))
    found = (await Finding(tools, goal).find((record,)))[record.id]
    kinds: dict[str, str] = {}
    try:
        kinds = {f.key: f.type for f in await tools.zendesk.client.user_fields() if f.active}
    except AppError:
        # An agent may not read them; a sync to Zendesk needs them, one to Sailthru does not.
        if goal.target is Service.ZENDESK:
            raise
    synced: Mapping[str, Json] = {}
    if found.standing is not None:
        known = await room.run(room.store.memory.synced, goal.name, (found.standing.id,))
        synced = known.get(found.standing.id, {})
    return Customer(record, found, kinds, synced)


def judged(room: Room, goal: Goal, customer: Customer) -> PlanRow:
    """What the sync as it is drawn up now would do with this customer. Pure but for the clock."""
    around = Circumstances(
        now=room.clock.now(),
        zone=room.zone,
        synced=customer.synced,
        user_fields=customer.kinds,
    )
    return Judge(goal).row(1, customer.record, customer.found, around)


async def _record(tools: Tools, goal: Goal, query: Query) -> Record:
    if goal.source.kind.service is Service.ZENDESK:
        return await _person(tools, query)
    if query.kind not in (QueryKind.EMAIL, QueryKind.SID):
        raise BadInput("Type an e-mail address or a Sailthru id.")
    key = "email" if query.kind is QueryKind.EMAIL else "sid"
    profile = await tools.sailthru.client.get_user(query.value, key=key)
    return record_of_profile(profile, tools.value_source)


async def _person(tools: Tools, query: Query) -> Record:
    client = tools.zendesk.client
    if query.kind is QueryKind.EMAIL:
        found = await client.find_by_email(query.value)
    elif query.kind in (QueryKind.ZENDESK_ID, QueryKind.NUMBER):
        found = (await client.show_user(int(query.value)),)
    else:
        raise BadInput("Type an e-mail address or a Zendesk id.")
    if not found:
        raise NotFound(f"{PLACES[Service.ZENDESK]} knows nobody by “{query.value[:80]}”.")
    person = found[0]
    tickets = await tools.store.lane.run(tools.store.feeds.tickets_of, person.id)
    return record_of_person(person, tickets or await _tickets(tools, person.id))


async def _tickets(tools: Tools, person: int) -> tuple[ExportedTicket, ...]:
    """A person's tickets, read now: no export has brought any yet."""
    page = await tools.zendesk.client.tickets_of(person)
    return tuple(
        ExportedTicket(
            ticket.id,
            person,
            ticket.subject,
            ticket.status,
            ticket.priority,
            created_at=ticket.created_at,
            updated_at=ticket.updated_at,
        )
        for ticket in page.tickets
    )
