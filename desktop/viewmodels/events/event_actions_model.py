"""View-model of the Actions tab: drafts of the six actions, tried on events, previewed, saved."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from PySide6.QtCore import Signal

from desktop.events.action_store import DEFAULTS, ActionState, ActionStore
from desktop.events.event_action import ActionKind, CompiledAction, EventAction
from desktop.events.trigger import TriggerError, compile_trigger
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.permission import Permission, check_role
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.event_action_view import EventActionView, build_event_action_view
from desktop.viewmodels.events.event_sample import EventSample, sample_of_stored
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.time_format import format_elapsed
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

_STORED_SAMPLE = 1_000


class EventActionsModel(TaskOwningModel):
    """The workspace's actions as the Actions tab edits them.

    What can be used is kept as a draft at once, what cannot is kept as text: neither is lost with
    the window. Only `save` makes drafts count, and only once a simulation has shown them.
    """

    discarded = Signal(str)  # what was put away, to be undone
    saved = Signal()

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        clock: Clock,
        keep_audit_head: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._clock = workspace, store, clock
        self._actions = ActionStore(store.event_actions, clock)
        self._keep_audit_head = keep_audit_head
        self._states: dict[ActionKind, ActionState] = {}
        self._typed: dict[ActionKind, str] = {}
        self._edits = 0
        self._last_fired: Mapping[str, float] = {}
        self._matches: dict[tuple[ActionKind, str], int] = {}
        self._before_discard: tuple[ActionKind, ActionState, str | None] | None = None
        self.sample = EventSample()

    # What the tab shows.

    @property
    def is_read(self) -> bool:
        """Whether the actions have been read from the store."""
        return bool(self._states)

    def views(self) -> tuple[EventActionView, ...]:
        """Return a view of each action, in their order."""
        return tuple(self._view(kind) for kind in ActionKind if kind in self._states)

    def state_of(self, kind: ActionKind) -> ActionState:
        """Return an action as it counts, and its draft."""
        return self._states.get(kind) or ActionState(DEFAULTS[kind])

    @property
    def unmatched_count(self) -> int:
        """How many of the sample's events no action fires for, as the drafts stand."""
        triggers = [
            compile_trigger(state.newest.trigger)
            for state in self._states.values()
            if state.newest.is_on
        ]
        return sum(not any(t.matches(e.body) for t in triggers) for e in self.sample.events)

    @property
    def draft_count(self) -> int:
        """How many actions have a draft that could be saved."""
        return sum(state.draft is not None for state in self._states.values())

    @property
    def has_unpreviewed_drafts(self) -> bool:
        """Whether some draft was not shown by a simulation since it was changed."""
        return any(s.draft is not None and not s.is_draft_previewed for s in self._states.values())

    def change_refusal(self) -> str:
        """Say why the person at work may not change actions, or ""."""
        error = self._workspace.connection_error
        if error is not None:
            return f"Zendesk can't say who you are now: {error}"
        decision = check_role(Permission.RUNS, self._workspace.actor, self._workspace.rules)
        return "" if decision.is_allowed else decision.reason

    def preview_refusal(self) -> str:
        """Say why the drafts cannot be previewed, or ""."""
        if not self.draft_count:
            return "Change a trigger or a mapping first."
        if not self.sample.events:
            return "Open a file or paste events first: the drafts are tried on them."
        return self.change_refusal()

    def save_refusal(self) -> str:
        """Say why the drafts cannot be saved, or ""."""
        if not self.draft_count:
            return "There is no draft to save."
        if self.has_unpreviewed_drafts:
            return "Preview the drafts first: it shows what they do."
        return self.change_refusal()

    def summary(self) -> str:
        """Describe the drafts in one sentence, or ""."""
        drafts = format_count(self.draft_count, "draft", "drafts") if self.draft_count else ""
        bad = len(self._typed)
        parts = []
        if drafts:
            words = "not previewed yet" if self.has_unpreviewed_drafts else "previewed"
            parts.append(f"{drafts}, {words}: saved actions count until you save.")
        if bad:
            parts.append(f"{format_count(bad, 'trigger', 'triggers')} can't be used yet.")
        return " ".join(parts)

    # What people do.

    def refresh(self) -> None:
        """Read the actions, and the stored events where no file is open."""
        self.tasks.start_once("read", self._read())

    def set_sample(self, sample: EventSample) -> None:
        """Try triggers and mappings on these events from now on."""
        self.sample = sample
        self._matches.clear()
        self.changed.emit()

    def set_trigger(self, kind: ActionKind, text: str) -> None:
        """Take over what is typed as a trigger; what can be used becomes the draft."""
        try:
            compile_trigger(text)
        except TriggerError:
            if not self.change_refusal():
                self._typed[kind] = text
                self._keep_typed(kind)
            self.changed.emit()
            return
        self._put(replace(self.state_of(kind).newest, trigger=text))

    def set_on(self, kind: ActionKind, *, on: bool) -> None:
        """Switch an action on or off in its draft; the trigger stays."""
        self._put(replace(self.state_of(kind).newest, is_on=on), keeps_typed=True)

    def put(self, action: EventAction) -> None:
        """Take over a whole action, as the mapping's form gives it. Raises MappingError."""
        action.compile()
        self._put(action, keeps_typed=True)

    def apply_repair(self, kind: ActionKind) -> None:
        """Replace an event action's faulty trigger by the repair that its row offers."""
        fault = self._view(kind).fault
        if fault is not None and fault.repair is not None:
            self.set_trigger(kind, fault.repair.text)

    def reset(self, kind: ActionKind) -> None:
        """Make an action as it comes with Fairlead the draft."""
        self._remember(kind)
        self._put(DEFAULTS[kind])
        self.discarded.emit(f"{kind.label}: draft as it comes with Fairlead")

    def discard(self, kind: ActionKind) -> None:
        """Take an action's draft, and what is typed, away; `undo_discard` brings it back."""
        self._remember(kind)
        self._set(kind, None)
        self.discarded.emit(f"{kind.label}: draft discarded")

    def undo_discard(self) -> None:
        """Bring back the draft that was discarded or reset last."""
        if self._before_discard is None:
            return
        kind, state, typed = self._before_discard
        self._before_discard = None
        self._set(kind, state.draft, typed)

    async def are_in_force(self, actions: Iterable[CompiledAction]) -> bool:
        """Whether these are the actions by which events are delivered. Raises NotPermitted."""
        used = {one.kind: one.action for one in actions}
        return used == {one.kind: one for one in await self._actions.get_actions()}

    async def mark_previewed(self) -> None:
        """Note that the Actions tab's present drafts were previewed by a simulation."""
        await self._actions.mark_previewed()
        await self._read_states()

    async def wait_until_kept(self) -> None:
        """Wait until every draft is in the store, so that a simulation reads it."""
        await self.tasks.wait_for_prefix("keep")

    def save(self) -> None:
        """Save the previewed drafts of event actions, so that deliveries use them."""
        if not self.save_refusal():
            self.tasks.start_once("save", self._save())

    async def close(self) -> None:
        """Wait until typed drafts of event actions are stored."""
        await self.tasks.wait_for_prefix("keep")
        await super().close()

    # How it comes about.

    def _view(self, kind: ActionKind) -> EventActionView:
        state, typed = self.state_of(kind), self._typed.get(kind)
        fired = self._last_fired.get(kind.value)
        when = format_elapsed(fired, self._clock.now()) if fired else "never"
        return build_event_action_view(state, typed, self._count(kind, state, typed), when)

    def _count(self, kind: ActionKind, state: ActionState, typed: str | None) -> int | None:
        if typed is not None or not self.sample.events:
            return None
        key = (kind, state.newest.trigger)
        if key not in self._matches:
            matches = compile_trigger(state.newest.trigger).matches
            self._matches[key] = sum(matches(event.body) for event in self.sample.events)
        return self._matches[key]

    def _remember(self, kind: ActionKind) -> None:
        self._before_discard = (kind, self.state_of(kind), self._typed.get(kind))

    def _put(self, action: EventAction, *, keeps_typed: bool = False) -> None:
        state = self.state_of(action.kind)
        typed = self._typed.get(action.kind) if keeps_typed else None
        is_saved = state.is_proven and action == state.action
        self._set(action.kind, None if is_saved else action, typed)

    def _set(self, kind: ActionKind, draft: EventAction | None, typed: str | None = None) -> None:
        if self.change_refusal():
            self.changed.emit()
            return
        state = self.state_of(kind)
        self._edits += 1
        if typed is None:
            self._typed.pop(kind, None)
        else:
            self._typed[kind] = typed
        self._keep_typed(kind)
        if draft != state.draft:
            self._states[kind] = replace(state, draft=draft, is_draft_previewed=False)
            # One after another: the newest must be the last that is written.
            self.tasks.start_once(f"keep {kind.value}", self._keep_draft(kind))
        self.changed.emit()

    async def _keep_draft(self, kind: ActionKind) -> None:
        kept: object = self
        while kept is not (draft := self._states[kind].draft):
            kept = draft
            if draft is None:
                await self._actions.discard_draft(kind)
            else:
                await self._actions.put_draft(draft)

    def _keep_typed(self, kind: ActionKind) -> None:
        self.tasks.start_once(f"keep text {kind.value}", self._write_typed(kind))

    async def _write_typed(self, kind: ActionKind) -> None:
        kept: str | None = None
        while kept != (text := self._typed.get(kind, "")):
            kept = text
            await self._store.drafts_and_links.save_draft(_key(kind), text, self._clock.now())

    async def _read(self) -> None:
        await self._read_states()
        for kind in ActionKind:
            text = await self._store.drafts_and_links.get_draft(_key(kind))
            if text and kind not in self._typed:
                self._typed[kind] = text
        self._last_fired = await self._store.event_queries.find_last_fired()
        if not self.sample.source:
            stored = await self._store.events.list_newest(_STORED_SAMPLE)
            if not self.sample.source:
                self.set_sample(sample_of_stored(stored))
        self.changed.emit()

    async def _read_states(self) -> None:
        edits = -1
        while edits != self._edits:
            # What somebody changes while it is read counts, and is read once it is kept.
            edits = self._edits
            await self.wait_until_kept()
            found = await self._actions.get_states()
        self._states = dict(found)
        self.changed.emit()

    async def _save(self) -> None:
        try:
            kinds = await self._actions.save_drafts(self._workspace.actor)
        except AppError as error:
            self.failed.emit(error)
        else:
            await self._keep_audit_head()
            count = format_count(len(kinds), "action", "actions")
            self.message_posted.emit(f"Saved {count}. Events are delivered by them from now on.")
            self.saved.emit()
        await self._read_states()


def _key(kind: ActionKind) -> str:
    return f"events.trigger:{kind.value}"
