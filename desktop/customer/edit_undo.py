"""Undoes edits: withdraws one that was not sent, else queues an edit that restores the value."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from desktop.customer.edit_service import EditService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, UserDecisionNeeded
from desktop.model.edit import (
    ERASURE_KINDS,
    Edit,
    EditKind,
    EditRequest,
    EditState,
    is_opt_in,
    is_own_recent_optout,
    is_same_json,
)
from desktop.model.permission import Actor
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.change_origin import find_last_change


def undo_loss_warning(edit: Edit) -> str:
    """Return what undoing an edit cannot bring back, as a sentence; empty: nothing."""
    intent = edit.request
    if intent.kind is EditKind.CREATE:
        return "A created profile stays in Sailthru."
    if intent.kind in ERASURE_KINDS:
        return "What is deleted stays deleted."
    if intent.kind is EditKind.NOTE:
        return "A note stays on its ticket once it is sent."
    # Joining again gets a new date; Sailthru offers no way to set the old one.
    if intent.kind is EditKind.LIST and not intent.new:
        return "The customer joins again from now on: the old join date is lost."
    if intent.kind is EditKind.LIST:
        return "E-mail flows that joining has started are not recalled."
    if intent.kind is EditKind.TAG:
        return "Tickets that have got the tag keep it, and what triggers did stays done."
    if intent.old is None and intent.kind in (EditKind.VAR, EditKind.HEALTH, EditKind.SYNC_MARK):
        return "The field stays, without a value."
    return ""


def inverse_request(edit: Edit) -> EditRequest:
    """Return the edit request that restores the value before this edit."""
    intent = edit.request
    at = datetime.fromtimestamp(edit.created_at).astimezone()
    return EditRequest(
        kind=intent.kind,
        target=intent.target,
        name=intent.name,
        old=intent.new,
        new=intent.old,
        reason=f"Undoes the change of {at:%H:%M}" + (f": {intent.reason}" if intent.reason else ""),
        ticket=intent.ticket,
        undoes=edit.id,
    )


def undo_refusal(edit: Edit) -> UserDecisionNeeded | None:
    """Return why an ended edit cannot be undone by anybody, or None."""
    if edit.email_change is not None:
        return UserDecisionNeeded(
            f"Edit {edit.id} is one step of a change of the e-mail address.",
            "A step alone would leave the two services with different addresses.",
            "Undo the whole change: under Change e-mail on the customer’s sheet, or by"
            f" `fairlead undo {edit.id}`.",
        )
    if edit.request.kind in ERASURE_KINDS:
        return UserDecisionNeeded(
            f"Edit {edit.id} is a step of an erasure.",
            "Neither Zendesk nor Sailthru brings back what was deleted.",
            "While it waits, it can be discarded; that stops the erasure.",
        )
    if edit.request.kind is EditKind.NOTE:
        return UserDecisionNeeded(
            "A note on a ticket cannot be undone.",
            "Zendesk keeps every comment.",
            "An admin can redact it in Zendesk.",
        )
    if edit.request.kind is EditKind.CREATE:
        return UserDecisionNeeded(
            "A created profile cannot be undone.",
            "Sailthru keeps it; deleting people is not something this app does.",
            "Delete it in Sailthru if it should not exist.",
        )
    if edit.state is EditState.UNDONE:
        return UserDecisionNeeded(
            f"Edit {edit.id} is already undone.", "There is nothing to take back."
        )
    if edit.request.kind is EditKind.OPTOUT and edit.request.old is None:
        return UserDecisionNeeded(
            f"Edit {edit.id} cannot be undone.",
            "Sailthru had not said which opt-out level stood there before.",
            "Choose the level that the customer wants.",
        )
    if edit.has_changed_nothing or is_same_json(edit.request.old, edit.request.new):
        # Also where it was so already: that is somebody else's choice, not this edit's.
        return UserDecisionNeeded(
            f"Edit {edit.id} changed nothing.", "There is nothing to take back."
        )
    return None


def newer_change_refusal(
    edit: Edit, entries: Iterable[AuditEntry], now: float
) -> UserDecisionNeeded | None:
    """Return why an edit is not undone over a newer change made here, or None.

    `entries` are the audit rows of its customer, the newest first.
    """
    request = edit.request
    newer = find_last_change(entries, request.kind, request.name)
    if newer is None or newer.entry.edit == edit.id or newer.entry.at < edit.created_at:
        return None
    # Whatever came in between: the value that this edit set stands there again.
    if is_same_json(newer.new, request.new):
        return None
    return UserDecisionNeeded(
        "A newer change stands over this one.",
        f"It is by {newer.describe_author(now)}.",
        "Undo that one first.",
    )


class UndoService:
    """Undoes edits of a customer, by withdrawing or by another edit."""

    def __init__(
        self,
        store: WorkspaceStore,
        editor: EditService,
        clock: Clock,
        bus: ChangeBus,
        actor: Callable[[], Actor],
    ) -> None:
        self._store = store
        self._editor = editor
        self._clock = clock
        self._bus = bus
        self._actor = actor

    async def undo(self, edit_id: str, *, wait_for_undo: bool = True) -> Edit:
        """Undo an edit; returns it withdrawn, or the new edit that restores the value.

        Raises InvalidInput for an unknown id, UserDecisionNeeded where there is nothing to take
        back or a newer change made here stands over it, NotPermitted. Whether the value changed
        elsewhere since is found out before anything is sent.
        """
        edit = await self._store.outbox.get_edit(edit_id)
        step_refusal = undo_refusal(edit) if edit.email_change is not None else None
        if step_refusal is not None:
            raise step_refusal
        words = "Undone before it was sent."
        withdrawn = await self.withdraw(edit_id, words)
        if withdrawn is not None:
            return withdrawn
        refused = undo_refusal(edit)
        if refused is None:
            refused = await self._find_newer_change(edit)
        if refused is not None:
            raise refused
        return await self._editor.submit_undo(
            inverse_request(edit), edit, wait_for_undo=wait_for_undo
        )

    async def _find_newer_change(self, edit: Edit) -> UserDecisionNeeded | None:
        waiting = await self._store.outbox.find_open_edit(edit.request)
        if waiting is not None and int(waiting.id) > int(edit.id):
            wanted = waiting.request.new
            if any(is_same_json(wanted, each) for each in (edit.request.old, edit.request.new)):
                # It leads to where the undo would lead, or back to what the undo takes back.
                return None
            return UserDecisionNeeded(
                "A newer change stands over this one.",
                f"{waiting.actor} made it; it is not sent yet.",
                "Undo that one first.",
            )
        entries = await self._store.audit.list_entries(targets=(edit.request.target.id,))
        return newer_change_refusal(edit, entries, self._clock.now())

    def _require_right_to_withdraw(self, edit: Edit, now: float) -> None:
        backwards, actor = inverse_request(edit), self._actor()
        is_offline = not actor.is_confirmed
        if is_opt_in(backwards):
            own = is_own_recent_optout(edit, backwards, actor.key, now)
            if not own and not (is_offline and edit.may_be_dropped_by(actor)):
                self._editor.require_allowed(backwards, waits=False)
            return
        self._editor.require_right_to_drop(edit, backwards)

    async def withdraw(self, edit_id: str, words: str) -> Edit | None:
        """Withdraw an edit that no sender has begun to send; None when it is too late for that.

        Somebody else's edit that still waits is as good as made: keeping it from being sent needs
        the right to change it back, of an opt-out the right to opt in. Raises InvalidInput for an
        unknown id, NotPermitted.
        """
        outbox = self._store.outbox
        edit, now = await outbox.get_edit(edit_id), self._clock.now()
        if not edit.state.is_final:
            self._require_right_to_withdraw(edit, now)
        withdrawn = await outbox.withdraw_unsent(edit_id, now, words)
        if withdrawn is not None:
            topics = (Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT)
            self._bus.publish(ChangeSet.of(*topics, ids=[withdrawn.request.target.id]))
        return withdrawn


def reapply_request(edit: Edit, current: EditRequest) -> EditRequest:
    """Build the edit request that repeats one in conflict, from the service's value now."""
    if edit.state is not EditState.CONFLICT:
        raise ConflictError(f"Edit {edit.id} is no conflict.")
    return replace(edit.request, old=current.old, undoes=None)
