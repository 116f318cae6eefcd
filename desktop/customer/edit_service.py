"""Queues edits into the outbox where the permission rules allow them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput, NotPermitted, UserDecisionNeeded
from desktop.kit.text import is_valid_unicode
from desktop.model.edit import (
    ERASURE_KINDS,
    UNDO_WINDOW_S,
    Edit,
    EditKind,
    EditRequest,
    is_opt_in,
    is_own_recent_optout,
    is_same_json,
    needed_permission,
    waits_for_undo,
)
from desktop.model.erased_people import NOBODY_ERASED, person_keys
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_permission,
    check_role,
    check_waiting_edit,
)
from desktop.store.outbox import DelayPolicy, SettleWithEdits
from desktop.store.workspace_store import WorkspaceStore

# Characters; the audit keeps it for good.
_MAX_REASON_LENGTH = 2000

_PermissionCheck = Callable[[Permission, Actor, PermissionRules], PermissionDecision]


class EditService:
    """Queues edits for the window, the command line and undo, by the actor's rights."""

    def __init__(
        self,
        store: WorkspaceStore,
        clock: Clock,
        bus: ChangeBus,
        actor: Callable[[], Actor],
        rules: Callable[[], PermissionRules],
        connection_number: Callable[[], int] = lambda: 0,
    ) -> None:
        """`connection_number` is another one after each sign-in with credentials."""
        self._store = store
        self._clock = clock
        self._bus = bus
        self._actor = actor
        self._rules = rules
        self._connection_number = connection_number
        # Queued by this process while Zendesk was away, by edit id: over which connection, and the
        # user id of who was signed in last.
        self._unconfirmed: dict[str, tuple[int, int | None]] = {}

    @property
    def actor(self) -> Actor:
        """The person at work, whose edits this service queues."""
        return self._actor()

    def check(self, permission: Permission) -> PermissionDecision:
        """Decide whether the person at work has a right that their edits need."""
        return check_permission(permission, self._actor(), self._rules())

    def check_role(self, permission: Permission) -> PermissionDecision:
        """Decide whether the person at work has a right, also while changes are switched off."""
        return check_role(permission, self._actor(), self._rules())

    def permission_for(self, request: EditRequest) -> PermissionDecision:
        """Decide whether the actor may queue this edit; it is asked again before it is sent."""
        return check_waiting_edit(needed_permission(request), self._actor(), self._rules())

    def require_allowed(self, request: EditRequest, *, waits: bool = True) -> None:
        """Raise NotPermitted for an edit, or InvalidInput where its reason or ticket is missing.

        `waits`: it is queued, and its right asked again; else what is asked takes effect at once.
        """
        check = check_waiting_edit if waits else check_permission
        _require_allowed(request, self._actor(), self._rules(), check)

    def require_right(self, request: EditRequest) -> None:
        """Raise NotPermitted where the actor's role may not make an edit, be changes on or off."""
        rules = replace(self._rules(), are_changes_enabled=True)
        _require_right(request, self._actor(), rules)

    def require_right_to_drop(self, edit: Edit, backwards: EditRequest) -> None:
        """Raise NotPermitted where the actor may not drop an unsent edit: it is somebody else's.

        `backwards` is what would take it back. Also with changes off: dropping it writes nothing.
        """
        actor = self._actor()
        # Offline the name has to do.
        names = () if actor.is_confirmed else (actor.name, actor.signature)
        if not edit.is_made_by(actor.key) and edit.actor not in names:
            self.require_right(backwards)

    async def submit(
        self, requests: Sequence[EditRequest], *, wait_for_undo: bool = True
    ) -> tuple[Edit, ...]:
        """Queue edits in the outbox, all or none; edits that change nothing are left out.

        The rules ask what the change is from where the service will stand when its turn comes,
        which an edit under way is about to move. Raises NotPermitted, also where it makes somebody
        who was erased, InvalidInput, StorageError, UserDecisionNeeded for a note that waits
        already.
        """
        await self._require_not_erased(requests)
        return await self._queue(requests, self.make_judge(wait_for_undo=wait_for_undo))

    async def submit_and_settle(
        self,
        requests: Sequence[EditRequest],
        settle: SettleWithEdits,
        *,
        wait_for_undo: bool = True,
    ) -> tuple[Edit, ...]:
        """Queue edits as `submit`, and what `settle` stores with them, all or nothing."""
        await self._require_not_erased(requests)
        actor, now = self._actor(), self._clock.now()
        edits = await self._store.outbox.enqueue_and_settle(
            requests,
            actor.signature,
            now,
            self.make_judge(wait_for_undo=wait_for_undo),
            settle,
            actor_key=actor.key,
        )
        self._remember_unconfirmed(actor, edits)
        self._publish(requests)
        return edits

    async def submit_batch(
        self,
        batch_id: str,
        requests: Mapping[int, EditRequest],
        *,
        planned_at: float | None,
        wait_for_undo: bool = True,
    ) -> int:
        """Queue the edits of a batch, by its rows, all in one transaction; returns how many.

        `planned_at` is when the plan was made that these are of. Raises NotPermitted where any of
        them is refused to who is at work, InvalidInput for a missing reason or ticket,
        ConflictError for a batch that was applied already, or is another by now.
        """
        actor, rules, now = self._actor(), self._rules(), self._clock.now()
        judge = self.make_judge(wait_for_undo=wait_for_undo)

        def queue() -> int:
            for request in requests.values():
                _require_allowed(request, actor, rules, check_waiting_edit)
            return self._store.outbox.enqueue_batch.blocking(
                batch_id,
                requests,
                actor.signature,
                now,
                judge,
                planned_at=planned_at,
                actor_key=actor.key,
            )

        # All of it on the database's thread: thousands of requests hold up no window.
        count = await self._store.run(queue)
        if not actor.is_confirmed:
            edits = await self._store.outbox.list_of_batch(batch_id)
            self._remember_unconfirmed(actor, edits)
        self._bus.publish(ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER))
        return count

    async def submit_undo(
        self, request: EditRequest, undone: Edit, *, wait_for_undo: bool = True
    ) -> Edit:
        """Queue the edit that takes `undone` back, judged like any other by who is at work.

        One's own opt-out of the last 24 h alone is taken back without a further right, unless
        somebody else has chosen a level since. Raises NotPermitted, ConflictError for an edit of
        another account.
        """
        await self._store.outbox.require_own_account(undone.id)
        # The same level, chosen anew by somebody since, is theirs.
        is_theirs = await self._store.outbox.has_later_level(undone.id)
        own = None if is_theirs else undone
        judge = self.make_judge(wait_for_undo=wait_for_undo, undone=own)
        (edit,) = await self._queue([request], judge, batch=undone.batch)
        return edit

    async def retry(self, edit_id: str) -> Edit:
        """Make an open edit due at once; a failed one is judged anew, for who is at work now.

        Raises InvalidInput for one that has ended otherwise or is not there, NotPermitted.
        """
        outbox = self._store.outbox
        edit = await outbox.get_edit(edit_id)
        undoes = edit.request.undoes
        own = None
        if undoes is not None and not await outbox.has_later_level(undoes):
            own = await outbox.get_edit(undoes)
        judge = self.make_judge(wait_for_undo=False, undone=own)
        actor, now = self._actor(), self._clock.now()
        return await outbox.retry(
            edit_id, now, actor=actor.signature, actor_key=actor.key, judge=judge
        )

    async def confirm_authors(self) -> None:
        """Put the actor's name to what they queued while Zendesk could not say who they are.

        Over the same connection it is the same person; edits of a process that has ended, or made
        before another sign-in, wait until somebody retries them.
        """
        actor, unconfirmed = self._actor(), self._unconfirmed
        if not unconfirmed or not actor.is_confirmed:
            return
        signed_in = self._connection_number(), actor.id
        ids = [edit_id for edit_id, made_by in unconfirmed.items() if made_by == signed_in]
        self._unconfirmed = {}
        await self._store.outbox.confirm_author(ids, actor.signature, actor.key)

    def make_judge(self, *, wait_for_undo: bool = False, undone: Edit | None = None) -> DelayPolicy:
        """Make what the outbox asks of an edit it queues: is it allowed, and from when to send."""
        actor, rules, now = self._actor(), self._rules(), self._clock.now()

        def judge(queued_request: EditRequest, pending: Edit | None) -> float:
            own = undone is not None and is_own_recent_optout(
                undone, queued_request, actor.key, now
            )
            # What would replace somebody else's edit takes effect at once.
            waits = pending is None or pending.may_be_dropped_by(actor)
            if not own:
                check = check_waiting_edit if waits else check_permission
                _require_allowed(queued_request, actor, rules, check)
            # Somebody else's stricter level that is on its way counts as if it stood already.
            if (
                queued_request.kind is EditKind.OPTOUT
                and pending is not None
                and not pending.may_be_dropped_by(actor)
            ):
                over = replace(queued_request, old=pending.request.new)
                if is_opt_in(over):
                    _require_allowed(over, actor, rules, check_permission)
            return _undo_delay_s(queued_request) if wait_for_undo else 0.0

        return judge

    async def _require_not_erased(self, requests: Sequence[EditRequest]) -> None:
        creates = [one for one in requests if one.kind is EditKind.CREATE]
        erased = await self._store.erased_people.load() if creates else NOBODY_ERASED
        for request in creates:
            keys = person_keys(addresses=(request.target.id,))
            if refusal := erased.find_refusal(keys):
                raise NotPermitted("No profile is made.", refusal)

    async def _queue(
        self, requests: Sequence[EditRequest], judge: DelayPolicy, *, batch: str | None = None
    ) -> tuple[Edit, ...]:
        actor, now = self._actor(), self._clock.now()
        edits = await self._store.outbox.enqueue(
            requests, actor.signature, now, judge, actor_key=actor.key, batch=batch
        )
        self._remember_unconfirmed(actor, edits)
        if edits:
            self._publish(requests)
        return edits

    def _remember_unconfirmed(self, actor: Actor, edits: Sequence[Edit]) -> None:
        """Remember edits queued while nobody could say who made them, for `confirm_authors`."""
        if not actor.is_confirmed:
            signed_in = self._connection_number(), actor.id
            self._unconfirmed |= {edit.id: signed_in for edit in edits}

    def _publish(self, requests: Sequence[EditRequest]) -> None:
        ids = [request.target.id for request in requests]
        self._bus.publish(ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, ids=ids))


