"""Push button that looks like a link; to screen readers it is a button, for it acts."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import Button


class LinkButton(Button):
    """A flat QPushButton in the accent colour; no mark-up, no address of its own."""

    def __init__(
        self, text: str, *, name: str = "", tip: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, "link", name=name, tip=tip, parent=parent)
        self.setFlat(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        # WCAG 2.2 asks for targets of at least 24 x 24.
        hint = super().sizeHint()
        target = fonts.scaled(24)
        return QSize(max(hint.width(), target), max(hint.height(), target))
