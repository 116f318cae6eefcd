"""What is under way: stage, rows, calls, rate and time left, with Cancel."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.parts.announce import announce
from desktop.panels.parts.button import Button
from desktop.panels.parts.label import elided
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.head import LiveView

_WHOLE = 1000
_SPOKEN_PARTS = 4


class LiveBar(QFrame):
    """One line of words over a thin bar; said aloud at each stage and each quarter."""

    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Progress")
        self.setAccessibleName("Progress")
        self.setProperty("ground", "accent")
        self._said = ""
        self._words = elided("", "strong")
        self._detail = elided("", "text")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, _WHOLE)
        self._bar.setAccessibleName("How far it is")
        self._cancel = Button("Cancel", name="Cancel the run")
        self._cancel.clicked.connect(self.cancel_wanted)
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

    def show_live(self, view: LiveView | None) -> None:
        """Show how far it is; None: nothing is under way."""
        self.setVisible(view is not None)
        if view is None:
            self._said = ""
            return
        words = "Stopping…" if view.cancelling else view.words
        self._words.setText(words)
        self._detail.setText(view.detail)
        # Where the whole is not known there is no bar: one that only moves says nothing.
        self._bar.setVisible(view.share is not None)
        self._bar.setValue(round((view.share or 0) * _WHOLE))
        why = "It stops within a second." if view.cancelling else "It has not begun yet."
        self._cancel.set_enabled(bool(view.run) and not view.cancelling, why)
        said = f"{words} {round((view.share or 0) * _SPOKEN_PARTS)}"
        if said != self._said:
            self._said = said
            announce(self, f"{words}. {view.detail}")
