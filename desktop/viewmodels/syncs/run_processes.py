"""Run processes started from the page Sync: not heard of yet, under way, just ended."""

from desktop.model.sync_run import RunState
from desktop.sync.sync_snapshot import AllSyncsSnapshot, SyncSnapshot
from desktop.viewmodels.syncs.sync_header_view import MessageAction, PendingProcess, SyncMessageView
from desktop.viewmodels.syncs.sync_labels import totals_text
from desktop.viewmodels.syncs.sync_page_context import StartedProcessProtocol, SyncPageContext

# Importing and signing in take some seconds on a slow computer; after so long it hangs.
_START_TIMEOUT_S = 30.0
_FAILED_TITLE = "It did not start."
_CLOSE_ACTION = ((MessageAction.CLOSE, "Close"),)

_NO_ANSWER_MESSAGE = SyncMessageView(
    "bad",
    _FAILED_TITLE,
    "It gave no sign for half a minute; nothing was written. See the newest file in the folder"
    " “runs” beside Fairlead's log.",
    _CLOSE_ACTION,
)


class RunProcesses:
    """Starts run processes for the page Sync, and tells with each snapshot what became of them."""

    def __init__(self, context: SyncPageContext) -> None:
        self._context = context
        self._pending: dict[str, PendingProcess] = {}
        self._started: dict[str, StartedProcessProtocol] = {}
        self._exited: set[str] = set()
        # By sync: run and stage, when it was first seen, and rows done by then.
        self._stage_starts: dict[str, tuple[str, float, int]] = {}
        self._running: dict[str, str] = {}

    @property
    def has_pending(self) -> bool:
        """Whether the page Sync started a run process that has not written to the store yet."""
        return bool(self._pending)

    def pending_process(self, sync_name: str) -> PendingProcess | None:
        """Return the run process of a sync's page that has not written to the store yet."""
        return self._pending.get(sync_name)

    def start(self, snapshot: SyncSnapshot, kind: str, *arguments: str) -> None:
        """Start a run process from the page Sync; `kind` is run or plan. Raises InternalError."""
        name = snapshot.sync.name
        self._started[name] = self._context.start_process(*arguments)
        self._exited.discard(name)
        self._pending[name] = PendingProcess(
            kind, self._context.clock.monotonic(), *_start_marker(snapshot)
        )

    def take_failed_starts(self, snapshot: AllSyncsSnapshot) -> dict[str, SyncMessageView]:
        """Return the page Sync's failed starts of run processes as messages by sync."""
        failed: dict[str, SyncMessageView] = {}
        for name, begun in tuple(self._pending.items()):
            sync = snapshot.find(name)
            if sync is None or _start_marker(sync) != (begun.run_before, begun.plan_before):
                self._forget(name)
            elif name in self._exited:
                failed[name] = _exit_message(self._started[name].last_output())
                self._forget(name)
            elif self._started[name].has_exited:
                # What it did last may have come after this snapshot: the next one tells.
                self._exited.add(name)
            elif self._context.clock.monotonic() - begun.at > _START_TIMEOUT_S:
                failed[name] = _NO_ANSWER_MESSAGE
                self._forget(name)
        return failed

    def _forget(self, name: str) -> None:
        self._exited.discard(name)
        del self._pending[name], self._started[name]

    def take_ended_run_texts(self, snapshot: AllSyncsSnapshot) -> tuple[str, ...]:
        """Return a toast's sentence for each run that the page Sync saw under way, ended now."""
        sentences: list[str] = []
        for sync in snapshot.syncs:
            name, run = sync.sync.name, sync.last_run
            if run is None:
                continue
            if run.state is RunState.RUNNING:
                self._running[name] = run.id
            elif self._running.pop(name, "") == run.id:
                done = run.state is RunState.DONE
                how = totals_text(run.totals) if done else run.error
                ended = "has ended" if done else "has stopped"
                sentences.append(f"{sync.sync.title} {ended}. {how}".strip())
        return tuple(sentences)

    def rows_per_second(self, snapshot: SyncSnapshot) -> float | None:
        """Return the rows per second of a run's present stage since the page Sync first saw it."""
        run = snapshot.active_run
        if run is None:
            return None
        key, now = f"{run.id} {run.stage.value}", self._context.clock.monotonic()
        seen = self._stage_starts.get(snapshot.sync.name)
        if seen is None or seen[0] != key:
            self._stage_starts[snapshot.sync.name] = (key, now, run.progress.done)
            return None
        elapsed = now - seen[1]
        # Over less than a second the rate jumps with every page.
        return (run.progress.done - seen[2]) / elapsed if elapsed > 1.0 else None


def _exit_message(output: str) -> SyncMessageView:
    told = output or "Its process ended at once without a message."
    return SyncMessageView("bad", _FAILED_TITLE, f"{told} Nothing was written.", _CLOSE_ACTION)


def _start_marker(snapshot: SyncSnapshot) -> tuple[str, str]:
    """Return what changes once a run process has begun: the newest run, preview and plan."""
    run = f"{snapshot.last_run.id} {snapshot.last_run.state.value}" if snapshot.last_run else ""
    preview = snapshot.preview_run
    plan = f"{preview.id} {preview.state.value}" if preview else ""
    return run, f"{plan} {snapshot.plan.id if snapshot.plan else ''}"
