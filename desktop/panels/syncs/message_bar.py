"""A banner that shows what a view-model says, and nothing when it says nothing."""

from PySide6.QtWidgets import QWidget

from desktop.panels.parts.banner import Banner, BannerTone
from desktop.viewmodels.syncs.head import MessageView

_TONES: dict[str, BannerTone] = {"info": "info", "warn": "warn", "bad": "bad"}


class MessageBar(Banner):
    """The same message shown again is no news: it is neither counted nor said once more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: MessageView | None = None
        self.hide()

    def show_view(self, view: MessageView | None) -> None:
        """Show a message, or none."""
        if view == self._view:
            return
        self._view = view
        self.clear()
        if view is not None:
            self.show_message(_TONES[view.tone], view.title, view.text, actions=view.acts)
