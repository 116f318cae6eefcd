"""Try a sync on one real customer: read once, planned anew with every change of the mapping."""

from dataclasses import dataclass, replace

from desktop.kit.errors import AppError, InvalidInput, NotFound
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, parse_lookup_query
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import TargetRecord
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.matching import match_record
from desktop.sync.pipeline.plan_rows import plan_record
from desktop.sync.pipeline.target_kind import make_target_kind
from desktop.sync.source_record import (
    SourceRecord,
    source_record_from_profile,
    source_record_from_user,
)
from desktop.sync.sync_context import SyncContext
from desktop.sync.target_reader import TargetReader


@dataclass(frozen=True)
class TrialCustomer:
    """One customer with everything that planning knows of them; their target may not exist."""

    source_record: SourceRecord
    plan_context: PlanContext

    @property
    def target(self) -> TargetRecord | None:
        """The customer's record in the other service."""
        return match_record(self.source_record, self.plan_context).target


async def read_trial_customer(context: SyncContext, sync: Sync, text: str) -> TrialCustomer:
    """Read one customer of the source, by address or id, and their record at the target.

    Raises NotFound, InvalidInput, UserDecisionNeeded, and what the services raise.
    """
    record = await _read_source_record(context, sync, parse_lookup_query(text))
    found = await TargetReader(context, sync).find_candidates((record,))
    kinds: dict[str, str] = {}
    try:
        kinds = {f.key: f.type for f in await context.zendesk.client.list_user_fields() if f.active}
    except AppError:
        # An agent may not read them; a sync to Zendesk needs them, one to Sailthru does not.
        if sync.target_service is Service.ZENDESK:
            raise
    plan_context = PlanContext(
        sync,
        context.clock.now(),
        make_target_kind(sync.target_service, context.zone, kinds),
        candidates=found.candidates,
        targets=found.targets,
        read_errors=found.read_errors,
        synced_values=await context.store.sync_state.get_synced_values(
            sync.name, tuple(found.targets)
        ),
    )
    return TrialCustomer(record, plan_context)


def compute_trial_row(sync: Sync, customer: TrialCustomer, now: float) -> PlanRow:
    """Plan what a draft of the sync would do with a customer that was read before. Pure."""
    return plan_record(customer.source_record, replace(customer.plan_context, sync=sync, now=now))


async def _read_source_record(context: SyncContext, sync: Sync, query: LookupQuery) -> SourceRecord:
    if query.host:
        # Its number may be another account's, and brands are not asked for here.
        raise InvalidInput("Type an e-mail address or an id, not a link.")
    if sync.source.kind.service is Service.ZENDESK:
        return await _read_zendesk_user(context, sync, query)
    if query.kind not in (LookupQueryKind.EMAIL, LookupQueryKind.SID):
        raise InvalidInput("Type an e-mail address or a Sailthru id.")
    key = "email" if query.kind is LookupQueryKind.EMAIL else "sid"
    profile = await context.sailthru.client.get_user(query.value, key=key)
    return source_record_from_profile(profile, context.value_source)


async def _read_zendesk_user(context: SyncContext, sync: Sync, query: LookupQuery) -> SourceRecord:
    client = context.zendesk.client
    if query.kind is LookupQueryKind.EMAIL:
        found = await client.find_by_email(query.value)
    elif query.kind in (LookupQueryKind.ZENDESK_ID, LookupQueryKind.NUMBER):
        found = (await client.show_user(int(query.value)),)
    else:
        raise InvalidInput("Type an e-mail address or a Zendesk id.")
    if not found:
        raise NotFound(f"{Service.ZENDESK.title} knows nobody by “{query.value[:80]}”.")
    person = found[0]
    tickets = await context.store.feeds.list_tickets(person.id)
    tickets = tickets or await _read_tickets(context, person.id)
    return source_record_from_user(person, tickets, sync.name_split)


async def _read_tickets(context: SyncContext, person: int) -> tuple[ExportedTicket, ...]:
    """A person's tickets, read now: no export has brought any yet."""
    page = await context.zendesk.client.list_requested_tickets(person)
    return tuple(
        ExportedTicket(**vars(replace(ticket, requester_id=person))) for ticket in page.tickets
    )
