"""Progress of a run or preview on one line: stage, how far it is, time left, over a thin bar."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.label import elided_label
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.syncs.sync_header_view import RunProgressView

_PROGRESS_MAX = 1000
# More would talk over everything else that a screen reader says.
_ANNOUNCEMENTS_PER_STAGE = 4


class RunProgressBar(QFrame):
    """Widget of a run's progress: text over a thin bar; screen readers hear stages and quarters."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Progress")
        self.setAccessibleName("Progress")
        self._said = ""
        self.stage_label = elided_label("", "strong", tone="accent")
        self.detail_label = elided_label("", "text")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _PROGRESS_MAX)
        self.bar.setAccessibleName("How far it is")
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        row = QHBoxLayout()
        row.setSpacing(fonts.scaled(10))
        row.addWidget(self.stage_label)
        row.addWidget(self.detail_label, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(3))
        column.addLayout(row)
        column.addWidget(self.bar)
        self.hide()

    def show_progress(self, view: RunProgressView | None) -> None:
        """Draw a run's progress; None hides the bar: nothing is under way."""
        self.setVisible(view is not None)
        if view is None:
            self._said = ""
            return
        words = "Stopping…" if view.is_cancelling else view.text
        self.stage_label.setText(words)
        self.detail_label.setText(view.detail)
        self.detail_label.set_tooltip(view.tip)
        # Where the whole is not known there is no bar: one that only moves says nothing.
        self.bar.setVisible(view.fraction is not None)
        self.bar.setValue(round((view.fraction or 0) * _PROGRESS_MAX))
        said = f"{words} {round((view.fraction or 0) * _ANNOUNCEMENTS_PER_STAGE)}"
        if said != self._said:
            self._said = said
            announce(self, f"{words}. {view.detail}")
