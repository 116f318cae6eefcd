"""Makes batches of many customers, applies and undoes them, by the rights of who is at work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from desktop.customer.edit_batch.found_people import judge_kept
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import inverse_request
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput, NotPermitted, UserDecisionNeeded
from desktop.model.edit import EditRequest, EditTarget, needed_permission
from desktop.model.edit_batch import (
    BatchAction,
    BatchGate,
    EditBatch,
    LookupResult,
    find_batch_gate,
    find_undo_gate,
)
from desktop.model.pasted_addresses import (
    PastedAddress,
    PastedOutcome,
    decode_pasted,
    parse_pasted_addresses,
)
from desktop.model.permission import (
    Permission,
    PermissionDecision,
    PermissionRules,
    check_role,
)
from desktop.model.service import Service
from desktop.model.workspace_kind import WorkspaceKind
from desktop.store.kept_address_lookup import ADDRESSES_PER_READ
from desktop.store.workspace_store import WorkspaceStore

_STOPPED_TEXT = "Stopped before it was sent."


@dataclass(frozen=True)
class EditBatchRights:
    """Who may work on batches: the rules in force, asked anew before anything is written.

    `decide_now` asks the settings as they are on disk at this moment, `recheck` asks Zendesk again
    who is signed in and with which role, `read_kind` the settings what the workspace is for.
    """

    rules: Callable[[], PermissionRules]
    decide_now: Callable[[Permission], PermissionDecision]
    recheck: Callable[[], Awaitable[None]]
    read_kind: Callable[[], WorkspaceKind]


class EditBatchService:
    """Makes, applies, stops and undoes batches for the window and the command line."""

    def __init__(
        self,
        store: WorkspaceStore,
        clients: Callable[[], ServiceClients],
        editor: EditService,
        rights: EditBatchRights,
        clock: Clock,
        bus: ChangeBus,
    ) -> None:
        self._store = store
        self._batches = store.edit_batches
        self._clients = clients
        self._editor = editor
        self._rights = rights
        self._clock = clock
        self._bus = bus

    def decide(self) -> PermissionDecision:
        """Decide whether the person at work may look many customers up, also with changes off."""
        return check_role(Permission.BULK, self._editor.actor, self._rights.rules())

    def require_permission(self) -> None:
        """Raise NotPermitted where the person at work may not look many customers up at once."""
        _require(self.decide())

    async def create(self, pasted: str | bytes) -> EditBatch:
        """Make a batch of a pasted text or file, and find whom this computer knows.

        Raises InvalidInput for a text without addresses or too large a one, NotPermitted.
        """
        self.require_permission()
        # In a thread: ten thousand lines take half a second.
        entries = await asyncio.to_thread(_parse, pasted)
        rows = {
            one.address: number
            for number, one in enumerate(entries, 1)
            if one.outcome is PastedOutcome.ADDRESS
        }
        known = await self._find_kept(rows)
        actor, now = self._editor.actor, self._clock.now()
        batch = await self._batches.insert(entries, known, actor.signature, now)
        self._publish()
        return batch

    async def _find_kept(self, rows: dict[str, int]) -> list[LookupResult]:
        clients, addresses = self._clients(), list(rows)
        found: list[LookupResult] = []
        # In pieces: other readers get their turn in between.
        for start in range(0, len(addresses), ADDRESSES_PER_READ):
            some = addresses[start : start + ADDRESSES_PER_READ]
            kept = await self._store.sheet_reader.read_kept_addresses(some)
            now = self._clock.now()
            for address in some:
                result = judge_kept(
                    rows[address],
                    kept[address],
                    now,
                    is_zendesk_connected=clients.zendesk is not None,
                    is_sailthru_connected=clients.sailthru is not None,
                )
                if result is not None:
                    found.append(result)
        return found

    async def set_action(
        self, batch_id: str, action: BatchAction, reason: str, ticket: int | None = None
    ) -> EditBatch:
        """Store what is wanted of a batch's customers; the plan of it is to be made then.

        Raises NotPermitted, ConflictError for a batch that was applied.
        """
        self.require_permission()
        batch = await self._batches.set_action(batch_id, action, reason, ticket)
        self._publish()
        return batch

    async def find_gate(self, batch_id: str) -> BatchGate:
        """Find what stands before a planned batch is applied: a limit, a number to type."""
        counts = await self._batches.count(batch_id)
        return find_batch_gate(counts, self._editor.actor, self._rights.read_kind())

    async def apply(
        self, batch_id: str, *, confirmed: int | None = None, wait_for_undo: bool = True
    ) -> int:
        """Queue every change of a batch's plan, all in one transaction; returns how many.

        `confirmed`: the number of changes as a person has typed it, where the gate asks for it.
        The rights are asked at this moment: they may have been taken away since the preview.
        Raises NotPermitted, UserDecisionNeeded for a limit, InvalidInput, ConflictError.
        """
        await self._rights.recheck()
        batch = await self._batches.get(batch_id)
        action = batch.action
        if action is None or batch.planned_at is None:
            raise InvalidInput(f"Batch {batch_id} has no preview.", "Nothing was changed.")
        gate = await self.find_gate(batch_id)
        requests, rights = await self._store.run(self._read_requests, batch, action)
        for right in (Permission.BULK, *rights):
            _require(self._rights.decide_now(right))
        if gate.refusal:
            raise NotPermitted(
                "This batch is over a limit.", f"{gate.refusal} Nothing was changed."
            )
        if gate.must_type and confirmed != gate.changes:
            where = "This is production: " if gate.is_production else ""
            raise UserDecisionNeeded(
                gate.message or f"{where}{gate.changes:,} customers would be changed.",
                "Nothing was changed.",
                f"Confirm their number: {gate.changes}.",
            )
        if not requests:
            raise InvalidInput("Nobody would be changed.", "Nothing was queued.")
        count = await self._editor.submit_batch(
            batch_id, requests, planned_at=batch.planned_at, wait_for_undo=wait_for_undo
        )
        self._publish()
        return count

    async def cancel(self, batch_id: str) -> EditBatch:
        """Stop a batch: the look-up can go on later, what is not sent yet is withdrawn.

        Raises NotPermitted: what somebody else's batch tightens is not withdrawn without the right.
        """
        batch = await self._batches.get(batch_id)
        self.require_permission()
        is_withdrawn = batch.applied_at is not None and batch.undo_asked_at is None
        if is_withdrawn:
            for edit in await self._store.outbox.list_of_batch(batch_id):
                if not edit.state.is_final and edit.request.undoes is None:
                    self._editor.require_right_to_drop(edit, inverse_request(edit))
        await self._batches.request_cancel(batch_id)
        if is_withdrawn:
            now = self._clock.now()
            # In pieces: another process may be closing what it has sent.
            while await self._store.outbox.withdraw_batch(batch_id, now, _STOPPED_TEXT):
                pass
            await self._batches.stop(batch_id, now)
        self._publish()
        return await self._batches.get(batch_id)

    async def require_may_undo(self, batch: EditBatch) -> None:
        """Raise NotPermitted where a batch is somebody else's and the right to bulk is missing."""
        if not await self._is_own(batch):
            _require(self._rights.decide_now(Permission.BULK))

    async def request_undo(self, batch_id: str, *, confirmed: int | None = None) -> EditBatch:
        """Store that all of a batch is to be undone, within 24 hours of its changes.

        `confirmed`: the number of people as a person has typed it, which production asks for.
        Raises NotPermitted where it is somebody else's and the right to bulk changes is missing,
        ConflictError where it is too late or was done, UserDecisionNeeded for the number.
        """
        batch = await self._batches.get(batch_id)
        await self.require_may_undo(batch)
        now = self._clock.now()
        gate = find_undo_gate(await self._batches.count(batch_id), self._rights.read_kind())
        if gate.must_type and confirmed != gate.changes and not batch.undo_refusal(now):
            raise UserDecisionNeeded(
                f"This is production: {gate.changes:,} customers would be set back.",
                "Nothing was undone.",
                f"Confirm their number: {gate.changes}.",
            )
        batch = await self._batches.request_undo(batch_id, now)
        self._publish()
        return batch

    async def _is_own(self, batch: EditBatch) -> bool:
        ids = await self._batches.list_edits_to_undo(batch.id)
        if not ids:
            return True
        edit = await self._store.outbox.get_edit(ids[0])
        return edit.is_made_by(self._editor.actor.key)

    def _read_requests(
        self, batch: EditBatch, action: BatchAction
    ) -> tuple[dict[int, EditRequest], frozenset[Permission]]:
        """Read the edit requests of a batch's plan by row, and the rights that they need.

        Runs on the database's thread.
        """
        numbers = self._batches.list_row_numbers.blocking(batch.id, "update")
        requests = {
            row.row: EditRequest(
                action.kind,
                EditTarget(Service.SAILTHRU, row.found.sid, row.address),
                action.name,
                row.plan.old,
                action.new,
                reason=batch.reason,
                ticket=batch.ticket,
            )
            for row in self._batches.get_rows.blocking(batch.id, numbers)
            if row.plan is not None
        }
        return requests, frozenset(map(needed_permission, requests.values()))

    def _publish(self) -> None:
        self._bus.publish(ChangeSet.of(Topic.BATCH))


def _parse(pasted: str | bytes) -> Sequence[PastedAddress]:
    text = decode_pasted(pasted) if isinstance(pasted, bytes) else pasted
    return parse_pasted_addresses(text)


def _require(decision: PermissionDecision) -> None:
    if not decision.is_allowed:
        raise NotPermitted("Changing many customers at once is not allowed.", decision.reason)
