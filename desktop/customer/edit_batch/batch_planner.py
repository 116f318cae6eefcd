"""Plans a batch: what its one change would do to each customer, by the rows and rules of a sync.

Nothing is written to a service. What is older than five minutes is read again first.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from desktop.clients.sailthru.client import SailthruClient
from desktop.customer.edit_batch.batch_part_undo import UndonePart, read_undone_part
from desktop.customer.edit_factory import EditFactory
from desktop.customer.edit_service import EditService
from desktop.customer.service_clients import AccountFieldNames, ServiceClients
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InternalError, NotFound, StopsRun
from desktop.model.change_consequences import (
    NamedConsequence,
    empties_a_value,
    iter_email_consequences,
    iter_list_consequences,
)
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import CATALOGUE_MAX_AGE_S, CustomerSheet, SheetPart
from desktop.model.edit import EditKind, EditRequest
from desktop.model.edit_batch import (
    BatchAction,
    BatchPlanRow,
    BatchStage,
    EditBatch,
    LookupResult,
    judge_change,
)
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.optout_level import OptOutLevel
from desktop.model.profile_field_type import FieldTypeDiffers
from desktop.model.sailthru_profile import SailthruList, SailthruProfile
from desktop.model.sheet_overlay import pending_edit
from desktop.model.sync_plan import Consequence, PlannedOutcome
from desktop.model.target_record import target_record_from_profile
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.edit_plan_row import row_of_request
from desktop.writing.sailthru_gateway import MAX_CONCURRENT_CALLS

# Online, an older part is read again before it is changed.
_MAX_AGE_S = 300.0
_ROWS_PER_CHUNK = 250


class BatchPlanner:
    """Plans the action of one batch for all its customers."""

    def __init__(
        self,
        batch: EditBatch,
        store: WorkspaceStore,
        clients: ServiceClients,
        names: AccountFieldNames,
        editor: EditService,
        clock: Clock,
    ) -> None:
        self._batch = batch
        self._store = store
        self._sailthru = clients.sailthru
        self._names = names
        self._editor = editor
        self._clock = clock
        self._seen: dict[str, str] = {}

    async def run(self) -> bool:
        """Plan the batch's action and store the plan; False: somebody cancelled it.

        Raises InvalidInput for an action that cannot be done (a list that is not there),
        NotPermitted where it is refused to who is at work.
        """
        batch, action = self._batch, self._batch.action
        if action is None:
            raise InternalError("A batch without an action can't be planned.")
        if action.undoes:
            return await self._plan_part_undo(action)
        found = await self._store.edit_batches.list_profiles(batch.id)
        await self._store.edit_batches.begin_stage(
            batch.id, BatchStage.PLAN, len(found), self._clock.now()
        )
        lists = await self._read_lists()
        # The rights and the action itself are the same for everybody: asked before anybody is read.
        wanted = self._build_request(_blank_sheet(action, lists), action)
        self._editor.require_right(wanted)
        named = replace(action, name=wanted.name)
        if named != action:
            await self._store.edit_batches.set_action(batch.id, named, batch.reason, batch.ticket)
        plan: list[BatchPlanRow] = []
        for start in range(0, len(found), _ROWS_PER_CHUNK):
            some = found[start : start + _ROWS_PER_CHUNK]
            plan += await self._plan_rows(some, named, lists)
            await self._store.edit_batches.set_progress(batch.id, start + len(some))
            if (await self._store.edit_batches.get(batch.id)).is_cancel_requested:
                return False
        await self._store.edit_batches.save_plan(batch.id, named, plan, self._clock.now())
        return True

    async def _plan_part_undo(self, action: BatchAction) -> bool:
        """Plan what chosen customers get back of what another batch has changed."""
        batch, batches = self._batch, self._store.edit_batches
        found = await batches.list_profiles(batch.id)
        await batches.begin_stage(batch.id, BatchStage.PLAN, len(found), self._clock.now())
        part = await read_undone_part(
            self._store, batch, [one.sid for one in found], self._clock.now()
        )
        plan: list[BatchPlanRow] = []
        for start in range(0, len(found), _ROWS_PER_CHUNK):
            some = found[start : start + _ROWS_PER_CHUNK]
            sids = [one.sid for one in some]
            # Whoever has opted out themselves since must not be taken for changed by the batch:
            # what is kept from before does not tell.
            since = self._clock.now()
            unread = await self._read_again(sids, max_age_s=0.0)
            sheets = await self._store.sheet_reader.read_profile_sheets(sids)
            anew = {
                sid: one for sid, one in sheets.items() if (one.profile.read_at or 0.0) >= since
            }
            plan += [self._plan_back(one, part, anew, unread) for one in some]
            await batches.set_progress(batch.id, start + len(some))
            if (await batches.get(batch.id)).is_cancel_requested:
                return False
        await batches.save_plan(batch.id, action, plan, self._clock.now())
        return True

    def _plan_back(
        self,
        found: LookupResult,
        part: UndonePart,
        sheets: Mapping[str, CustomerSheet],
        unread: Mapping[str, str],
    ) -> BatchPlanRow:
        sheet = sheets.get(found.sid)
        profile = sheet.profile.value if sheet is not None else None
        if found.sid in unread or sheet is None or profile is None:
            return _skipped(found, unread.get(found.sid) or "Sailthru can't be read now")
        ahead_s = self._sailthru.pipeline.clock_ahead_s if self._sailthru is not None else 0.0
        plan, request = part.plan_row(found.row, found.sid, sheet, ahead_s)
        if request is None:
            return plan
        self._editor.require_right(request)
        if pending_edit(sheet, request.kind, request.name) is not None:
            return _skipped(found, "Another change of it waits to be sent")
        consequences = _iter_consequences(request, profile)
        return replace(plan, consequences=tuple((kind.value, name) for kind, name in consequences))

    async def _read_lists(self) -> SheetPart[tuple[SailthruList, ...]]:
        """Read the account's Sailthru lists, from the cache where that is recent enough."""
        now = self._clock.now()
        kept = (await self._store.sheet_reader.read_sheet(_BLANK_QUERY)).lists
        if self._sailthru is None or (kept.read_at or 0.0) > now - CATALOGUE_MAX_AGE_S:
            return kept
        lists = await self._sailthru.list_lists()
        await self._store.customer_cache.save_lists(lists, now)
        return SheetPart(lists, read_at=now)

    async def _plan_rows(
        self,
        rows: Sequence[LookupResult],
        action: BatchAction,
        lists: SheetPart[tuple[SailthruList, ...]],
    ) -> list[BatchPlanRow]:
        sids = [one.sid for one in rows if one.sid]
        gone = await self._read_again(sids)
        sheets = await self._store.sheet_reader.read_profile_sheets(sids)
        return [self._plan_row(one, action, sheets, gone, lists) for one in rows]

    def _plan_row(
        self,
        found: LookupResult,
        action: BatchAction,
        sheets: Mapping[str, CustomerSheet],
        unread: Mapping[str, str],
        lists: SheetPart[tuple[SailthruList, ...]],
    ) -> BatchPlanRow:
        if not found.sid:
            return _skipped(found, "No Sailthru profile")
        if found.sid in self._seen:
            return _skipped(found, f"The same customer as {self._seen[found.sid]}")
        self._seen[found.sid] = found.label
        sheet = sheets.get(found.sid)
        profile = sheet.profile.value if sheet is not None else None
        if found.sid in unread or sheet is None or profile is None:
            return _skipped(found, unread.get(found.sid) or "Their profile could not be read")
        try:
            request = self._build_request(replace(sheet, lists=lists), action)
        except FieldTypeDiffers as error:
            # Of this customer alone: another's field may hold the type.
            return _skipped(found, error.title)
        if pending_edit(sheet, request.kind, request.name) is not None:
            return _skipped(found, "Another change of it waits to be sent")
        judged = replace(judge_change(request), row=found.row)
        if judged.fate is not PlannedOutcome.UPDATE:
            return judged
        consequences = _iter_consequences(request, profile)
        return replace(
            judged, consequences=tuple((kind.value, name) for kind, name in consequences)
        )

    async def _read_again(
        self, sids: Sequence[str], max_age_s: float = _MAX_AGE_S
    ) -> dict[str, str]:
        """Read profiles anew that are kept for longer than five minutes, or not at all.

        Returns by sid why one could not be read. While Sailthru is away what is kept stands: each
        is compared again before it is written.
        """
        sailthru, now = self._sailthru, self._clock.now()
        if sailthru is None:
            return {}
        sheets = await self._store.sheet_reader.read_profile_sheets(sids)
        old = [
            sid
            for sid in sids
            if sid not in sheets or (sheets[sid].profile.read_at or 0.0) <= now - max_age_s
        ]
        limit = asyncio.Semaphore(MAX_CONCURRENT_CALLS)

        async def read(sid: str) -> str:
            async with limit:
                return await self._read_profile(sailthru, sid)

        answers = await asyncio.gather(*map(read, old))
        return {sid: why for sid, why in zip(old, answers, strict=True) if why}

    async def _read_profile(self, sailthru: SailthruClient, sid: str) -> str:
        try:
            profile = await sailthru.get_user(sid, key="sid")
        except NotFound:
            await self._store.customer_cache.delete_profile(sid)
            return "Sailthru has this profile no more"
        except StopsRun as error:
            if error.is_retryable:
                return ""
            raise
        except AppError as error:
            return str(error)
        await self._store.customer_cache.save_profile(profile, self._clock.now())
        return ""

    def _build_request(self, sheet: CustomerSheet, action: BatchAction) -> EditRequest:
        factory = EditFactory(
            sheet, self._names, reason=self._batch.reason, ticket=self._batch.ticket
        )
        return build_batch_request(factory, action)