def _require_right(
    request: EditRequest,
    actor: Actor,
    rules: PermissionRules,
    check: _PermissionCheck = check_permission,
) -> None:
    decision = check(needed_permission(request), actor, rules)
    if not decision.is_allowed:
        raise NotPermitted("This change is not allowed.", decision.reason)


def _require_allowed(
    request: EditRequest, actor: Actor, rules: PermissionRules, check: _PermissionCheck
) -> None:
    _require_right(request, actor, rules, check)
    if request.kind in ERASURE_KINDS:
        raise UserDecisionNeeded(
            "This is a step of an erasure.",
            "It takes two admins. Nothing was queued.",
            "Open the customer, then Privacy: Erase….",
        )
    if not is_valid_unicode(request.reason):
        raise InvalidInput("The reason holds characters that cannot be kept.", "", "Type it again.")
    if len(request.reason) > _MAX_REASON_LENGTH:
        raise InvalidInput(
            "The reason is too long.", f"At most {_MAX_REASON_LENGTH:,} characters are kept."
        )
    if is_opt_in(request) and request.undoes is None:
        if not request.reason.strip() or request.ticket is None:
            raise InvalidInput(
                "Opting somebody back in needs a ticket and a reason.",
                "It records that the customer asked for it.",
                "Give both.",
            )
    elif request.kind is EditKind.OPTOUT and not request.reason.strip():
        raise InvalidInput("An opt-out needs a reason.", "", "Say why in a few words.")


def _undo_delay_s(request: EditRequest) -> float:
    return UNDO_WINDOW_S if waits_for_undo(request) else 0.0


def has_effect(request: EditRequest) -> bool:
    """Whether an edit's new value differs from the one the person saw."""
    return request.kind is EditKind.CREATE or not is_same_json(request.old, request.new)
