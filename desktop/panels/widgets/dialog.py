"""The base of dialogs: keys of the window that work in its dialogs too, such as zoom."""

from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

# A property of the window's actions that are for every dialog of it.
_WORKS_IN_DIALOGS = "worksInDialogs"


class Dialog(QDialog):
    """A QDialog that takes over the actions of its window that work in dialogs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._owner = parent

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._owner is None:
            return
        # The window's own shortcuts do not reach a window over it.
        for action in self._owner.window().actions():
            if action.property(_WORKS_IN_DIALOGS):
                self.addAction(action)


def let_work_in_dialogs(action: QAction) -> None:
    """Have an action's keys work in the dialogs over its window too."""
    action.setProperty(_WORKS_IN_DIALOGS, True)
