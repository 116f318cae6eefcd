"""A place whose content is built when it is first shown, so that a page opens at once."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

Content = TypeVar("Content", bound=QWidget)


class Later(QWidget, Generic[Content]):
    """Filled by `build` once: by being shown, or by whoever asks for the content before."""

    def __init__(self, build: Callable[[], Content], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build = build
        self.built: Content | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def content(self) -> Content:
        """What stands here."""
        if self.built is None:
            self.built = self._build()
            self._box.addWidget(self.built)
            # A layout shows what came late only in the next turn.
            self.built.show()
        return self.built

    def showEvent(self, event: QShowEvent) -> None:
        """Now somebody looks."""
        self.content()
        super().showEvent(event)