def build_batch_request(factory: EditFactory, action: BatchAction) -> EditRequest:
    """Build one customer's edit request of a batch's action. Raises InvalidInput as the sheet's."""
    if action.kind is EditKind.OPTOUT:
        return factory.optout(OptOutLevel(str(action.new)))
    if action.kind is EditKind.LIST:
        return factory.list_membership(action.name, member=bool(action.new))
    if action.kind is EditKind.HEALTH:
        return factory.health(CustomerHealth(str(action.new)) if action.new is not None else None)
    return factory.var(action.name, action.new)


_BLANK_QUERY = LookupQuery(LookupQueryKind.SID, "")


def _blank_sheet(action: BatchAction, lists: SheetPart[tuple[SailthruList, ...]]) -> CustomerSheet:
    """Return an empty customer sheet, to judge a batch's action by itself."""
    # Nobody's opt-out is loosened but by opting in.
    is_opt_in = action.kind is EditKind.OPTOUT and action.new == OptOutLevel.NONE.value
    blank = SailthruProfile("", None, optout=OptOutLevel.ALL if is_opt_in else OptOutLevel.NONE)
    return CustomerSheet(_BLANK_QUERY, profile=SheetPart(blank), lists=lists)


def _skipped(found: LookupResult, why: str) -> BatchPlanRow:
    return BatchPlanRow(found.row, PlannedOutcome.SKIPPED, None, why)


def _iter_consequences(
    request: EditRequest, profile: SailthruProfile
) -> Iterator[NamedConsequence]:
    """Yield what people notice of one customer's change, as the preview of a sync counts it."""
    row = replace(row_of_request(request, 0), fate=PlannedOutcome.UPDATE)
    lists = tuple(iter_list_consequences(row))
    yield from lists
    yield from iter_email_consequences(row, target_record_from_profile(profile))
    if lists:
        # A single post with a list change may start e-mail flows in Sailthru.
        yield Consequence.FLOWS, ""
    if empties_a_value(row):
        yield Consequence.BLANKED, ""
