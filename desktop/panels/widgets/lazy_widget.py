"""A widget whose content is built when it is first shown, so that its page opens at once."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.viewmodels.qt_timer import create_timer

Content = TypeVar("Content", bound=QWidget)


class LazyWidget(QWidget, Generic[Content]):
    """Place filled by `build` once: when it is shown, or somebody asks for its content before.

    With `later` it is shown empty and filled in the next turn, so that what stands above it is
    painted first.
    """

    def __init__(
        self,
        build: Callable[[QWidget], Content],
        parent: QWidget | None = None,
        *,
        later: bool = False,
    ) -> None:
        super().__init__(parent)
        self._later_timer = create_timer(self, 0, self._on_later) if later else None
        self._build_content = build
        self.content_if_built: Content | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def ensure_content(self) -> Content:
        """Return the lazy widget's content, built now if it was not."""
        if self.content_if_built is None:
            self.content_if_built = self._build_content(self)
            self._box.addWidget(self.content_if_built)
            # A layout shows what came late, and gives it its place, only in the next turn.
            self.content_if_built.show()
            self._box.activate()
        return self.content_if_built

    def showEvent(self, event: QShowEvent) -> None:
        """Build the lazy widget's content, since it is seen now."""
        if self._later_timer is None:
            self.ensure_content()
        elif self.content_if_built is None:
            self._later_timer.start()
        super().showEvent(event)

    def _on_later(self) -> None:
        self.ensure_content()
