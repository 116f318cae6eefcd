"""Prints a run's progress as JSON lines; a reader that goes away never ends the run."""

import json
import sys
from collections.abc import Callable

from desktop.app.cli_output import discard_stdout
from desktop.model.sync_run import Run


def make_progress_reporter(form: str | None) -> Callable[[Run], None]:
    """Return a callback that prints a run's progress; `form` is `jsonl`, or None for silence."""
    return _JsonLinesReporter().report if form == "jsonl" else lambda _run: None


class _JsonLinesReporter:
    def __init__(self) -> None:
        self._has_reader = True

    def report(self, run: Run) -> None:
        if not self._has_reader:
            return
        line = {
            "run": run.id,
            "sync": run.sync,
            "state": run.state.value,
            "stage": run.stage.value,
            "done": run.progress.done,
            "total": run.progress.total,
            "calls": run.progress.calls,
            "eta_s": run.progress.eta_s,
        }
        try:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        except OSError:
            # A closed pipe (BrokenPipeError is one) or a full disk behind it.
            self._has_reader = False
            discard_stdout()
