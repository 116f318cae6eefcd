"""Puts intents into the outbox, if the rules allow them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import BadInput, NotPermitted
from desktop.model.edit import (
    UNDO_SECONDS,
    Edit,
    Intent,
    needed_permission,
    opts_in,
    same,
    waits_for_undo,
)
from desktop.model.edit import EditKind as Kind
from desktop.model.permission import Actor, Rules, Verdict, check
from desktop.model.variable import is_text
from desktop.store.outbox import Judge
from desktop.store.store import Store

_LONGEST_REASON = 2000


class Editor:
    """The one door for changes: the window, the command line and undo all come through here."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bus: Bus,
        actor: Callable[[], Actor],
        rules: Callable[[], Rules],
    ) -> None:
        self._store = store
        self._clock = clock
        self._bus = bus
        self._actor = actor
        self._rules = rules

    def may(self, intent: Intent) -> Verdict:
        """Whether the person at work here may do this, and if not, why not."""
        return check(needed_permission(intent), self._actor(), self._rules())

    def check(self, intent: Intent) -> None:
        """Raises NotPermitted, or BadInput where a reason or a ticket is missing."""
        _require(intent, self._actor(), self._rules())

    async def submit(
        self, intents: Sequence[Intent], *, wait_for_undo: bool = True
    ) -> tuple[Edit, ...]:
        """Queue what changes something; what is so already is left out. All or nothing.

        The rules ask what the change is from where the service will stand when its turn comes,
        which an edit under way is about to move. Raises NotPermitted, BadInput, StoreKnown.
        """
        actor, rules = self._actor(), self._rules()

        def judge(intent: Intent, wanted: Edit | None) -> float:
            _require(intent, actor, rules)
            # Somebody else's stricter level that is on its way counts as if it stood already.
            if intent.kind is Kind.OPTOUT and wanted is not None and wanted.actor != actor.name:
                over = replace(intent, old=wanted.intent.new)
                if opts_in(over):
                    _require(over, actor, rules)
            return _undo_time(intent) if wait_for_undo else 0.0

        return await self._queue(intents, judge)

    async def enqueue(
        self, intents: Sequence[Intent], *, wait_for_undo: bool = True
    ) -> tuple[Edit, ...]:
        """Queue without asking the rules: for what they have already allowed (undo)."""

        def judge(intent: Intent, _wanted: Edit | None) -> float:
            return _undo_time(intent) if wait_for_undo else 0.0

        return await self._queue(intents, judge)

    async def _queue(self, intents: Sequence[Intent], judge: Judge) -> tuple[Edit, ...]:
        edits = await self._store.lane.run(
            self._store.outbox.enqueue, intents, self._actor().name, self._clock.now(), judge
        )
        if edits:
            self._bus.publish(
                Changes.of(Topic.OUTBOX, Topic.CUSTOMER, ids=[i.target.id for i in intents])
            )
        return edits


def _require(intent: Intent, actor: Actor, rules: Rules) -> None:
    verdict = check(needed_permission(intent), actor, rules)
    if not verdict.allowed:
        raise NotPermitted("This change is not allowed.", verdict.reason)
    if not is_text(intent.reason):
        raise BadInput("The reason holds characters that cannot be kept.", "", "Type it again.")
    if len(intent.reason) > _LONGEST_REASON:
        raise BadInput(
            "The reason is too long.", f"At most {_LONGEST_REASON:,} characters are kept."
        )
    if opts_in(intent) and intent.undoes is None:
        if not intent.reason.strip() or intent.ticket is None:
            raise BadInput(
                "Opting somebody back in needs a ticket and a reason.",
                "It records that the customer asked for it.",
                "Give both.",
            )
    elif intent.kind is Kind.OPTOUT and not intent.reason.strip():
        raise BadInput("An opt-out needs a reason.", "", "Say why in a few words.")


def _undo_time(intent: Intent) -> float:
    return UNDO_SECONDS if waits_for_undo(intent) else 0.0


def changes_something(intent: Intent) -> bool:
    """Whether the wanted value differs from the one the person saw."""
    return intent.kind is Kind.CREATE or not same(intent.old, intent.new)
