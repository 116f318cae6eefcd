"""How far a run is, as lines for whoever reads them; nobody reading never ends a run."""

import json
import os
import sys
from collections.abc import Callable

from desktop.model.sync_run import Run


def progress_reporter(form: str | None) -> Callable[[Run], None]:
    """What to call with every news; `form` is jsonl or None for silence."""
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
        except (BrokenPipeError, OSError):
            self._has_reader = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
