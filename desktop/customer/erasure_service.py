"""Erases one person from Zendesk, Sailthru and this computer, once two admins have agreed.

    check ── what is where, may it be erased? ── request ── approve (a second admin)
                                                               │ keys kept, steps queued
    finish ── nothing came back? erased here, ended ◀── outbox ┘  resume: what failed, once more

Each step is sent by the outbox like any edit, once the one before it is done.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence

from desktop.customer.edit_service import EditService
from desktop.customer.erasure_check import CountHere, ErasureCheck, check_erasure
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput, NotFound, NotPermitted, UserDecisionNeeded
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import Edit, EditKind
from desktop.model.erasure import Erasure, ErasureState, ErasureSubject
from desktop.model.erasure_steps import MAX_PROFILE_DELETIONS, ErasureProgress
from desktop.model.permission import Actor, Permission
from desktop.model.run_limit import find_repeated_approval, group_approvers
from desktop.store.customer_erasure import ErasedCounts, NoteErased
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

# Erases, by any of the ids given, what this computer keeps of somebody.
EraseHere = Callable[[Sequence[str], NoteErased], Awaitable[ErasedCounts]]
_WITHDRAWN_TEXT = "Withdrawn: the customer is being erased."


class ErasureService:
    """Erases people by edits in both services, step by step, and then from this computer."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        editor: EditService,
        clock: Clock,
        bus: ChangeBus,
        count_here: CountHere,
        erase_here: EraseHere,
        recheck_actor: Callable[[], Awaitable[None]],
    ) -> None:
        """`recheck_actor` asks Zendesk anew who is at work, and with which role."""
        self._services = services
        self._store = store
        self._editor = editor
        self._clock = clock
        self._bus = bus
        self._count_here = count_here
        self._erase_here = erase_here
        self._recheck_actor = recheck_actor

    def require_right(self) -> None:
        """Raise NotPermitted where the person at work may not erase anybody."""
        decision = self._editor.check(Permission.PRIVACY)
        if not decision.is_allowed:
            raise NotPermitted("Erasing people is not allowed.", decision.reason)

    def _require_sight(self) -> None:
        decision = self._editor.check_role(Permission.PRIVACY)
        if not decision.is_allowed:
            raise NotPermitted("Erasures are shown to admins alone.", decision.reason)

    async def check(self, sheet: CustomerSheet) -> ErasureCheck:
        """Read what each system holds of the sheet's person. Raises as `check_erasure` does."""
        self.require_right()
        return await check_erasure(sheet, self._services(), self._count_here)

    async def get_progress(self, erasure_id: str) -> ErasureProgress:
        """Read how far an erasure is, also while changes are off. Raises InvalidInput for none."""
        self._require_sight()
        return await self._store.erasures.get_progress(erasure_id)

    async def list_progress(self) -> tuple[ErasureProgress, ...]:
        """Read every erasure, the newest first, also while changes are off."""
        self._require_sight()
        return await self._store.erasures.list_progress()

    async def find_of_customer(self, ids: Sequence[str]) -> ErasureProgress | None:
        """Find the open erasure of whoever has one of these ids or addresses, or None."""
        return await self._store.erasures.find_open(ids)

    async def request(
        self, check: ErasureCheck, typed: str, *, closes_tickets: bool = False
    ) -> ErasureProgress:
        """Store that a person is to be erased, as the person at work approves; one more has to.

        Raises InvalidInput where the confirmation typed is another, NotPermitted, ConflictError
        where it is requested already, and what stands in the way of the check.
        """
        self.require_right()
        require_confirmed(check.subject, typed)
        obstacle = check.find_obstacle(closes_tickets=closes_tickets)
        if obstacle is not None:
            raise obstacle
        subject = check.planned_subject(closes_tickets=closes_tickets)
        actor = _require_zendesk_admin(self._editor.actor)
        erasures = self._store.erasures
        erasure_id = await erasures.request(subject, check.counts, actor, self._clock.now())
        progress = await erasures.get_progress(erasure_id)
        self._publish(subject)
        return progress

    async def approve(self, erasure_id: str, admin: Actor) -> ErasureProgress:
        """Store another admin's approval of an erasure, which begins with it.

        Raises NotPermitted for who has approved it already, or gives the same API token.
        """
        self.require_right()
        erasure = (await self._store.erasures.get_progress(erasure_id)).erasure
        _require_zendesk_admin(admin)
        given = [(one.user_id, one.credential) for one in erasure.approvals if one.is_proven]
        refused = find_repeated_approval(given, admin.approver_id, admin.name, admin.credential)
        if refused is not None:
            raise refused
        progress = await self._store.erasures.approve(erasure_id, admin, self._clock.now())
        if progress.erasure.subject is not None:
            await self._withdraw_edits(progress.erasure.subject)
            self._publish(progress.erasure.subject)
        return progress

    async def resume(self, erasure_id: str) -> ErasureProgress:
        """Queue the failed and discarded steps of a running erasure again. Raises NotPermitted."""
        self.require_right()
        erasure = (await self._store.erasures.get_progress(erasure_id)).erasure
        subject = erasure.subject
        if subject is None or erasure.state is not ErasureState.RUNNING:
            raise InvalidInput(f"Erasure {erasure_id} is {erasure.state.value}.")
        tickets: list[int] = []
        zendesk = self._services().zendesk
        if subject.closes_tickets and zendesk is not None:
            for user_id in subject.user_ids:
                found = await zendesk.list_every_requested_ticket(user_id)
                tickets += [ticket.id for ticket in found if not ticket.is_closed]
        actor, now = self._editor.actor, self._clock.now()
        await self._store.erasures.queue_again(erasure_id, tickets, actor, now)
        self._publish(subject)
        return await self._store.erasures.get_progress(erasure_id)

    async def cancel(self, erasure_id: str) -> None:
        """Cancel an erasure of which nothing was sent. Raises ConflictError once something was."""
        self.require_right()
        erasure = (await self._store.erasures.get_progress(erasure_id)).erasure
        actor = self._editor.actor.signature
        await self._store.erasures.cancel(erasure_id, actor, self._clock.now())
        if erasure.subject is not None:
            self._publish(erasure.subject)

    async def finish_all(self) -> None:
        """End every erasure whose steps at the services are done; what can't be ended stays open.

        Nothing happens where the person at work may not erase anybody.
        """
        if not self._editor.check(Permission.PRIVACY).is_allowed:
            return
        for progress in await self._store.erasures.list_progress(open_only=True):
            if progress.is_ready_to_end:
                try:
                    await self.finish(progress.erasure.id)
                except AppError as error:
                    log.info("An erasure could not be ended yet: %s", error.code)

    async def finish(self, erasure_id: str) -> ErasureProgress:
        """End an erasure whose steps are done: see that nobody came back, then erase them here.

        A profile that something has made again meanwhile is deleted first, by one more step. While
        a run is writing their rows, or an edit of them is being sent, it goes on. Raises
        UserDecisionNeeded where deleting again does not help, ConflictError where a run does not
        stop, StorageError while another process reads them.
        """
        erasures = self._store.erasures
        progress = await erasures.get_progress(erasure_id)
        subject = progress.erasure.subject
        if subject is None or not progress.is_ready_to_end:
            return progress
        if not progress.erasure.ended_steps:
            if await self._delete_what_came_back(progress, subject):
                self._publish(subject)
                return await erasures.get_progress(erasure_id)
            await self._withdraw_edits(subject)
        # To erase stops every run: not while one has to go on for these rows to be settled.
        if not (await self._count_here(subject.target_ids)).is_complete:
            return progress
        counts = await self._erase_here(subject.target_ids, erasures.make_note_erased(progress))
        # What a run or another window still sends of them ends first; then it is erased as well.
        if counts.is_complete:
            await erasures.end(erasure_id, self._clock.now())
        self._publish(subject)
        return await erasures.get_progress(erasure_id)

    async def find_deletion_refusal(self, edit: Edit) -> str:
        """Say why a step of an erasure may not be sent at this moment, or "".

        The approvals are asked of the audit, and the roles of all who gave them of Zendesk: what is
        deleted does not come back. What cannot be asked refuses.
        """
        try:
            erasure = (await self._store.erasures.get_progress(edit.erasure or "")).erasure
            if erasure.state is not ErasureState.RUNNING:
                return f"The erasure is {erasure.state.value}."
            await self._recheck_actor()
            decision = self._editor.check(Permission.PRIVACY)
            return decision.reason or await self._find_lost_approval(erasure)
        except AppError as error:
            return f"Whether it is still allowed can't be asked: {error.title}"

    async def _find_lost_approval(self, erasure: Erasure) -> str:
        """Say which approval of an erasure does not count any more, where two are needed; or ""."""
        zendesk = self._services().zendesk
        if zendesk is None:
            return "Zendesk is not connected, which says who is an admin."
        given = [one for one in erasure.approvals if one.is_proven and one.user_id.isdecimal()]
        users = {
            user.id: user for user in await zendesk.show_users([int(g.user_id) for g in given])
        }
        lost = []
        for one in given:
            user = users.get(int(one.user_id))
            if user is None or not user.active or user.suspended or user.role != "admin":
                lost.append(one)
        counted = [(one.user_id, one.credential) for one in given if one not in lost]
        if len(group_approvers(counted)) >= 2:
            return ""
        names = " and ".join(one.name for one in lost)
        why = f"{names} is no admin any more" if names else "two approvals could not be proven"
        return f"{why[0].upper()}{why[1:]}. Another admin has to approve it."

    async def _delete_what_came_back(
        self, progress: ErasureProgress, subject: ErasureSubject
    ) -> bool:
        """Queue the deletion of profiles that are there again at an erased address."""
        sids = await self._find_profiles(subject)
        if not sids:
            return False
        edits = await self._store.erasures.list_edits(progress.erasure.id)
        deletions = sum(edit.request.kind is EditKind.DELETE_PROFILE for edit in edits)
        if deletions >= len(subject.sids) + MAX_PROFILE_DELETIONS:
            raise UserDecisionNeeded(
                "Sailthru has the profile again each time that it is deleted.",
                "Something outside Fairlead writes to the address: a form, a shop, another import.",
                "Stop that first, then resume the erasure.",
            )
        for sid in sids:
            await self._store.erasures.delete_profile_again(
                progress.erasure.id, sid, self._editor.actor, self._clock.now()
            )
        return True

    async def _find_profiles(self, subject: ErasureSubject) -> list[str]:
        sailthru = self._services().sailthru
        if sailthru is None:
            raise UserDecisionNeeded("Sailthru is not connected.", "It is asked once more.")
        found = []
        for address in subject.addresses:
            try:
                found.append((await sailthru.get_user(address, key="email")).sid)
            except NotFound:
                continue
        return list(dict.fromkeys(found))

    async def _withdraw_edits(self, subject: ErasureSubject) -> None:
        """Withdraw what still waits to be sent about a person who is being erased."""
        outbox, now, ids = self._store.outbox, self._clock.now(), set(subject.target_ids)
        for edit in await outbox.list_recent(-1, open_only=True):
            if edit.request.target.id in ids and edit.erasure is None:
                await outbox.withdraw_unsent(edit.id, now, _WITHDRAWN_TEXT)
        for user_id in subject.user_ids or (None,):
            for sid in subject.sids or ("",):
                change = await self._store.email_changes.find_newest(user_id, sid)
                if change is not None and change.change.ended_at is None:
                    await self._store.email_changes.end(change.change.id, now)

    def _publish(self, subject: ErasureSubject) -> None:
        topics = (Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT)
        self._bus.publish(ChangeSet.of(*topics, ids=subject.target_ids))


def require_confirmed(subject: ErasureSubject, typed: str) -> None:
    """Raise InvalidInput unless what was typed is the address of who is to be erased."""
    if subject.is_confirmed_by(typed):
        return
    what = "address" if "@" in subject.confirmation else "id"
    raise InvalidInput(
        f"“{typed.strip()[:80]}” is not the {what} of who is to be erased.",
        "Nothing was erased.",
        f"Type {subject.confirmation} to confirm.",
    )


def _require_zendesk_admin(admin: Actor) -> Actor:
    """Return an approver of an erasure, if Zendesk has said who they are. Raises NotPermitted."""
    if admin.is_confirmed_admin and admin.id is not None:
        return admin
    raise NotPermitted(
        "Erasing people takes two admins of Zendesk.",
        "Without Zendesk nobody can say who a second admin is. Nothing was erased.",
        "Connect Zendesk in Settings. To erase this computer's copies alone, use `fairlead data"
        " erase --customer WHO`.",
    )
