"""Try a sync on one real customer: read once, planned anew with every change of the mapping."""

from dataclasses import dataclass, replace

from desktop.kit.errors import InvalidInput, NotFound, UserDecisionNeeded
from desktop.model.field_condition import describe_condition, is_condition_met
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, parse_lookup_query
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.model.sync_state import LeftOutPerson
from desktop.model.target_record import TargetRecord
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.increments import settle_increments
from desktop.sync.pipeline.matching import match_record
from desktop.sync.pipeline.membership import SourceChunk, split_source
from desktop.sync.pipeline.plan_rows import plan_rows
from desktop.sync.plan_lookup import PlanLookup
from desktop.sync.sell_mapping_trial import read_sell_trial_record
from desktop.sync.source_reader import SourceReader, tickets_that_count
from desktop.sync.source_record import (
    SourceRecord,
    source_record_from_profile,
    source_record_from_user,
)
from desktop.sync.sync_context import SyncContext


@dataclass(frozen=True)
class TrialCustomer:
    """A customer to try a mapping on, with all that planning knows; they may have no target.

    `smart_lists`: the computed Sailthru lists they are on, which are no field of the record.
    """

    source_record: SourceRecord
    plan_context: PlanContext
    smart_lists: tuple[str, ...] = ()

    @property
    def target(self) -> TargetRecord | None:
        """The tried customer's record in the other service."""
        return match_record(self.source_record, self.plan_context).target


async def read_trial_customer(context: SyncContext, sync: Sync, text: str) -> TrialCustomer:
    """Read the customer to try a sync on, by address or id, and their target record.

    Looks up what a run's plan looks up, and stores nothing. Raises NotFound, InvalidInput,
    UserDecisionNeeded, and what the services raise.
    """
    record, smart_lists = await _read_source_record(context, sync, text)
    lookup = PlanLookup(context, sync, SourceReader(context, sync, sync.source.lists))
    plan_context = await lookup.begin()
    # Looked up as if they were in the source: a change of the draft may bring them in.
    chunk = SourceChunk(inside=_shaped(record, plan_context))
    plan_context = await lookup.look_up_leaving(chunk.inside, plan_context)
    plan_context = await lookup.look_up_chunk(chunk, plan_context)
    return TrialCustomer(record, plan_context, smart_lists)


async def read_left_out_person(
    context: SyncContext, sync: Sync, text: str, reason: str, actor: str
) -> LeftOutPerson:
    """Find at source and target a person to be left out of a sync, by address or id.

    Raises as `read_trial_customer`, and UserDecisionNeeded where it cannot be said who is meant.
    """
    customer = await read_trial_customer(context, sync, text)
    record = customer.source_record
    match = match_record(record, customer.plan_context)
    if match.candidates:
        raise UserDecisionNeeded(
            f"Several records may be theirs: {', '.join(match.candidates)}.",
            "Nobody was added to the list.",
            "Choose their profile on the customer's sheet first.",
        )
    target = match.target
    label = record.email or record.label or (target.label if target is not None else "")
    return LeftOutPerson(
        record.id,
        target.id if target is not None else "",
        label,
        reason.strip(),
        actor,
        context.clock.now(),
    )


def compute_trial_row(sync: Sync, customer: TrialCustomer, now: float) -> PlanRow:
    """Plan a draft's row for the customer it is tried on, read before. Pure."""
    context = replace(customer.plan_context, sync=sync, now=now)
    record = customer.source_record
    name = record.fields.get("name")
    if record.name_split is not sync.name_split and isinstance(name, str):
        record = replace(record, name_split=sync.name_split).with_values({"name": name})
    if sync.source.kind is SourceKind.SAILTHRU_LISTS:
        record = replace(record, list_name=_find_source_list(sync, customer))
        if not record.list_name:
            return _excluded_row(record, "on none of the lists it reads")
    chunk = split_source((record,), context)
    context, _ = settle_increments(chunk.inside, context)
    rows = plan_rows(chunk, context, 0)
    # A run has no row for somebody outside its source; here somebody asks why.
    if rows:
        return rows[0]
    left_out = chunk.outside[0]
    return _excluded_row(left_out, _exclusion_reason(left_out, sync, now))


