"""Header button of a foldable card: a triangle and the title."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import Button


class FoldButton(Button):
    """A folding card's header button; checked means unfolded, which screen readers can tell."""

    fold_requested = Signal(bool)  # True: fold

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, "fold", icon_name="fold-down", parent=parent)
        self.setCheckable(True)
        self.setChecked(True)
        # The whole title row folds, not the triangle alone.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    def set_folded(self, folded: bool, words: str) -> None:
        """Draw the triangle of a folded card's button; `words` says so to screen readers."""
        self.setChecked(not folded)
        self.set_icon("fold-right" if folded else "fold-down")
        self.setAccessibleDescription(words)

    def minimumSizeHint(self) -> QSize:
        # The text may be cut where the window is narrow.
        return QSize(fonts.scaled(60), super().minimumSizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # As in a tree: Right unfolds, Left folds.
        unfold, fold = Qt.Key.Key_Right, Qt.Key.Key_Left
        if self.isRightToLeft():
            unfold, fold = fold, unfold
        if event.key() == unfold:
            self.fold_requested.emit(False)
        elif event.key() == fold:
            self.fold_requested.emit(True)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _on_clicked(self, checked: bool) -> None:
        self.fold_requested.emit(not checked)
