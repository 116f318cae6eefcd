"""The actions of a workspace: as they come, or as somebody has changed and saved them; drafts."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from desktop.events.default_actions import DEFAULT_ACTIONS
from desktop.events.event_action import ActionKind, EventAction
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.model.permission import Actor
from desktop.store.event_action_repository import EventActionRepository, StoredAction

DEFAULTS: Mapping[ActionKind, EventAction] = {action.kind: action for action in DEFAULT_ACTIONS}


@dataclass(frozen=True)
class ActionState:
    """One action of a workspace and its draft; `is_proven` as the audit tells of its saving."""

    action: EventAction
    draft: EventAction | None = None
    is_draft_previewed: bool = False
    is_proven: bool = True

    @property
    def newest(self) -> EventAction:
        """The draft, where there is one, else the action that counts."""
        return self.draft or self.action


class ActionStore:
    """Reads and saves the actions of events of one workspace."""

    def __init__(self, repository: EventActionRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def get_states(self) -> Mapping[ActionKind, ActionState]:
        """Return the six event actions, each with its draft."""
        stored = await self._repository.get_all()
        return {kind: _state(kind, stored.get(kind.value)) for kind in ActionKind}

    async def get_actions(self, *, with_drafts: bool = False) -> tuple[EventAction, ...]:
        """Return the actions that count, or the drafts where there are any.

        Raises NotPermitted for an action that was changed outside Fairlead: the audit does not
        tell who saved it so.
        """
        states = await self.get_states()
        edited = [kind.label for kind, state in states.items() if not state.is_proven]
        if edited:
            raise NotPermitted(
                f"“{edited[0]}” was changed outside Fairlead.",
                "Nothing was simulated or sent: nobody is known to have saved it so.",
                "Reset the action, or set it again.",
            )
        return tuple(s.newest if with_drafts else s.action for s in states.values())

    async def put_draft(self, action: EventAction) -> None:
        """Keep a changed action as a draft. Raises TriggerError and MappingError."""
        action.compile()
        await self._repository.put_draft(action.kind.value, _encode(action))

    async def discard_draft(self, kind: ActionKind) -> None:
        """Discard the unsaved draft of an event action."""
        await self._repository.put_draft(kind.value, "")

    async def mark_previewed(self) -> None:
        """Note that a simulation has shown what the present drafts do."""
        stored = await self._repository.get_all()
        drafts = {kind: one.draft for kind, one in stored.items() if one.draft}
        await self._repository.mark_previewed(drafts)

    async def save_drafts(self, actor: Actor) -> tuple[ActionKind, ...]:
        """Make all drafts the actions that count. Raises ConflictError before they were previewed.

        The caller asks the right.
        """
        stored = await self._repository.get_all()
        drafts = {kind: one.draft for kind, one in stored.items() if one.draft}
        unseen = [kind for kind in drafts if not stored[kind].is_draft_previewed]
        if unseen:
            raise ConflictError(
                f"The draft of “{ActionKind(unseen[0]).label}” was not previewed yet.",
                "Nothing was saved.",
                "`fairlead events simulate --drafts FILE` shows what the drafts do.",
            )
        await self._repository.save_drafts(drafts, actor.signature, self._clock.now())
        return tuple(map(ActionKind, drafts))


def _state(kind: ActionKind, stored: StoredAction | None) -> ActionState:
    if stored is None:
        return ActionState(DEFAULTS[kind])
    return ActionState(
        action=_decode(kind, stored.saved) if stored.saved else DEFAULTS[kind],
        draft=_decode(kind, stored.draft) if stored.draft else None,
        is_draft_previewed=stored.is_draft_previewed,
        is_proven=stored.is_proven,
    )


def _encode(action: EventAction) -> str:
    return msgspec.json.encode(action).decode()


def _decode(kind: ActionKind, text: str) -> EventAction:
    try:
        found = msgspec.json.decode(text, type=EventAction)
    except msgspec.MsgspecError as error:
        raise InvalidInput(
            f"The action “{kind.label}” can't be read.", f"{error}.", "Reset it."
        ) from None
    if found.kind is not kind:
        raise InvalidInput(f"The action “{kind.label}” can't be read.", "", "Reset it.")
    return found