def _find_source_list(sync: Sync, customer: TrialCustomer) -> str:
    """Find the list by which a run finds the tried customer: the first; "" where none does."""
    own = customer.source_record.fields.get("lists")
    natural = [str(name) for name in own] if isinstance(own, list) else []
    there = {*natural, *customer.smart_lists}
    # Where no list is named, every natural one is read.
    return next((name for name in sync.source.lists or natural if name in there), "")


def _shaped(record: SourceRecord, context: PlanContext) -> list[SourceRecord]:
    """Return the tried record with corrections and stages, in whatever part of the source."""
    chunk = split_source((record,), context)
    return [*chunk.inside, *chunk.outside, *chunk.unclear]


def _excluded_row(record: SourceRecord, reason: str) -> PlanRow:
    return PlanRow(
        row=0,
        fate=PlannedOutcome.SKIPPED,
        source_id=record.id,
        target_id="",
        label=record.label,
        why=f"not included: {reason}",
        ticked=False,
    )


def _exclusion_reason(record: SourceRecord, sync: Sync, now: float) -> str:
    """Say which rule of the sync's source keeps the tried record out."""
    fields = record.fields
    if fields.get("active") is False:
        return f"deleted in {record.service.title}"
    if fields.get("role") not in (None, "end-user"):
        return "an agent or admin of Zendesk"
    if sync.source.kind is SourceKind.ZENDESK_TICKETS and "ticket_count" not in fields:
        return "no tickets that count"
    failed = (c for c in sync.source.where if is_condition_met(c, fields, now) is not True)
    condition = next(failed, None)
    if condition is not None:
        return f"the condition “{describe_condition(condition)}” does not hold"
    return f"not in the stage “{sync.source.stage}”"


async def _read_source_record(
    context: SyncContext, sync: Sync, text: str
) -> tuple[SourceRecord, tuple[str, ...]]:
    if sync.source.kind.service is Service.SELL:
        return await read_sell_trial_record(context, sync, text), ()
    query = parse_lookup_query(text)
    if query.host:
        # Its number may be another account's, and brands are not asked for here.
        raise InvalidInput("Type an e-mail address or an id, not a link.")
    if sync.source.kind.service is Service.ZENDESK:
        return await _read_zendesk_user(context, sync, query), ()
    if query.kind not in (LookupQueryKind.EMAIL, LookupQueryKind.SID):
        raise InvalidInput("Type an e-mail address or a Sailthru id.")
    key = "email" if query.kind is LookupQueryKind.EMAIL else "sid"
    profile = await context.sailthru.client.get_user(query.value, key=key)
    record = source_record_from_profile(profile, context.value_source)
    return record, profile.smart_lists or ()


async def _read_zendesk_user(context: SyncContext, sync: Sync, query: LookupQuery) -> SourceRecord:
    client = context.zendesk.client
    if query.kind is LookupQueryKind.EMAIL:
        found = await client.find_by_email(query.value)
    elif query.kind in (LookupQueryKind.ZENDESK_ID, LookupQueryKind.NUMBER):
        found = (await client.show_user(int(query.value)),)
    else:
        raise InvalidInput("Type an e-mail address or a Zendesk id.")
    if not found:
        raise NotFound(f"No match in {Service.ZENDESK.title} for “{query.value[:80]}”.")
    person = found[0]
    if sync.source.kind is not SourceKind.ZENDESK_TICKETS:
        return source_record_from_user(person, (), sync.name_split)
    tickets = await context.store.feeds.list_tickets(person.id)
    tickets = tickets or await _read_tickets(context, person.id)
    counted = tickets_that_count(tickets, sync, context.clock.now())
    return source_record_from_user(person, counted, sync.name_split)


async def _read_tickets(context: SyncContext, person: int) -> tuple[ExportedTicket, ...]:
    """Read the tried person's tickets from Zendesk now: no export has brought any yet."""
    page = await context.zendesk.client.list_requested_tickets(person)
    return tuple(
        ExportedTicket(**vars(replace(ticket, requester_id=person))) for ticket in page.tickets
    )
