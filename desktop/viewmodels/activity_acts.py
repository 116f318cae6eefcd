"""What a person may do about a change: retry, discard, undo, leave, apply; and verify all."""

from dataclasses import replace

from desktop.customer.edit import Editor
from desktop.customer.undo import Undo, apply_anyway
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import BadInput, NeedsPerson, NotPermitted
from desktop.kit.text import plural
from desktop.model.edit import Edit, EditState
from desktop.store.store import Store
from desktop.viewmodels.activity_detail import Reality
from desktop.viewmodels.activity_log import ActivityLog
from desktop.viewmodels.office import Office


class ActivityActs:
    """Each act returns the sentence that says what was done, or raises our errors."""

    def __init__(
        self,
        office: Office,
        store: Store,
        undo: Undo,
        editor: Editor,
        bus: Bus,
        clock: Clock,
        log: ActivityLog,
    ) -> None:
        self._office, self._store, self._undo = office, store, undo
        self._editor, self._bus, self._clock, self._log = editor, bus, clock, log

    async def do(self, act: str, edit_id: str, reality: Reality | None) -> str:
        """Do one of them; `reality` is what the person saw beside a conflict."""
        edit = self._log.get(edit_id)
        if edit is None:
            raise BadInput("This change is not in the list any more.")
        if act == "retry":
            return await self._retry(edit)
        if act == "discard":
            return await self._discard(edit)
        if act == "undo":
            return await self._take_back(edit)
        if act == "apply":
            return await self._apply(edit, reality)
        if act == "leave":
            await self._log.settle(edit.id, self._office.actor.name, self._clock.now())
            return "Left as it is."
        raise BadInput(f"“{act}” is nothing that can be done here.")

    async def verify(self) -> tuple[bool, str]:
        """Walk the chain of hashes: whether it is whole, in words."""
        found = await self._store.lane.run(self._store.audit.verify)
        if found.broken_at is None:
            rows = plural(found.rows, "entry", "entries")
            return True, f"The record is whole: {rows}, none changed or missing."
        return (
            False,
            f"The record was changed outside Fairlead: entry {found.broken_at} does not fit.",
        )

    async def _retry(self, edit: Edit) -> str:
        if edit.state is EditState.FAILED:
            # It begins anew: what was allowed then may be refused now.
            verdict = self._editor.may(edit.intent)
            if not verdict.allowed:
                raise NotPermitted("This change is not allowed any more.", verdict.reason)
        lane, outbox = self._store.lane, self._store.outbox
        await lane.run(outbox.retry, edit.id, self._clock.now())
        self._publish(edit)
        return "It is tried again now."

    async def _discard(self, edit: Edit) -> str:
        gone = await self._undo.withdraw(edit.id, "Discarded before it was sent.")
        if gone is None:
            raise NeedsPerson(
                "This change cannot be discarded any more.",
                "It is being sent, or has ended.",
                "Undo takes it back once it is confirmed.",
            )
        self._publish(edit)
        return "Discarded. Nothing was sent."

    async def _take_back(self, edit: Edit) -> str:
        back = await self._undo.undo(edit.id)
        undone = back.state is EditState.UNDONE
        return "Undone before it was sent." if undone else "The undo is on its way."

    async def _apply(self, edit: Edit, reality: Reality | None) -> str:
        if reality is None or not reality.known:
            raise BadInput("What stands there now has to be read first.", "", "Open the conflict.")
        seen = replace(edit.intent, old=reality.value)
        await self._editor.submit([apply_anyway(edit, seen)])
        return "The change was queued again, from the value that stands there now."

    def _publish(self, edit: Edit) -> None:
        topics = (Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT)
        self._bus.publish(Changes.of(*topics, ids=[edit.intent.target.id]))
