"""The menu of the two ways to run or preview a sync: a catch-up and a full rebuild."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.panels.widgets.tooltip import escape_tooltip

_RUN_MODES = (
    (
        False,
        "Catch up: reads the people who changed since the last run",
        ("Preview a catch-up", "Run a catch-up"),
    ),
    (
        True,
        "Full rebuild: reads everybody again and compares every field",
        ("Preview a full rebuild", "Run a full rebuild"),
    ),
)
_TIP = "Values that already agree are not written again."


class RunMenu(QMenu):
    """Menu of Run now and Preview; each way is explained by an entry that cannot be chosen."""

    preview_requested = Signal(bool)  # whether everybody is read again
    run_requested = Signal(bool)

    def __init__(self, preview_why_not: str, run_why_not: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("Ways to run")
        self.setToolTipsVisible(True)
        for full, words, (preview, run) in _RUN_MODES:
            if full:
                self.addSeparator()
            said = self.addAction(words)
            # An explanation, not a choice: the arrows pass it by.
            said.setEnabled(False)
            self._add_action(preview, ("preview", full), preview_why_not)
            self._add_action(run, ("run", full), run_why_not)
        self.triggered.connect(self._on_triggered)

    def _add_action(self, words: str, wanted: tuple[str, bool], why_not: str) -> None:
        action = self.addAction(words)
        action.setData(wanted)
        action.setEnabled(not why_not)
        action.setToolTip(escape_tooltip(why_not or _TIP))

    def _on_triggered(self, action: QAction) -> None:
        what, full = action.data()
        (self.preview_requested if what == "preview" else self.run_requested).emit(full)
