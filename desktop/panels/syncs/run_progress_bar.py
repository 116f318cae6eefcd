"""Progress bar of a run or preview: stage, counts, rate and time left, with Cancel."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.label import elided_label
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.syncs.sync_header_view import RunProgressView

_PROGRESS_MAX = 1000
# More would talk over everything else that a screen reader says.
_ANNOUNCEMENTS_PER_STAGE = 4


class RunProgressBar(QFrame):
    """Widget of a run's progress: text over a thin bar; screen readers hear stages and quarters."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Progress")
        self.setAccessibleName("Progress")
        self.setProperty("ground", "accent")
        self._said = ""
        self._words = elided_label("", "strong")
        self._detail = elided_label("", "text")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, _PROGRESS_MAX)
        self._bar.setAccessibleName("How far it is")
        self._cancel = Button("Cancel", name="Cancel the run")
        self._cancel.clicked.connect(self.cancel_requested)
        self._cancel.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(fonts.scaled(10))
        row.addWidget(self._words)
        row.addWidget(self._detail, 1)
        row.addWidget(self._cancel)
        column = QVBoxLayout(self)
        side = fonts.scaled(12)
        column.setContentsMargins(side, fonts.scaled(7), fonts.scaled(9), fonts.scaled(9))
        column.setSpacing(fonts.scaled(5))
        column.addLayout(row)
        column.addWidget(self._bar)
        self.hide()

    def show_progress(self, view: RunProgressView | None) -> None:
        """Draw a run's progress; None hides the bar: nothing is under way."""
        self.setVisible(view is not None)
        if view is None:
            self._said = ""
            return
        words = "Stopping…" if view.is_cancelling else view.text
        self._words.setText(words)
        self._detail.setText(view.detail)
        # Where the whole is not known there is no bar: one that only moves says nothing.
        self._bar.setVisible(view.fraction is not None)
        self._bar.setValue(round((view.fraction or 0) * _PROGRESS_MAX))
        why = "It stops within a second." if view.is_cancelling else "It has not begun yet."
        # A process that has not told of itself has no run to cancel.
        self._cancel.set_enabled(bool(view.run_id) and not view.is_cancelling, why)
        said = f"{words} {round((view.fraction or 0) * _ANNOUNCEMENTS_PER_STAGE)}"
        if said != self._said:
            self._said = said
            announce(self, f"{words}. {view.detail}")
