"""Undo: before it is sent an edit is withdrawn, afterwards another edit restores what was."""

from collections.abc import Callable
from dataclasses import replace

from desktop.customer.edit import Editor
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import Conflict, NeedsPerson
from desktop.kit.text import translate
from desktop.model.edit import Edit, EditKind, EditState, Intent, opts_in, same
from desktop.model.permission import Actor
from desktop.store.store import Store

# Within this time one's own stricter level may be taken back without a further right.
OWN_OPTOUT_S = 24 * 3600.0


def not_restored(edit: Edit) -> str:
    """What an undo of this edit cannot bring back, as a sentence; empty when nothing is lost."""
    intent = edit.intent
    if intent.kind is EditKind.CREATE:
        return translate("Undo", "A created profile stays in Sailthru.")
    if intent.kind is EditKind.LIST and not intent.new:
        return translate("Undo", "The customer joins again from now on: the old join date is lost.")
    if intent.kind is EditKind.LIST:
        return translate("Undo", "E-mail flows that joining has started are not recalled.")
    if intent.old is None and intent.kind in (EditKind.VAR, EditKind.HEALTH, EditKind.MARK):
        return translate("Undo", "The field stays, without a value.")
    return ""


def restored(edit: Edit) -> Intent:
    """The intent that brings back what was before this edit."""
    intent = edit.intent
    return Intent(
        kind=intent.kind,
        target=intent.target,
        name=intent.name,
        old=intent.new,
        new=intent.old,
        reason=f"Undo of {edit.id}" + (f": {intent.reason}" if intent.reason else ""),
        ticket=intent.ticket,
        undoes=edit.id,
    )


def nothing_to_restore(edit: Edit) -> NeedsPerson | None:
    """Why an edit that has ended cannot be taken back by anybody, or None: it can."""
    if edit.intent.kind is EditKind.CREATE:
        return NeedsPerson(
            "A created profile cannot be undone.",
            "Sailthru keeps it; deleting people is not something this app does.",
            "Delete it in Sailthru if it should not exist.",
        )
    if edit.state is EditState.UNDONE:
        return NeedsPerson(f"Edit {edit.id} is already undone.", "There is nothing to take back.")
    if edit.changed_nothing or same(edit.intent.old, edit.intent.new):
        # Also where it was so already: that is somebody else's choice, not this edit's.
        return NeedsPerson(f"Edit {edit.id} changed nothing.", "There is nothing to take back.")
    return None


def is_own_fresh_optout(edit: Edit, back: Intent, actor: Actor, now: float) -> bool:
    """One's own stricter level of the last 24 h: taking it back needs no further right.

    Whether it still holds is seen when it is delivered.
    """
    return (
        edit.intent.kind is EditKind.OPTOUT
        and opts_in(back)
        and edit.actor == actor.name
        and now - edit.created_at <= OWN_OPTOUT_S
    )


class Undo:
    """Takes edits back."""

    def __init__(
        self,
        store: Store,
        editor: Editor,
        clock: Clock,
        bus: Bus,
        actor: Callable[[], Actor],
    ) -> None:
        self._store = store
        self._editor = editor
        self._clock = clock
        self._bus = bus
        self._actor = actor

    async def undo(self, edit_id: str, *, wait_for_undo: bool = True) -> Edit:
        """Take one edit back; returns the withdrawn edit, or the new edit that restores it.

        Raises BadInput for an unknown id, NeedsPerson where there is nothing to take back,
        NotPermitted. Whether the value changed since is found out before anything is sent.
        """
        words = translate("Undo", "Undone before it was sent.")
        withdrawn = await self.withdraw(edit_id, words)
        if withdrawn is not None:
            return withdrawn
        edit = await self._store.lane.run(self._store.outbox.get, edit_id)
        refused = nothing_to_restore(edit)
        if refused is not None:
            raise refused
        intent = restored(edit)
        if not is_own_fresh_optout(edit, intent, self._actor(), self._clock.now()):
            self._editor.check(replace(intent, reason=intent.reason or "undo"))
        (restoring,) = await self._editor.enqueue([intent], wait_for_undo=wait_for_undo)
        return restoring

    async def withdraw(self, edit_id: str, words: str) -> Edit | None:
        """End an edit that nobody has begun to send; None when it is too late for that.

        Somebody else's opt-out that still waits is as good as given: keeping it from being sent
        needs the right to opt in. Raises BadInput for an unknown id, NotPermitted.
        """
        lane, outbox = self._store.lane, self._store.outbox
        edit, now = await lane.run(outbox.get, edit_id), self._clock.now()
        if edit.intent.kind is EditKind.OPTOUT and not edit.state.final:
            backwards = restored(edit)
            own = is_own_fresh_optout(edit, backwards, self._actor(), now)
            if opts_in(backwards) and not own:
                self._editor.check(backwards)
        withdrawn = await lane.run(outbox.withdraw, edit_id, now, words)
        if withdrawn is not None:
            topics = (Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT)
            self._bus.publish(Changes.of(*topics, ids=[withdrawn.intent.target.id]))
        return withdrawn


def apply_anyway(edit: Edit, current: Intent) -> Intent:
    """After a conflict: the same wish again, from the value that stands there now."""
    if edit.state is not EditState.CONFLICT:
        raise Conflict(f"Edit {edit.id} is no conflict.")
    return replace(edit.intent, old=current.old, undoes=None)
