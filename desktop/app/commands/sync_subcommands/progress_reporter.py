"""Prints a run's progress as JSON lines; a reader that goes away never ends the run."""

from collections.abc import Callable

from desktop.app.commands.json_lines_printer import JsonLinesPrinter
from desktop.model.sync_run import Run


def make_progress_reporter(form: str | None) -> Callable[[Run], None]:
    """Return a callback that prints a run's progress; `form` is `jsonl`, or None for silence."""
    return _RunReporter().report if form == "jsonl" else lambda _run: None


class _RunReporter:
    def __init__(self) -> None:
        self._printer = JsonLinesPrinter()

    def report(self, run: Run) -> None:
        self._printer.print_line(
            {
                "run": run.id,
                "sync": run.sync,
                "state": run.state.value,
                "stage": run.stage.value,
                "done": run.progress.done,
                "total": run.progress.total,
                "calls": run.progress.calls,
                "eta_s": run.progress.eta_s,
            }
        )
