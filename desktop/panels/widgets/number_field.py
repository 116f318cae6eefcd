"""A number to type or step; the mouse wheel scrolls the page unless the field has the keyboard."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QSpinBox, QWidget

from desktop.panels.theme import fonts


class NumberField(QSpinBox):
    """A spin box with bounds and a name."""

    def __init__(
        self,
        name: str,
        minimum: int,
        maximum: int,
        *,
        suffix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setRange(minimum, maximum)
        self.setSuffix(suffix)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        pad_spin_box_text(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step only with the keyboard here."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def pad_spin_box_text(box: QAbstractSpinBox) -> None:
    """Give a spin, date or time box the left padding that Qt's style sheets leave out."""
    field = box.findChild(QLineEdit)
    if isinstance(field, QLineEdit):
        field.setTextMargins(fonts.scaled(8), 0, 0, 0)
