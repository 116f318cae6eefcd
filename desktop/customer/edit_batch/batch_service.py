"""Makes batches of many customers, applies and undoes them, by the rights of who is at work."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from desktop.customer.edit_batch.batch_address_matching import judge_kept
from desktop.customer.edit_batch.batch_part_undo import build_back_request
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import inverse_request
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted, UserDecisionNeeded
from desktop.model.batch_approval import BatchApproval
from desktop.model.edit import EditRequest, EditTarget, needed_permission
from desktop.model.edit_batch import (
    BatchAction,
    BatchGate,
    EditBatch,
    LookupResult,
    count_loosened,
    find_batch_gate,
    find_undo_gate,
    takes_second_person,
)
from desktop.model.pasted_addresses import (
    PastedAddress,
    PastedOutcome,
    decode_pasted,
    parse_pasted_addresses,
)
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_role,
)
from desktop.model.run_limit import find_repeated_approval
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

    async def create_part_undo(self, batch_id: str, sids: Collection[str], note: str) -> EditBatch:
        """Make a batch that gives chosen customers back what stood before another one.

        It is to be planned, approved and applied then; an equal one that is open still is used
        again, and planned anew. `note` is for whoever approves it. Raises NotPermitted,
        InvalidInput where the batch has changed none of them, or can't be undone.
        """
        self.require_permission()
        undone = await self._batches.get(batch_id)
        if undone.undone_batch or undone.applied_at is None:
            raise InvalidInput(
                f"Batch {batch_id} can't be undone in part.",
                f"{undone.undo_refusal(self._clock.now())} Nothing was changed.",
            )
        actor, now = self._editor.actor, self._clock.now()
        batch = await self._batches.insert_part_undo(
            undone, sids, note.strip(), actor.signature, now
        )
        self._publish()
        return batch

    async def request_approval(self, batch_id: str) -> str:
        """Store that the person at work asks an admin to approve a batch; returns its rows' hash.

        Asked once more for the same rows, it stays one request. Raises NotPermitted, InvalidInput
        for a batch that needs nobody's approval.
        """
        self.require_permission()
        await self._request_approval(batch_id)
        return await self._store.batch_approvals.hash_rows(batch_id)

    async def _request_approval(self, batch_id: str) -> int:
        batch, people = await self._read_loosened(batch_id)
        actor, approvals = self._editor.actor, self._store.batch_approvals
        asked = await approvals.list_in_force(batch_id)
        if not any(one.user_id == actor.approver_id for one in asked):
            await approvals.add(
                batch_id,
                actor,
                self._clock.now(),
                is_admin=False,
                people=people,
                note=batch.reason,
            )
            self._publish()
        return people

    async def count_to_approve(self, batch_id: str) -> int:
        """Count whose opt-out a batch loosens, for its approval. Raises as `approve`."""
        return (await self._read_loosened(batch_id))[1]

    async def approve(self, batch_id: str, admin: Actor, *, rows_hash: str) -> None:
        """Store an admin's approval of a batch that somebody else has asked for.

        `rows_hash` is of the rows that were shown to them. Raises NotPermitted for who is no admin,
        has asked themselves, or gives the same API token, InvalidInput, ConflictError where the
        rows are others by now.
        """
        batch, people = await self._read_loosened(batch_id)
        if not admin.is_confirmed_admin or admin.id is None:
            raise NotPermitted(
                "It takes an admin of Zendesk.",
                "Whoever approves has to be known as one. Nothing was approved.",
            )
        given = await self._store.batch_approvals.list_in_force(batch_id)
        if not given:
            raise InvalidInput(
                "Nobody has asked for this approval.",
                "Whoever takes the change back asks first. Nothing was approved.",
                f"`fairlead undo --batch {batch_id}` asks for it.",
            )
        pairs = [(one.user_id, one.credential) for one in given]
        refused = find_repeated_approval(pairs, admin.approver_id, admin.name, admin.credential)
        if refused is not None:
            raise refused
        await self._store.batch_approvals.add(
            batch.id,
            admin,
            self._clock.now(),
            is_admin=True,
            people=people,
            note=batch.reason,
            rows_hash=rows_hash,
        )
        self._publish()

    async def _read_loosened(self, batch_id: str) -> tuple[EditBatch, int]:
        """Read a batch that waits for an approval, and how many opt-outs it loosens."""
        batch = await self._batches.get(batch_id)
        people = count_loosened(await self._batches.count(batch_id))
        if not batch.undone_batch or batch.planned_at is None or not takes_second_person(people):
            raise InvalidInput(f"Batch {batch_id} needs nobody's approval.", "Nothing was stored.")
        if batch.applied_at is not None:
            raise ConflictError(f"Batch {batch_id} was applied already.", "Nothing was stored.")
        self._require_open(batch)
        return batch, people

    async def set_action(
        self, batch_id: str, action: BatchAction, reason: str, ticket: int | None = None
    ) -> EditBatch:
        """Store what is wanted of a batch's customers; the plan of it is to be made then.

        Raises NotPermitted, ConflictError for a batch that was applied.
        """
        self.require_permission()
        if (await self._batches.get(batch_id)).undone_batch:
            raise InvalidInput(
                f"Batch {batch_id} gives back what stood before.",
                "It makes no other change. Nothing was changed.",
                "Paste the addresses for another change.",
            )
        batch = await self._batches.set_action(batch_id, action, reason, ticket)
        self._publish()
        return batch

    async def find_gate(self, batch_id: str) -> BatchGate:
        """Find what stands before a planned batch is applied: a limit, a number to type."""
        batch = await self._batches.get(batch_id)
        counts = await self._batches.count(batch_id)
        approvals = await self.list_approvals(batch)
        return find_batch_gate(
            counts,
            self._editor.actor,
            self._rights.read_kind(),
            is_undo=bool(batch.undone_batch),
            approvals=approvals,
        )

    async def list_approvals(self, batch: EditBatch) -> tuple[BatchApproval, ...]:
        """List who has asked for a batch's approval and who has given it, for its rows as now."""
        if not batch.undone_batch:
            return ()
        return await self._store.batch_approvals.list_in_force(batch.id)

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
        self._require_open(batch)
        gate = await self.find_gate(batch_id)
        requests, rights = await self._store.run(self._read_requests, batch, action, gate.second)
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
        if gate.needs_second:
            people = await self._request_approval(batch_id)
            raise UserDecisionNeeded(
                "It takes a second person.",
                f"{people:,} people would have an opt-out loosened: an admin who is somebody else"
                " has to approve it. Nothing was changed.",
                f"They run `fairlead undo --batch {batch_id} --approve --confirm {people}`, or sign"
                " in on the page Many at once.",
            )
        await self._require_current_admin(batch, gate.second)
        if not requests:
            raise InvalidInput("Nobody would be changed.", "Nothing was queued.")
        count = await self._editor.submit_batch(
            batch_id, requests, planned_at=batch.planned_at, wait_for_undo=wait_for_undo
        )
        self._publish()
        return count

    async def _require_current_admin(self, batch: EditBatch, second: BatchApproval | None) -> None:
        """Raise NotPermitted where who has approved a batch as an admin is none any more."""
        zendesk = self._clients().zendesk
        if second is None or not second.is_admin or zendesk is None:
            return
        users = await zendesk.show_users([int(second.user_id)])
        if not any(one.active and not one.suspended and one.role == "admin" for one in users):
            raise NotPermitted(
                f"{second.name} is no admin any more.",
                f"They approved batch {batch.id}. Nothing was changed.",
                "Undo the part once more; another admin has to approve it.",
            )

    def _require_open(self, batch: EditBatch) -> None:
        """Raise ConflictError for a batch part's undo that was cancelled, or is too old."""
        if refusal := batch.part_refusal(self._clock.now()):
            raise ConflictError(
                f"Batch {batch.id} can't be made any more.",
                f"{refusal} Nothing was changed.",
                f"Undo the part of batch {batch.undone_batch} once more.",
            )

    async def cancel(self, batch_id: str) -> EditBatch:
        """Stop a batch: the look-up can go on later, what is not sent yet is withdrawn.

        The undo of a part that was not made yet ends, and with it what was asked of an admin.

        Raises NotPermitted: what somebody else's batch tightens is not withdrawn without the right.
        """
        batch = await self._batches.get(batch_id)
        self.require_permission()
        is_withdrawn = batch.applied_at is not None and batch.undo_asked_at is None
        if is_withdrawn:
            for edit in await self._store.outbox.list_of_batch(batch_id):
                if not edit.state.is_final and (batch.undone_batch or not edit.request.undoes):
                    self._editor.require_right_to_drop(edit, inverse_request(edit))
        await self._batches.request_cancel(batch_id)
        if batch.undone_batch and batch.applied_at is None:
            await self._batches.stop(batch_id, self._clock.now())
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
        self, batch: EditBatch, action: BatchAction, second: BatchApproval | None
    ) -> tuple[dict[int, EditRequest], frozenset[Permission]]:
        """Read the edit requests of a batch's plan by row, and the rights that they need.

        Runs on the database's thread.
        """
        numbers = self._batches.list_row_numbers.blocking(batch.id, "update")
        if action.undoes:
            requests = self._read_part_undo(batch, numbers, second)
            return requests, frozenset(map(needed_permission, requests.values()))
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

    def _read_part_undo(
        self, batch: EditBatch, numbers: Sequence[int], second: BatchApproval | None
    ) -> dict[int, EditRequest]:
        edits = {
            edit.request.target.id: edit
            for edit in self._store.outbox.list_of_batch.blocking(batch.undone_batch)
            if edit.request.undoes is None
        }
        return {
            row.row: build_back_request(edits[row.found.sid], row.plan.old, batch, second)
            for row in self._batches.get_rows.blocking(batch.id, numbers)
            if row.plan is not None and row.found.sid in edits
        }

    def _publish(self) -> None:
        self._bus.publish(ChangeSet.of(Topic.BATCH))


def _parse(pasted: str | bytes) -> Sequence[PastedAddress]:
    text = decode_pasted(pasted) if isinstance(pasted, bytes) else pasted
    return parse_pasted_addresses(text)


def _require(decision: PermissionDecision) -> None:
    if not decision.is_allowed:
        raise NotPermitted("Changing many customers at once is not allowed.", decision.reason)
