"""The processes that were asked for here: begun and not heard of yet, under way, just ended."""

from desktop.model.run import RunState
from desktop.viewmodels.syncs.head import Begun, MessageView
from desktop.viewmodels.syncs.look import Look, SyncLook
from desktop.viewmodels.syncs.room import Room, Started
from desktop.viewmodels.syncs.words import totals_words

# A process that lives and has told nothing for so long has not begun.
_BEGINS_WITHIN_S = 30.0
_TITLE = "It did not start."
_CLOSE = (("close", "Close"),)

_SILENT = MessageView(
    "bad",
    _TITLE,
    "Its process told nothing for half a minute; nothing was written. What it said is in the"
    " newest file of the folder runs, beside Fairlead's log.",
    _CLOSE,
)


def _ended(words: str) -> MessageView:
    said = words or "Its process ended at once, and said nothing."
    return MessageView("bad", _TITLE, f"{said} Nothing was written.", _CLOSE)


class Processes:
    """Starts them, and notices with every look what has become of them."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._begun: dict[str, Begun] = {}
        self._started: dict[str, Started] = {}
        self._gone: set[str] = set()
        self._seen: dict[str, tuple[str, float, int]] = {}
        self._running: dict[str, str] = {}

    @property
    def any_begun(self) -> bool:
        """Whether something was asked for that has not begun."""
        return bool(self._begun)

    def begun(self, goal: str) -> Begun | None:
        """What was asked for and has told nothing yet."""
        return self._begun.get(goal)

    def start(self, sync: SyncLook, kind: str, *arguments: str) -> None:
        """Begin a process for a sync; `kind` is run or plan. Raises Bug."""
        name = sync.goal.name
        self._started[name] = self._room.start(*arguments)
        self._gone.discard(name)
        self._begun[name] = Begun(kind, self._room.clock.monotonic(), *_marks(sync))

    def settle(self, look: Look) -> dict[str, MessageView]:
        """Forget what has begun; gives the syncs whose process never did, with its reason."""
        lost: dict[str, MessageView] = {}
        for name, begun in tuple(self._begun.items()):
            sync = look.of(name)
            if sync is None or _marks(sync) != (begun.run_before, begun.plan_before):
                self._forget(name)
            elif name in self._gone:
                lost[name] = _ended(self._started[name].last_words())
                self._forget(name)
            elif self._started[name].gone:
                # What it did last may have come after this look: the next one tells.
                self._gone.add(name)
            elif self._room.clock.monotonic() - begun.at > _BEGINS_WITHIN_S:
                lost[name] = _SILENT
                self._forget(name)
        return lost

    def _forget(self, name: str) -> None:
        self._gone.discard(name)
        del self._begun[name], self._started[name]

    def ends(self, look: Look) -> tuple[str, ...]:
        """How runs have ended that were seen under way, a sentence each."""
        said: list[str] = []
        for sync in look.syncs:
            name, run = sync.goal.name, sync.run
            if run is None:
                continue
            if run.state is RunState.RUNNING:
                self._running[name] = run.id
            elif self._running.pop(name, "") == run.id:
                done = run.state is RunState.DONE
                how = totals_words(run.totals) if done else run.error
                ended = "has ended" if done else "has stopped"
                said.append(f"{sync.goal.title} {ended}. {how}".strip())
        return tuple(said)

    def rate(self, sync: SyncLook) -> float | None:
        """Rows a second since the present stage was first seen."""
        run = sync.running
        if run is None:
            return None
        key, now = f"{run.id} {run.stage.value}", self._room.clock.monotonic()
        seen = self._seen.get(sync.goal.name)
        if seen is None or seen[0] != key:
            self._seen[sync.goal.name] = (key, now, run.progress.done)
            return None
        past = now - seen[1]
        return (run.progress.done - seen[2]) / past if past > 1.0 else None


def _marks(sync: SyncLook) -> tuple[str, str]:
    """What changes once a process has begun: a newer run, or a newer preview."""
    run = f"{sync.run.id} {sync.run.state.value}" if sync.run else ""
    preview = sync.preview
    plan = f"{preview.id} {preview.state.value}" if preview else ""
    return run, f"{plan} {sync.plan.id if sync.plan else ''}"
