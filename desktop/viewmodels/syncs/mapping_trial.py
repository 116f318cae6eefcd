"""A sync tried on one real customer: read once, judged anew with every change of the mapping."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from desktop.kit.errors import AppError, InvalidInput, NotFound
from desktop.model.json_value import Json
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, parse_lookup_query
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlanRow
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.settings.permission_rules import customer_value_source_from
from desktop.sync.diff import DiffContext, PlanRowDiffer
from desktop.sync.matching import MatchResult, TargetMatcher
from desktop.sync.source_record import (
    SourceRecord,
    source_record_from_profile,
    source_record_from_user,
)
from desktop.sync.sync_context import SyncContext, make_sync_context
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext


@dataclass(frozen=True)
class TrialCustomer:
    """What was read of one customer; `kinds` are Zendesk's field types by key."""

    source_record: SourceRecord
    target_match: MatchResult
    field_types: Mapping[str, str] = field(default_factory=dict)
    last_synced_values: Mapping[str, Json] = field(default_factory=dict)


async def read_trial_customer(context: SyncPageContext, sync: Sync, text: str) -> TrialCustomer:
    """Read one customer from the source and find the counterpart.

    Raises NotFound, InvalidInput, NeedsPerson, and what the services raise.
    """
    services = context.workspace.services
    tools = make_sync_context(
        context.store,
        context.clock,
        context.time_zone,
        customer_value_source_from(context.workspace.values),
        (services.sailthru, services.zendesk),
    )
    record = await _read_source_record(tools, sync, parse_lookup_query(text))
    found = (await TargetMatcher(tools, sync).match_records((record,)))[record.id]
    kinds: dict[str, str] = {}
    try:
        kinds = {f.key: f.type for f in await tools.zendesk.client.list_user_fields() if f.active}
    except AppError:
        # An agent may not read them; a sync to Zendesk needs them, one to Sailthru does not.
        if sync.target_service is Service.ZENDESK:
            raise
    synced: Mapping[str, Json] = {}
    if found.target is not None:
        known = await context.store.sync_state.get_synced_values(sync.name, (found.target.id,))
        synced = known.get(found.target.id, {})
    return TrialCustomer(record, found, kinds, synced)


def compute_trial_row(context: SyncPageContext, sync: Sync, customer: TrialCustomer) -> PlanRow:
    """What the sync as it is drawn up now would do with this customer. Pure but for the clock."""
    around = DiffContext(
        now=context.clock.now(),
        zone=context.time_zone,
        synced_values=customer.last_synced_values,
        user_field_types=customer.field_types,
    )
    return PlanRowDiffer(sync).build_row(1, customer.source_record, customer.target_match, around)


async def _read_source_record(tools: SyncContext, sync: Sync, query: LookupQuery) -> SourceRecord:
    if sync.source.kind.service is Service.ZENDESK:
        return await _read_zendesk_user(tools, query)
    if query.kind not in (LookupQueryKind.EMAIL, LookupQueryKind.SID):
        raise InvalidInput("Type an e-mail address or a Sailthru id.")
    key = "email" if query.kind is LookupQueryKind.EMAIL else "sid"
    profile = await tools.sailthru.client.get_user(query.value, key=key)
    return source_record_from_profile(profile, tools.value_source)


async def _read_zendesk_user(tools: SyncContext, query: LookupQuery) -> SourceRecord:
    client = tools.zendesk.client
    if query.kind is LookupQueryKind.EMAIL:
        found = await client.find_by_email(query.value)
    elif query.kind in (LookupQueryKind.ZENDESK_ID, LookupQueryKind.NUMBER):
        found = (await client.show_user(int(query.value)),)
    else:
        raise InvalidInput("Type an e-mail address or a Zendesk id.")
    if not found:
        raise NotFound(f"{Service.ZENDESK.title} knows nobody by “{query.value[:80]}”.")
    person = found[0]
    tickets = await tools.store.feeds.list_tickets(person.id)
    return source_record_from_user(person, tickets or await _read_tickets(tools, person.id))


async def _read_tickets(tools: SyncContext, person: int) -> tuple[ExportedTicket, ...]:
    """A person's tickets, read now: no export has brought any yet."""
    page = await tools.zendesk.client.list_requested_tickets(person)
    return tuple(
        ExportedTicket(**vars(replace(ticket, requester_id=person))) for ticket in page.tickets
    )
